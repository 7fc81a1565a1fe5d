"""Passwords that nobody names: a whole body that becomes a row of a model, a serializer that saves itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.scenes import bare_text, function_of, node_in
from vibeaudit.survey.accounts.written import Write
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

    Place = tuple[Module, Node]

_BODY = re.compile(r"\b(?:req|request|ctx\.request)\.body\b|\bmatchedData\(")
_HANDS_BODY = re.compile(r"\w\(\s*(?:\{\s*\.\.\.\s*)?(?:req|request|ctx\.request)\.body\b(?!\.)")
_MAKES = re.compile(r"^(?:new )?[A-Z]\w*(?:\.(?:create|build))?$")
_HASHES = re.compile(r"(?i)(?:hash|crypt|argon|digest|pbkdf)\w*\s*\([^()]{0,80}(?:passw|pwd|\bpass\b)")
_MODEL = re.compile(r"\bmodels?(?:<[^()]*>)?\(|\.define\(")
_DECLARES = re.compile(r"(?i)\b(?:password|passwd|pwd)['\"]?\s*:")
_FORM = re.compile(r"(?<![\w.])((?:\w+\.)?[A-Z]\w*(?:Serializer|Form))\b")
_SAVES = re.compile(
    r"\b\w*(?:serializer|form)\w*\.save\(|\bperform_create\b|CreateAPIView|CreateModelMixin|ModelViewSet"
)
_STRATEGY = re.compile(r"passport\.authenticate\(\s*['\"](?P<name>[\w-]+)['\"]")
_USES = re.compile(rb"passport\.use\(")
_ITS_OWN = re.compile(r"\bself\.(?:get_)?(?:serializer|form)(?:_class)?\(|\bself\.(?:serializer|form)_class\b")


def whole_bodies(project: Project, places: tuple[Place, ...]) -> Iterator[tuple[Module, Write]]:
    """Writes of a caller's whole body into a row whose model has a password: `User.create({ ...req.body, role })`."""
    handed = _hands_body(bare_text(project, *places[0]))
    for number, (module, scene) in enumerate(places):
        for call in module.calls_in(scene) if module.kind == "javascript" else ():
            name = call.name if call.node.type != "new_expression" else f"new {call.last.removeprefix('new ')}"
            if not call.args or not _MAKES.match(name) or (name[:3] != "new" and "." not in name):
                continue
            if not _is_whole(module, scene, call.args[0], handed and number > 0):
                continue
            model = name.removeprefix("new ").partition(".")[0]
            if _model_of(project, module, model) is not None:
                yield module, Write(call.node, call.args[0], "create", scene, model, whole=True)


def _hands_body(text: str) -> bool:
    """`save(req.body)`, or `const given = req.body` and then `save(given)`."""
    if _HANDS_BODY.search(text):
        return True
    names = re.findall(r"\b(?:const|let|var)\s+(\w+)\s*=\s*(?:req|request|ctx\.request)\.body\s*(?:;|\n)", text)
    return any(re.search(rf"\w\(\s*{re.escape(name)}\s*[,)]", text) for name in names)


def _is_whole(module: Module, scene: Node, given: Node, by_parameter: bool) -> bool:
    if given.type == "object":
        spread = [c.named_children[0] for c in given.named_children if c.type == "spread_element" and c.named_children]
        return any(_is_whole(module, scene, s, by_parameter) for s in spread)
    said = text_of(given)
    if re.fullmatch(r"(?:req|request|ctx\.request)\.body", said):
        return True
    if given.type != "identifier":
        return False
    function = function_of(module, scene)
    if by_parameter and function is not None and any(p.name == said for p in function.params):
        return True
    return any(_BODY.search(text_of(a.value)) and a.targets == (said,) for a in module.assigns_in(scene))


def models_named(project: Project, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The schemas with a password behind the models that a script names, where a rule for passwords holds: not where
    the password is hashed before the model sees it."""
    if any(_HASHES.search(bare_text(project, m, n)) for m, n in places):
        return ()
    found: dict[tuple[str, int], Place] = {}
    for module, node in places:
        names = (
            dict.fromkeys(re.findall(r"\b[A-Z][a-zA-Z]{2,}\b", text_of(node))) if module.kind == "javascript" else ()
        )
        for name in list(names)[:20]:
            if (place := _model_of(project, module, name)) is not None:
                found[(place[0].path, place[1].start_byte)] = place
    return tuple(found.values())


def _model_of(project: Project, module: Module, name: str) -> Place | None:
    """The schema of a model (Mongoose, Sequelize) that declares a password."""
    meaning = project.meaning(module, name)
    if meaning is None or meaning.value is None or not _MODEL.search(text_of(meaning.value)[:200]):
        return None
    home, value = meaning.module, meaning.value
    if _DECLARES.search(text_of(value)):
        return home, value
    for inner in re.findall(r"[,(]\s*(\w+)\s*[,)]", text_of(value)[:300]):
        held = project.meaning(home, inner)
        if held is not None and held.value is not None and _DECLARES.search(text_of(held.value)):
            return held.module, held.value
    return None


def field_of(project: Project, place: Place) -> Place:
    """The password field of a schema."""
    module, node = place
    text = bare_text(project, module, node)
    found = _DECLARES.search(text)
    return module, node_in(node, text, found.start() if found else 0)


def saved_by_form(project: Project, module: Module, body: Node) -> tuple[Place, ...]:
    """The serializers and forms of the app that a Python handler names, where it lets them save what they were sent."""
    text = bare_text(project, module, body)
    function = function_of(module, body) if module.kind == "python" else None
    view = module.by_class.get(function.owner) if function is not None else None
    if view is not None and _ITS_OWN.search(text):
        text += " ".join(re.findall(r"\b(?:serializer|form)_class\s*=\s*\w+", bare_text(project, module, view.node)))
    if module.kind != "python" or not _SAVES.search(text):
        return ()
    found: list[Place] = []
    for name in dict.fromkeys(_FORM.findall(text)):
        meaning = project.meaning(module, name)
        home = meaning.module if meaning is not None else module
        klass = home.by_class.get(meaning.name if meaning is not None and "." in name else name)
        if klass is not None:
            found.append((home, klass.node))
    return tuple(found)


def strategy_of(project: Project, module: Module, body: Node) -> Place | None:
    """The app's own function that checks what passport hands it, for a route that passport answers."""
    named = _STRATEGY.search(text_of(body)[:2000]) if module.kind == "javascript" else None
    if named is None:
        return None
    for home in project.hinted(_USES, *javascript.LANGUAGES):
        for call in home.calls:
            if call.name.endswith("passport.use") and call.args and _strategy_name(call.args) == named["name"]:
                inside = [f.node for f in home.functions if _within(f.node, call.args[-1])]
                if inside:
                    return home, min(inside, key=lambda n: n.start_byte)
    return None


def _strategy_name(args: tuple[Node, ...]) -> str:
    """What `passport.use(name, strategy)` calls it; `local` when `passport.use(new LocalStrategy(...))` does not."""
    if args[0].type in ("string", "template_string"):
        return text_of(args[0]).strip("'\"`")
    return "local" if "LocalStrategy" in text_of(args[0])[:60] else ""


def _within(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte
