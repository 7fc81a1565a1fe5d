"""Returns: what a function gives back, what a handler so answers, and what is then sure of the arguments."""

from __future__ import annotations

import re

from vibeaudit.flow.engine import Engine
from vibeaudit.flow.errors import answers
from vibeaudit.flow.form import Call as CallExpr
from vibeaudit.flow.form import Expr, Function, Join, Module, Record, Return
from vibeaudit.flow.parameters import Parameters
from vibeaudit.flow.taint import NOTHING, Value, flat, take
from vibeaudit.flow.vocabulary import Vocabulary

_JSON_MAKERS = frozenset(("to_dict", "as_dict", "asdict", "model_dump", "serialize", "to_json", "dump", "_asdict"))
# `Promise<HoldingResponse>`, `Item[]`, `{ name: string }`: an object, which a framework sends as JSON
_OBJECT = re.compile(
    r"(?:(?:Promise|Observable)<\s*)?(?:\{[\s\S]*|(?!(?:Promise|Observable)\b|\w*(?:String|Html|HTML|Text|Page|Buffer|Stream))[A-Z]\w*(?:<[^<>]*>)?"
    r"|[\w.]+(?:\[\])+)\s*>?"
)


class Returns(Parameters):
    """What a walk does where its function ends."""

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        super().__init__(engine, module, function, words)
        self.returns: list[Value] = []
        self.ensured: list[dict[int, frozenset[str]]] = []

    def _return(self, statement: Return) -> None:
        value = self.value(statement.value, statement.at)
        self.returns.append(value)
        self._note_ensured()
        route = self.engine.route_of(self.module, self.function)
        if self._is_handler(statement.value):
            return
        if route is not None and (page := self._returned(route.framework)):
            for mark in value.get((), ()) if not self._sends_json(statement.value) else ():
                self.hit(mark, page, "text", statement.at)
        if route is not None and any(d.startswith("@Redirect") for d in self.function.decorators):
            for mark in flat(take(value, ("url",))):
                self.hit(mark, "redirect-url", "", statement.at)
        framework = route.framework if route is not None else "flask" if answers(self.function.decorators) else ""
        if route is not None and route.methods == ("ACTION",):
            framework = "server action"
        if sink := self.words.answered.get(framework):
            for mark in flat(value) if not self._is_sink(statement.value, sink) else ():
                self.hit(mark, sink, "", statement.at)

    def _returned(self, framework: str) -> str:
        """The sink that a text is which a handler gives: a page, in Flask, and where FastAPI is told so."""
        told = any("response_class=HTMLResponse" in d.replace(" ", "") for d in self.function.decorators)
        return self.words.returned.get("flask" if told else framework, "")

    def _sends_json(self, expr: Expr) -> bool:
        """A method gives a dict, by its name; a resource of Flask-RESTful makes JSON of whatever it answers."""
        given = isinstance(expr, CallExpr) and bool(expr.callee) and expr.callee[-1] in _JSON_MAKERS
        return (
            given
            or _OBJECT.fullmatch(self.function.gives) is not None
            or self.engine.program.classes.inherits(self.module, self.function, "Resource")
        )

    def _is_handler(self, expr: Expr) -> bool:
        """Whether another handler of the app answers: it is looked at there."""
        if not isinstance(expr, CallExpr):
            return False
        found = self.engine.program.resolve(self.module, self.function, expr.callee)
        return found is not None and self.engine.route_of(*found) is not None

    def _is_sink(self, expr: Expr, sink: str) -> bool:
        """Whether the sink has been met already, in what is returned."""
        if isinstance(expr, Record):
            return any(self._is_sink(p, sink) for p in expr.spread)
        if isinstance(expr, Join):
            return any(self._is_sink(p, sink) for p in expr.parts)
        return isinstance(expr, CallExpr) and any(s.name == sink for s in self.words.sinks_of(self.names(expr.callee)))

    def _note_ensured(self) -> None:
        noted = {}
        for number, name in enumerate(self.function.parameters):
            for mark in self.state.get(name, NOTHING).get((), ()):
                if mark.parameter == number and mark.owner == self.function.key and not mark.field and mark.clean:
                    noted[number] = mark.clean
        self.ensured.append(noted)
