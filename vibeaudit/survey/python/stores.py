"""What one Python call does to a store: raw SQL, SQLAlchemy, Django, Peewee, SQLModel, Tortoise, MongoDB."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from vibeaudit.survey import procedures
from vibeaudit.survey.classes import enclosing
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.python import own_models

_SQL = re.compile(
    r"\b(?:(?P<read>select)\b.*?\bfrom|(?P<update>update)|(?P<insert>(?:insert(?:\s+or\s+\w+)?|replace)\s+into)"
    r"|(?P<delete>delete\s+from))\s+[\"`\[]?(?:\w+\.)?[\"`]?(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_EXECUTES = frozenset(
    "execute executemany executescript exec query fetch fetchrow fetchval fetch_all fetch_one raw extra read_sql"
    " query_db execute_query run_query fetchall fetchone select_one select_all text read_sql_query".split()
)
# a statement that is handed to a helper of the app's own: `db.rows("SELECT ...", (id,))`
_STATEMENT = re.compile(
    r"""\(?\s*[frbu]{0,2}["']{1,3}\s*(?:select\b.+?\bfrom\b|insert\s+(?:or\s+\w+\s+)?into\b|replace\s+into\b"""
    r"""|update\s+[\w."`\[\]{}]+\s+set\b|delete\s+from\b)""",
    re.IGNORECASE | re.DOTALL,
)
_NO_QUERIES = frozenset(
    "print debug info warning warn error exception critical log append extend join format replace write startswith"
    " match search compile sub len str repr add_argument dedent strip flash emit".split()
)
_MONGO = {
    "find_one": "read", "find": "read", "aggregate": "read", "count_documents": "read", "distinct": "read",
    "insert_one": "insert", "insert_many": "insert", "update_one": "update", "update_many": "update",
    "replace_one": "update", "find_one_and_update": "update", "find_one_and_replace": "update",
    "delete_one": "delete", "delete_many": "delete", "find_one_and_delete": "delete", "bulk_write": "update",
    "find_one_or_404": "read",
}  # fmt: skip
_MONGO_ONLY = frozenset(_MONGO) - {"find", "aggregate", "distinct"}
_FETCHES = frozenset(
    "get get_or_404 get_or_none first first_or_404 one one_or_none one_or_404 all scalar scalars filter filter_by"
    " where exclude paginate count exists values values_list order_by select prefetch_related get_by_id in_bulk"
    " first_or_none aget afirst aall earliest latest get_queryset join select_related annotate defer iterator"
    " find find_one find_all find_many to_list first_or_none".split()
)
_WRITES = {
    "create": "insert", "bulk_create": "insert", "insert": "insert", "insert_many": "insert", "acreate": "insert",
    "get_or_create": "insert", "update_or_create": "update", "update": "update", "bulk_update": "update",
    "aupdate": "update", "delete": "delete", "adelete": "delete", "delete_by_id": "delete", "set_by_id": "update",
    "replace": "insert", "create_user": "insert", "acreate_user": "insert", "create_superuser": "insert",
}  # fmt: skip
# `notes = client.app["notes"]`, `db.get_collection("notes")`
_COLLECTION = re.compile(r"(?:\[\s*['\"](\w+)['\"]\s*\]|collection\(\s*['\"](\w+)['\"][^()]*\))\s*$")
_MODEL = re.compile(r"(?:^|[\w.]*\.)([A-Z]\w*[a-z]\w*)(?:\.\w+)?$")
_OBJECT_WRITES = {
    "save": "update",
    "delete": "delete",
    "delete_instance": "delete",
    "asave": "update",
    "adelete": "delete",
    "insert": "insert",  # Beanie
    "save_changes": "update",
}
_SAVE_WORDS = frozenset(
    "commit update_fields force_insert force_update using validate only cascade write_concern upsert"
    " synchronize_session".split()
)
_NOT_ROWS = re.compile(
    r"(^|\.)(?:cache|request|requests|session|client|http\w*|s3\w*|storage|fs|file|image|img|wb|workbook|doc|driver|fig|plt"
    r"|cookies|headers|redis\w*|blob|bucket|default_storage|os|shutil|path)$",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:^|[._])(?:db|session|sess|s|async_session|db_session)$", re.IGNORECASE)
_ASKS_SESSION = frozenset(
    "get query execute scalar scalars exec get_one get_or_404 first_or_404 one_or_404 paginate".split()
)
_GET_OR_404 = frozenset(("get_object_or_404", "get_list_or_404", "aget_object_or_404"))
_OWN = own_models.ATTRIBUTE.pattern.replace("(", "(?:").replace("(?:?:", "(?:")


@dataclass(frozen=True, slots=True)
class Touch:
    """A read or write. `verb`: read, insert, update, delete. `table` is empty where the call does not name it.
    `said` is the statement, when it stands outside the call."""

    table: str
    verb: str
    said: str = ""
    own: str = ""  # the attribute of the class around the call that holds the model or collection: `self.model`


def touch(module: Module, call: Call) -> Touch | None:
    """What the call does to a store; None for other calls. Looked at once."""
    if call not in module.touches:
        module.touches[call] = _touch(module, call)
    return module.touches[call]  # type: ignore[return-value]


def _touch(module: Module, call: Call) -> Touch | None:
    found = _sql(module, call) or _mongo(module, call) or _orm(module, call) or _of_query(module, call)
    if found is not None and (held := own_models.ATTRIBUTE.fullmatch(found.table)):
        return replace(found, table=own_models.around(module, call.node, held[1]), own=held[1])
    return replace(found, table=original(module, found.table)) if found and found.table[:1].isupper() else found


_QUERY = re.compile(r"\.query\((?![\s\S]*\.(?:first|one|one_or_none|all|get|scalar|count)\([^()]*\)\s*$)")


_OPERATOR = re.compile(r"\{\s*(?:['\"]\$\w+['\"]\s*:|[A-Z]\w*\.\w+\s*:)")


def _of_query(module: Module, call: Call) -> Touch | None:
    """`found.update({...})`, where `found` holds a query of SQLAlchemy's that has not been asked yet."""
    holder, _, verb = call.name.rpartition(".")
    if not holder.isidentifier():
        return None
    if verb in ("update", "set") and call.args and _OPERATOR.match(text_of(call.args[0])):
        return Touch("", "update")  # a document of Beanie's: `note.update({"$set": {...}})`, `note.set({Note.text: x})`
    asked = verb in ("update", "delete") and _QUERY.search(_assigned(module, call, holder))
    return Touch("", verb) if asked else None


def original(module: Module, name: str) -> str:
    """The name that a class has at home: `from models import User as UserModel`."""
    known = module.imports.get(name)
    return known.name if known is not None and known.name[:1].isupper() else name


def _sql(module: Module, call: Call) -> Touch | None:
    if not call.args or call.last in _NO_QUERIES:
        return None
    first = call.args[0]
    said = text_of(first)[:4000]
    if first.type == "identifier":
        said = _assigned(module, call, said)
    if call.last not in _EXECUTES and not _STATEMENT.match(said):
        return None
    inner = module.call_at(first)
    if inner and inner.args and inner.last == "text" and inner.args[0].type == "identifier":
        said = _assigned(module, call, text_of(inner.args[0]))
    if not re.search(r"['\"]", said):
        return None
    if m := _SQL.search(said):
        return Touch(m["table"], next(v for v in ("read", "update", "insert", "delete") if m[v]), said)
    procedure = procedures.called(said)
    return Touch(*procedure, said) if procedure else None


def says_statement(call: Call) -> bool:
    """Whether a call is given a statement in words, whatever runs it in the end: `change("UPDATE ...", id)`."""
    return bool(call.args) and call.last not in _NO_QUERIES and bool(_STATEMENT.match(text_of(call.args[0])[:4000]))


def _assigned(module: Module, call: Call, name: str) -> str:
    """What a name was last given before the call."""
    before = [a for a in module.assigns if name in a.targets and a.node.start_byte < call.node.start_byte]
    return text_of(before[-1].value)[:4000] if before else ""


def _mongo(module: Module, call: Call) -> Touch | None:
    holder, _, verb = call.name.rpartition(".")
    if verb not in _MONGO or not holder:
        return None
    if holder.rpartition(".")[2].endswith("engine") and (model := _model_in(call)):  # ODMantic
        return Touch(model, _MONGO[verb])
    if own_models.ATTRIBUTE.fullmatch(holder):
        return Touch(holder, _MONGO[verb])
    last = holder.removesuffix(".[]").rsplit(".", 1)[-1]
    if verb not in _MONGO_ONLY and not re.search(r"\bdb\b|mongo|collection|_col\b|\[\]", holder):
        return None
    if holder.endswith("[]"):  # db['users'].find_one
        named = re.search(r"\[\s*['\"](\w+)['\"]\s*\]", text_of(call.node)[:400])
        last = named[1] if named else last
    named = _COLLECTION.search(_assigned(module, call, holder)) if holder.isidentifier() else None
    table = next(g for g in named.groups() if g) if named else last
    return Touch(re.sub(r"_?(?:collection|col|coll)$", "", table) or table, _MONGO[verb])


def _orm(module: Module, call: Call) -> Touch | None:
    holder, _, verb = call.name.rpartition(".")
    if call.name in _GET_OR_404 or verb in _GET_OR_404:
        return Touch(_model_in(call) or _known_class(module, call), "read")
    if call.name == "select" and (
        model := _model_in(call)
    ):  # a statement that something else runs: `paginate(db, query)`
        return Touch(model, "read")
    if not holder:
        return None
    if verb in _OBJECT_WRITES and not _NOT_ROWS.search(holder) and not _named(holder):
        plain = not call.args and set(call.keywords) <= _SAVE_WORDS
        if plain or (verb == "save" and call.args and text_of(call.args[0]) in ("True", "False")):
            kept = text_of(call.keywords.get("commit")) == "False"  # a form that gives its row and stores nothing
            return Touch(_queried(call), "read" if kept else _OBJECT_WRITES[verb])
    if _SESSION.search(holder):
        return _of_session(call, verb)
    if verb == "execute" and not call.args and (table := _named(holder)):  # Peewee
        written = next((_WRITES[p] for p in holder.split(".") if p in _WRITES), "read")
        return Touch(table, written)
    table = _named(holder) or _own_class(call, holder) or _queried(call)
    if not table:
        return None
    if verb in _WRITES and (verb != "insert" or not re.search(r"\.(?:list|items)$", holder)):
        return Touch(table, _WRITES[verb])
    return Touch(table, "read") if verb in _FETCHES else None


def _of_session(call: Call, verb: str) -> Touch | None:
    """SQLAlchemy's session: `add`, `delete`, `get(Model, id)`, `query(Model)`, `execute(select(Model))`."""
    if verb in ("add", "add_all", "merge", "bulk_save_objects", "bulk_insert_mappings"):
        return Touch(_model_in(call), "insert" if verb != "merge" else "update")
    if verb == "delete" and call.args:
        return Touch(_model_in(call), "delete")
    if verb in _ASKS_SESSION and call.args:
        said = text_of(call.args[0])[:2000]
        if m := re.match(
            rf"\(?\s*(?:sa\.|db\.|sqlalchemy\.)?(select|update|insert|delete)\(\s*(?:(?:\w+\.)*([A-Z]\w*)|({_OWN}))",
            said,
        ):
            return Touch(m[2] or m[3], {"select": "read"}.get(m[1], m[1]))
        if (m := _MODEL.match(said)) or (m := re.match(rf"({_OWN})", said)):
            return Touch(m[1], "read")
    return None


def _named(holder: str) -> str:
    """The model at the head of a chain: `Note.objects.filter`, `models.Note.query`, `Note.select.where`."""
    if m := re.match(_OWN, holder):
        return m[0]
    parts = holder.split(".")
    for part, after in zip(parts, (*parts[1:], ""), strict=True):
        if part[:1].isupper() and not part.isupper() and part not in _NO_MODELS:
            return part
        if after == "objects" and part not in _NO_NAMES:  # `class loanRequest(models.Model)`
            return part
    return ""


_NO_NAMES = frozenset(("self", "cls", "__class__", "model"))
_NO_MODELS = frozenset(
    "Path Image Response JSONResponse Flask FastAPI Thread Counter Decimal Template Environment Client Session"
    " OpenAI Anthropic Redis Fernet Request Blueprint APIRouter Router Q F Case When Count Sum Max Min Avg Enum"
    " OrderedDict DataFrame Series Workbook Document Config Settings Logger BytesIO StringIO Popen".split()
)


def _queried(call: Call) -> str:
    """The model in `db.query(Note).filter`, `select(Note).where`, `session.query(Note.id)`."""
    m = re.search(
        rf"\b(?:query|select|update|delete|insert)\(\s*(?:func\.\w+\(\s*)?(?:(?:\w+\.)*?([A-Z]\w*[a-z]\w*)\b|({_OWN}))",
        text_of(call.node)[:600],
    )
    return m[1] or m[2] if m else ""


def _own_class(call: Call, holder: str) -> str:
    """`cls.query`, `cls.objects`: the class around the call."""
    return (
        enclosing(call.node) if re.match(r"(?:cls|self\.__class__)(?:$|\.(?:query|objects|select)\b)", holder) else ""
    )


def _known_class(module: Module, call: Call) -> str:
    """A model that its app writes small: `get_object_or_404(loanRequest, id=id)`."""
    name = text_of(call.args[0])[:200] if call.args else ""
    return name if name in module.by_class or (name in module.imports and name.isidentifier()) else ""


def _model_in(call: Call) -> str:
    if call.args and text_of(call.args[0]) in ("self", "cls"):
        return enclosing(call.node)
    said = text_of(call.args[0])[:200] if call.args else ""
    m = re.match(rf"\s*(?:(?:\w+\.)*?([A-Z]\w*[a-z]\w*)\b|({_OWN}))", said)
    return m[1] or m[2] if m else ""
