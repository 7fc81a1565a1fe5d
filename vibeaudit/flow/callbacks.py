"""Functions as values: callbacks, functions that are handed on, methods of objects of an unknown class."""

from __future__ import annotations

from dataclasses import replace

from vibeaudit.flow.entering import Found
from vibeaudit.flow.errors import CAUGHT, is_handed
from vibeaudit.flow.form import Call, Lambda, Path
from vibeaudit.flow.sinks import Sinks
from vibeaudit.flow.sockets import LIBRARIES, MESSAGE, listeners
from vibeaudit.flow.taint import FUNCTION, NOTHING, Value, flat, whole
from vibeaudit.flow.tools import ARGUMENT, handlers

_PROMISES = (("new", "Promise"),)
_CALLERS = {"call": 1, "apply": 1, "delay": 0, "apply_async": 0, "send": 0, "s": 0}  # with what is left out first
_HAND_ON = frozenset(  # call a function with the arguments that stand after it
    ("map", "filter", "starmap", "submit", "to_thread", "run_in_executor", "add_task", "run_sync", "call_soon",
     "call_later", "partial", "enqueue", "spawn", "setTimeout", "setImmediate", "nextTick", "reduce")
)  # fmt: skip


class Callbacks(Sinks):
    """What a walk does with functions that are values, and with those that are handed to a call."""

    def _meant(
        self, call: Call, names: tuple[Path, ...], base: Value, args: list[Value], named: dict[str, Value]
    ) -> list[Value]:
        """Calls of functions that are values, and of methods that only few classes of the app have."""
        if call.callee in _PROMISES:
            return [v for a in call.args for f in self.functions(a) for v in self._resolved(f)]
        skipped = _CALLERS.get(call.callee[-1])
        if skipped is not None and len(call.callee) > 1:  # fn.call(this, x)
            found = self.engine.program.resolve(self.module, self.function, call.callee[:-1])
            if found is not None:
                return [self.enter(call, found, args[skipped:], named, NOTHING)]
        if call.callee[-1] in _HAND_ON and (handed := self._hand_on(call, args)):
            return handed
        called = flat(self.read(call.callee)) if call.callee[0] in self.state else ()
        called += flat(base) if call.callee == ("*",) else ()
        back = [self.call_mark(call, m, args) for m in called if m.parameter == FUNCTION or len(call.callee) == 1]
        if len(call.callee) < 2 or self.words.passed(names) is not None or self._foreign(call.callee[0]):
            return back
        meant = self.engine.program.classes.meant(call.callee[-1], len(args))
        return [*back, *(self.enter(call, found, args, named, base) for found in meant)]

    def _hand_on(self, call: Call, args: list[Value]) -> list[Value]:
        """`map(fn, items)`, `pool.submit(fn, x)`, `partial(fn, x)`: what the function gives, with what follows it."""
        for number, arg in enumerate(call.args[:2]):
            for found in self.functions(arg):
                rest = [whole(flat(a)) for a in args[number + 1 :]]
                back = self.enter(Call(("*",), (), (), call.at), found, rest, {}, NOTHING)
                if call.callee[-1] != "partial":
                    return [back]
                bound = ("",) * len(rest)
                return [whole(tuple(replace(m, field=bound) for m in flat(self.function_value(arg))))]
        return []

    def _foreign(self, name: str) -> bool:
        """Whether a name is taken from a package that is not the app's."""
        imported = self.module.imports.get(name)
        return imported is not None and not self.engine.program.is_own(self.module, imported[0])

    def _resolved(self, executor: Found) -> list[Value]:
        """What `new Promise((resolve) => ...)` resolves to."""
        key = (executor[0].path, executor[1].key)
        calls = self.engine.summary(key, self.key).calls
        return [self.instantiate(key, v, {}) for c, values in calls.items() if c.parameter == 0 for v in values[:1]]

    def _hand_to_callbacks(self, call: Call, base: Value) -> None:
        """`items.map(x => ...)`: the callback's first parameter holds what the items hold; or an error, by custom."""
        for arg in call.args:
            if isinstance(arg, Lambda):
                names = self.module.functions[arg.function].parameters
                if is_handed(names, in_place=True, callee=call.callee[-1]):
                    self.engine.give((self.module.path, arg.function), self.custom((CAUGHT, "error"), call.at))
        for tool in handlers(call):
            self.engine.give((self.module.path, tool), self.custom(ARGUMENT, call.at))
        for heard in listeners(call):
            if self.engine.program.uses(LIBRARIES):
                self.engine.give((self.module.path, heard), self.custom(MESSAGE, call.at))
        handed = whole(flat(base)) if base else NOTHING
        for arg in call.args if handed else ():
            if isinstance(arg, Lambda):
                self.engine.give((self.module.path, arg.function), base if call.callee[-1] == "then" else handed)
            elif call.callee[-1] != "get":
                for found in self.functions(arg):
                    plain = Call(("*",), (), (), call.at)
                    self.enter(plain, found, [base if call.callee[-1] == "then" else handed], {}, NOTHING)
