"""Parameters: what they hold when a function begins, most of all a handler's."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.flow.entering import Found
from vibeaudit.flow.errors import CAUGHT, handles_all, is_handed
from vibeaudit.flow.expressions import Expressions
from vibeaudit.flow.form import CHECKED_FIELD, Path
from vibeaudit.flow.pages import from_address
from vibeaudit.flow.sockets import MESSAGE, hears, sent
from vibeaudit.flow.taint import NOTHING, THIS, Mark, Value, together, whole
from vibeaudit.flow.tools import ARGUMENT, filled_in, is_tool
from vibeaudit.flow.vocabulary import PLAIN_TEXT
from vibeaudit.model import Parameter, Route

_TEXTS = frozenset(("str", "EmailStr", "SecretStr", "AnyUrl", "HttpUrl", "AnyHttpUrl"))
_TEXT_PLACES = frozenset(("path", "header", "cookie"))
_REQUESTS = frozenset(
    ("Request", "HttpRequest", "WSGIRequest", "NextRequest", "NextApiRequest", "FastifyRequest", "IncomingMessage")
)
_DTO = re.compile(r"Dto$", re.IGNORECASE)  # a class, wherever it lies: Nest's pipes read what stands in it
_SCHEMA = frozenset({"schema-checked"})
_SCALARS = frozenset(
    ("int", "float", "bool", "number", "boolean", "bigint", "UUID", "uuid.UUID", "UUID4", "datetime", "date", "Decimal",
     "datetime.datetime", "datetime.date", "PositiveInt", "NonNegativeInt", "PositiveFloat", "UUID1", "UUID5", "time")
)  # fmt: skip


class Parameters(Expressions):
    """What a walk finds in the parameters of its function."""

    def _enter_parameters(self) -> None:
        route = self.engine.route_of(self.module, self.function)
        aliases = dict(self.engine.aliases.get((self.module.path, self.function.outer), {}))
        chosen = {p.name: p for p in route.parameters} if route is not None else {}
        tool, heard = is_tool(self.function.decorators), hears(self.function.decorators)
        for number, name in enumerate(self.function.parameters):
            value: Value = {(): (Mark("", number, self.function.key, ()),)}
            aliases.pop(name, None)
            if self._is_error(number):
                value = together((value, self.custom((CAUGHT, "error"), self.function.at)))
            kind = self.function.types.get((name,), ())
            if tool and filled_in(name, kind) and ".".join(kind) not in _SCALARS:
                value = together((value, self.custom(ARGUMENT, self.function.at)))
            if heard and sent(name, kind) and ".".join(kind) not in _SCALARS:
                value = together((value, self.custom(MESSAGE, self.function.at)))
            if route is None and self._checks_sign_in():
                value = together((value, {(): (Mark("request", -1, "", (self.function.at,), field=(name,)),)}))
            if number == 0:
                value = together((value, self._of_page()))
            if number == 0 and (given := self.engine.given.get(self.key)):
                value = together((value, given))
            if route is not None and number == 1 and route.framework == "graphql":  # the arguments of the query
                value = together(
                    (value, whole((Mark("request", -1, "", (self.function.at,), PLAIN_TEXT | self.trust),)))
                )
            elif route is not None and "ACTION" in route.methods:
                mark = Mark("request", -1, "", (self.function.at,), self.trust, field=(name,))
                value = together((value, {(): (mark,)}))
                value[("ctx",)] = ()  # next-safe-action hands over who is signed in beside what came
            elif route is not None and name in chosen:
                value = together((value, self._from_caller(chosen[name], route)))
            elif alias := self._alias(number, name, kind, route):
                aliases[name] = alias
            self.state[name] = value
        if self.function.own_this and "self" not in self.state and self.owner():
            self.state["this"] = {(): (Mark("", THIS, self.function.key, ()),)}
        if aliases:
            self.engine.aliases[self.key] = aliases

    def _checks_sign_in(self) -> bool:
        """`validate(email, password)` of Nest's local strategy: passport hands over what the body holds, before any
        pipe has looked at it."""
        local = any(s == "passport-local" for s, _ in self.module.imports.values())
        return local and "PassportStrategy" in self.module.imports and self.function.key.endswith(".validate")

    def _of_page(self) -> Value:
        """What a page's address says, for a function that renders the page on the server."""
        told = from_address(self.module, self.function)
        return {(n,): (Mark("request", -1, "", (self.function.at,), clean, field=(n,)),) for n, clean in told.items()}

    def _alias(self, number: int, name: str, kind: Path, route: Route | None) -> str:
        """What a request or a response is commonly called, for a parameter that is one; or nothing."""
        asked = self.words.request_names
        if route is not None and number == 0 and asked:
            return asked.get(route.framework, asked["*"])
        if name == "req" and number < 2 and self.module.language == "python":
            return "request"
        if kind[-1:] and kind[-1] in _REQUESTS and name not in ("req", "request"):
            return "req" if asked else "request"
        return "res" if number == 1 and route is not None and route.framework == "express" and asked else ""

    def _is_error(self, number: int) -> bool:
        names = self.function.parameters
        if number == len(names) - 1 and handles_all(self.function.decorators):
            return True
        return number == 0 and is_handed(names, in_place=False, callee="")

    def _from_caller(self, chosen: Parameter, route: Route) -> Value:
        """What a caller puts into a handler's parameter: a number stays one, and a placeholder takes no slash."""
        name, source = chosen.name, chosen.source
        kind = ".".join(self.function.types.get((name,), ()))
        converted = any(f"<{c}:{name}>" in route.path for c in ("int", "float", "uuid"))
        if source in ("dependency", "session"):
            return NOTHING
        if kind == "PositiveInt":
            return NOTHING
        if converted or kind in _SCALARS or chosen.type in _SCALARS:
            return whole((Mark("request-number", -1, "", (self.function.at,), self.trust, field=(name,)),))
        segment = source == "path" and f"{{{name}:" not in route.path and f"<path:{name}" not in route.path
        clean = frozenset({"path-segment"}) if segment and self.module.language == "python" else frozenset[str]()
        if kind in _TEXTS or source in _TEXT_PLACES:
            clean |= PLAIN_TEXT
        model = self.engine.program.resolve(self.module, self.function, tuple(kind.split("."))) if kind else None
        listed = model is not None and model[1].is_class
        unseen = route.framework == "nest" and source == "body" and not listed and not _DTO.search(kind)
        clean |= self.trust - {"validated"} if unseen else self.trust
        mark = Mark(self.words.route_parameters or "request", -1, "", (self.function.at,), clean, field=(name,))
        if model is None or (route.framework == "nest" and "validated" not in clean):
            checked = self._checked_fields(model) if model is not None else ()  # TypeScript's types are gone by then
            return {(): (mark,)} | {(f,): (mark.within((f,)).cleaned(PLAIN_TEXT),) for f in checked}
        return self._of_schema(model, mark)

    def _checked_fields(self, model: Found) -> tuple[str, ...]:
        """The fields of a class of which class-validator asks that they are texts, numbers, one of a few words, where
        a pipe of Nest reads it."""
        if not model[1].is_class or not self.engine.program.names_anywhere("ValidationPipe"):
            return ()
        return tuple(path[1] for path in model[1].constants if path[0] == CHECKED_FIELD)

    def _of_schema(self, model: Found, mark: Mark) -> Value:
        """What a caller puts into the fields that a class lists with their types."""
        listed = self.engine.program.listed_fields(*model)
        if not listed and not (self.module.language == "python" and model[1].is_class and model[1].bases):
            return {(): (mark,)}
        lets_in = self.engine.program.takes_any_field(*model)
        whole_mark, mark = mark, mark.cleaned(_SCHEMA)
        value: Value = {(): (whole_mark if lets_in else mark,)}
        for path, held in listed.items():
            if held == ("PositiveInt",):
                value[path] = ()
            elif ".".join(held) in _TEXTS and self.module.language == "python":
                value[path] = (mark.within(path).cleaned(PLAIN_TEXT),)
            elif any(c.about(path[0]) for c in self.words.columns) or ".".join(held) in _SCALARS:
                scalar = ".".join(held) in _SCALARS
                value[path] = (replace(mark.within(path), source="request-number" if scalar else mark.source),)
        return value
