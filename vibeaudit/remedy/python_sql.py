"""How a Python file talks to its database: which call sends the SQL, and how that driver writes its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.python_code import arguments, keyword, positional, value
from vibeaudit.remedy.syntax import items, text
from vibeaudit.source import SourceFile

# A driver's module -> how it writes a parameter.
STYLES = {
    "sqlite3": "?",
    "aiosqlite": "?",
    "duckdb": "?",
    "pyodbc": "?",
    "libsql": "?",
    "psycopg": "%s",
    "psycopg2": "%s",
    "psycopg_pool": "%s",
    "pymysql": "%s",
    "MySQLdb": "%s",
    "mysql": "%s",
    "aiomysql": "%s",
    "flask_mysqldb": "%s",
    "django": "%s",
    "asyncpg": "$n",
    "databases": ":name",
}
SENDS = frozenset(
    "execute executemany fetch fetchrow fetchval fetch_all fetch_one raw RawSQL read_sql read_sql_query".split()
)
_IMPORT = re.compile(r"^[ \t]*(?:import|from)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sending:
    """The call that sends a SQL text. `call` takes the parameters; `text_call` is SQLAlchemy's text(...)."""

    call: Node
    sql: Node
    method: str
    text_call: Node | None = None

    @property
    def given(self) -> Node | None:
        """The parameters that are passed already."""
        for name in ("parameters", "params", "values", "vars"):
            if (found := value(keyword(self.call, name))) is not None:
                return found
        rest = positional(self.call)[1:]
        return rest[-1] if rest and self.method not in ("read_sql", "read_sql_query") else None


def sending(node: Node | None) -> Sending | None:
    """The outermost call around `node` that sends SQL, or a text(...) on its own."""
    found: Sending | None = None
    inner: Node | None = None
    while node is not None and node.type not in ("function_definition", "module"):
        if node.type == "call" and arguments(node) is not None:
            name = method_of(node)
            first = next(iter(positional(node)), None) or value(keyword(node, "query")) or value(keyword(node, "sql"))
            if name == "text" and first is not None:
                inner = node
                found = Sending(node, first, "text", node)
            elif name in SENDS and first is not None:
                if first.type == "call" and method_of(first) == "text" and positional(first):
                    return Sending(node, positional(first)[0], name, first)
                if inner is None or first == inner:
                    return Sending(node, first, name)
        node = node.parent
    return found


def method_of(call: Node) -> str:
    """The last name of what is called."""
    function = call.child_by_field_name("function")
    if function is None:
        return ""
    return text(function.child_by_field_name("attribute")) if function.type == "attribute" else text(function)


def style_of(file: SourceFile, how: Sending, bench: Bench) -> str:
    """The driver's way to write parameters; empty when nothing says."""
    if how.text_call is not None:
        return ":name"
    if how.method in ("raw", "RawSQL"):
        return "%s"
    if how.method in ("fetch", "fetchrow", "fetchval"):
        return "$n"
    own = _styles(file)
    if len(own) == 1:
        return own.pop()
    if own:
        return ""
    everywhere = set[str]().union(*(_styles(f) for f in bench.snapshot.of("python")))
    return everywhere.pop() if len(everywhere) == 1 else ""


def strictly_typed(bench: Bench) -> bool:
    """Whether the app uses asyncpg, which sends each value with the type that the column has."""
    return any(
        "asyncpg" in f.text for f in bench.snapshot.files if f.language in ("python", "text", "toml", "requirements")
    )


def _styles(file: SourceFile) -> set[str]:
    if file.language != "python":
        return set()
    return {STYLES[name] for name in _IMPORT.findall(file.text) if name in STYLES}


def parameter_name(source: str, expression: str, taken: dict[str, str]) -> str:
    """A name for the parameter that holds `expression`, made from what it is read from."""
    words = re.findall(r"[A-Za-z_]\w*", source.split("(")[0] if source.endswith(")") else source)
    keys = re.findall(r"[\[(][\"'](\w+)[\"']", source)
    base: str = (keys or words or ["value"])[-1]
    name = base
    number = 2
    while taken.get(name, expression) != expression:
        name, number = f"{base}_{number}", number + 1
    taken[name] = expression
    return name


def literal_items(node: Node) -> list[Node] | None:
    """The elements of a tuple, list or dictionary literal."""
    if node.type not in ("tuple", "list", "dictionary"):
        return None
    listed = items(node)
    return None if any("splat" in n.type for n in listed) else listed
