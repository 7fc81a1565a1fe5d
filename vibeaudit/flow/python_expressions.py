"""Python's expressions, lowered."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow.form import Call, Choice, Expr, Field, Join, Lambda, Literal, Record, Ref, Statement
from vibeaudit.flow.lowering import Lowering, shell_run, text
from vibeaudit.flow.python_constants import UNKNOWN, Known
from vibeaudit.flow.python_names import parameters, path_of, targets
from vibeaudit.flow.python_tests import facts_of
from vibeaudit.source import SourceFile

_LITERALS = frozenset(
    ("integer", "float", "true", "false", "none", "ellipsis", "comparison_operator", "not_operator", "comment")
)
_COMPREHENSIONS = frozenset(
    ("list_comprehension", "generator_expression", "set_comprehension", "dictionary_comprehension")
)
_PLACEHOLDER = re.compile(r"%[-+ 0#]*[\d.*]*(?:\(\w+\))?[a-zA-Z]|\{[^{}]*\}")


class PythonExpressions(Lowering):
    """Lowers what has a value."""

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        self.known = Known()

    def expr(self, node: Node) -> Expr:
        kind = node.type
        if kind in _LITERALS:
            return self._compared(node)
        if kind in ("identifier", "attribute", "subscript"):
            return self._reference(node)
        if kind == "call":
            return self._call(node)
        if kind in ("string_content", "escape_sequence"):
            return Literal(text(node))
        if kind == "interpolation":
            return self.lower(node.child_by_field_name("expression") or node.named_children[0])
        if kind == "string":
            parts = [c for c in node.named_children if c.type in ("string_content", "interpolation")]
            return self.joined(parts, text=True)
        if kind == "concatenated_string" or (kind == "binary_operator" and self._stringy(node)):
            return self._concatenated(node)
        if kind == "lambda":
            return self._lambda(node)
        if kind == "conditional_expression":
            return self._choice(node)
        return self._made(node)

    def _made(self, node: Node) -> Expr:
        """Collections, and what holds other expressions."""
        kind = node.type
        if kind in _COMPREHENSIONS:
            return self._comprehension(node)
        if kind == "dictionary":
            return self._dictionary(node)
        if kind == "named_expression":
            value = self.lower(node.child_by_field_name("value"))
            self.assign(targets(node.child_by_field_name("name")), value, node)
            return value
        if kind in ("list", "tuple"):  # each at its place
            held = tuple(self.lower(c) for c in node.named_children if c.type != "comment")
            return shell_run(held, self.file.locate(node)) or Join(held)
        if kind == "pair":  # of a comprehension: its keys may be chosen, too
            key, value = (self.lower(node.child_by_field_name(f)) for f in ("key", "value"))
            return Record((("*", value),), (key,))
        if kind == "dictionary_splat":
            return Record((), (self.joined(node.named_children),))
        return self.joined(
            [c for c in node.named_children if c.type not in ("comment", "type_conversion", "format_specifier")]
        )

    def _choice(self, node: Node) -> Expr:
        """`value if condition else other`."""
        then, condition, orelse = node.named_children[0], node.named_children[1], node.named_children[-1]
        if (decided := self.known.value(condition)) is not UNKNOWN:
            return self.lower(then if decided else orelse)
        return Choice(facts_of(condition), self.lower(then), self.lower(orelse))

    def _compared(self, node: Node) -> Expr:
        """A comparison's result is nobody's choice; what is called or named in it still happens."""
        if node.type in ("comparison_operator", "not_operator"):
            self.do(self.joined(node.named_children), node)
        return Literal()

    def _reference(self, node: Node) -> Expr:
        if path := path_of(node):
            return Ref(path)
        if node.type == "attribute":
            inner = self.lower(node.child_by_field_name("object"))
            return Field(inner, (text(node.child_by_field_name("attribute")),))
        if node.type == "subscript":
            return Field(self.lower(node.child_by_field_name("value")), ("*",))
        return self.joined(node.named_children)

    def _stringy(self, node: Node) -> bool:
        return text(node.child_by_field_name("operator")) in ("+", "%")

    def _concatenated(self, node: Node) -> Expr:
        if node.type == "binary_operator" and text(node.child_by_field_name("operator")) == "%":
            left = self.lower(node.child_by_field_name("left"))
            return self._filled(left, (self.lower(node.child_by_field_name("right")),))
        return self.joined([c for c in node.named_children if c.type != "comment"], text=True)

    def _filled(self, template: Expr, values: tuple[Expr, ...]) -> Expr:
        """A text with placeholders: what stands before the first, the values, and the rest."""
        if not isinstance(template, Literal):
            return Join((template, *values), text=True)
        found = _PLACEHOLDER.search(template.text)
        cut = found.start() if found else len(template.text)
        return Join((Literal(template.text[:cut]), *values, Literal(template.text[cut:])), text=True)

    def _dictionary(self, node: Node) -> Expr:
        fields, spread, spans = [], [], []
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), self.lower(child.child_by_field_name("value"))
                known = key is not None and key.type == "string"
                fields.append((text(key)[1:-1] if known else "*", value))
                spans.append(self.file.locate(child.child_by_field_name("value") or child))
            elif child.type == "dictionary_splat":
                spread.append(self.joined(child.named_children))
        return Record(tuple(fields), tuple(spread), tuple(spans))

    def _call(self, node: Node) -> Expr:
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        args: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        spans: list[Node] = []
        given = [] if listed is None else [listed] if listed.type == "generator_expression" else listed.named_children
        for arg in sorted((a for a in given if a.type != "comment"), key=lambda a: a.type == "keyword_argument"):
            if arg.type == "keyword_argument":
                spans.append(arg.child_by_field_name("value") or arg)
                named.append((text(arg.child_by_field_name("name")), self.lower(spans[-1])))
            else:
                spans.append(arg)
                args.append(self.lower(arg))
        path = path_of(function)
        receiver = None
        if not path and function is not None and function.type == "attribute":
            of = function.child_by_field_name("object")
            parent = of is not None and of.type == "call" and text(of.child_by_field_name("function")) == "super"
            receiver = None if parent else self.lower(of)
            path = ("super" if parent else "*", text(function.child_by_field_name("attribute")))
        elif not path and function is not None:
            receiver = self.lower(function)
        if isinstance(receiver, Literal) and path and path[-1] == "format":
            return self._filled(receiver, (*args, *(v for _, v in named)))
        places = tuple(self.file.locate(s) for s in spans)
        return Call(path or ("*",), tuple(args), tuple(named), self.file.locate(node), receiver, places)

    def _lambda(self, node: Node) -> Expr:
        names, _ = parameters(node.child_by_field_name("parameters"))
        function = self.open("<lambda>", names, self.file.locate(node))
        body = node.child_by_field_name("body")
        if body is not None:
            self.give(self.lower(body), body)
        self.close()
        return Lambda(function.key)

    def _comprehension(self, node: Node) -> Expr:
        def inner() -> None:
            self.assign((("<made>",),), self.lower(node.child_by_field_name("body")), node)

        for clause in (c for c in node.named_children if c.type == "for_in_clause"):
            right = self.lower(clause.child_by_field_name("right"))
            self.assign(targets(clause.child_by_field_name("left")), right, clause)
        tests = [
            facts_of(c.named_children[0]) for c in node.named_children if c.type == "if_clause" and c.named_children
        ]
        self.assign((("<made>",),), Literal(), node)
        then: list[Statement] = self.block(inner)
        for test in tests[1:]:
            then = self.block(lambda t=test, b=then: self.branch(t, b, [], node))  # type: ignore[misc]
        self.branch(tests[0] if tests else facts_of(None), then, [] if tests else then, node)
        return Ref(("<made>",))
