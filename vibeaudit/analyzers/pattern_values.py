"""Judges what a captured value is: a constant, the caller's data, a model's words. Within one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_names import Names, function_around, span, unwrap
from vibeaudit.analyzers.pattern_text import built, escaped, led_by, names_only, operator

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_STEPS = 400
MAX_DEPTH = 12
_PLAIN = frozenset(("number", "true", "false", "null", "undefined", "regex"))
_FIELDS = r"(?:body|query|params|headers|cookies|signedCookies|files?|rawBody)\b"
_READS = r"(?:json|text|formData|param|queries|query|header|get|arrayBuffer|blob|parseBody|cookies\??\.get)\("
_HANDLES = r"(?:(?:ctx|context|c|event)\.)?(?:req|request)|c\.req"
ORIGINS = {
    "request": re.compile(
        rf"(?:{_HANDLES})\??\.(?:{_FIELDS}|{_READS})"
        r"|(?:ctx|context)\.(?:query|params|request\.body)\b"
        r"|event\.(?:body|queryStringParameters|pathParameters|multiValueQueryStringParameters)\b"
        r"|(?:readBody|getQuery|getRouterParams?|readFormData|readMultipartFormData)\("
        r"|formData\.get(?:All)?\(|(?:[\w.]{1,60}\.)?searchParams\.get(?:All)?\("
    ),
    "browser-input": re.compile(
        r"(?:(?:window|document|self|globalThis|top)\.)?location\.(?:hash|search|href)\b"
        r"|document\.(?:URL|documentURI|referrer)\b|window\.name\b|(?:useSearchParams|useParams)\("
        r"|(?:router|route|\$route)\.(?:query|params)\b"
        r"|new URLSearchParams\((?:window\.|document\.)?location\."
    ),
    "model-output": re.compile(
        r".{0,80}?(?:\.choices\??\.?\[\w+\]\??\.(?:message|delta)\b|\.candidates\??\.?\[\w+\])"
        r"|(?:generateText|streamText|generateObject|streamObject)\("
        r"|[\w.]{1,60}\.(?:chat\.completions|completions|responses|messages)\.create\("
        r"|[\w.]{1,60}\.(?:generateContent|generateContentStream)\("
        r"|(?:llm|model|chain|agent|chatModel|executor)\.(?:invoke|call|predict)\("
    ),
}
_PASSES_ON = re.compile(
    r"^(?:String|decodeURI|decodeURIComponent|unescape|atob|URLSearchParams|JSON\.parse|JSON\.stringify|Buffer\.from"
    r"|(?:path(?:\.posix)?\.)?(?:join|resolve|normalize)|Object\.(?:assign|fromEntries)|util\.format|format)$"
)
_OPERATOR_SET = re.compile(
    r"__dirname|__filename|process\.(?:cwd\(\)|env\.\w+|execPath|platform|pid)|import\.meta\.(?:env\.\w+|url|dirname|filename)"
)
_FIXED_CALL = re.compile(
    r"(?:path\.)?(?:join|resolve|dirname|basename)|fileURLToPath|(?:i18n\.|i18next\.)?t|translate|gettext"
)
_HMAC = re.compile(r"(?s)createHmac\(.*\.digest\([^()]*\)$")
_CASTS = re.compile(r"^(?:Number|parseInt|parseFloat|Number\.\w+|Math\.\w+|BigInt)$")
_TOOL = re.compile(
    r"(?:^|\.)(?:tool|createTool|dynamicTool|defineTool|DynamicTool|DynamicStructuredTool|registerTool|addTool)$"
)
_TOOL_HANDLERS = frozenset(("execute", "handler", "func", "run"))


class Judge:
    """Answers for the nodes of one file. Every answer is bounded: what takes too long is "no"."""

    def __init__(self, root: SgNode) -> None:
        self.root = root
        self.names = Names(root)
        self._left = MAX_STEPS

    def is_(self, node: SgNode, judgement: str) -> bool:
        """Whether the named judgement holds."""
        self._left = MAX_STEPS
        return JUDGEMENTS[judgement](self, node)

    def literal(self, node: SgNode, depth: int = 0) -> bool:
        """A constant: written out, put together from constants, or a name that only ever holds one. What
        the operator sets (environment, working directory) counts: no visitor chooses it."""
        node = unwrap(node)
        if not self._go_on(depth):
            return False
        kind = node.kind()
        if kind in _PLAIN or kind == "string":
            return True
        if kind == "identifier" and node.text() not in ("__dirname", "__filename"):
            known = self.names.definitions(node)
            return bool(known) and all(d.whole and self.literal(d.value, depth + 1) for d in known)
        if kind in ("template_string", "array", "object", "pair", "template_substitution", "binary_expression"):
            parts = [c for c in node.named_children() if c.kind() not in ("comment", "property_identifier")]
            return all(c.kind() in ("string_fragment", "escape_sequence") or self.literal(c, depth + 1) for c in parts)
        if kind == "unary_expression":
            return all(self.literal(c, depth + 1) for c in node.named_children())
        if kind == "ternary_expression":
            return all(self.literal(c, depth + 1) for c in node.named_children()[1:])
        if _OPERATOR_SET.fullmatch(node.text()[:200]):
            return True
        if kind in ("subscript_expression", "member_expression"):  # an entry of a constant table
            held = node.field("object")
            return held is not None and held.kind() == "identifier" and self.literal(held, depth + 1)
        return kind == "call_expression" and (self._joined(node, depth) or self._fixed_call(node, depth))

    def _fixed_call(self, call: SgNode, depth: int) -> bool:
        """A path put together from constants, or a translation looked up by a constant key."""
        callee, arguments = call.field("function"), call.field("arguments")
        if callee is None or arguments is None or not _FIXED_CALL.fullmatch(callee.text()[:60]):
            return False
        given = arguments.named_children()
        return bool(given) and all(self.literal(a, depth + 1) for a in given)

    def _joined(self, call: SgNode, depth: int) -> bool:
        """`parts.join(", ")` of a list that only ever took constants."""
        callee = call.field("function")
        held = callee and callee.field("object")
        if callee is None or held is None or held.kind() != "identifier" or not callee.text().endswith(".join"):
            return False
        added = self.root.find_all(pattern=f"{held.text()}.push($$$PARTS)")
        parts = [p for push in added for p in push.get_multiple_matches("PARTS") if p.is_named()]
        return self.literal(held, depth + 1) and all(self.literal(p, depth + 1) for p in parts)

    def string(self, node: SgNode) -> str | None:
        """The text of a plain string, or of a name that holds only one; None otherwise."""
        node = self.resolve(node)
        if node.kind() == "string":
            return node.text()[1:-1]
        if node.kind() == "template_string" and not node.find(kind="template_substitution"):
            return node.text()[1:-1]
        return None

    def resolve(self, node: SgNode) -> SgNode:
        """The value behind a name that is defined once, else the node itself."""
        node = unwrap(node)
        for _ in range(5):
            if node.kind() != "identifier":
                return node
            known = self.names.definitions(node)
            if len(known) != 1 or not known[0].whole:
                return node
            node = unwrap(known[0].value)
        return node

    def mutated(self, node: SgNode) -> bool:
        """Whether fields are set on the object behind this name after it was made."""
        name = unwrap(node)
        return name.kind() == "identifier" and self.root.find(pattern=f"{name.text()}.$FIELD = $VALUE") is not None

    def derives(self, node: SgNode, origin: str, depth: int = 0, numbers: bool = False) -> bool:
        """Whether data of this origin reaches the value through names, members and text, in this file;
        with `numbers` also through arithmetic and casts."""
        node = unwrap(node)
        if not self._go_on(depth):
            return False
        kind = node.kind()
        if kind in ("member_expression", "call_expression", "new_expression", "subscript_expression"):
            known = ORIGINS[origin].match(node.text()[:300]) is not None
            return known or self._through(node, origin, depth, numbers)
        if kind in ("identifier", "shorthand_property_identifier"):
            return any(self.derives(d.value, origin, depth + 1, numbers) for d in self.names.definitions(node))
        if kind == "binary_expression":
            signs = ("+", "||", "??", "*", "/", "-") if numbers else ("+", "||", "??")
            return operator(node) in signs and self._any_child(node, origin, depth, numbers)
        if kind == "ternary_expression":
            return any(self.derives(c, origin, depth + 1, numbers) for c in node.named_children()[1:])
        if kind == "pair":
            value = node.field("value")
            return value is not None and self.derives(value, origin, depth + 1, numbers)
        if kind in ("template_string", "template_substitution", "array", "object", "spread_element"):
            return self._any_child(node, origin, depth, numbers)
        return False

    def mentions(self, node: SgNode, origin: str) -> bool:
        """Whether any expression inside the value is of this origin, however it is wrapped."""
        inner = node.find_all(any=[{"kind": "template_substitution"}, {"kind": "binary_expression"}])
        return any(self.derives(part, origin) for part in (self.resolve(node), *inner))

    def compares_hmac(self, comparison: SgNode) -> bool:
        """Whether one side of a comparison is a freshly computed keyed digest."""
        sides = (self.resolve(side) for side in comparison.named_children())
        return any(s.kind() == "call_expression" and _HMAC.search(s.text()) is not None for s in sides)

    def whole(self, node: SgNode, depth: int = 0) -> bool:
        """The caller's object as it came, all its fields included: `req.body`, or an object that spreads it."""
        node = unwrap(node)
        if not self._go_on(depth):
            return False
        kind = node.kind()
        if kind in ("member_expression", "call_expression"):
            return bool(_WHOLE.fullmatch(node.text()[:300]))
        if kind == "identifier":
            return any(d.whole and self.whole(d.value, depth + 1) for d in self.names.definitions(node))
        if kind == "object":
            spreads = [c for c in node.named_children() if c.kind() == "spread_element"]
            return any(self.whole(c, depth + 1) for s in spreads for c in s.named_children())
        return False

    def tool_input(self, node: SgNode, depth: int = 0) -> bool:
        """What a model fills in: a parameter of an agent tool's handler."""
        node = unwrap(node)
        if not self._go_on(depth):
            return False
        if node.kind() in ("identifier", "shorthand_property_identifier"):
            owner = self.names.parameter_of(node)
            if owner is not None and is_tool_handler(owner):
                return True
            return any(self.tool_input(d.value, depth + 1) for d in self.names.definitions(node))
        if node.kind() == "member_expression":
            held = node.field("object")
            return held is not None and self.tool_input(held, depth + 1)
        if node.kind() in ("template_string", "template_substitution", "binary_expression", "array"):
            return any(self.tool_input(c, depth + 1) for c in node.named_children())
        return False

    def checked(self, node: SgNode) -> bool:
        """Whether an `if` in the same function asks something of this value before it is used."""
        function, (start, _) = function_around(node), span(node)
        names = self._roots(node)
        if function is None:
            return False
        asked = re.compile(rf"\b(?:{'|'.join(re.escape(n) for n in sorted(names))})\b") if names else None
        for test in function.find_all(any=[{"kind": "if_statement"}, {"kind": "ternary_expression"}]):
            condition = test.field("condition")
            if condition is None or span(test)[0] > start:
                continue
            text = condition.text()
            named = asked is not None and asked.search(text) is not None
            if (named or node.text() in text) and _REAL_QUESTION.search(text):
                return True
        return False

    def _roots(self, node: SgNode) -> set[str]:
        found = {n.text() for n in node.find_all(kind="identifier")} | (
            {node.text()} if node.kind() in ("identifier", "shorthand_property_identifier") else set()
        )
        for name in list(node.find_all(kind="identifier")):
            for d in self.names.definitions(name):
                found |= {n.text() for n in d.value.find_all(kind="identifier")}
        return found - _HANDLE_NAMES

    def _through(self, node: SgNode, origin: str, depth: int, numbers: bool) -> bool:
        """Through a member, an element, a method of the data, or a call that hands its argument on."""
        if node.kind() in ("member_expression", "subscript_expression"):
            held = node.field("object")
            return held is not None and self.derives(held, origin, depth + 1, numbers)
        callee = node.field("constructor" if node.kind() == "new_expression" else "function")
        arguments = node.field("arguments")
        if callee is None or arguments is None:
            return False
        name = callee.text()[:80]
        if name == "URL":  # the second argument is only the base
            return any(self.derives(c, origin, depth + 1, numbers) for c in arguments.named_children()[:1])
        if _PASSES_ON.match(name) or (numbers and _CASTS.match(name)):
            return self._any_child(arguments, origin, depth, numbers)
        return callee.kind() == "member_expression" and self._through(callee, origin, depth, numbers)

    def _any_child(self, node: SgNode, origin: str, depth: int, numbers: bool) -> bool:
        return any(self.derives(c, origin, depth + 1, numbers) for c in node.named_children())

    def _go_on(self, depth: int) -> bool:
        self._left -= 1
        return self._left > 0 and depth < MAX_DEPTH


_WHOLE = re.compile(
    r"(?:(?:ctx|context|c|event)\.)?(?:req|request)\??\.(?:body|query|json\(\))|(?:ctx|context)\.request\.body"
    r"|readBody\(\w+\)|Object\.fromEntries\(\s*(?:formData|\w+\.searchParams)(?:\.entries\(\))?\s*\)"
)
_REAL_QUESTION = re.compile(
    r"\.(?:includes|has|test|match|startsWith|endsWith|indexOf|some|every|hasOwn|hasOwnProperty|find)\(| in |instanceof"
    r"|\b(?:is(?!NaN|Nan|Array|Integer|Finite|Empty)[A-Z]|\w*(?:[vV]alid|[aA]llow|[sS]afe|[cC]heck|[vV]erif|[pP]ermit|[tT]rust))\w*\("
    r"|[!=]==?\s*[\"'`][^\"'`]|[\"'`]\s*[!=]==?|(?:host|hostname|origin|protocol)\s*[!=]="
)
_HANDLE_NAMES = frozenset(
    (
        "req",
        "request",
        "res",
        "response",
        "ctx",
        "context",
        "c",
        "event",
        "window",
        "document",
        "searchParams",
        "formData",
    )
)


def is_tool_handler(function: SgNode) -> bool:
    """Whether a function is what an agent's tool runs: AI SDK, LangChain.js, Mastra, MCP."""
    parent = function.parent()
    if parent is None:
        return False
    if parent.kind() == "pair":
        key = parent.field("key")
        if key is None or key.text() not in _TOOL_HANDLERS:
            return False
    elif parent.kind() != "arguments" and function.kind() != "method_definition":
        return False
    call = next((a for a in parent.ancestors() if a.kind() in ("call_expression", "new_expression")), None)
    callee = call and (call.field("function") or call.field("constructor"))
    return callee is not None and bool(_TOOL.search(callee.text()[:120]))


JUDGEMENTS: dict[str, Callable[[Judge, SgNode], bool]] = {
    "literal": lambda judge, node: judge.literal(node),
    "string": lambda judge, node: judge.string(node) is not None,
    "text-built": built,
    "escaped": escaped,
    "names-only": names_only,
    "any-part-request": lambda judge, node: judge.mentions(node, "request"),
    "either-side-hmac": lambda judge, node: judge.compares_hmac(node),
    "request-led": lambda judge, node: led_by(judge, node, "request"),
    "browser-led": lambda judge, node: led_by(judge, node, "browser-input"),
    "request-number": lambda judge, node: judge.derives(node, "request", numbers=True),
    "request": lambda judge, node: judge.derives(node, "request"),
    "request-object": lambda judge, node: judge.whole(node),
    "browser-input": lambda judge, node: judge.derives(node, "browser-input"),
    "model-output": lambda judge, node: judge.derives(node, "model-output"),
    "tool-input": lambda judge, node: judge.tool_input(node),
    "checked": lambda judge, node: judge.checked(node),
}
