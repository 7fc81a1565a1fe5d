"""How a JavaScript file talks to its database: which call sends the SQL, and how its driver writes parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.script_code import LANGUAGES, arguments
from vibeaudit.remedy.syntax import text
from vibeaudit.source import SourceFile

STYLES = {
    "@neondatabase/serverless": "$n",
    "@planetscale/database": "?",
    "@vercel/postgres": "$n",
    "better-sqlite3": "?",
    "bun:sqlite": "?",
    "knex": "?",
    "libsql": "?",
    "@libsql/client": "?",
    "mysql": "?",
    "mysql2": "?",
    "node-sqlite3-wasm": "?",
    "node:sqlite": "?",
    "pg": "$n",
    "pg-promise": "$n",
    "postgres": "$n",
    "serverless-mysql": "?",
    "sqlite": "?",
    "sqlite3": "?",
}
# Calls that take the values beside the text.
SENDS = frozenset("query execute all get run each raw unsafe any one oneOrNone none many manyOrNone result".split())
_BOUND = frozenset("run get all iterate pluck values".split())
_IMPORT = re.compile(r"""(?:from|require\(|import)\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Sending:
    """The call that sends a SQL text; `takes` is the call that takes the values (another one after prepare)."""

    call: Node
    sql: Node
    method: str
    takes: Node


def sending(sql: Node) -> Sending | None:
    """The call that a SQL expression is the first argument of."""
    listing = sql.parent
    call = listing.parent if listing is not None and listing.type == "arguments" else None
    if call is None or call.type != "call_expression" or arguments(call)[:1] != [sql]:
        return None
    name = method_of(call)
    if name != "prepare":
        return Sending(call, sql, name, call)
    member = call.parent
    outer = member.parent if member is not None and member.type == "member_expression" else None
    if outer is None or outer.type != "call_expression" or method_of(outer) not in _BOUND:
        return None
    return Sending(call, sql, name, outer)


def method_of(call: Node) -> str:
    """The last name of what is called."""
    function = call.child_by_field_name("function")
    if function is None:
        return ""
    return text(function.child_by_field_name("property")) if function.type == "member_expression" else text(function)


def style_of(file: SourceFile, bench: Bench) -> str:
    """The driver's way to write parameters, from the file's own imports or else from all that the app has; empty
    when nothing says or several say."""
    own = _styles(file)
    if not own:
        own = {STYLES[p.name] for p in bench.app.packages if p.ecosystem == "npm" and p.direct and p.name in STYLES}
    if not own:
        own = set[str]().union(*(_styles(f) for f in bench.snapshot.of(*LANGUAGES)))
    return own.pop() if len(own) == 1 else ""


def _styles(file: SourceFile) -> set[str]:
    """By the modules that a file loads; "mysql2/promise" is of mysql2."""
    found = set()
    for module in _IMPORT.findall(file.text):
        parts = module.split("/")
        for name in (module, "/".join(parts[: 2 if module.startswith("@") else 1])):
            if name in STYLES:
                found.add(STYLES[name])
    return found
