"""Moves values out of a SQL text into parameters, in the way of the app's own JavaScript driver."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_text import Hole, Template
from vibeaudit.remedy.script_code import arguments
from vibeaudit.remedy.script_sql import SENDS, Sending, sending, style_of
from vibeaudit.remedy.script_text import bare, declared, template
from vibeaudit.remedy.sql_text import NotAValue, Value, values
from vibeaudit.remedy.syntax import add_item, enclosing, flagged, insert, items, nodes, text
from vibeaudit.source import SourceFile

TITLE = Text("Pass the values beside the SQL", "Passer les valeurs à côté du SQL")
CHECK = Text(
    "The driver now sends each value with its own type: run this query once with real values.",
    "Le pilote envoie maintenant chaque valeur avec son type : lancer cette requête une fois avec de vraies valeurs.",
)
_FUNCTIONS = ("function_declaration", "function_expression", "arrow_function", "method_definition", "program")
_TAGS = {"$queryRawUnsafe": "$queryRaw", "$executeRawUnsafe": "$executeRaw"}
_SHAPES = ("template_string", "binary_expression", "identifier", "string")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Only where every gap of the statement is a value."""
    file = bench.flagged(finding)
    sql = flagged(file, finding, *_SHAPES)
    how = sending(sql) if sql is not None else None
    if sql is None or how is None:
        return Refusal("no call that sends this SQL was found")
    try:
        if how.method in _TAGS or (how.method == "raw" and _drizzle(how)):
            return _proposal(*_tagged(file, how))
        if how.method not in SENDS and how.method != "prepare":
            raise NotAValue(f"{how.method or 'this call'} takes no values beside the text")
        style = "?" if how.method == "prepare" else style_of(file, bench)
        if not style:
            raise NotAValue("nothing says which database driver this is, and so how it writes parameters")
        return _proposal(*_beside(file, how, style))
    except NotAValue as error:
        return Refusal(str(error))


def _proposal(edits: list[Edit], exact: bool) -> Proposal:
    return Proposal(TITLE, tuple(edits), Safety.SAFE if exact else Safety.UNSAFE, Text("", "") if exact else CHECK)


def _drizzle(how: Sending) -> bool:
    function = how.call.child_by_field_name("function")
    return function is not None and text(function.child_by_field_name("object")) == "sql"


def _taken_apart(how: Sending) -> tuple[Template, list[Value]]:
    """The text's parts and places, where it is written or in the one `const` that holds it."""
    made = bare(how.sql)
    if made.type == "identifier":
        scope = enclosing(how.call.parent, *_FUNCTIONS)
        found = declared(scope, text(made)) if scope is not None else None
        if found is None or scope is None:
            raise NotAValue(f"{text(made)} is not put together in one place")
        if sum(text(n) == text(made) for n in nodes(scope, "identifier")) > 2:
            raise NotAValue(f"{text(made)} is used more than once")
        made = bare(found)
    parts = template(made)
    if parts is None or not parts.holes:
        raise NotAValue("the statement is not put together here")
    if any(_rebinds(h, made, how.call) for h in parts.holes):
        raise NotAValue("a value changes between the text and the call")
    return parts, values(parts, continues="" if _is_statement(parts) else "SELECT x WHERE ")


def _is_statement(parts: Template) -> bool:
    """A condition alone (`name = '...'`) is read as what follows WHERE."""
    first = parts.chunks[0].text if parts.chunks else ""
    return not re.match(r"\s*[\w.\"]+\s*(?:=|<|>|I?LIKE\b)", first, re.IGNORECASE)


def _rebinds(hole: Hole, start: Node, end: Node) -> bool:
    names = {text(n) for n in nodes(hole.node, "identifier")}
    scope = enclosing(end, *_FUNCTIONS)
    return scope is not None and any(
        start.end_byte <= n.start_byte < end.start_byte and text(n.child_by_field_name("left")) in names
        for n in nodes(scope, "assignment_expression", "augmented_assignment_expression")
    )


def _tagged(file: SourceFile, how: Sending) -> tuple[list[Edit], bool]:
    """`sql.raw(`...`)` -> `sql`...``, where each gap is a parameter by itself."""
    if bare(how.sql).type != "template_string" or len(arguments(how.call)) > 1:
        raise NotAValue("write the statement as one template behind its tag")
    _, places = _taken_apart(how)
    function = how.call.child_by_field_name("function")
    listing = how.call.child_by_field_name("arguments")
    assert function is not None
    assert listing is not None
    tag = text(function)
    name = tag.removesuffix(".raw") if how.method == "raw" else tag[: -len(how.method)] + _TAGS[how.method]
    edits = [
        Edit(file.path, function.start_byte, function.end_byte, name.encode()),
        Edit(file.path, listing.start_byte, how.sql.start_byte, b""),
        Edit(file.path, how.sql.end_byte, listing.end_byte, b""),
    ]
    for place in places:
        if place.in_quotes:
            start, end = place.spans[0][0], place.spans[-1][1]
            edits.append(Edit(file.path, start, end, f"${{{_expression(place)}}}".encode()))
    exact = how.method == "raw" or all(p.in_quotes for p in places)
    return edits, exact and not any(p.counts for p in places)


def _beside(file: SourceFile, how: Sending, style: str) -> tuple[list[Edit], bool]:
    """A placeholder in each value's place, and the values in the call."""
    parts, places = _taken_apart(how)
    written = "".join(c.text for c in parts.chunks)
    if style == "$n" and "?" in written.replace("??", ""):
        raise NotAValue("the statement has placeholders of another driver")
    first = max((int(n) for n in re.findall(r"\$(\d+)", written)), default=0) + 1
    edits: list[Edit] = []
    for number, place in enumerate(places, first):
        shown = f"${number}" if style == "$n" else "?"
        for start, end, after in place.spans:
            edits.append(Edit(file.path, start, end, (shown + after).encode()))
            shown = ""
    edits += _pass(file, how, style, places)
    return edits, not any(p.counts for p in places)


def _pass(file: SourceFile, how: Sending, style: str, places: list[Value]) -> list[Edit]:
    listed = [_expression(p) for p in places]
    given = arguments(how.takes)
    listing = how.takes.child_by_field_name("arguments")
    assert listing is not None
    if how.method == "prepare":
        return _to_prepared(file, listing, given, places)
    rest = given[1:]
    array = next((n for n in rest if n.type == "array"), None)
    if array is not None and rest[0] == array:
        if any(n.type == "spread_element" for n in items(array)):
            raise NotAValue("the number of values depends on what is spread")
        return _into(file, array, style, places)
    if rest and rest[0].type not in ("arrow_function", "function_expression", "function"):
        raise NotAValue("the call has values already, in a form of their own")
    made = f"[{', '.join(listed)}]"
    if rest:
        return [insert(file, rest[0].start_byte, f"{made}, ")]
    return [add_item(file, listing, made)]


def _to_prepared(file: SourceFile, listing: Node, given: list[Node], places: list[Value]) -> list[Edit]:
    if any(n.type in ("spread_element", "object") for n in given):
        raise NotAValue("the call has values already, in a form of their own")
    if len(given) == 1 and given[0].type == "array":
        return _into(file, given[0], "?", places)
    return _into(file, listing, "?", places)


def _into(file: SourceFile, listing: Node, style: str, places: list[Value]) -> list[Edit]:
    """Each value at the place that its placeholder has among those that are there."""
    known = items(listing)
    groups: dict[int, list[str]] = {}
    for place in places:
        at = len(known) if style == "$n" else min(place.before, len(known))
        groups.setdefault(at, []).append(_expression(place))
    edits = []
    for at, listed in sorted(groups.items()):
        more = ", ".join(listed)
        if at >= len(known):
            edits.append(add_item(file, listing, more))
        else:
            edits.append(insert(file, known[at].start_byte, f"{more}, "))
    return edits


def _expression(place: Value) -> str:
    if len(place.content) == 1:
        return place.hole.expression
    pieces = []
    for part in place.content:
        if isinstance(part, Hole):
            pieces.append("${" + part.expression + "}")
        else:
            pieces.append(part.replace("''", "'").replace("`", "\\`"))
    return "`" + "".join(pieces) + "`"
