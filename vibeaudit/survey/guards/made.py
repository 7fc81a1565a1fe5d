"""Guards of middleware that the app makes by calling a function of its own: `const jwt = authenticate('jwt', strict)`,
`asyncHandler(requireUser)`, `allow('admin')`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Assign, Branch, Call, Function, Module, text_of
from vibeaudit.survey.guards.joi import lists_fields
from vibeaudit.survey.javascript.values import function_of, returned, value_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

T = TypeVar("T", Assign, Branch, Call)
_MAX_DEPTH = 4
_LETS_IN = frozenset("optional skip anonymous guest guests public loose".split())
_DEMANDS = frozenset("required strict mandatory credentials".split())
_VALIDATORS = frozenset(
    "express-validator express-validator/check celebrate express-zod-api zod-express-middleware express-joi-validation"
    " express-yup express-json-validator-middleware @hono/zod-validator koa-joi-router".split()
)
_OPERATOR = re.compile(r"\benv\b|\bconfig\b|\bsettings?\b|\boptions\b", re.IGNORECASE)


def made(
    project: Project, module: Module, node: Node, how: str, around_handler: bool = False, depth: int = 0
) -> tuple[Guard, ...] | None:
    """What the function guards that an expression's call gives back; None when no function of the app gives it.
    `around_handler`: the call's last argument is the route's handler, whose own guards are read elsewhere."""
    node = javascript.unwrap(node)
    if node.type == "ternary_expression":
        return _either(project, module, node, how)
    value = value_of(project, module, node)
    if value.node is not None and value.kind == "array" and value.node.id != node.id:  # a list of middleware by name
        listed = guarding.of_expression(project, value.module, value.node, how)
        named = [replace(g, name=javascript.dotted(node), location=module.file.locate(node)) for g in listed]
        return tuple(_unique(named))
    call = value.module.call_at(value.node) if value.node is not None else None
    if call and _validates(value.module, call):
        return (Guard("validation", how, call.name, module.file.locate(node)),)
    callee = call.node.child_by_field_name("function") if call else None
    maker = function_of(project, value.module, callee) if callee is not None else None
    if call is not None and maker is None:
        return _handed_over(project, value.module, call, node, how, around_handler)
    if call is None or maker is None:
        return None
    given = dict(zip((p.name for p in maker[1].params), call.args, strict=False))
    values = [v for v in returned(project, value.module, call.node) if v.node is not None]
    if not any(v.function or v.module.call_at(v.node) for v in values if v.node is not None):
        return None
    fixed = {n: t for n, a in given.items() if (t := _truth(project, value.module, a)) is not None}
    said = given_truths(call, maker[1])
    fixed |= said
    if depth > _MAX_DEPTH:
        return None
    name, at = javascript.dotted(node) or call.name, module.file.locate(node)
    found: list[Guard] = []
    for one in values:
        if one.function is None and one.node is not None:  # `return rateLimit({ ... })`
            deeper = made(project, one.module, one.node, how, depth=depth + 1)
            found += deeper if deeper is not None else guarding.of_value(project, one.module, one.node, how, name)
        if one.function is None:
            continue
        found += guarding.in_made(project, one.module, one.function, fixed).stopping
        if any(lists_fields(one.module, c) for c in one.module.calls_in(one.function.body)):
            found.append(Guard("validation", how, name, at))
        if not fixed:
            found += _promised(name, one.module, one.function, found)
    found = [replace(g, name=name, how=how, location=at) for g in found]
    if any(_lenient(name, truth) for name, truth in said.items()):
        found = [g for g in found if g.kind != "authentication"]
    for argument in (a for v in values if v.function for a in _forwarded(v.module, v.function, given)):
        if not around_handler or argument.id != call.args[-1].id:
            found += guarding.of_expression(project, value.module, argument, how)
    if any(g.kind == "authentication" for g in found) and _asks_rights(call, maker[1]):
        found.append(Guard("authorization", how, name, at))
    return tuple(replace(g, location=at) for g in _unique(found))


_RIGHTS = re.compile(r"(?i)rights?$|roles?$|permissions?$|scopes?$|privileges?$")


def _asks_rights(call: Call, maker: Function) -> bool:
    """`auth('manageUsers')` of `auth = (...requiredRights) => ...`, which hands the rights on to a callback."""
    named = (p.name.strip(".{}") for p in maker.params)  # a list of all that are given is in braces
    asked = [n for n in named if _RIGHTS.search(n)]
    return bool(call.args and asked) and any(re.search(rf"\b{re.escape(n)}\b", text_of(maker.body)) for n in asked)


def _handed_over(
    project: Project, module: Module, call: Call, node: Node, how: str, around_handler: bool
) -> tuple[Guard, ...] | None:
    """`createMiddleware(async (c, next) => ...)`: what the function guards that a package makes into middleware."""
    written = [a for a in call.args if (f := module.function_at(a)) is not None and len(f.params) > 1]
    if around_handler or len(written) != 1:
        return None
    found = guarding.of_expression(project, module, written[0], how)
    name = javascript.dotted(node) or call.name
    return tuple(_unique([replace(g, name=name) for g in found])) or None


def _lenient(option: str, truth: bool) -> bool:
    """`{ optional: true }`, `{ required: false }`: nobody has to be signed in."""
    said = words(option.rsplit(".", 1)[-1])
    return bool(said & _LETS_IN) if truth else bool(said & _DEMANDS)


def _validates(module: Module, call: Call) -> bool:
    """`body('email').isEmail()`, `celebrate({...})`: what a package makes to look at the request's fields."""
    imported = module.imports.get(call.name.split(".")[0])
    return imported is not None and imported.spec in _VALIDATORS


def _either(project: Project, module: Module, node: Node, how: str) -> tuple[Guard, ...]:
    """`STRICT ? requireUser : attachUser`: what both refuse, and what either does where the operator chooses."""
    sides = [node.child_by_field_name(f) for f in ("consequence", "alternative")]
    first, second = (guarding.of_expression(project, module, s, how) if s is not None else () for s in sides)
    if _OPERATOR.search(text_of(node.child_by_field_name("condition"))):
        return (*first, *second)
    kinds = {g.kind for g in second}
    return tuple(g for g in first if g.kind in kinds)


def _forwarded(module: Module, function: Function, given: Mapping[str, Node]) -> list[Node]:
    """The arguments of the maker that the function made by it calls with the request."""
    found = []
    for call in module.calls_in(function.body):
        name = call.name.removesuffix(".call").removesuffix(".apply")
        if name in given and len(call.args) >= 1:
            found.append(given[name])
    return found


def _truth(project: Project, module: Module, argument: Node) -> bool | None:
    """Whether a constant argument is true; None when it is not constant."""
    value = value_of(project, module, argument)
    text = text_of(value.node)
    if value.kind in ("false", "null", "undefined") or text in ("undefined", "''", '""', "0"):
        return False
    return True if value.kind in ("true", "string", "object", "array", "number") else None


def _promised(name: str, module: Module, function: Function, found: list[Guard]) -> list[Guard]:
    """What the maker's name promises, where the function that it makes refuses in a way that we do not read."""
    if {g.kind for g in found} & {"authentication", "signature"}:
        return []
    if not guarding.refuses(text_of(function.body)):
        return []
    return [Guard(kind, "", name, module.file.locate(function.node)) for kind in guarding.own_kinds(name)]


def _unique(found: list[Guard]) -> list[Guard]:
    seen: dict[tuple[str, str], Guard] = {}
    for guard in found:
        seen.setdefault((guard.kind, guard.name), guard)
    return list(seen.values())


def given_truths(call: Call, function: Function) -> dict[str, bool]:
    """The truth of parameters, and of members of options, that a call gives as constants."""
    found: dict[str, bool] = {}
    for parameter, given in zip(function.params, call.args, strict=False):
        if given.type in ("true", "false"):
            found[parameter.name] = given.type == "true"
        for pair in given.named_children if given.type == "object" else ():
            key, value = text_of(pair.child_by_field_name("key")), pair.child_by_field_name("value")
            if value is not None and value.type in ("true", "false"):
                destructured = parameter.name.startswith("{")
                found[key if destructured else f"{parameter.name}.{key}"] = value.type == "true"
    return found


@dataclass(frozen=True, slots=True)
class Dead:
    """The parts of a body that are not reached, given the truth of some names."""

    start: int
    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, module: Module, body: Node, fixed: Mapping[str, bool]) -> Dead:
        spans = []
        for branch in module.branches_in(body) if fixed else ():
            if not live(branch.condition, fixed):
                spans.append((branch.then.start_byte, branch.then.end_byte))
            elif _certain(branch.condition, fixed):
                spans += [(o.start_byte, o.end_byte) for o in branch.otherwise]
                around = branch.node.parent
                if around is not None and re.search(r"\b(?:return|throw)\b", text_of(branch.then)):
                    spans.append((branch.node.end_byte, around.end_byte))
        return cls(body.start_byte, tuple(spans))

    def left(self, facts: list[T]) -> list[T]:
        """Those of a body's calls, branches or assignments that are reached."""
        if not self.spans:
            return facts
        return [f for f in facts if not any(s <= f.node.start_byte < e for s, e in self.spans)]

    def without(self, text: str) -> str:
        """The body's text without what is not reached; only whole when nothing is dead."""
        if not self.spans:
            return text
        data = bytearray(text.encode())
        for start, end in self.spans:
            for at in range(max(start - self.start, 0), min(end - self.start, len(data))):
                data[at] = 32
        return data.decode("utf-8", "replace")


def _certain(condition: Node, fixed: Mapping[str, bool]) -> bool:
    inner = javascript.unwrap(condition)
    if inner.type == "unary_expression" and text_of(inner).startswith("!"):
        held = inner.child_by_field_name("argument")
        return held is not None and _known(held, fixed) is False
    return _known(inner, fixed) is True


def _known(node: Node, fixed: Mapping[str, bool]) -> bool | None:
    """The truth of a name, or of a member of options."""
    node = javascript.unwrap(node)
    if node.type not in ("identifier", "member_expression"):
        return None
    return fixed.get(text_of(node).replace("?.", "."))


def live(condition: Node, fixed: Mapping[str, bool]) -> str:
    """A condition's text without what cannot hold, given the truth of some names; empty when none of it can."""
    inner = javascript.unwrap(condition)
    if _known(inner, fixed) is False:
        return ""
    if inner.type == "unary_expression" and text_of(inner).startswith("!"):
        held = inner.child_by_field_name("argument")
        if held is not None and _known(held, fixed) is True:
            return ""
    operator = text_of(inner.child_by_field_name("operator"))
    sides = [s for f in ("left", "right") if (s := inner.child_by_field_name(f)) is not None]
    if inner.type != "binary_expression" or operator not in ("&&", "||") or len(sides) != 2:
        return text_of(condition)
    said = [live(s, fixed) for s in sides]
    if said == [text_of(s) for s in sides]:
        return text_of(condition)
    return f" {operator} ".join(s for s in said if s) if operator == "||" or all(said) else ""


def handed(call: Call) -> str:
    """The name under which a callback takes the user: `passport.authenticate('jwt', (err, user) => ...)`."""
    if not call.args or not re.search(r"(^|\.)(passport\.authenticate|jwt\.verify|verify)$", call.name):
        return ""
    parameters = javascript.unwrap(call.args[-1]).child_by_field_name("parameters")
    if parameters is None or len(parameters.named_children) < 2:
        return ""
    taken = parameters.named_children[1]
    taken = taken.child_by_field_name("pattern") or taken
    return text_of(taken) if taken.type == "identifier" else ""
