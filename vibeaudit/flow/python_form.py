"""Python, lowered."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow import errors
from vibeaudit.flow.form import Call, Choice, Expr, Field, Join, Lambda, Literal, Module, Record, Ref, Statement
from vibeaudit.flow.lowering import Lowering, shell_run, text
from vibeaudit.flow.python_constants import UNKNOWN, Known
from vibeaudit.flow.python_names import bounded, import_names, parameters, path_of, plain_type, rests, targets
from vibeaudit.flow.python_tests import facts_of
from vibeaudit.source import SourceFile

_LITERALS = frozenset(
    ("integer", "float", "true", "false", "none", "ellipsis", "comparison_operator", "not_operator", "comment")
)
_REPEATED = frozenset(("for_statement", "while_statement"))
_UNCERTAIN = frozenset(
    ("try_statement", "match_statement", "with_statement", "function_definition", "delete_statement")
)
_BLOCKS = frozenset(("module", "block", "with_clause", "finally_clause", "else_clause", "case_clause"))
_GETTERS = frozenset(("property", "cached_property", "hybrid_property"))
_COMPREHENSIONS = frozenset(
    ("list_comprehension", "generator_expression", "set_comprehension", "dictionary_comprehension")
)
_PLACEHOLDER = re.compile(r"%[-+ 0#]*[\d.*]*(?:\(\w+\))?[a-zA-Z]|\{[^{}]*\}")


def lower_python(file: SourceFile) -> Module:
    """The module's functions. Broken code gives what could be read."""
    lowering = _Python(file)
    if file.tree is not None:
        lowering.run(file.tree.root_node)
    return lowering.module


class _Python(Lowering):
    def __init__(self, file: SourceFile) -> None:
        super().__init__(file)
        self.known = Known()

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
            self.give(self.lower(value), node, facts_of(value))
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
        self.known.open()
        if body is not None:
            self.run(body)
        self.known.close()
        self.close()

    def _with_item(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None and value.type == "as_pattern":
            alias = next((c for c in value.named_children if c.type == "as_pattern_target"), None)
            self.assign(targets(alias), self.lower(value.named_children[0]), node)
        else:
            self.do(self.lower(value), node)

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
        if kind == "conditional_expression":  # value, condition, other value
            then, condition, orelse = node.named_children[0], node.named_children[1], node.named_children[-1]
            if (decided := self.known.value(condition)) is not UNKNOWN:
                return self.lower(then if decided else orelse)
            return Choice(facts_of(condition), self.lower(then), self.lower(orelse))
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


def _kinds(node: Node) -> list[Node]:
    """The classes of `except (KeyError, ValueError)`."""
    return [c for c in node.named_children if c.type != "comment"] if node.type == "tuple" else [node]
