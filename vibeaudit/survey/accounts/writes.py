"""Passwords that are written to a store: through an ORM, as SQL, as a document, or into a table in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import effects, people
from vibeaudit.survey.accounts.passwords import HASHED, key_of, names_hash, names_password
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.accounts.schemas import all_fields_set, password_dumped
from vibeaudit.survey.code import Assign, Call, Module, text_of
from vibeaudit.survey.javascript.query_helpers import handed_on, stated
from vibeaudit.survey.python.stores import touch
from vibeaudit.survey.words import PASSWORDS_ABROAD

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
_SQL = re.compile(
    rf"\b(?P<insert>insert\s+(?:or\s+\w+\s+)?into)\s+[\w.`\"\[\]]+\s*\([^)]*\b(?P<column>\w*passw\w*|\w*{PASSWORDS_ABROAD}\w*|pwd|pass|pw|psw|mdp)\b"
    rf"|\bupdate\s+[\w.`\"\[\]]+\s+set\b[^;]*?\b(?P<set>\w*passw\w*|\w*{PASSWORDS_ABROAD}\w*|pwd|pass|pw|psw|mdp)[`\"]?\s*=",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"^(?:execute\w*|query\w*|run|exec|all|raw|none|one|prepare|text|\$?executeRaw\w*|\$?queryRaw\w*|sql|fetchrow|run_query|db_query|modify)$"
)
_TEXTS = ("string", "concatenated_string", "template_string")
_WRITING = re.compile(r"(?i)\(?[rbfu]{0,2}(?:\"\"\"|'{3}|[\"'`])\s*(?:insert\s|update\s)")
# a statement that is built of calls: `db.insert(users).values({...})`, `db.update(users).set({...})`
_BUILDS = re.compile(r"\.(?P<verb>insert|update)\(\s*[\w.]+\s*\)\s*\.(?:values|set)$")
_SQL_HASHES = re.compile(r"(?i)\b(?:crypt|sha\d?|sha2|md5|password|gen_salt|pgp_sym_encrypt|aes_encrypt|digest)\s*\(")
_COLUMNS = re.compile(r"(?is)\binto\s+[\w.`\"\[\]]+\s*\((?P<columns>[^()]*)\)\s*values\s*\((?P<values>[^()]*)\)")
_PLACEHOLDER = re.compile(r"\?|%s|\$\d+")
_PEOPLE = re.compile(rf"(?i){people.SOMEBODY}|admin|people|login|credential")
_DRAWS = frozenset("react preact vue svelte solid-js @angular/core react-dom react-native antd".split())
_STORES = frozenset(
    "@prisma/client mongoose sequelize typeorm knex drizzle-orm mongodb pg mysql2 @nestjs/common".split()
)
_CONTAINERS = ("dictionary", "object")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Write:
    """`value` is the password's expression; `how`: create or update. `model` is the table's or class's name as
    written; `by_statement` when it is SQL or a raw document, which no hook of an ORM sees."""

    node: Node
    value: Node
    how: str
    scene: Node
    model: str = ""
    by_statement: bool = False
    framework: bool = False  # the framework hashes it: create_user, set_password
    whole: bool = False  # every field of a schema that holds a password


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
    if _is_helper(project, module, call):
        yield from _of_helper(project, module, call, scene)
        return
    if call.args and (_RUNS.match(call.last or call.name) or _is_statement(call.args[0])):
        yield from _of_statement(project, module, call, scene)
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
            if value.type in ("identifier", "attribute", "subscript") and _is_password_node(value):
                yield Write(call.node, value, how, scene, model)
    if framework and len(call.args) > 1:
        yield Write(call.node, call.args[-1], how, scene, model, framework=True)


def _is_statement(node: Node) -> bool:
    """Whether the app's own helper is handed a statement: `store.change("INSERT INTO ...", ...)`."""
    return node.type in _TEXTS and _WRITING.match(text_of(node)[:60]) is not None


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
    return bool(_PEOPLE.search(holder)) and not re.search(
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


def _of_statement(project: Project, module: Module, call: Call, scene: Node) -> Iterator[Write]:
    """The password that an INSERT or UPDATE is given: beside the statement, or written into it."""
    statement = call.args[0]
    said = bare_text(project, module, statement)
    if statement.type == "identifier":
        given = [a for a in module.assigns_in(scene) if text_of(statement) in a.targets]
        given = [a for a in given if a.node.start_byte < call.node.start_byte]
        if not given:
            return
        statement, said = given[-1].value, bare_text(project, module, given[-1].value)
    match = _SQL.search(said[:4000])
    if match is None or _SQL_HASHES.search(said):
        return
    how = "create" if match["insert"] else "update"
    for node in (*call.args[1:], statement):
        for value in leaves(node):
            if _is_password_node(value) and not _hashes_a_text(module, value):
                yield Write(call.node, value, how, scene, "", by_statement=True)
                return
    if match["insert"] and (typed := _typed_password(module, call, said)) is not None:
        yield Write(call.node, typed, how, scene, "", by_statement=True)


def _is_helper(project: Project, module: Module, call: Call) -> bool:
    """Whether a call is given a statement and its values in one object, or by a function of the app's own."""
    if module.kind != "javascript" or not call.args:
        return False
    in_one = call.args[0].type == "object"
    if _RUNS.match(call.last or call.name) and not in_one:
        return False
    return (in_one and call.last in ("query", "execute")) or handed_on(project, module, call)


def _of_helper(project: Project, module: Module, call: Call, scene: Node) -> Iterator[Write]:
    """The password that the app's own function is given with an INSERT or UPDATE: `run({ query, values })`."""
    held = [_last_given(module, call, scene, n) for n in _members(call.args[0])] or [call.args[0]]
    held += [_last_given(module, call, scene, n) for n in call.args[1:]]
    match = next((m for n in held if (m := _SQL.search(bare_text(project, module, n)[:4000]))), None)
    if match is None or any(_SQL_HASHES.search(bare_text(project, module, n)) for n in held):
        return
    for node in held:
        for value in leaves(node):
            if _is_password_node(value) and not _hashes_a_text(module, value):
                yield Write(call.node, value, "create" if match["insert"] else "update", scene, "", by_statement=True)
                return


def _members(node: Node) -> list[Node]:
    """What an object holds, by its values and its short names."""
    found = []
    for child in node.named_children if node.type == "object" else ():
        value = child if child.type == "shorthand_property_identifier" else child.child_by_field_name("value")
        found += [value] if value is not None else []
    return found


def _last_given(module: Module, call: Call, scene: Node, node: Node) -> Node:
    """What a name was last given before the call; else the node itself."""
    if node.type not in ("identifier", "shorthand_property_identifier"):
        return node
    given = [a for a in module.assigns_in(scene) if a.targets == (text_of(node),)]
    given = [a for a in given if a.node.start_byte < call.node.start_byte]
    return given[-1].value if given else node


def _typed_password(module: Module, call: Call, said: str) -> Node | None:
    """The password among the values beside an INSERT that stands there as a text, or is hashed there from one."""
    for given in call.args[1:]:
        for value in leaves(given):
            made = module.call_at(value)
            if made is not None and made.args and HASHED.search(made.name) and made.args[0].type == "string":
                return value
        place = _place_of_password(said)
        if given.type in ("tuple", "list", "array") and 0 <= place < len(given.named_children):
            held = given.named_children[place]
            made = module.call_at(held)
            if held.type == "string" or (made is not None and len(made.args) == 1 and made.args[0].type == "string"):
                return held
    return None


def _place_of_password(said: str) -> int:
    """Which of a statement's placeholders is the password's; -1 when that cannot be told."""
    found = _COLUMNS.search(said)
    if found is None:
        return -1
    columns = [c.strip().strip('`"[]') for c in found["columns"].split(",")]
    values = [v.strip() for v in found["values"].split(",")]
    at = next((n for n, c in enumerate(columns) if names_password(c)), -1)
    if at < 0 or at >= len(values) or not _PLACEHOLDER.fullmatch(values[at]):
        return -1
    return sum(1 for v in values[:at] if _PLACEHOLDER.fullmatch(v))


def written_in(project: Project, module: Module, call: Call) -> tuple[Node, str] | None:
    """The statement and the password of an INSERT that has the password of somebody's account written into it."""
    statement = stated(call.args[0]) if call.args else None
    if statement is None or not (_RUNS.match(call.last or call.name) or _is_statement(statement)):
        return None
    said = bare_text(project, module, statement)
    found = _COLUMNS.search(said)
    if found is None or _SQL_HASHES.search(said) or not _PEOPLE.search(said[: found.start("columns")]):
        return None
    columns = [c.strip().strip('`"[]') for c in found["columns"].split(",")]
    values = [v.strip() for v in found["values"].split(",")]
    at = next((n for n, c in enumerate(columns) if names_password(c)), len(values))
    literal = re.fullmatch(r"'([^'{}%]{3,60})'", values[at]) if at < len(values) == len(columns) else None
    return (statement, literal[1]) if literal is not None else None


def leaves(node: Node, depth: int = 0) -> Iterator[Node]:
    """The expressions in a tuple, list, dictionary, template, concatenation or format call."""
    if depth > 6:
        return
    if node.type in ("identifier", "attribute", "member_expression", "subscript", "subscript_expression"):
        yield node
        return
    if node.type in ("call", "call_expression"):
        yield node
    for child in node.named_children:
        if child.type not in ("comment", "string_content", "string_fragment"):
            yield from leaves(child, depth + 1)


def _hashes_a_text(module: Module, node: Node) -> bool:
    """Whether the node is the name of a function that is called with a text: `make_hash("admin")`."""
    made = module.call_at(node.parent) if node.parent is not None else None
    return (
        made is not None
        and made.node.child_by_field_name("function") == node
        and bool(made.args)
        and made.args[0].type == "string"
    )


def _is_password_node(node: Node) -> bool:
    said = text_of(node)
    last = re.split(r"[.\[]", said)[-1].strip("'\"] )(")
    return (
        names_password(last)
        or re.search(r"(?i)['\"](?:pass|password|pwd)['\"]\s*[\])]$", said) is not None
        or (re.search(r"(?i)hash\w*$|hashed\w*$", last) is not None and node.type == "identifier")
    )


def _of_assign(project: Project, module: Module, assign: Assign) -> Iterator[Write]:
    left = assign.node.child_by_field_name("left")
    scene = _scene(module, assign.node)
    if left is None or scene is None or scene.parent is None:
        return
    if left.type in ("attribute", "member_expression"):
        yield from _of_member(project, module, assign, left, scene)
    elif left.type in ("subscript", "subscript_expression"):
        holder = text_of(left.child_by_field_name("value") or left.child_by_field_name("object"))
        if _PEOPLE.search(holder) and assign.value.type in _CONTAINERS:
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
