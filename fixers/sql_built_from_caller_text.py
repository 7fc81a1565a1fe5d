"""Moves values out of a SQL text into parameters, in the way of the file's own database driver."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import arguments, quote_of
from vibeaudit.remedy.python_sql import Sending, literal_items, parameter_name, sending, strictly_typed, style_of
from vibeaudit.remedy.python_text import Chunk, Hole, Template, bare, quoted, template
from vibeaudit.remedy.sql_text import NotAValue, Value, values
from vibeaudit.remedy.syntax import add_item, enclosing, flagged, indent_of, insert, nodes, text
from vibeaudit.source import SourceFile

TITLE = Text("Pass the values beside the SQL", "Passer les valeurs à côté du SQL")
CHECK = Text(
    "The driver now sends each value with its own type: run this query once with real values.",
    "Le pilote envoie maintenant chaque valeur avec son type : lancer cette requête une fois avec de vraies valeurs.",
)


@dataclass(slots=True)
class _Rewrite:
    """One statement's edits, and the parameters in the order of their placeholders."""

    file: SourceFile
    style: str
    edits: list[Edit] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    parameters: list[tuple[str, str, int]] = field(default_factory=list)  # name, expression, placeholders before
    count: int = 0

    def text(self, found: Template, places: list[Value], *, had_parameters: bool) -> None:
        for place in places:
            shown = self._placeholder(place)
            for start, end, after in place.spans:
                self.edits.append(Edit(self.file.path, start, end, (shown + after).encode()))
                shown = ""
        covered = [(s, e) for p in places for s, e, _ in p.spans]
        self.edits += [Edit(self.file.path, s, e, b"") for s, e in found.drops]
        for chunk in found.chunks:
            self._literal(chunk, covered, had_parameters)

    def _placeholder(self, place: Value) -> str:
        expression = self._expression(place)
        if self.style == ":name":
            name = parameter_name(place.hole.expression, expression, self.names)
            if (name, expression, 0) not in self.parameters:
                self.parameters.append((name, expression, 0))
            return f":{name}"
        self.parameters.append(("", expression, place.before))
        self.count += 1
        return f"${self.count}" if self.style == "$n" else self.style

    def _expression(self, place: Value) -> str:
        if len(place.content) == 1:
            hole = place.hole
            unwrapped = re.fullmatch(r"str\(([\w.]+)\)", hole.expression)
            return unwrapped[1] if unwrapped and not place.in_quotes else hole.expression
        pieces = []
        for part in place.content:
            if isinstance(part, Hole):
                pieces.append("{" + part.expression + "}")
            else:
                plain = part.replace("''", "'").replace("%%", "%")
                pieces.append(plain.replace("{{", "{").replace("}}", "}").replace("{", "{{").replace("}", "}}"))
        made = quoted("".join(pieces), True, quote_of(self.file))
        if made is None:
            raise NotAValue("the value and the text around it use both kinds of quotes")
        return made

    def _literal(self, chunk: Chunk, covered: list[tuple[int, int]], had_parameters: bool) -> None:
        """Braces and percents that meant something to the formatting, or now mean something to the driver."""
        percents = self.style == "%s"
        for found in re.finditer(r"\{\{|\}\}|%%|%", chunk.text):
            start = chunk.start + len(chunk.text[: found.start()].encode())
            if any(s <= start < e for s, e in covered):
                continue
            old = found[0]
            if old in ("{{", "}}"):
                new = old[0] if chunk.style in ("f", "format") else old
            elif old == "%%":
                new = old if percents else "%" if chunk.style == "%" else old
            else:
                new = "%%" if percents and not had_parameters else old
            if new != old:
                self.edits.append(Edit(self.file.path, start, start + len(old), new.encode()))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Only where every hole of the statement is a value."""
    file = bench.flagged(finding)
    how = sending(flagged(file, finding, "call", "string", "binary_operator", "identifier", "concatenated_string"))
    if how is None:
        return Refusal("no call that sends this SQL was found")
    style = style_of(file, how, bench)
    if not style:
        return Refusal("nothing says which database driver this is, and so how it writes parameters")
    try:
        work = _Rewrite(file, style)
        exact = _from_variable(work, how) if bare(how.sql).type == "identifier" else _in_place(work, how)
    except NotAValue as error:
        return Refusal(str(error))
    doubt = style == "$n" or not exact or (style == ":name" and strictly_typed(bench))
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    return Proposal(TITLE, tuple(work.edits), safety, CHECK if doubt else Text("", ""))


def _in_place(work: _Rewrite, how: Sending) -> bool:
    found = template(how.sql)
    if found is None or not found.holes:
        raise NotAValue("the statement is not put together here")
    places = values(found)
    work.text(found, places, had_parameters=how.given is not None)
    _pass(work, how)
    return _exact(places)


def _from_variable(work: _Rewrite, how: Sending) -> bool:
    """`sql = f"..."`, perhaps some `sql += f"..."`, and then execute(sql)."""
    name = text(bare(how.sql))
    scope = enclosing(how.call, "function_definition", "module")
    assert scope is not None
    written = _written(scope, name)
    if not written or written[0].type != "assignment" or any(n.type == "assignment" for n in written[1:]):
        raise NotAValue(f"{name} is not put together in one place")
    if any(_sends(n, name) and n != how.call and n != how.text_call for n in nodes(scope, "call")):
        raise NotAValue(f"{name} is sent more than once")
    texts = [(n, template(n.child_by_field_name("right") or n)) for n in written]
    sql, all_places = "", list[tuple[Node, Template, list[Value]]]()
    for statement, found in texts:
        if found is None:
            raise NotAValue(f"{name} is not put together from texts alone")
        all_places.append((statement, found, values(found, continues=sql)))
        sql += "".join(p.text if isinstance(p, Chunk) else "x" for p in found.parts)
    if not any(places for _, _, places in all_places):
        raise NotAValue("the statement is not put together here")
    for statement, _, places in all_places:
        for place in places:
            if any(_rebinds(scope, c.node, statement, how.call) for c in place.content if isinstance(c, Hole)):
                raise NotAValue("a value changes between the text and the call")
    exact = all(_exact(places) for _, _, places in all_places)
    if all(_block(n) == _block(written[0]) for n in written):
        for _, found, places in all_places:
            work.text(found, places, had_parameters=how.given is not None)
        _pass(work, how)
        return exact
    _collect(work, how, all_places, scope)
    return exact


def _collect(work: _Rewrite, how: Sending, parts: list[tuple[Node, Template, list[Value]]], scope: Node) -> None:
    """A list of parameters that grows with the text."""
    if work.style == "$n":
        raise NotAValue("asyncpg numbers its parameters, and here their number depends on the values")
    given = how.given
    named = work.style == ":name"
    if given is not None:
        if given.type != "identifier" or named:
            raise NotAValue("the statement has parameters already")
        name = text(given)
    else:
        taken = {text(n) for n in nodes(scope, "identifier")}
        name = next(n for n in ("params", "parameters", "sql_parameters") if n not in taken)
    for place, (statement, found, values_here) in enumerate(parts):
        before = len(work.parameters)
        work.text(found, values_here, had_parameters=given is not None)
        new = work.parameters[before:]
        if any(count for _, _, count in new):
            raise NotAValue("the statement has parameters already")
        indent = indent_of(work.file, statement)
        lines = []
        if place == 0 and given is None:
            lines = [f"{name} = " + (_mapping(work, new) if named else f"[{', '.join(e for _, e, _ in new)}]")]
        elif named:
            lines = [f"{name}[{_quote(work, n)}] = {e}" for n, e, _ in new]
        else:
            one = len(new) == 1
            listed = ", ".join(e for _, e, _ in new)
            lines = [f"{name}.append({listed})" if one else f"{name}.extend([{listed}])"] if new else []
        if lines:
            if statement.parent is None or statement.parent.end_point[0] != statement.end_point[0]:
                raise NotAValue("the statement shares its line with another")
            work.edits.append(insert(work.file, statement.end_byte, "".join(f"\n{indent}{one}" for one in lines)))
    if given is None:
        work.edits.append(_argument(work, how, name))


def _pass(work: _Rewrite, how: Sending) -> None:
    """Put the parameters beside the SQL in the call."""
    given = how.given
    if given is None or work.style == "$n":
        if given is not None:
            raise NotAValue("the statement has parameters already")
        work.edits.append(_argument(work, how, _listing(work, how)))
        return
    listed = literal_items(given)
    if listed is None or (given.type == "dictionary") != (work.style == ":name"):
        raise NotAValue("the statement has parameters already, in a form of their own")
    if work.style == ":name":
        for name, _, _ in work.parameters:
            if any(text(pair.child_by_field_name("key")).strip("'\"") == name for pair in listed):
                raise NotAValue(f"a parameter {name} is there already")
        more = ", ".join(f"{_quote(work, n)}: {e}" for n, e, _ in work.parameters)
        work.edits.append(add_item(work.file, given, more))
        return
    for at in sorted({count for _, _, count in work.parameters}):
        more = ", ".join(e for _, e, count in work.parameters if count == at)
        if at >= len(listed):
            work.edits.append(add_item(work.file, given, more))
        else:
            work.edits.append(insert(work.file, listed[at].start_byte, f"{more}, "))


def _argument(work: _Rewrite, how: Sending, new: str) -> Edit:
    listing = arguments(how.call)
    assert listing is not None
    if how.text_call is not None and how.method == "text":
        return insert(work.file, how.call.end_byte, new)
    if how.method in ("read_sql", "read_sql_query"):
        return add_item(work.file, listing, f"params={new}")
    return add_item(work.file, listing, new)


def _listing(work: _Rewrite, how: Sending) -> str:
    expressions = [e for _, e, _ in work.parameters]
    if work.style == ":name":
        if how.method == "text":
            return f".bindparams({', '.join(f'{n}={e}' for n, e, _ in work.parameters)})"
        made = _mapping(work, work.parameters)
        return f"values={made}" if how.text_call is None else made
    if work.style == "$n":
        return ", ".join(expressions)
    if how.method in ("raw", "RawSQL") or any(f"import {n}" in work.file.text for n in ("django",)):
        return f"[{', '.join(expressions)}]"
    return f"({expressions[0]},)" if len(expressions) == 1 else f"({', '.join(expressions)})"


def _mapping(work: _Rewrite, parameters: list[tuple[str, str, int]]) -> str:
    return "{" + ", ".join(f"{_quote(work, n)}: {e}" for n, e, _ in parameters) + "}"


def _quote(work: _Rewrite, name: str) -> str:
    mark = quote_of(work.file)
    return f"{mark}{name}{mark}"


def _exact(places: list[Value]) -> bool:
    """Databases read a text beside = or LIKE as they read it inside the SQL; LIMIT wants a number."""
    return not any(p.counts for p in places)


def _written(scope: Node, name: str) -> list[Node]:
    return [
        n for n in nodes(scope, "assignment", "augmented_assignment") if text(n.child_by_field_name("left")) == name
    ]


def _sends(call: Node, name: str) -> bool:
    how = sending(call)
    return how is not None and (how.call == call or how.text_call == call) and text(bare(how.sql)) == name


def _rebinds(scope: Node, expression: Node, start: Node, end: Node) -> bool:
    names = {text(n) for n in nodes(expression, "identifier")}
    return any(
        start.end_byte <= n.start_byte < end.start_byte and text(n.child_by_field_name("left")) in names
        for n in nodes(scope, "assignment", "augmented_assignment")
    )


def _block(statement: Node) -> Node | None:
    return statement.parent.parent if statement.parent is not None else None
