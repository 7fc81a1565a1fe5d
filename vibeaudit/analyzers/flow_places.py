"""Where a flow is pointed at: at its sink, or at the place where a person would repair it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.flow_schemas import declared_field
from vibeaudit.model import Flow, Location

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = (
    "function_definition", "lambda", "function_declaration", "function_expression", "arrow_function",
    "method_definition", "generator_function_declaration",
)  # fmt: skip
_CHANGES = ("assignment", "augmented_assignment", "assignment_expression", "augmented_assignment_expression")


def place(kind: str, flow: Flow, context: Context) -> Location | None:
    """The place that a rule asks for by `at:`; the sink when it asks for none. None where nothing is wrong there."""
    asked = _PLACES.get(kind)
    return asked(flow, context) if asked else flow.steps[-1]


def _reader(flow: Flow, context: Context) -> Location | None:
    """Where the request is read, when that is in another module than the sink: there it should be looked at. The
    parameter of a schema of the app's own is read where its field is declared, if without a least value."""
    field = declared_field(flow, context)
    if (field is not None and field.least) or _least_in_schema(flow, context):
        return None
    if flow.steps[0].path == flow.steps[-1].path:
        return flow.steps[-1]
    return field.at if field is not None else flow.steps[0]


def _least_in_schema(flow: Flow, context: Context) -> bool:
    """Whether the file that reads a field holds the schema of express-validator that asks for a least value."""
    file = context.snapshot.file(flow.steps[0].path)
    if file is None or not flow.field.isidentifier() or "express-validator" not in file.text:
        return False
    schema = rf"\b{flow.field}['\"]?\s*[:)](?:[^{{}}]|\{{[^{{}}]*\}}|\{{)*?\bmin\s*:\s*\d"
    return re.search(schema, file.text[:100_000]) is not None


def _caller(flow: Flow, _context: Context) -> Location:
    """Where the sink is handed its text, when it stands in a module that does nothing else: a mailer, say."""
    sink = flow.steps[-1]
    return next((step for step in reversed(flow.steps) if step.path != sink.path), sink)


def _built(flow: Flow, context: Context) -> Location:
    """Where the text is put together, when the sink's function only hands on what it is given whole:
    `def rows(sql): return db.execute(sql)` does nothing wrong."""
    return _answers_for(flow, context, _handed_on)


def _composed(flow: Flow, context: Context) -> Location:
    """Where the text is put together, in whichever function that is; the sink where that is not seen."""
    return next((s for s in reversed(flow.steps) if _puts_together(_node(s, context))), flow.steps[-1])


def _given(flow: Flow, context: Context) -> Location:
    """Where a whole request is handed to a function that writes whatever row it is given:
    `update(id, data) { return db.product.update({ where: { id }, data }) }` does nothing wrong."""
    return _answers_for(flow, context, lambda held, home: any(_handed_on(n, home) for n in _rows_of(held)))


def _answers_for(flow: Flow, context: Context, hands_on: Callable[[Node, Node], bool]) -> Location:
    """The last place before the functions that only hand on what their callers give them."""
    at = flow.steps[-1]
    for step in reversed(flow.steps[:-1]):
        held = _node(at, context)
        home = _home(held)
        if held is None or home is None or not hands_on(held, home):
            break
        inside = step.path == at.path and home.start_byte <= _start(step, context) < home.end_byte
        if not inside:
            at = step
    return at


def _flat(flow: Flow, context: Context) -> Location:
    """Where the value is handed to a function that takes a row column by column and writes it:
    `createUser(name, email, role) { return db.execute(INSERT, [name, email, role]) }` does nothing wrong."""
    at = flow.steps[-1]
    for step in reversed(flow.steps[:-1]):
        home = _home(_node(at, context))
        if home is None or not _takes_columns(home):
            break
        inside = step.path == at.path and home.start_byte <= _start(step, context) < home.end_byte
        if not inside and step != flow.steps[0]:
            at = step
    return at


def _takes_columns(home: Node) -> bool:
    """Whether a function has a parameter for each column, two at least, and reads no request itself."""
    given = home.child_by_field_name("parameters")
    if given is None:
        return False
    columns = [p for p in given.named_children if p.type != "comment" and p.text not in (b"self", b"cls")]
    names = _names(given)
    return len(columns) > 1 and len(names) > 1 and not names & {b"req", b"request", b"res", b"ctx"}


def _rows_of(node: Node) -> list[Node]:
    """What a call is given as a row: a name, or the field of an object that holds one (`{ where, data }`)."""
    while node.type == "call_expression" and (listed := node.child_by_field_name("arguments")) is not None:
        given = [a for a in listed.named_children if a.type != "comment"]
        if not given:
            return []
        node = given[-1]
    if node.type == "array" and node.named_children:  # `db.query("update t set ? where id = ?", [row, id])`
        return node.named_children[:1]
    if node.type != "object":
        return [node]
    found: list[Node] = []
    for part in node.named_children:
        key = part.child_by_field_name("key")
        if part.type == "shorthand_property_identifier" and part.text in _ROW_FIELDS:
            found.append(part)
        elif part.type == "spread_element" and len(node.named_children) == 1:  # `{ ...input }`
            found += part.named_children
        elif part.type == "pair" and key is not None and key.text in _ROW_FIELDS:
            found += [v for v in (part.child_by_field_name("value"),) if v is not None]
    return found


_ROW_FIELDS = (b"data", b"$set", b"values")
_PLACES: dict[str, Callable[[Flow, Context], Location | None]] = {
    "caller": _caller,
    "reader": _reader,
    "built": _built,
    "composed": _composed,
    "given": _given,
    "flat": _flat,
}


_GAPS = frozenset(("interpolation", "template_substitution", "binary_operator", "binary_expression"))


def _puts_together(node: Node | None) -> bool:
    """Whether a text with gaps, or a sum, is written here, outside of functions in it."""
    todo = [node] if node is not None else []
    while todo:
        current = todo.pop()
        if current.type in _GAPS or (current.type in ("attribute", "member_expression") and _formats(current)):
            return True
        todo += [c for c in current.named_children if c.type not in _FUNCTIONS]
    return False


def _formats(node: Node) -> bool:
    named = node.child_by_field_name("attribute") or node.child_by_field_name("property")
    return named is not None and named.text in (b"format", b"concat", b"join", b"replace", b"substitute")


def _start(at: Location, context: Context) -> int:
    file = context.snapshot.file(at.path)
    return file.offset(at.line) + at.column - 1 if file is not None else 0


def _node(at: Location, context: Context) -> Node | None:
    file = context.snapshot.file(at.path)
    if file is None or file.tree is None:
        return None
    start, end = _start(at, context), file.offset(at.end_line) + at.end_column - 1
    return file.tree.root_node.descendant_for_byte_range(start, end)


def _home(node: Node | None) -> Node | None:
    while node is not None and node.type not in _FUNCTIONS:
        node = node.parent
    return node


def _handed_on(node: Node, home: Node) -> bool:
    """Whether the node is just a parameter, a field of one, a keyword given one, or an object around one, that nothing
    in the function changes."""
    if node.type == "object":  # `{ sql: query, values }`
        return any(_handed_on(value, home) for value in map(_value, node.named_children))
    if node.type == "keyword_argument":
        node = node.child_by_field_name("value") or node
    while node.type == "member_expression":  # `options.sql`
        node = node.child_by_field_name("object") or node.named_children[0]
    given = home.child_by_field_name("parameters") or home.child_by_field_name("parameter")
    if node.type not in ("identifier", "shorthand_property_identifier") or given is None or node.text is None:
        return False
    return node.text in _names(given) and not _changed(node.text, home)


def _value(part: Node) -> Node:
    """What a field of an object is given."""
    return part.child_by_field_name("value") or part


_NAMED = ("identifier", "shorthand_property_identifier_pattern")


def _names(given: Node) -> set[bytes]:
    """The names of parameters, those that are taken out of objects too, without their types and defaults."""
    found: set[bytes] = set()
    todo = [given]
    while todo:
        node = todo.pop()
        if node.type in _NAMED:
            found.add(node.text or b"")
            continue
        apart = [node.child_by_field_name(f) for f in ("name", "pattern", "value", "left")]
        inside = [n for n in apart[:2] if n is not None]
        if node.type == "pair_pattern":  # `{ query: sql }`
            inside = [n for n in apart[2:3] if n is not None]
        elif node.type in ("object_assignment_pattern", "assignment_pattern"):  # `{ values = [] }`
            inside = [n for n in apart[3:] if n is not None]
        elif not inside and "type" not in node.type:
            inside = node.named_children
        todo += inside
    return found


def _changed(name: bytes, home: Node) -> bool:
    todo = [home]
    while todo:
        node = todo.pop()
        if node.type in (
            "assignment",
            "augmented_assignment",
            "assignment_expression",
            "augmented_assignment_expression",
        ):
            left = node.child_by_field_name("left")
            if left is not None and left.text == name:
                return True
        todo.extend(node.named_children)
    return False
