"""The method of the app's own classes that a Python call reaches: `User.by_id(n)`, `user.remove()`,
`self.store.add(x)`, `Notes(db).all()`. What a name is an instance of follows from what it was given, or from its
annotation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.classes import Lineage, enclosing, lineage
from vibeaudit.survey.code import Assign, Call, Function, Module, text_of
from vibeaudit.survey.python.stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_OWN_CLASS = frozenset(("self", "cls", "self.__class__", "type"))
_CLASS_NAME = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")
_MODEL = re.compile(r"\b(?:Model|Base|SQLModel|Document|EmbeddedDocument|DeclarativeBase|Entity)\b")
_MAX_HOPS = 3


def method_called(project: Project, module: Module, call: Call) -> tuple[Module, Function] | None:
    """The method that a call reaches; None when the class is not the app's own or cannot be told."""
    holder, _, name = call.name.rpartition(".")
    if not holder or module.kind != "python":
        return None
    key = ("python method", module.path, call.node.start_byte, call.name)
    if key not in project.memory:
        project.memory[key] = None  # a name that is given itself stands for nothing
        held = _class_of(project, module, call.node, holder)
        project.memory[key] = held.method(name) if held else None
    return project.memory[key]  # type: ignore[return-value]


def receiver(project: Project, module: Module, call: Call) -> tuple[Lineage, str] | None:
    """The class of the instance that a call goes to, and how that was made, as far as it can be seen."""
    holder = call.name.rpartition(".")[0]
    if not holder or module.kind != "python" or holder in _OWN_CLASS or holder.startswith("super"):
        return None
    home, value = module, None
    if holder not in module.assigned and (found := project.meaning(module, holder)) and found.value is not None:
        home, value = found.module, found.value
    elif given := [a for a in module.assigned.get(holder, ()) if a.node.start_byte < call.node.start_byte]:
        value = given[-1].value
    held = _class_of(project, module, call.node, holder) or (
        _made(project, home, value, 0) if value is not None else None
    )
    return (held, text_of(value)[:400] if value is not None else "") if held is not None else None


def model_of(project: Project, module: Module, value: Node) -> str:
    """The model whose row an expression gives, when it is fetched; empty for new rows and everything else."""
    while value.type in ("await", "parenthesized_expression") and value.named_children:
        value = value.named_children[0]
    call = module.call_at(value)
    if call is None or call.name.rpartition(".")[2][:1].isupper():
        return ""
    held = _made(project, module, value, 0)
    return held.name if held and is_model(held) else ""


def is_model(held: Lineage) -> bool:
    """Whether a class stands for a table."""
    return bool(_MODEL.search(held.bases)) or held.attribute("__tablename__") is not None


def _class_of(project: Project, module: Module, node: Node, holder: str, hops: int = 0) -> Lineage | None:
    """The class whose instance, or whose own name, stands before the dot."""
    if hops > _MAX_HOPS:
        return None
    if holder in _OWN_CLASS:
        return lineage(project, module, enclosing(node))
    if holder.rpartition(".")[2][:1].isupper():
        return lineage(project, module, holder)
    if holder.startswith("self.") and holder.count(".") == 1:
        return _of_attribute(project, module, node, holder, hops)
    return _of_variable(project, module, node, holder, hops) if holder.isidentifier() else None


def _of_variable(project: Project, module: Module, node: Node, name: str, hops: int) -> Lineage | None:
    around = _function_around(node)
    function = function_of(module, around) if around is not None else None
    given = [a for a in module.assigned.get(name, ()) if a.node.start_byte < node.start_byte]
    if around is not None:
        given = [a for a in given if around.start_byte <= a.node.start_byte]
        if not given and function is not None:
            typed = next((p.type for p in function.params if p.name == name), "")
            return _annotated(project, module, typed)
    return _made(project, module, given[-1].value, hops) if given else None


def _of_attribute(project: Project, module: Module, node: Node, holder: str, hops: int) -> Lineage | None:
    """`self.store`, as one of the methods of the class sets it."""
    home = module.by_class.get(enclosing(node))
    for assign in module.assigned.get(holder, ()) if home else ():
        if home is not None and home.node.start_byte <= assign.node.start_byte < home.node.end_byte:
            if assign.value.type == "identifier":
                return _of_variable(project, module, assign.value, text_of(assign.value), hops + 1)
            return _made(project, module, assign.value, hops)
    return None


def _made(project: Project, module: Module, value: Node, hops: int) -> Lineage | None:
    """The class of what an expression gives: a new instance, or a row that a query or a class method fetches."""
    while value.type in ("await", "parenthesized_expression") and value.named_children:
        value = value.named_children[0]
    call = module.call_at(value)
    if call is None:
        return None
    head = next((p for p in _heads(call.name)), "")
    if head and (found := lineage(project, module, head)):
        return found
    if (touched := touch(module, call)) and touched.table[:1].isupper():
        return class_named(project, module, touched.table)
    asked = asked_before(module, value) if hops < _MAX_HOPS else None
    return _made(project, module, asked.value, hops + 1) if asked is not None else None


# `result = session.execute(select(Note))`, then `result.scalar_one()`; `found = session.query(Note)`, `found.first()`
_OF_RESULT = frozenset(
    "scalar scalars unique scalar_one scalar_one_or_none first one one_or_none first_or_404 one_or_404".split()
)


def asked_before(module: Module, value: Node) -> Assign | None:
    """The query whose result an expression takes its row from: `result.scalar_one()`, `query.first()`."""
    call = module.call_at(value.named_children[0] if value.type == "await" else value)
    root, _, verbs = call.name.partition(".") if call is not None else ("", "", "")
    if not verbs or not set(verbs.split(".")) <= _OF_RESULT:
        return None
    given = [a for a in module.assigned.get(root, ()) if a.node.end_byte <= value.start_byte]
    return given[-1] if given else None


def class_named(project: Project, module: Module, name: str) -> Lineage | None:
    """The class with this name at home, however the module says it: `Note`, `models.Note`, `Note as NoteModel`."""
    key = ("python class", module.path, name)
    if key not in project.memory:
        said = [local for local, known in module.imports.items() if known.name == name]
        held = [f"{local}.{name}" for local in module.imports if not local[:1].isupper()]
        found = (lineage(project, module, way) for way in (name, *said, *held))
        project.memory[key] = next((f for f in found if f is not None and f.name == name), None)
    return project.memory[key]  # type: ignore[return-value]


def _heads(name: str) -> tuple[str, ...]:
    """`models.User` of `models.User.query.first`: the part up to the first class name."""
    parts = name.split(".")
    return tuple(".".join(parts[: n + 1]) for n, p in enumerate(parts) if p[:1].isupper() and not p.isupper())


def _annotated(project: Project, module: Module, typed: str) -> Lineage | None:
    """`User`, `Optional[User]`, `User | None`, `Annotated[Store, Depends(...)]`: the first class of the app's own."""
    found = (lineage(project, module, m[0]) for m in _CLASS_NAME.finditer(typed))
    return next((f for f in found if f), None)


def function_of(module: Module, node: Node) -> Function | None:
    """The function that a definition is, whether or not something decorates it."""
    above = node.parent
    outer = module.function_at(above) if above is not None and above.type == "decorated_definition" else None
    return module.function_at(node) or outer


def _function_around(node: Node) -> Node | None:
    held: Node | None = node
    while held is not None and held.type != "function_definition":
        held = held.parent
    return held
