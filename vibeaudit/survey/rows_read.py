"""The table that a call reads whole rows of, and the columns of it that are nobody else's business."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import AppModel
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.stores import touch
from vibeaudit.survey.project import Project

if TYPE_CHECKING:
    from tree_sitter import Node

SECRET_COLUMN = re.compile(
    r"^(\w+_)?(password|passwd|pwd|password_?hash|hashed_?password|pass_?hash|salt|(reset|refresh|access|verification|session"
    r"|invite|auth|api|recovery)_?tokens?|api_?keys?|secret(_?key)?|(totp|otp|mfa|two_?factor|client|webhook|signing)_?secret"
    r"|private_?key|backup_?codes?|pin_?hash|(login|reset|verification|otp)_?codes?)(_hash)?$",
    re.IGNORECASE,
)
_STAR = re.compile(r"\bselect\s+(?:\w+\.)?\*\s+from\s+[\"`]?(?:public\.)?(?P<table>\w+)", re.IGNORECASE)
_INSERT = re.compile(r"(?i)\binsert\s+(?:ignore\s+)?into\s+[`\"\w.]+\s*\((?P<columns>[\w\s,`\"]+)\)")
_ALL = re.compile(r"(?i)\bselect\s+\*\s+from\b")
_PART = re.compile(r"(?i)(?<![(\w.])(\w+)\.\*")
_JOINED = re.compile(r"(?i)\b(?:from|join)\s+[`\"]?(?:public\.)?(\w+)")
_COUNTED = re.compile(r"\b(join|union)\b", re.IGNORECASE)
_PRISMA = re.compile(
    r"(^|\.)(prisma|db|tx|database)\.(query\.)?(?P<table>[a-z]\w+)\.(findMany|findFirst|findUnique|findUniqueOrThrow|findFirstOrThrow|create|update|upsert|delete)$"
)
_CHOSEN = re.compile(r"\b(select|omit|columns)\s*:")
_DRIZZLE = re.compile(r"\.select\(\s*\)\s*\.from\(\s*(?P<table>\w+)\s*\)")
_JOINS = re.compile(r"\.(?:inner|left|right|full)Join\(\s*(\w+)")
_SUPABASE = re.compile(r"\.from\(\s*['\"](?P<table>\w+)['\"]\s*\)\s*\.select\(\s*(?:['\"`]\s*\*\s*['\"`]\s*[,)]|\))")
_ONLY_COUNTS = re.compile(r"\bhead\s*:\s*true\b")
_MODEL = re.compile(
    r"(?:\b(?:query|select|get)\(\s*(?:models\.)?(?P<table>[A-Z]\w+)\s*[,)]|\b(?P<flask>[A-Z]\w+)\.query\.)"
)
_READS = frozenset(
    "find findOne findById findAll findByPk findAndCountAll findOneBy findBy findOneOrFail findOneByOrFail"
    " findOneAndUpdate findByIdAndUpdate findAndCount findOrFail create save getMany getOne getOneOrFail".split()
)
_NARROWED = re.compile(
    r"\.select\(|\.project\(|\battributes\s*:|\bselect\s*:|\bprojection\s*:|\.countDocuments\(|\.distinct\(|raw:"
)
_BUILT = frozenset(("getMany", "getOne", "getOneOrFail"))
_LEFT_OUT = re.compile(r"\.select\(\s*['\"`]((?:\s*-\w+)+)\s*['\"`]\s*\)")
# the model itself keeps the column back
_KEPT_BACK = re.compile(
    r"select\s*:\s*false|toJSON|@Exclude|defaultScope|toObject|ClassSerializer|hidden\s*:", re.IGNORECASE
)
_SERIALIZES = re.compile(
    rb"ClassSerializerInterceptor|\b(?:instanceToPlain|classToPlain|plainToInstance|plainToClass)\("
)


def kept_back(project: Project, app: AppModel, table: str) -> bool:
    """Whether the model itself keeps columns back. What `@Exclude` hides is there until something serializes it."""
    homes = [project.snapshot.file(t.location.path) for t in app.tables if _same(t.name, table)]
    kept = [_KEPT_BACK.findall(f.text) if f is not None else ["?"] for f in homes]
    if all(k.lower() == "@exclude" for ks in kept for k in ks):
        return any(kept) and project.says(_SERIALIZES, "typescript")
    return any(kept)


def table_of_script(project: Project, app: AppModel, module: Module, call: Call) -> str:
    """The table whose rows a model of Mongoose, Sequelize or TypeORM reads whole, and keeps nothing of back."""
    if module.kind != "javascript" or call.last not in _READS:
        return ""
    touched = touch(project, module, _built(module, call) if call.last in _BUILT else call)
    if touched is None or _NARROWED.search(_LEFT_OUT.sub("", text_of(awaited_chain(call.node))[:3000])):
        return ""
    if call.last == "save" and not _saves_all(module, call):
        return ""
    if len(call.args) > 1 and "pdate" not in call.last and re.search(r":\s*[01]\b", text_of(call.args[1])):
        return ""  # a projection
    return "" if kept_back(project, app, touched.table) else touched.table


def _built(module: Module, call: Call) -> Call:
    """The call that a query of TypeORM is built from: `repo.createQueryBuilder('u').where(...).getMany()`."""
    chain = (c for c in module.calls_in(call.node) if c.last == "createQueryBuilder")
    return next(chain, call)


def _saves_all(module: Module, call: Call) -> bool:
    """Whether what is saved was made here, or read with all its columns."""
    given = [a for a in module.assigned.get(saved_row(call), ()) if a.node.start_byte < call.node.start_byte]
    return bool(given) and not _NARROWED.search(text_of(given[-1].value)[:3000])


def secret_column(app: AppModel, name: str, call: Call | None = None) -> str:
    """A column of this table that is nobody else's business; empty when it has none. The call may leave some out."""
    left_out = _LEFT_OUT.search(text_of(awaited_chain(call.node))[:3000]) if call is not None else None
    without = set(re.findall(r"\w+", left_out[1])) if left_out else set()
    columns = [c for t in app.tables if _same(t.name, name) for c in t.columns] or _inserted(app, name)
    return next((c for c in columns if SECRET_COLUMN.match(c) and c not in without), "")


def secret_field(fields: list[str]) -> str:
    """The first of the fields that is nobody else's business."""
    return next((f for f in fields if SECRET_COLUMN.match(f)), "")


def _inserted(app: AppModel, name: str) -> list[str]:
    """The columns of a table whose definition is not in the project, as its INSERT statements name them."""
    said = (m for w in app.row_writes if _same(w.table, name) and (m := _INSERT.search(w.statement)))
    return [c for m in said for c in re.findall(r"\w+", m["columns"])]


def _same(table: str, name: str) -> bool:
    """Whether a table is the one that a model or a statement names: `users`, `User`."""
    low = name.lower()
    return table.lower() in {low, f"{low}s", f"{low}es", low.removesuffix("s")}


def _statement(module: Module, call: Call) -> str:
    """The first argument as written; a name that holds a statement, or `text(name)`, as that statement."""
    first = text_of(call.args[0])[:3000] if call.args else ""
    if (named := re.fullmatch(r"(?:(?:\w+\.)?text\()?(\w+)\)?", first)) is None:
        return first
    given = [a for a in module.assigned.get(named[1], ()) if a.node.start_byte < call.node.start_byte]
    said = text_of(given[-1].value)[:3000] if given else ""
    return said if re.match(r"(?i)f?['\"`(\s]*select\b", said) else first


_SELECTED = re.compile(r"(?is)\bselect\b(?P<columns>.{1,2000}?)\bfrom\b(?P<tables>.{1,2000})")


def _parts(statement: str) -> list[str]:
    """The tables that a join takes all columns of: `SELECT u.*, t.name FROM users u JOIN teams t`."""
    selected = _SELECTED.search(statement)
    if selected is None or ".*" not in selected["columns"]:
        return []
    aliases = {m[2].lower(): m[1] for m in _ALIASED.finditer(selected["tables"])}
    return [aliases.get(name.lower(), name) for name in _PART.findall(selected["columns"])]


_ALIASED = re.compile(
    r"(?i)(?:\bfrom|\bjoin|^|,)\s+[`\"]?(?:public\.)?(\w+)[`\"]?\s+(?:as\s+)?(?!on\b|where\b|left\b|inner\b|join\b)(\w+)"
)


def table_read(module: Module, call: Call, app: AppModel) -> str:
    """The table that a call reads whole rows of."""
    first = _statement(module, call)
    if (m := _STAR.search(first)) and not _COUNTED.search(first):
        return m["table"]
    if _ALL.search(first) and not re.search(r"(?i)\bunion\b", first):  # of a join: what any of its tables holds
        return next((t for t in _JOINED.findall(first) if secret_column(app, t)), "")
    if table := next((t for t in _parts(first) if secret_column(app, t)), ""):
        return table
    if (m := _PRISMA.search(call.name)) and not _CHOSEN.search(first):
        return m["table"]
    text = text_of(call.node)[-1500:]
    if call.last == "from" and (m := _DRIZZLE.search(text)):
        joined = _JOINS.findall(text_of(awaited_chain(call.node))[:3000])
        return next((t for t in (m["table"], *joined) if secret_column(app, t)), m["table"])
    if call.last == "select" and (m := _SUPABASE.search(text)) and not _ONLY_COUNTS.search(text):
        return m["table"]
    if call.last in ("query", "select", "get", "all", "first", "get_or_404") and (m := _MODEL.search(text)):
        return m["table"] or m["flask"]
    return ""


def saved_row(call: Call) -> str:
    """The name of the row: `user.save()`, `repository.save(user)`."""
    return text_of(call.args[0]) if call.args else call.name.rpartition(".")[0]


def awaited_chain(node: Node) -> Node:
    """The outermost call of the chain, awaited: `await db.select().from(x).where(y)`."""
    while (up := node.parent) is not None and (
        (up.type in ("member_expression", "attribute", "call_expression", "call") and up.start_byte == node.start_byte)
        or up.type in ("await_expression", "await", "parenthesized_expression")
        or (
            up.type == "argument_list"
            and up.parent is not None
            and re.search(r"\.(scalars?|execute|exec)$", text_of(up.parent.child_by_field_name("function"))) is not None
        )
        or (up.type == "call" and up.end_byte == node.end_byte)
    ):
        node = up
    return node
