"""Passwords that are written to a store: through an ORM, as SQL, as a document, or into a table in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import effects
from vibeaudit.survey.accounts.passwords import HASHED, key_of, names_hash, names_password
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.accounts.schemas import all_fields_set, password_dumped
from vibeaudit.survey.accounts.statements import of_sql
from vibeaudit.survey.accounts.written import PEOPLE, Write, is_password_node
from vibeaudit.survey.code import Assign, Call, Module, text_of
from vibeaudit.survey.python.stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_CREATES = frozenset(
    "create insert insertOne insertMany insert_one insert_many save push add addDoc setDoc set values build bulkCreate"
    " createMany createManyAndReturn get_or_create findOrCreate upsert update_or_create create_user create_superuser"
    " acreate".split()
)
_UPDATES = frozenset(
    "update updateOne updateMany update_one update_many findByIdAndUpdate findOneAndUpdate replaceOne replace_one"
    " find_one_and_update findOneAndReplace aupdate update_or_create".split()
)
_KEEPS = re.compile(r"\.(?:add|add_all|save|save_to_\w+|commit|insert\w*|create|merge|persist|flush|asave)\(")
_NEW_ROW = re.compile(
    r"(?:new\s+)?(?:\w+\.)*[A-Z]\w*(?:\.objects\.create|\.create|\.build)?\("
    # the row that a form or serializer of Django makes of what it was sent
    r"|self\.(?:Meta\.)?model\(|\w*(?:form|serializer)\w*\.save\(|super\([^()]*\)\.(?:create|save)\("
)
# a statement that is built of calls: `db.insert(users).values({...})`, `db.update(users).set({...})`
_BUILDS = re.compile(r"\.(?P<verb>insert|update)\(\s*[\w.]+\s*\)\s*\.(?:values|set)$")
_DRAWS = frozenset("react preact vue svelte solid-js @angular/core react-dom react-native antd".split())
_STORES = frozenset(
    "@prisma/client mongoose sequelize typeorm knex drizzle-orm mongodb pg mysql2 @nestjs/common".split()
)
_CONTAINERS = ("dictionary", "object")
_DEPTH = 4


def writes(project: Project, module: Module) -> tuple[Write, ...]:
    """Every password that this file writes, in order of place."""
    key = ("password writes", module.path)
    if key not in project.memory:
        found = [w for c in module.calls for w in _of_call(project, module, c)]
        found += [w for a in module.assigns for w in _of_assign(project, module, a)]
        unique = {(w.value.start_byte, w.value.end_byte): w for w in found}
        project.memory[key] = tuple(unique[k] for k in sorted(unique))
    return project.memory[key]  # type: ignore[return-value]


def _scene(module: Module, node: Node) -> Node | None:
    return home(module, node) or (module.file.tree.root_node if module.file.tree else None)


def _of_call(project: Project, module: Module, call: Call) -> Iterator[Write]:
    scene = _scene(module, call.node)
    if scene is None:
        return
    if (stated := of_sql(project, module, call, scene)) is not None:
        yield from stated
        return
    if call.last in ("set_password", "setPassword") and call.args:
        holder = call.name.rpartition(".")[0]
        made = any(holder in a.targets and _NEW_ROW.match(text_of(a.value)) for a in module.assigns_in(scene))
        yield Write(call.node, call.args[-1], "create" if made else "update", scene, framework=True)
        return
    if call.name == "setattr" and (dumped := all_fields_set(project, module, call, scene)) is not None:
        yield Write(call.node, dumped, "update", scene, text_of(call.args[0]), whole=True)
        return
    how = _verb(project, module, call, scene)
    if not how:
        return
    model = _model(call)
    framework = call.last in ("create_user", "create_superuser")
    for name, value in call.keywords.items():
        if names_password(name) or _is_hash(module, scene, name, value):
            yield Write(call.node, value, how, scene, model, framework=framework)
    for arg in call.args:
        for value in _fields(module, scene, arg):
            yield Write(call.node, value, how, scene, model, call.last in ("insert_one", "insertOne", "update_one"))
    for value in call.args if module.kind == "python" else ():  # User(**person.model_dump())
        if value.type == "dictionary_splat" and password_dumped(project, module, function_of(module, scene), value):
            yield Write(call.node, value, how, scene, model, whole=True)
    if module.kind == "python" and call.last[:1].isupper():
        for value in call.args:  # Customer(first, last, username, password)
            if value.type in ("identifier", "attribute", "subscript") and is_password_node(value):
                yield Write(call.node, value, how, scene, model)
    if framework and len(call.args) > 1:
        yield Write(call.node, call.args[-1], how, scene, model, framework=True)


def _verb(project: Project, module: Module, call: Call, scene: Node) -> str:
    """create or update, when the call writes to a store; else empty."""
    if call.last in ("create_user", "create_superuser"):
        return "create"
    if call.node.type == "new_expression" or (module.kind == "python" and call.last[:1].isupper()):
        kept = _KEEPS.search(bare_text(project, module, scene)) or _kept_elsewhere(project, module, scene, call)
        return "create" if kept and _is_model(project, module, call.last) else ""
    if call.last not in _CREATES and call.last not in _UPDATES:
        return ""
    if module.kind == "javascript" and _in_browser(module):
        return ""
    if (built := _BUILDS.search(text_of(call.node.child_by_field_name("function")))) is not None:
        return "create" if built["verb"] == "insert" else "update"
    told = "writes-store" in effects.of_call(call) or _to_people(call)
    if module.kind == "python":
        told = told or touch(module, call) is not None
    if not told:
        return ""
    return "update" if call.last in _UPDATES else "create"


def _in_browser(module: Module) -> bool:
    """Whether the file draws a page with state of its own: what it saves goes to the server."""
    drawn = any(i.spec in _DRAWS for i in module.imports.values())
    return drawn and not any(i.spec in _STORES for i in module.imports.values())


def _to_people(call: Call) -> bool:
    """`users.push({...})`, `usersCol.insert(...)`, `this.userRepository.save(...)`, `User.build(...)`."""
    holder = call.name.rpartition(".")[0]
    return bool(PEOPLE.search(holder)) and not re.search(
        r"(?i)service|api|axios|router|auth\.|form|errors?$|state", holder
    )


def _kept_elsewhere(project: Project, module: Module, scene: Node, made: Call) -> bool:
    """Whether a new object of Python's is handed to a function of the app's that stores it: `save_user(user)`."""
    if module.kind != "python":
        return False
    names = {t for a in module.assigns_in(scene) if a.value.id == made.node.id for t in a.targets}
    for call in module.calls_in(scene):
        given = [*call.args, *call.keywords.values()]
        if not any(text_of(n) in names or n.id == made.node.id for n in given):
            continue
        called = project.function_called(module, call)
        if called is not None and _KEEPS.search(bare_text(project, called[0], called[1].body)):
            return True
    return False


def _is_model(project: Project, module: Module, name: str) -> bool:
    """Whether a class of this name is a table rather than a form, a client, or a plain object."""
    if re.search(
        r"(?i)form|schema(?:in|out)?$|request|response|dto|serializer|client|error|exception|config|input|args|strategy",
        name,
    ):
        return name.lower().endswith("schema") and module.kind == "javascript"
    return True


def _model(call: Call) -> str:
    parts = [p for p in call.name.split(".") if p and p not in ("[]", "objects", "query", "session")]
    named = [p for p in parts if p[:1].isupper()]
    if named:
        return named[-1]
    return parts[-2] if len(parts) > 1 else parts[0] if parts else ""


def _fields(module: Module, scene: Node, node: Node, depth: int = 0) -> Iterator[Node]:
    """The values of password fields in an object literal, or in the one that a name was given."""
    if depth > _DEPTH:
        return
    if node.type == "identifier":
        name = text_of(node)
        given = [a for a in module.assigns_in(scene) if name in a.targets and a.value.type in _CONTAINERS]
        for assign in given[-1:]:
            yield from _fields(module, scene, assign.value, depth + 1)
        return
    if node.type in ("list", "array"):
        for child in node.named_children[:20]:
            yield from _fields(module, scene, child, depth + 1)
        return
    if node.type not in _CONTAINERS or _connects(module, node):
        return
    for child in node.named_children:
        short = text_of(child) if child.type == "shorthand_property_identifier" else ""
        if short and (names_password(short) or _is_hash(module, scene, short, child)):
            yield child
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if key is None or value is None:
            continue
        said = key_of(module, key)
        if names_password(said) or _is_hash(module, scene, said, value):
            yield value
        elif said in ("data", "$set", "create", "update", "$setOnInsert", "defaults"):
            yield from _fields(module, scene, value, depth + 1)


def _connects(module: Module, node: Node) -> bool:
    """`{ host, port, password }`: how a server is reached, and nobody's account."""
    keys = {key_of(module, k) for c in node.named_children if (k := c.child_by_field_name("key")) is not None}
    return bool(keys & {"host", "hostname", "server"} and keys & {"port", "db", "database"})


def _is_hash(module: Module, scene: Node, name: str, value: Node) -> bool:
    """Whether a column for hashes is given one that is made there, `password_hash=generate_password_hash(password)`,
    or a name that was given one before; or one that whoever calls hands over."""
    if not names_hash(name):
        return False
    if value.type in ("identifier", "shorthand_property_identifier"):
        given = [a for a in module.assigns_in(scene) if text_of(value) in a.targets]
        if not given and module.kind == "python" and names_hash(text_of(value)):
            function = function_of(module, scene)
            return function is not None and text_of(value) in {p.name for p in function.params}
        given = [a for a in given if a.node.start_byte < value.start_byte]
        return bool(given) and _hashes(given[-1].value)
    return _hashes(value)


def _hashes(value: Node) -> bool:
    said = text_of(value)
    return HASHED.search(said) is not None and "(" in said


def _of_assign(project: Project, module: Module, assign: Assign) -> Iterator[Write]:
    left = assign.node.child_by_field_name("left")
    scene = _scene(module, assign.node)
    if left is None or scene is None or scene.parent is None:
        return
    if left.type in ("attribute", "member_expression"):
        yield from _of_member(project, module, assign, left, scene)
    elif left.type in ("subscript", "subscript_expression"):
        holder = text_of(left.child_by_field_name("value") or left.child_by_field_name("object"))
        if PEOPLE.search(holder) and assign.value.type in _CONTAINERS:
            for value in _fields(module, scene, assign.value):
                yield Write(assign.node, value, "create", scene, holder, by_statement=True)


def _of_member(project: Project, module: Module, assign: Assign, left: Node, scene: Node) -> Iterator[Write]:
    last = text_of(left.child_by_field_name("attribute") or left.child_by_field_name("property"))
    holder = text_of(left.child_by_field_name("object"))
    if not (names_password(last) or _is_hash(module, scene, last, assign.value)) or re.search(
        r"(?i)^(?:self|this|process|config|form|errors?|state|req\b|request|options)", holder
    ):
        return
    if _KEEPS.search(bare_text(project, module, scene)):
        made = any(holder in a.targets and _NEW_ROW.match(text_of(a.value)) for a in module.assigns_in(scene))
        how = "create" if made and names_hash(last) else "update"
        yield Write(assign.node, assign.value, how, scene, _made_of(module, scene, holder))


def _made_of(module: Module, scene: Node, name: str) -> str:
    """The model that a variable is a row of (`user = User.query.get(...)`), or the variable's own name."""
    given = [text_of(a.value) for a in module.assigns_in(scene) if name in a.targets]
    model = re.search(r"\b[A-Z][a-z]\w*\b", given[0]) if given else None
    return model[0] if model else name
