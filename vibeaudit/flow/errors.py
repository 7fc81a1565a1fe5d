"""Errors as a source: what is caught, what a handler is given, and the conditions that tell of either."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from vibeaudit.flow.form import Call, Expr, Fact, Path, Test
from vibeaudit.model import Location

CAUGHT = "caught"  # rulesets/flow names these calls: caught.Exception, caught.error
FORMATS = "@format_error"  # stands for a decorator: the function is named where errors are written
DEBUG: Path = ("<debug>",)  # the name whose being there says that only developers come here
_NAMES = frozenset(("err", "error", "exception", "_err", "_error"))
_EACH = frozenset(("map", "forEach", "filter", "some", "every", "find", "reduce", "flatMap", "each"))
_REQUESTS = frozenset(("req", "request", "_req", "_request"))
_BROAD = frozenset(("Error", "Object", "Exception", "BaseException"))
_OWN = frozenset(
    ("name", "isOperational", "expose", "isBoom", "isAxiosError", "isJoi")
)  # fields that tell an error's kind
_PRODUCTION = re.compile(
    r"""(?:NODE_ENV|\benv\b|\bENV(?:IRONMENT)?|environment|\bmode|MODE)["')\]\s]{0,4}(?P<op>[!=]==?)\s*["'](?P<name>\w+)["']""",
)
_FLAG = re.compile(
    r"(?i)(?:[\w.]*\.)?(?:is_?)?(?P<name>dev(?:elopment)?(?:_?(?:mode|env))?|debug(?:_?mode)?|__dev__|prod(?:uction)?)(?:\(\))?"
)
_FOR_ALL = re.compile(r"\.(?:exception_handler|errorhandler|app_errorhandler)\(\s*(?:Exception|500|BaseException)\b")
_REGISTERED = re.compile(
    r"\.(?:register_error_handler|add_exception_handler)\(\s*(?:Exception|500|BaseException|InternalServerError)\s*,\s*(\w+)\s*\)"
)
_PAGE = re.compile(r"@[\w.]+\.(?:app_)?errorhandler\(")
_FORMATS = re.compile(r"\b(?:format_error|error_formatter)\s*=\s*(?:staticmethod\(\s*)?(\w+)")
_TABLE_VERBS = frozenset(("select", "insert", "update", "upsert", "delete"))
_LONG = 160
_PART = 5
# what a database says, in its own words: `err instanceof DatabaseError`
_OF_DATABASE = re.compile(
    r"(?:Sequelize|Base)?(?:Database|DB)Error|QueryFailedError|TypeORMError|Mongo(?:Server|Network|Bulk\w+)?Error|Postgres(?:ql)?Error"
    r"|Sqlite3?Error|SqlError|SQLAlchemyError|OperationalError|ProgrammingError|PrismaClient\w*Error"
)
_DATABASES = re.compile(r"(?i)duplicate|unique|constraint|foreign|sql|E\d{4,}|ECONN|relation|violat|column")


def caught(kinds: Iterable[str], at: Location) -> tuple[Expr, ...]:
    """The values that a clause which catches these kinds of errors gives its name."""
    return tuple(Call((CAUGHT, kind), (), (), at) for kind in kinds)


def answers_error(value: Expr) -> bool:
    """Whether a call answers `{data, error}`, as clients of Supabase do: by the client's name, or by what it asks."""
    names: list[str] = []
    while isinstance(value, Call):
        names += value.callee
        if value.receiver is None:
            break
        value = value.receiver
    if "auth" in names:
        return "admin" in names  # the others are meant for the person who signs in
    return any("supabase" in n.lower() for n in names) or ("from" in names and bool(_TABLE_VERBS & set(names)))


def is_handed(parameters: tuple[str, ...], *, in_place: bool, callee: str) -> bool:
    """Whether a function's first parameter is an error by custom: of a callback, of an error handler."""
    if not parameters:
        return False
    if callee == "catch":
        return True
    if parameters[0] not in _NAMES or callee in _EACH:
        return False
    return in_place or (len(parameters) > 2 and parameters[1] in _REQUESTS)


def handles_all(decorators: tuple[str, ...]) -> bool:
    """Whether a function is what a Python framework calls with any error: its last parameter is that error."""
    return any(_FOR_ALL.search(d) for d in decorators)


@lru_cache(maxsize=8)
def registered(text: str) -> frozenset[str]:
    """The functions that a file registers for any error: `app.register_error_handler(Exception, explain)`."""
    return frozenset(m[1] for m in _REGISTERED.finditer(text))


@lru_cache(maxsize=8)
def formatters(text: str) -> frozenset[str]:
    """The functions that write the errors of a GraphQL server for its answers: `format_error = explain`."""
    return frozenset(("format_error", *(m[1] for m in _FORMATS.finditer(text))))


def answers(decorators: tuple[str, ...]) -> bool:
    """Whether what a function gives back is sent for an error: Flask's error pages, and what formats errors."""
    return any(_PAGE.match(d) or d == FORMATS for d in decorators)


def tells_kind(path: Path) -> frozenset[Fact]:
    """A look at the field that names an error's kind says that the app knows this error."""
    known = len(path) > 1 and path[-1] in _OWN
    return frozenset({Fact(path[:-1], "known-error")}) if known else frozenset()


def says_kind(path: Path, part: str) -> frozenset[Fact]:
    """`error.message.includes("Only images")`: a sentence of the app's own, unless it is a database's."""
    known = len(path) > 1 and path[-1] in ("message", "msg") and len(part) > _PART and not _DATABASES.search(part)
    return frozenset({Fact(path[:-1], "known-error"), Fact(path, "known-error")}) if known else frozenset()


def is_of_kind(path: Path, kind: str) -> frozenset[Fact]:
    """`error instanceof NotFound`: one of the kinds that the app tells apart."""
    last = kind.rsplit(".", 1)[-1].strip("() ")
    told = path and last and last not in _BROAD and not _OF_DATABASE.fullmatch(last)
    return frozenset({Fact(path, "known-error")}) if told else frozenset()


def debugging(written: str) -> Test:
    """What a condition such as `NODE_ENV !== "production"` or `settings.DEBUG` says of who gets here."""
    if len(written) > _LONG:
        return Test()
    here = frozenset({Fact(DEBUG, "debug-only")})
    if told := _PRODUCTION.search(written):
        developing = told["name"].lower().startswith(("dev", "local", "test"))
        if not developing and not told["name"].lower().startswith("prod"):
            return Test()
        return Test(here) if developing == told["op"].startswith("=") else Test(frozenset(), here)
    if told := _FLAG.fullmatch(written):
        return Test(frozenset(), here) if told["name"].lower().startswith("prod") else Test(here)
    return Test()
