"""What one JavaScript call does to a store: raw SQL, Mongoose, MongoDB, Prisma, Drizzle, Sequelize, Knex, TypeORM,
Supabase, Firestore. What a name stands for is followed to the client or the model that it was made from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, procedures
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript import account_services, realtime
from vibeaudit.survey.javascript.generic_stores import method_of_generic
from vibeaudit.survey.javascript.models import Store, store_of, table_of_function
from vibeaudit.survey.javascript.query_helpers import EXECUTES, handed_on
from vibeaudit.survey.javascript.scopes import Scopes
from vibeaudit.survey.javascript.values import value_of
from vibeaudit.survey.python.stores import Touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SQL = re.compile(
    r"\b(?:(?P<read>select)\b.*?\bfrom|(?P<update>update)|(?P<insert>(?:insert(?:\s+or\s+\w+|\s+ignore)?|replace)\s+into)"
    r"|(?P<delete>delete\s+from))\s+[\"`\[]?(?:\w+\.)?[\"`\\]*(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_STATEMENT = re.compile(
    r"[\s'\"`(]*(?:--[^\n]*\n\s*)*(?:select|insert|update|delete|replace|with|call|exec)\b", re.IGNORECASE
)
# Verbs that only stores have, whatever the holder is called.
_CLEAR = {
    "findById": "read", "findByPk": "read", "findAll": "read", "findAndCountAll": "read", "findOneBy": "read",
    "findOneOrFail": "read", "findOneByOrFail": "read", "findBy": "read", "findAndCount": "read",
    "findMany": "read", "findUnique": "read", "findUniqueOrThrow": "read", "findFirst": "read",
    "findFirstOrThrow": "read", "countDocuments": "read", "estimatedDocumentCount": "read",
    "insertOne": "insert", "insertMany": "insert", "bulkCreate": "insert", "createMany": "insert",
    "createManyAndReturn": "insert", "findOrCreate": "insert", "upsert": "update",
    "updateOne": "update", "updateMany": "update", "replaceOne": "update", "bulkWrite": "update",
    "findOneAndUpdate": "update", "findByIdAndUpdate": "update", "findOneAndReplace": "update",
    "deleteOne": "delete", "deleteMany": "delete", "findOneAndDelete": "delete", "findByIdAndDelete": "delete",
    "findOneAndRemove": "delete", "findByIdAndRemove": "delete", "softDelete": "delete", "softRemove": "delete",
}  # fmt: skip
# Verbs that other things have too: the holder has to be a model, a repository, a collection or a query.
_OTHER = {
    "find": "read", "findOne": "read", "count": "read", "aggregate": "read", "distinct": "read", "exists": "read",
    "groupBy": "read", "get": "read", "first": "read", "select": "read", "pluck": "read", "createQueryBuilder": "read",
    "sum": "read", "min": "read", "max": "read", "where": "read", "paginate": "read", "findOneOrCreate": "insert",
    "create": "insert", "insert": "insert", "add": "insert", "save": "update", "update": "update", "set": "update",
    "increment": "update", "decrement": "update", "patch": "update", "delete": "delete", "del": "delete",
    "remove": "delete", "destroy": "delete", "truncate": "delete", "build": "insert",
}  # fmt: skip
_INSTANCE = {
    "save": "update", "destroy": "delete", "remove": "delete", "deleteOne": "delete", "updateOne": "update",
    "update": "update",
}  # fmt: skip
_OWN_ROW = re.compile(r"(?:(?:req|request|ctx\.state|res\.locals)\.)(?P<table>user|account|member|customer)")
_PRISMA = re.compile(r"(?:^|\.)(?:prisma\w*|db|tx|trx|database|\w*[pP]risma)\.(?P<model>[a-z]\w*)\.\w+$")
_FIRESTORE = {
    "addDoc": "insert", "setDoc": "update", "updateDoc": "update", "deleteDoc": "delete", "getDoc": "read",
    "getDocs": "read", "onSnapshot": "read",
}  # fmt: skip
# `db.doc(`notes/${id}`)`
_FIRESTORE_PATH = re.compile(r"['\"`]/?(?P<name>[A-Za-z]\w*)/")
_NO_MODELS = frozenset(
    "Object Array Promise Map Set Date Reflect Math Response Request Router Path Buffer String Number Headers Cache"
    " Cookies Session Storage Client Stripe Axios Params Keyv Intl Symbol Proxy Error Url Icon".split()
)
_GENERIC = re.compile(rb"\bclass\s+\w+\s*<\s*\w+[^{]{0,200}\{[^}]{0,400}?(?:Model|Repository)<")
_NO_DOCUMENT = re.compile(r"(?:^|\.)(?:ctx|context|canvas|c2d|painter|pdf|doc|workbook|file|image|session|req|res)$")


def touch(project: Project, module: Module, call: Call) -> Touch | None:
    """What the call does to a store; None for other calls."""
    if module.kind != "javascript" or not call.name:
        return None
    if (call.last in EXECUTES or handed_on(project, module, call)) and (said := _sql(project, module, call)):
        return said
    if call.last in _FIRESTORE and call.name == call.last and call.args:
        return Touch(_firestore_table(project, module, call.args[0]), _FIRESTORE[call.last])
    if ".from." in call.name and (found := _supabase(call)):
        return found
    if found := account_services.touch(call) or realtime.touch(project, module, call):
        return found
    if call.last in _CLEAR or call.last in _OTHER or call.last in _INSTANCE:
        return _rows(project, module, call)
    return _of_generic(project, module, call) if project.says(_GENERIC, *javascript.LANGUAGES) else None


def _of_generic(project: Project, module: Module, call: Call) -> Touch | None:
    """`this.notes.getOne(filter)`: a method of the app's own that does the same to every table."""
    callee = call.node.child_by_field_name("function")
    holder = javascript.unwrap(callee).child_by_field_name("object") if callee is not None else None
    if holder is None or javascript.unwrap(holder).type not in ("member_expression", "identifier", "this"):
        return None
    store = store_of(project, module, holder)
    if store is None or store.kind != "model" or not store.table:
        return None
    found = method_of_generic(project, value_of(project, module, holder), call.last)
    inner = found.module.calls_in(found.node) if found is not None and found.node is not None else []
    verbs = [t.verb for c in inner if found is not None and (t := touch(project, found.module, c)) and not t.table]
    changes = [v for v in verbs if v != "read"]
    return Touch(store.table, (changes or verbs)[0]) if verbs else None


def _sql(project: Project, module: Module, call: Call) -> Touch | None:
    if not call.args:
        return None
    said = _statement(project, module, call, call.args[0])
    if said and _STATEMENT.match(said) and (m := _SQL.search(said)):
        return Touch(m["table"], next(v for v in ("read", "update", "insert", "delete") if m[v]), said)
    procedure = procedures.called(said)
    return Touch(*procedure, said) if procedure else None


def _statement(project: Project, module: Module, call: Call, node: Node) -> str:
    """The SQL that an argument holds: written there, in a name, or under `text:` or `sql:`."""
    node = javascript.unwrap(node)
    if node.type == "object":
        held = (javascript.property_of(node, n) for n in ("text", "sql", "query"))
        inner = next((h for h in held if h is not None), None)
        return _statement(project, module, call, inner) if inner is not None and inner.type != "object" else ""
    if node.type in ("identifier", "shorthand_property_identifier"):
        name = text_of(node)
        # `let q = 'SELECT ...'; q = q + ' WHERE ...'`: the last that starts a statement
        given = [a for a in module.assigned.get(name, ()) if a.node.start_byte < call.node.start_byte]
        for assign in reversed(given):
            if _STATEMENT.match(text := text_of(assign.value)[:4000]):
                return text
        longer = re.compile(rf"\b{re.escape(name)}\s*\+=\s*(?=[`'\"])".encode())
        for m in longer.finditer(module.file.data, 0, call.node.start_byte):  # `q += 'INSERT ...'`
            if _STATEMENT.match(text := module.file.data[m.end() : m.end() + 4000].decode("utf-8", "replace")):
                return text
        found = value_of(project, module, node)
        return text_of(found.node)[:4000] if found.node is not None and found.node.id != node.id else ""
    inside = module.call_at(node)
    if inside is not None and inside.args and inside.last in ("sql", "raw", "format", "trim"):
        return _statement(project, module, call, inside.args[0])
    return text_of(node)[:4000]


def _supabase(call: Call) -> Touch | None:
    """`.from('notes').insert(...)`: the call of the verb itself, not those that narrow it."""
    verbs = {"select": "read", "insert": "insert", "update": "update", "upsert": "update", "delete": "delete"}
    if call.last not in verbs or not call.name.endswith(f".from.{call.last}"):
        return None
    said = text_of(call.node)[:2000]
    if call.last == "select" and re.search(r"\bhead\s*:\s*true\b", said):
        return None  # how many there are, and none of them
    table = re.search(r"\.from\(\s*['\"`]([\w.]+)['\"`]", said)
    return Touch(table[1], verbs[call.last]) if table else None


def _firestore_table(project: Project, module: Module, node: Node) -> str:
    """`notes` of `collection(db, 'notes')`, `doc(db, 'notes', id)`, `query(collection(...))`, or a name of these."""
    found = value_of(project, module, node)
    call = found.module.call_at(found.node) if found.node is not None else None
    if call is None or not call.args:
        return ""
    if call.last in ("query", "doc") and len(call.args) > 0 and (inner := found.module.call_at(call.args[0])):
        return _firestore_table(project, found.module, inner.node)
    named = next((s for a in call.args for s in (javascript.string_of(a),) if s), "")
    return named.split("/")[0]


def _rows(project: Project, module: Module, call: Call) -> Touch | None:
    callee = call.node.child_by_field_name("function")
    holder = javascript.unwrap(callee).child_by_field_name("object") if callee is not None else None
    if holder is None:
        return None
    holder = javascript.unwrap(holder)
    verb = _CLEAR.get(call.last) or _OTHER.get(call.last) or _INSTANCE[call.last]
    if table := _collection(project, module, holder):
        fresh = call.last == "set" and re.search(r"\.doc\(\s*\)$", text_of(holder)) is not None
        return Touch(table, "insert" if fresh else "read" if verb == "update" and call.last == "get" else verb)
    store = store_of(project, module, holder)
    if store is not None:
        return _of_store(call, store, verb)
    if (m := _PRISMA.search(call.name)) and (call.last in _CLEAR or call.last in ("create", "update", "delete")):
        return Touch(m["model"], verb)
    if model := _in_transaction(project, module, holder):
        return Touch(model, verb)
    if call.last in ("insert", "update", "delete") and call.args and (t := _drizzle_table(project, module, call)):
        return Touch(t, verb)
    if call.last in _INSTANCE and (found := _instance(project, module, call, holder)):
        return found
    if call.last in _OTHER and _is_model_name(project, module, holder):
        return Touch(_last_name(holder), verb)
    if call.last in _CLEAR and project.function_called(module, call) is None:
        computed = holder.type == "subscript_expression" and "'" not in text_of(holder) and '"' not in text_of(holder)
        return Touch("" if computed else _last_name(holder), verb)  # `client[model].findMany()`: who knows
    return None


def _in_transaction(project: Project, module: Module, holder: Node) -> str:
    """The model of `client.note.create(...)` where the client is what `prisma.$transaction(async (client) => ...)`
    hands over, however it is called there."""
    root, _, model = javascript.dotted(holder).partition(".")
    if not re.fullmatch(r"[a-z]\w*", model):
        return ""
    bound = Scopes.of(project, module).binding(root, holder.start_byte)
    arguments = bound.function.node.parent if bound is not None and bound.function is not None else None
    outer = module.call_at(arguments.parent) if arguments is not None and arguments.parent is not None else None
    return model if outer is not None and outer.last == "$transaction" else ""


def _of_store(call: Call, store: Store, verb: str) -> Touch | None:
    if store.kind == "client":  # `manager.save(User, row)`, `db.insert(notes)`
        named = text_of(call.args[0]) if call.args else ""
        return Touch(named, verb) if re.fullmatch(r"[A-Za-z_]\w*", named) and call.last in _OTHER else None
    if store.kind == "instance" and call.last not in _INSTANCE:
        return None
    return Touch(store.table, "insert" if call.last == "save" and store.fresh else verb)


def _collection(project: Project, module: Module, holder: Node) -> str:
    """The table at the head of a chain: `db.collection('notes').doc(id)`, `knex('notes').where(...)`."""
    node: Node | None = javascript.unwrap(holder)
    for _ in range(12):
        if node is None or node.type not in ("call_expression", "member_expression"):
            break
        if node.type == "call_expression":
            call = module.call_at(node)
            first = javascript.string_of(call.args[0]) if call is not None and call.args else ""
            if call is not None and call.last == "doc" and (path := _FIRESTORE_PATH.match(_first_text(call))):
                return path["name"]
            if call is not None and first and (call.last in ("collection", "from", "into", "table")):
                return first if call.last == "collection" or _is_knex(project, module, call) else ""
            if call is not None and first and "." not in call.name and _is_knex(project, module, call):
                return first
            if call is not None and call.last == "from" and call.args and ".select." in f".{call.name}.":
                return table_of_function(project, module, call.args[0]) or text_of(call.args[0])
        node = node.child_by_field_name("function" if node.type == "call_expression" else "object")
        node = javascript.unwrap(node) if node is not None else None
    return ""


def _first_text(call: Call) -> str:
    return text_of(call.args[0])[:200] if call.args else ""


def _is_knex(project: Project, module: Module, call: Call) -> bool:
    """`knex('notes')` where knex was made by Knex, or is a transaction."""
    root = call.name.split(".")[0]
    if root in ("knex", "trx"):
        return True
    node: Node | None = call.node
    while node is not None and node.type in ("call_expression", "member_expression"):
        node = node.child_by_field_name("function" if node.type == "call_expression" else "object")
    store = store_of(project, module, node) if node is not None else None
    return store is not None and store.kind == "knex"


def _drizzle_table(project: Project, module: Module, call: Call) -> str:
    """`db.insert(notes)` where notes is a table of Drizzle."""
    return table_of_function(project, module, call.args[0])


def _instance(project: Project, module: Module, call: Call, holder: Node) -> Touch | None:
    """`note.save()` on a row that was read or made before, or on that of who is signed in."""
    if own := _OWN_ROW.fullmatch(javascript.dotted(holder)):
        return Touch(own["table"], _INSTANCE[call.last]) if call.args or call.last in ("save", "destroy") else None
    if holder.type != "identifier" or _NO_DOCUMENT.search(text_of(holder)):
        return None
    found = value_of(project, module, holder)
    made = found.module.call_at(found.node) if found.node is not None else None
    if made is not None and made.node.id != call.node.id and (read := touch(project, found.module, made)):
        return Touch(read.table, _INSTANCE[call.last])
    bound = Scopes.of(project, module).binding(text_of(holder), holder.start_byte)
    if bound is not None and bound.function is not None and (table := _given_by(project, module, bound.function.node)):
        return Touch(table, _INSTANCE[call.last])
    plain = all(module.function_at(a) is not None or a.type == "object" for a in call.args)
    return Touch("", _INSTANCE[call.last]) if call.last in ("save", "destroy") and plain else None


def _given_by(project: Project, module: Module, callback: Node) -> str:
    """The table whose rows a callback is given: `Note.findById(id).then((note) => ...)`, `Note.findById(id, cb)`."""
    arguments = callback.parent
    call = module.call_at(arguments.parent) if arguments is not None and arguments.parent is not None else None
    for _ in range(6):
        if call is None:
            return ""
        if read := touch(project, module, call):
            return read.table
        callee = call.node.child_by_field_name("function")
        below = javascript.unwrap(callee).child_by_field_name("object") if callee is not None else None
        call = module.call_at(below) if below is not None else None
    return ""


def _is_model_name(project: Project, module: Module, holder: Node) -> bool:
    """`db.User`, `models.Note`, `Note`: a class of rows that cannot be followed, by how it is written."""
    name = _last_name(holder)
    if not re.fullmatch(r"[A-Z][a-z]\w*", name) or name in _NO_MODELS or holder.type == "call_expression":
        return False
    if value_of(project, module, holder).kind == "new_expression":
        return False  # one object of the app's own making: a counter, a cache
    entry = module.imports.get(javascript.dotted(holder).split(".")[0])
    return (
        entry is None or entry.spec.startswith((".", "@/", "~/", "#")) or project.target(module, entry.spec) is not None
    )


def _last_name(holder: Node) -> str:
    return javascript.dotted(holder).removesuffix(".[]").rsplit(".", 1)[-1]
