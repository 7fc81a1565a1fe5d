"""Python, lowered."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow import errors
from vibeaudit.flow.form import ANY_FIELD, PLACE, Expr, Join, Literal, Module, Record, Ref
from vibeaudit.flow.lowering import text
from vibeaudit.flow.python_constants import UNKNOWN
from vibeaudit.flow.python_expressions import PythonExpressions
from vibeaudit.flow.python_names import (
    bounded,
    bounded_field,
    import_names,
    parameters,
    path_of,
    plain_type,
    rests,
    targets,
)
from vibeaudit.flow.python_tests import facts_of
from vibeaudit.source import SourceFile

_REPEATED = frozenset(("for_statement", "while_statement"))
_UNCERTAIN = frozenset(
    ("try_statement", "match_statement", "with_statement", "function_definition", "delete_statement")
)
_BLOCKS = frozenset(("module", "block", "with_clause", "finally_clause", "else_clause", "case_clause"))
_GETTERS = frozenset(("property", "cached_property", "hybrid_property"))


def lower_python(file: SourceFile) -> Module:
    """The module's functions. Broken code gives what could be read."""
    lowering = _Python(file)
    if file.tree is not None:
        lowering.run(file.tree.root_node)
    return lowering.module


# `model_config = ConfigDict(extra="allow")`, `class Config: extra = Extra.allow`
_TAKES_ANY = re.compile(
    r"""\bextra["']?\s*[=:]\s*(?:["']allow["']|(?:\w+\.)*Extra\.allow\b)|\bunknown\s*=\s*(?:\w+\.)*INCLUDE\b"""
)


class _Python(PythonExpressions):
    """Lowers statements and definitions."""

    def statement(self, node: Node) -> None:
        if node.type in _REPEATED:
            self.known.forget(node)
        self._statement(node)
        if node.type in _REPEATED or node.type in _UNCERTAIN:
            self.known.forget(node)

    def _statement(self, node: Node) -> None:
        kind = node.type
        if kind in _BLOCKS:
            for child in node.named_children:
                self.run(child)
        elif kind in ("function_definition", "class_definition", "decorated_definition"):
            self._definition(node)
        elif kind == "if_statement":
            self._if(node, node.children_by_field_name("alternative"))
        elif kind in ("for_statement", "while_statement"):
            self.loop(self.block(lambda: self._loop(node)), node)
            self._all(node.children_by_field_name("alternative"))
        elif kind == "try_statement":
            self._try(node)
        elif kind == "match_statement":
            self._match(node)
        elif kind == "with_item":
            self._with_item(node)
        elif kind == "return_statement":
            value = node.named_children[0] if node.named_children else None
            self.give(self._given_back(value), node, facts_of(value))
        elif kind in ("raise_statement", "continue_statement", "break_statement"):
            self.do(self.joined(node.named_children), node)
            self.leave(node)
        elif kind == "assert_statement":
            self.branch(facts_of(node.named_children[0]), [], self.block(lambda: self.leave(node)), node)
        elif kind == "expression_statement":
            for child in node.named_children:
                self._expression(child)
        elif kind in ("import_statement", "import_from_statement"):
            import_names(node, self.module)
        elif kind == "with_statement":
            self._all(node.named_children)
        elif kind != "comment":
            self.do(self.lower(node), node)

    def _all(self, nodes: list[Node]) -> None:
        for node in nodes:
            self.run(node)

    def _if(self, node: Node, rest: list[Node]) -> None:
        condition = node.child_by_field_name("condition")
        self.do(self.lower(condition), node)
        decided = self.known.value(condition)
        if decided is not UNKNOWN:  # the other branch is never reached
            self._all(node.children_by_field_name("consequence")) if decided else self._alternative(rest)
            return
        before = self.known.copy()
        then = self.runs([node.child_by_field_name("consequence")])
        self.known.restore(before)
        self.branch(facts_of(condition), then, self.block(lambda: self._alternative(rest)), node)
        self.known.forget(node)

    def _alternative(self, rest: list[Node]) -> None:
        if rest and rest[0].type == "elif_clause":
            self._if(rest[0], rest[1:])
        elif rest:
            self.run(rest[0])

    def _loop(self, node: Node) -> None:
        if node.type == "for_statement":
            self.assign(targets(node.child_by_field_name("left")), self.lower(node.child_by_field_name("right")), node)
        else:
            self.do(self.lower(node.child_by_field_name("condition")), node)
        self._all(node.children_by_field_name("body"))

    def _try(self, node: Node) -> None:
        clauses = [c for c in node.named_children if c.type in ("except_clause", "except_group_clause")]
        body = self.runs([node.child_by_field_name("body")])
        handlers = [self.block(lambda clause=clause: self._handler(clause)) for clause in clauses]  # type: ignore[misc]
        self.attempt(body, handlers, node)
        self._all([c for c in node.named_children if c.type in ("else_clause", "finally_clause")])

    def _handler(self, clause: Node) -> None:
        pattern = next((c for c in clause.named_children if c.type == "as_pattern"), None)
        if pattern is not None:
            kinds = [text(n).rsplit(".", 1)[-1] for n in _kinds(pattern.named_children[0])]
            values = errors.caught(kinds, self.file.locate(clause))
            self.assign(targets(pattern.child_by_field_name("alias")), Join(values), clause)
        self._all([c for c in clause.named_children if c.type == "block"])

    def _match(self, node: Node) -> None:
        self.do(self.lower(node.child_by_field_name("subject")), node)
        body = node.child_by_field_name("body")
        if (only := self.known.chosen(node)) is not None:
            self._all(only.children_by_field_name("consequence"))
            return
        for case in body.named_children if body is not None else ():
            self.branch(facts_of(None), self.runs([case.child_by_field_name("consequence")]), [], case)

    def _expression(self, node: Node) -> None:
        if node.type == "assignment":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if right is not None and right.type == "assignment":  # a = b = value
                self._expression(right)
            if right is not None:
                self.assign(targets(left), self.lower(right), node)
                self.known.learn(left, right)
            declared = node.child_by_field_name("type")
            if declared is not None and left is not None and (kind := bounded(node) or plain_type(declared)):
                self.stack[-1].types[(text(left),)] = kind  # surer than what it is made by
                self.held(tuple(text(left).split(".")), kind)
            elif left is not None and self.stack[-1].is_class and (least := bounded_field(right)):
                self.stack[-1].types[(text(left),)] = least
        elif node.type == "augmented_assignment":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            self.assign(targets(left), Join((self.lower(left), self.lower(right)), text=True), node)
            self.known.forget(left)
        else:
            self.do(self.lower(node), node)

    def _definition(self, node: Node) -> None:
        decorators: tuple[str, ...] = ()
        first_line = self.file.locate(node).line
        if node.type == "decorated_definition":
            decorators = tuple(text(c) for c in node.named_children if c.type == "decorator")
            node = node.child_by_field_name("definition") or node
        if text(node.child_by_field_name("name")) in errors.registered(self.file.text):
            decorators += ("@app.errorhandler(Exception)",)
        if text(node.child_by_field_name("name")) in errors.formatters(self.file.text):
            decorators += (errors.FORMATS,)
        is_class = node.type == "class_definition"
        names, types = ((), {}) if is_class else parameters(node.child_by_field_name("parameters"))
        function = self.open(text(node.child_by_field_name("name")), names, self.file.locate(node), decorators)
        function.is_class, function.first_line = is_class, first_line
        function.types |= types
        function.is_getter = any(d.rsplit(".", 1)[-1].strip("@ ()") in _GETTERS for d in decorators)
        function.own_this = names[:1] in (("self",), ("cls",))
        function.rest, function.named_rest = rests(node.child_by_field_name("parameters"))
        heritage = node.child_by_field_name("superclasses")
        function.bases = tuple(p for c in heritage.named_children if (p := path_of(c))) if heritage is not None else ()
        body = node.child_by_field_name("body")
        if is_class and _TAKES_ANY.search(text(body)):
            function.constants[ANY_FIELD] = "allow"
        self.known.open()
        if body is not None:
            self.run(body)
        self.known.close()
        self.close()

    def _given_back(self, value: Node | None) -> Expr:
        """What is returned; of several values, each at its place for whoever takes them apart."""
        given = self.lower(value)
        if value is None or value.type not in ("expression_list", "tuple") or not isinstance(given, Join):
            return given
        if len(given.parts) < 2 or any(not is_plain(p) for p in given.parts):
            return given
        return Record(tuple((f"{PLACE}{n}", part) for n, part in enumerate(given.parts)), (given,))

    def _with_item(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None and value.type == "as_pattern":
            alias = next((c for c in value.named_children if c.type == "as_pattern_target"), None)
            self.assign(targets(alias), self.lower(value.named_children[0]), node)
        else:
            self.do(self.lower(value), node)


def is_plain(expr: Expr) -> bool:
    """Whether an expression only names things, and does nothing."""
    return isinstance(expr, (Ref, Literal)) or (isinstance(expr, Join) and all(is_plain(p) for p in expr.parts))


def _kinds(node: Node) -> list[Node]:
    """The classes of `except (KeyError, ValueError)`."""
    return [c for c in node.named_children if c.type != "comment"] if node.type == "tuple" else [node]
