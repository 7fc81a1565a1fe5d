"""Rows that a handler hands to its caller whole, out of tables whose columns nobody else should see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.model import AppModel, Location, Route, Snapshot
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.client_components import sent_to_browser
from vibeaudit.survey.javascript.stores import touch
from vibeaudit.survey.project import Project
from vibeaudit.survey.python.shown import shows_less
from vibeaudit.survey.returned_callers import RETURNED, returned_callers
from vibeaudit.survey.taken_along import taken_along

if TYPE_CHECKING:
    from tree_sitter import Node

_SECRET = re.compile(
    r"^(\w+_)?(password|passwd|pwd|password_?hash|hashed_?password|pass_?hash|salt|(reset|refresh|access|verification|session"
    r"|invite|auth|api|recovery)_?tokens?|api_?keys?|secret(_?key)?|(totp|otp|mfa|two_?factor|client|webhook|signing)_?secret"
    r"|private_?key|backup_?codes?|pin_?hash|(login|reset|verification|otp)_?codes?)(_hash)?$",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"select\s|select\(|\.find|\.query|\.objects|\.get\(|\.create\(|\.save\(|\.update\(|\.upsert\(|\bthis\.\w+\.\w+\("
    r"|\b(?:get|find|fetch|list|load|read|by|all|create|update|save|register|sign_?up)\w*\(|\bawait\s+\w+(?:\.\w+)*\(",
    re.IGNORECASE,
)
_STAR = re.compile(r"\bselect\s+(?:\w+\.)?\*\s+from\s+[\"`]?(?:public\.)?(?P<table>\w+)", re.IGNORECASE)
_INSERT = re.compile(r"(?i)\binsert\s+(?:ignore\s+)?into\s+[`\"\w.]+\s*\((?P<columns>[\w\s,`\"]+)\)")
_ALL = re.compile(r"(?i)\bselect\s+\*\s+from\b")
_JOINED = re.compile(r"(?i)\b(?:from|join)\s+[`\"]?(?:public\.)?(\w+)")
_COUNTED = re.compile(r"\b(join|union)\b", re.IGNORECASE)
_PRISMA = re.compile(
    r"(^|\.)(prisma|db|tx|database)\.(query\.)?(?P<table>[a-z]\w+)\.(findMany|findFirst|findUnique|findUniqueOrThrow|findFirstOrThrow|create|update|upsert|delete)$"
)
_CHOSEN = re.compile(r"\b(select|omit|columns)\s*:")
_DRIZZLE = re.compile(r"\.select\(\s*\)\s*\.from\(\s*(?P<table>\w+)\s*\)")
_JOINS = re.compile(r"\.(?:inner|left|right|full)Join\(\s*(\w+)")
_SUPABASE = re.compile(r"\.from\(\s*['\"](?P<table>\w+)['\"]\s*\)\s*\.select\(\s*(?:['\"`]\s*\*\s*['\"`]\s*[,)]|\))")
_MODEL = re.compile(
    r"(?:\b(?:query|select|get)\(\s*(?:models\.)?(?P<table>[A-Z]\w+)\s*[,)]|\b(?P<flask>[A-Z]\w+)\.query\.)"
)
_ANSWERS = re.compile(
    r"(^|\.)(res|reply|response|Response|NextResponse|c|ctx)(\.(?:status|code|cookie|header|set|type|clearCookie))*\.(json|send|jsonp)$|^jsonify$|^JSONResponse$"
    r"|^(flask\.)?jsonify$|^json$"
)
# the app's own helper that is handed the response, and the envelope that answers are put into
_SENDS = re.compile(r"(?i)(?:^|\.)(?:send|respond|reply|success|ok|created|json|api)\w*$")
_ENVELOPE = re.compile(
    r"(?i)^(?:new\.)?(?:api|success|http|custom|base)_?(?:response|result|success)$|^successResponse$"
)
_READS = frozenset(
    "find findOne findById findAll findByPk findAndCountAll findOneBy findBy findOneOrFail findOneByOrFail"
    " findOneAndUpdate findByIdAndUpdate findAndCount findOrFail create save getMany getOne getOneOrFail".split()
)
_NARROWED = re.compile(
    r"\.select\(|\.project\(|\battributes\s*:|\bselect\s*:|\bprojection\s*:|\.countDocuments\(|\.distinct\(|raw:"
)
# the model itself keeps the column back
_KEPT_BACK = re.compile(
    r"select\s*:\s*false|toJSON|@Exclude|defaultScope|toObject|ClassSerializer|hidden\s*:", re.IGNORECASE
)
_SERIALIZES = re.compile(
    rb"ClassSerializerInterceptor|\b(?:instanceToPlain|classToPlain|plainToInstance|plainToClass)\("
)
# a row that is taken apart gives these one by one: `const { id, password, ...rest } = row`
_COLUMN = re.compile(_SECRET.pattern + r"|^(?:_?id|role|email|username)$", re.IGNORECASE)
_AS_OBJECT = re.compile(r"\.(?:toObject|toJSON)$")
_OWN_WORDS = re.compile(
    r"\.(?:to_?(?!object|json\b)\w+|as_\w+|serialize\w*|public\w*|dump\w*|summary|profile)\(\)\)*$", re.IGNORECASE
)
_COPIES = frozenset(("dict", "list", "JSON.parse", "JSON.stringify", "structuredClone"))
_PUT_INTO = frozenset("object pair dictionary spread_element parenthesized_expression".split())
_FAR = 10  # lines
_DATA_LAYER = re.compile(
    r"(?i)(?:^|/)(?:models?|repositor(?:y|ies)|dao|daos|db|database|queries|data)/|(?:model|repository|dao|queries)\.\w+$"
)
_ANYTHING = frozenset("list List Optional None Sequence dict Dict Any str object Row RowMapping int".split())
_PASSES = frozenset(
    "await_expression parenthesized_expression await arguments argument_list object pair dictionary list array tuple"
    " as_expression non_null_expression spread_element keyword_argument list_comprehension member_expression"
    " subscript_expression for_in_clause jsx_expression".split()
)


def whole_rows(snapshot: Snapshot, app: AppModel, route: Route, text: str) -> tuple[tuple[str, str, Location], ...]:
    """(table, its secret column, where it is read) for each query whose rows are answered as they are.
    `text` is the handler's."""
    own = route.framework == "fastapi" and RETURNED.search(text)
    if route.body is None or not (own or _HINT.search(text)) or _shaped(app, route, text):
        return ()
    project = project_of(snapshot)
    module = project.module(str(route.body.path))
    body = node_of(module, route.body) if module else None
    if module is None or body is None:
        return ()
    answers = module.kind == "javascript" and route.framework != "nest"
    rows = list(returned_callers(project, module, body, lambda table: secret_column(app, table))) if own else []
    for call in module.calls_in(body):
        table = _table(module, call, app) or _of_script(project, app, module, call)
        column = secret_column(app, table) if table else ""
        answer = _answer(project, module, body, call) if column else None
        if answer is not None and module.kind == "python" and shows_less(project, table, answer, column):
            continue
        if answer is not None:
            rows.append((table, column, _place(module, call, answer)))
        elif not table and (below := _of_helper(project, app, module, body, call, answers)):
            rows.append(below)
        if answer is None and (along := _along(project, app, module, body, call)):
            rows.append(along)
    return tuple(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The files of one snapshot, read once for all of its routes."""

    snapshot: Snapshot

    def __hash__(self) -> int:
        return id(self.snapshot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Read) and other.snapshot is self.snapshot


def project_of(snapshot: Snapshot) -> Project:
    """The snapshot's files, read once for whoever asks after the survey."""
    return _project(_Read(snapshot))


@lru_cache(maxsize=1)
def _project(read: _Read) -> Project:
    return Project(read.snapshot)


def read_whole(project: Project, app: AppModel, module: Module, call: Call) -> str:
    """The secret column of the rows that a call reads whole, itself or through the app's function that it calls."""
    table = _table(module, call, app) or _of_script(project, app, module, call)
    if table:
        return secret_column(app, table)
    called = project.function_called(module, call) if call.name else None
    if called is None:
        return ""
    home, function = called
    for inner in home.calls_in(function.body):
        table = _table(home, inner, app) or _of_script(project, app, home, inner)
        column = secret_column(app, table) if table else ""
        if column and _answer(project, home, function.body, inner):
            return column
    return ""


def _along(project: Project, app: AppModel, module: Module, body: Node, call: Call) -> tuple[str, str, Location] | None:
    """Rows of another table that come with those that are answered."""
    if module.kind != "javascript":
        return None
    for table in taken_along(project, app, call):
        column = secret_column(app, table)
        answer = _answer(project, module, body, call) if column and not _kept_back(project, app, table) else None
        if answer is not None:
            return table, column, _place(module, call, answer)
    return None


def _kept_back(project: Project, app: AppModel, table: str) -> bool:
    """Whether the model itself keeps columns back. What `@Exclude` hides is there until something serializes it."""
    homes = [project.snapshot.file(t.location.path) for t in app.tables if _same(t.name, table)]
    kept = [_KEPT_BACK.findall(f.text) if f is not None else ["?"] for f in homes]
    if all(k.lower() == "@exclude" for ks in kept for k in ks):
        return any(kept) and project.says(_SERIALIZES, "typescript")
    return any(kept)


def _of_script(project: Project, app: AppModel, module: Module, call: Call) -> str:
    """The table whose rows a model of Mongoose, Sequelize or TypeORM reads whole, and keeps nothing of back."""
    if module.kind != "javascript" or call.last not in _READS:
        return ""
    touched = touch(project, module, call)
    if touched is None or _NARROWED.search(text_of(_chain(call.node))[:3000]):
        return ""
    if call.last == "save" and not _saves_all(module, call):
        return ""
    if len(call.args) > 1 and "pdate" not in call.last and re.search(r":\s*[01]\b", text_of(call.args[1])):
        return ""  # a projection
    return "" if _kept_back(project, app, touched.table) else touched.table


def _saves_all(module: Module, call: Call) -> bool:
    """Whether what is saved was made here, or read with all its columns."""
    given = [a for a in module.assigned.get(_saved(call), ()) if a.node.start_byte < call.node.start_byte]
    return bool(given) and not _NARROWED.search(text_of(given[-1].value)[:3000])


def _saved(call: Call) -> str:
    """The name of the row: `user.save()`, `repository.save(user)`."""
    return text_of(call.args[0]) if call.args else call.name.rpartition(".")[0]


def _of_helper(
    project: Project, app: AppModel, module: Module, body: Node, call: Call, answers: bool, depth: int = 0
) -> tuple[str, str, Location] | None:
    """Whole rows that a function of the app returns, and the handler answers with. `answers`: the handler says itself
    what it answers, where others hand on what a service returns."""
    given = _answer(project, module, body, call) if call.name else None
    called = project.function_called(module, call) if given is not None else None
    if given is None or called is None:
        return None
    home, function = called
    for inner in home.calls_in(function.body):
        table = _table(home, inner, app) or _of_script(project, app, home, inner)
        column = secret_column(app, table) if table else ""
        answer = _answer(project, home, function.body, inner)
        if column and answer:
            # a layer that only runs statements does nothing wrong: the handler chooses what it answers
            layered = home.path != module.path and (answers or _DATA_LAYER.search(home.path) is not None)
            return table, column, _place(module, call, given) if layered else home.file.locate(inner.node)
        # the service that signs somebody in asks the service that keeps the users
        if (
            not table
            and answer
            and depth < 1
            and (below := _of_helper(project, app, home, function.body, inner, False, 1))
        ):
            return below[0], below[1], module.file.locate(call.node) if answers else home.file.locate(answer)
    return None


def node_of(module: Module, at: Location) -> Node | None:
    root = module.file.tree.root_node if module.file.tree else None
    start = module.file.offset(at.line) + at.column - 1
    end = module.file.offset(at.end_line) + at.end_column - 1
    node = root.descendant_for_byte_range(start, max(start, end - 1)) if root is not None else None
    while node is not None and (node.start_byte > start or node.end_byte < end) and node.parent is not None:
        node = node.parent
    return node


def secret_column(app: AppModel, name: str) -> str:
    """A column of this table that is nobody else's business; empty when it has none."""
    columns = [c for t in app.tables if _same(t.name, name) for c in t.columns] or _inserted(app, name)
    return next((c for c in columns if _SECRET.match(c)), "")


def _inserted(app: AppModel, name: str) -> list[str]:
    """The columns of a table whose definition is not in the project, as its INSERT statements name them."""
    said = (m for w in app.row_writes if _same(w.table, name) and (m := _INSERT.search(w.statement)))
    return [c for m in said for c in re.findall(r"\w+", m["columns"])]


def _same(table: str, name: str) -> bool:
    """Whether a table is the one that a model or a statement names: `users`, `User`."""
    low = name.lower()
    return table.lower() in {low, f"{low}s", f"{low}es", low.removesuffix("s")}


def _shaped(app: AppModel, route: Route, text: str) -> bool:
    """FastAPI keeps to a response model, named by the decorator or by the handler's return type."""
    if route.framework != "fastapi":
        return False
    head, _, rest = text.partition("def ")
    if "response_model" in head:
        return True
    returned = re.search(r"\)\s*->\s*([^\n]+?):\s*\n", rest[:3000])
    names = set(re.findall(r"\w+", returned[1])) - _ANYTHING if returned else set()
    return bool(names) and not any(secret_column(app, n) for n in names)


def _statement(module: Module, call: Call) -> str:
    """The first argument as written; a name that holds a statement, or `text(name)`, as that statement."""
    first = text_of(call.args[0])[:3000] if call.args else ""
    if (named := re.fullmatch(r"(?:(?:\w+\.)?text\()?(\w+)\)?", first)) is None:
        return first
    given = [a for a in module.assigned.get(named[1], ()) if a.node.start_byte < call.node.start_byte]
    said = text_of(given[-1].value)[:3000] if given else ""
    return said if re.match(r"(?i)f?['\"`(\s]*select\b", said) else first


def _table(module: Module, call: Call, app: AppModel) -> str:
    """The table that a call reads whole rows of."""
    first = _statement(module, call)
    if (m := _STAR.search(first)) and not _COUNTED.search(first):
        return m["table"]
    if _ALL.search(first) and not re.search(r"(?i)\bunion\b", first):  # of a join: what any of its tables holds
        return next((t for t in _JOINED.findall(first) if secret_column(app, t)), "")
    if (m := _PRISMA.search(call.name)) and not _CHOSEN.search(first):
        return m["table"]
    text = text_of(call.node)[-1500:]
    if call.last == "from" and (m := _DRIZZLE.search(text)):
        joined = _JOINS.findall(text_of(_chain(call.node))[:3000])
        return next((t for t in (m["table"], *joined) if secret_column(app, t)), m["table"])
    if call.last == "select" and (m := _SUPABASE.search(text)):
        return m["table"]
    if call.last in ("query", "select", "get", "all", "first", "get_or_404") and (m := _MODEL.search(text)):
        return m["table"] or m["flask"]
    return ""


def _answer(project: Project, module: Module, body: Node, call: Call) -> Node | None:
    """Where the rows go to the caller as they are, or a helper returns them so."""
    node = _chain(call.node)
    if _OWN_WORDS.search(text_of(node)[-60:]):
        return None  # the model says itself what it shows
    given = _given_to(module, node)
    if given is not None:
        function, name = given
        uses = () if cleaned(text_of(function), name) else _uses(function, name)
        return next((node for use in uses if _handed_over(project, module, use)), None)
    names = names_of(module, body, call)
    if names is None:
        return node if _handed_over(project, module, node) else None
    if call.last == "save" and _handed_over(project, module, node):
        return node
    text = text_of(body)
    uses = (use for name in names if not cleaned(text, name) for use in _uses(body, name))
    return next((use for use in uses if _passed(project, module, body, use)), None)


def _passed(project: Project, module: Module, body: Node, use: Node) -> bool:
    """Whether it is answered, itself or in an object that is given a name first."""
    if _handed_over(project, module, use):
        return True
    up = use.parent
    while up is not None and up.type in _PUT_INTO:
        up = up.parent
    if up is None or up.type not in ("variable_declarator", "assignment") or use.parent == up:
        return False
    name = text_of(up.child_by_field_name("name") or up.child_by_field_name("left"))
    later = (u for u in _uses(body, name) if u.start_byte > up.end_byte) if name.isidentifier() else ()
    return any(_handed_over(project, module, u) for u in later)


def names_of(module: Module, body: Node, call: Call) -> tuple[str, ...] | None:
    """The names that the rows of a query are given; None when nothing takes them."""
    names = _kept_as(module, body, _chain(call.node))
    if names is not None:
        return names
    if call.last == "save":
        saved = _saved(call)
        return (saved,) if saved.isidentifier() else None
    if call.last == "execute" and module.kind == "python":  # `cursor.execute(...)`, then `row = cursor.fetchone()`
        holder = re.escape(call.name.rpartition(".")[0])
        fetches = re.compile(rf"(?:await )?(?:dict\()?{holder}\.fetch(?:one|all|many)\(")
        after = (a for a in module.assigns_in(body) if a.node.start_byte > call.node.end_byte)
        return next((a.targets for a in after if fetches.match(text_of(a.value))), None)
    return None


def _place(module: Module, call: Call, answer: Node) -> Location:
    """The query, where the columns would be named; or the answer, when it is given far below."""
    far = answer.start_point[0] - call.node.end_point[0] > _FAR
    return module.file.locate(answer if far else call.node)


def cleaned(text: str, name: str) -> bool:
    """Whether something is taken out of the row before it leaves."""
    return bool(
        re.search(rf"\bdelete {name}\.|\b{name}\.\w+ = (undefined|null|None)|\bdel {name}\b|\b{name}\.pop\(", text)
    )


def _given_to(module: Module, chain: Node) -> tuple[Node, str] | None:
    """The callback that the rows are given to, and its name for them: `.then((rows) => ...)`."""
    call = module.call_at(chain)
    last = call.args[-1] if call is not None and call.args else None
    if call is None or last is None or last.type not in ("arrow_function", "function_expression"):
        return None
    function = module.function_at(last)
    if function is None or not function.params:
        return None
    param = function.params[0 if call.last == "then" else -1]
    return (last, param.name) if param.name.isidentifier() else None


def _chain(node: Node) -> Node:
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


def _kept_as(module: Module, body: Node, node: Node) -> tuple[str, ...] | None:
    """The names that take the rows; None when nothing does."""
    for assign in module.assigns_in(body):
        if assign.value.start_byte <= node.start_byte and node.end_byte <= assign.value.end_byte:
            head = text_of(assign.node).partition("=")[0]
            return () if "{" in head and any(_COLUMN.match(w) for w in re.findall(r"\w+", head)) else assign.targets
    return None


def _handed_over(project: Project, module: Module, node: Node) -> bool:
    """Whether the value goes into an answer as it is: alone, in a list, or under a key."""
    held = node
    while (up := held.parent) is not None:
        if up.type in ("return_statement",):
            return True
        if up.type in ("call_expression", "call", "new_expression"):
            called = module.call_at(up)
            name = called.name if called else ""
            if _ANSWERS.search(name) or _sends(called):
                return True
            if name not in _COPIES and not _ENVELOPE.match(name) and not _AS_OBJECT.search(name):
                return False
        elif up.type == "jsx_attribute":
            return sent_to_browser(project, module, up)
        elif up.type == "list_comprehension":
            if not re.fullmatch(r"(dict\()?\w+\)?", text_of(up.child_by_field_name("body"))):
                return False
        elif up.type in ("conditional_expression", "ternary_expression"):
            if held == (up.child_by_field_name("condition") or up.named_children[1]):
                return False
        elif up.type == "pair":
            if up.child_by_field_name("key") == held:
                return False
        elif up.type in ("member_expression", "subscript_expression", "subscript"):
            if not re.search(r"\.(?:rows|data|_doc|toObject|toJSON|dataValues)$|\[0\]$", text_of(up)):
                return False
        elif up.type not in _PASSES:
            return False
        held = up
    return False


def _sends(call: Call | None) -> bool:
    """`sendResponse(res, {data: rows})`"""
    first = text_of(call.args[0]) if call is not None and call.args else ""
    return call is not None and first in ("res", "response", "reply") and _SENDS.search(call.name) is not None


def _uses(body: Node, name: str) -> Iterator[Node]:
    """Where a name stands in the handler, bounded."""
    wanted, waiting, left = name.encode(), [body], 20_000
    while waiting and left:
        node, left = waiting.pop(), left - 1
        if node.type in ("identifier", "shorthand_property_identifier") and node.text == wanted:
            yield node
        waiting.extend(reversed(node.named_children))
