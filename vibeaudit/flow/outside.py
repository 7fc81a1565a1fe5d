"""Calls of code that is not the app's: what they give back, and what they put into a list or a map."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.flow.arguments import itself, keys, literals, name_read
from vibeaudit.flow.callbacks import Callbacks
from vibeaudit.flow.form import Call, Lambda, Literal, Path, Ref
from vibeaudit.flow.phrases import kinds
from vibeaudit.flow.taint import OBJECT, Mark, Marks, Value, flat, put, tainted, take, together, union, whole
from vibeaudit.flow.vocabulary import PLAIN_TEXT

_UNKNOWN = frozenset({"unknown-call"})
_PLAIN_MODULES = frozenset(
    ("path", "util", "querystring", "url", "qs", "os", "re", "base64", "urllib", "urllib2", "json", "codecs", "html",
     "io", "string", "pathlib", "posixpath", "copy", "itertools", "binascii", "zlib", "gzip", "lodash", "ast",
     "functools", "operator", "collections", "typing", "six", "werkzeug")
)  # fmt: skip
_VALUES = frozenset(("Path", "PurePath", "String", "StringIO", "BytesIO"))
_READS_FIELD = frozenset(
    ("get", "getlist", "getAll", "getfirst", "getone", "getall", "get_argument", "pop", "param", "header", "query")
)
_REPLACES = frozenset(("replace", "replaceAll"))
_MAKES_NEW = frozenset(("map", "then", "flatMap", "reduce", "catch"))  # give what their callback gives
_FILLS = frozenset(("append", "extend", "insert", "add", "appendleft", "push", "unshift", "write"))

# a text of a caller's that is parsed may become anything
_PARSES = (("JSON", "parse"), ("json", "loads"), ("JSON5", "parse"))
_TEXT_ONLY = frozenset(("plain-text", "json-text"))


def _parsed(mark: Mark) -> Mark:
    """What a text gives that is parsed. A whole body may be a notice of a program, which is no form of a caller's."""
    told = replace(mark, clean=mark.clean - _TEXT_ONLY)
    return told if mark.field or "plain-text" not in mark.clean else told.cleaned(_UNKNOWN)


class Outside(Callbacks):
    """What a walk does at a call of code that is not the app's."""

    def _unknown(
        self, call: Call, names: tuple[Path, ...], base: Value, args: list[Value], named: dict[str, Value]
    ) -> Value:
        """A call of code that is not the app's: it gives back what it is given."""
        if call.callee[-1] in _READS_FIELD and (key := name_read(call)):
            deep = keys(call.args)
            if len(deep) > 1 and deep in base:  # config.get("section", "key")
                return take(base, deep)
            return together((take(base, key), *args[1:]))
        if self.words.keyed(names):
            return whole(flat(itself(together((base, *args)))))
        if call.callee[-1] == "split" and (call.callee[0] == "shlex" or not literals(call).strip(" /\\s+g")):
            found = tainted(args[0] if call.callee[0] == "shlex" and args else base)
            return whole(tuple(replace(m, says=m.says | {"words"}) for m in found))  # `"rm -r /".split()`
        if call.callee[-1] in _REPLACES and len(args) > 1 and (put_in := tainted(args[1])):
            around = Ref(call.callee[:-1]) if call.receiver is None else call.receiver
            lead = around.text if isinstance(around, Literal) else self.constant(around) or ""
            return whole(union((flat(base), flat(self.built(put_in, kinds(lead))))))
        if call.callee[-2:] in _PARSES:
            read = union(tainted(a) for a in args)
            return whole(tuple(_parsed(m) for m in read))
        only = self.words.passed(names)
        if only is not None:
            return whole(union((flat(base), *(flat(a) for n, a in enumerate(args) if n in only))))
        if call.callee[-1] in _MAKES_NEW and (
            inner := [(f[0].path, f[1].key) for a in call.args for f in self.functions(a)]
        ):
            back = [self.instantiate(k, self.engine.summary(k, self.key).returns, {0: base}) for k in inner]
            return together(back if call.callee[-1] != "catch" else (base, *back))
        given = union((*(tainted(a) for a in args), *(tainted(v) for v in named.values())))
        if given and not self._plain(call.callee):
            given = tuple(m.cleaned(_UNKNOWN) for m in given)
        return whole(union((tainted(base), given)))

    def built(self, marks: Marks, says: frozenset[str]) -> Value:
        """These as parts of a text that was put together."""
        return whole(tuple(replace(m, clean=m.clean - OBJECT | PLAIN_TEXT, says=m.says | says) for m in marks))

    def _plain(self, callee: Path) -> bool:
        """Whether an outside function is one that makes a value of its arguments (`os.path.join`, `str`), and not a
        class or an object's method, whose result may be anything."""
        if imported := self.module.imports.get(callee[0]):
            return imported[0].removeprefix("node:").split(".")[0] in _PLAIN_MODULES
        return len(callee) == 1 and (not callee[0][:1].isupper() or callee[0] in _VALUES)

    def _put_into(self, call: Call, args: list[Value]) -> None:
        """`items.append(x)`, `map.set("key", x)`, and what callbacks of this call put into lists around them."""
        if any(isinstance(a, Lambda) for a in call.args):
            for root, given in self.engine.filled.get(self.key, {}).items():
                self._fill_outside(root, given)
        if call.callee[-1] in _FILLS and 1 < len(call.callee) < 4 and call.callee[0] in self.state:
            self._fill(call.callee[:-1], together(args))
        elif call.callee[-1] in _FILLS and len(call.callee) == 2:
            self._fill_outside(call.callee[0], together(args))
        if call.callee[-1] == "set" and len(call.callee) == 2 and call.callee[0] not in self.function.parameters:
            self._set(call, args)

    def _fill(self, path: Path, given: Value) -> None:
        """A list or a set gets a further member."""
        if given:
            self.state[path[0]] = put(self.state[path[0]], (*path[1:], "*"), given)

    def _fill_outside(self, root: str, given: Value) -> None:
        """A callback gives a list of the function around it a further member."""
        if root in self.state:
            self.state[root] = put(self.state[root], ("*",), given)
        elif self.function.outer and given:
            self.engine.fill((self.module.path, self.function.outer), root, given)

    def _set(self, call: Call, args: list[Value]) -> None:
        """`map.set("key", value)`, `config.set("section", "key", value)`."""
        path = keys(call.args[:-1])
        if call.callee[0] in self.state and 0 < len(path) == len(args) - 1:
            self.state[call.callee[0]] = put(self.state[call.callee[0]], path, args[-1])
