"""Python, lowered."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow.form import Call, Expr, Join, Lambda, Literal, Module, Path, Ref
from vibeaudit.flow.lowering import Lowering, text
from vibeaudit.source import SourceFile

_LITERALS = frozenset(("integer", "float", "true", "false", "none", "ellipsis", "comparison_operator", "not_operator"))
_BLOCKS = frozenset(
    ("module", "block", "if_statement", "elif_clause", "else_clause", "while_statement", "try_statement",
     "except_clause", "finally_clause", "with_statement", "with_clause", "match_statement", "case_clause")
)  # fmt: skip


def lower_python(file: SourceFile) -> Module:
    """The module's functions. Broken code gives what could be read."""
    lowering = _Python(file)
    if file.tree is not None:
        lowering.run(file.tree.root_node)
    return lowering.module


class _Python(Lowering):
    def statement(self, node: Node) -> None:
        kind = node.type
        if kind in _BLOCKS:
            for child in node.named_children:
                self.run(child)
        elif kind in ("function_definition", "class_definition", "decorated_definition"):
            self._definition(node)
        elif kind == "for_statement":
            self.assign(
                self._targets(node.child_by_field_name("left")), self.lower(node.child_by_field_name("right")), node
            )
            for child in node.children_by_field_name("body") + node.children_by_field_name("alternative"):
                self.run(child)
        elif kind == "with_item":
            self._with_item(node)
        elif kind == "return_statement":
            self.give(self.joined(node.named_children), node)
        elif kind == "expression_statement":
            for child in node.named_children:
                self._expression(child)
        elif kind in ("import_statement", "import_from_statement"):
            self._import(node)
        elif kind in ("assert_statement", "raise_statement", "delete_statement") or kind not in ("comment",):
            self.do(self.lower(node), node)

    def _expression(self, node: Node) -> None:
        if node.type == "assignment":
            right = node.child_by_field_name("right")
            if right is not None:
                self.assign(self._targets(node.child_by_field_name("left")), self.lower(right), node)
        elif node.type == "augmented_assignment":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            self.assign(self._targets(left), Join((self.lower(left), self.lower(right)), text=True), node)
        else:
            self.do(self.lower(node), node)

    def _definition(self, node: Node) -> None:
        decorators: tuple[str, ...] = ()
        if node.type == "decorated_definition":
            decorators = tuple(text(c) for c in node.named_children if c.type == "decorator")
            node = node.child_by_field_name("definition") or node
        name = text(node.child_by_field_name("name"))
        body = node.child_by_field_name("body")
        listed = node.child_by_field_name("parameters") if node.type == "function_definition" else None
        self.open(name, _parameters(listed), self.file.locate(node), decorators)
        if body is not None:
            self.run(body)
        self.close()

    def _with_item(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is not None and value.type == "as_pattern":
            alias = next((c for c in value.named_children if c.type == "as_pattern_target"), None)
            self.assign(self._targets(alias), self.lower(value.named_children[0]), node)
        else:
            self.do(self.lower(value), node)

    def _import(self, node: Node) -> None:
        module = text(node.child_by_field_name("module_name"))
        for name in node.children_by_field_name("name"):
            real = name.child_by_field_name("name") if name.type == "aliased_import" else name
            alias = text(name.child_by_field_name("alias")) if name.type == "aliased_import" else text(name)
            if module:
                self.module.imports[alias] = (module, text(real))
            else:
                self.module.imports[alias.split(".")[0] if alias == text(real) else alias] = (text(real), "*")

    def expr(self, node: Node) -> Expr:
        kind = node.type
        if kind in _LITERALS:
            return Literal()
        if kind in ("identifier", "attribute", "subscript"):
            path = self._path(node)
            return Ref(path) if path else self.joined(node.named_children)
        if kind == "call":
            return self._call(node)
        if kind == "string":
            return self.joined([c for c in node.named_children if c.type == "interpolation"], text=True)
        if kind == "concatenated_string" or (kind == "binary_operator" and self._stringy(node)):
            return self.joined(node.named_children, text=True)
        if kind == "lambda":
            return self._lambda(node)
        if kind == "conditional_expression":  # value, condition, other value
            return self.joined([node.named_children[0], node.named_children[-1]])
        if kind in ("list_comprehension", "generator_expression", "set_comprehension", "dictionary_comprehension"):
            return self._comprehension(node)
        if kind == "named_expression":
            value = self.lower(node.child_by_field_name("value"))
            self.assign(self._targets(node.child_by_field_name("name")), value, node)
            return value
        return self.joined(
            [c for c in node.named_children if c.type not in ("comment", "type_conversion", "format_specifier")]
        )

    @staticmethod
    def _stringy(node: Node) -> bool:
        return text(node.child_by_field_name("operator")) in ("+", "%")

    def _call(self, node: Node) -> Expr:
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        args: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        for arg in listed.named_children if listed is not None else ():
            if arg.type == "keyword_argument":
                named.append((text(arg.child_by_field_name("name")), self.lower(arg.child_by_field_name("value"))))
            elif arg.type != "comment":
                args.append(self.lower(arg))
        path = self._path(function)
        receiver = None
        if not path and function is not None and function.type == "attribute":
            receiver = self.lower(function.child_by_field_name("object"))
            path = ("*", text(function.child_by_field_name("attribute")))
        return Call(path or ("*",), tuple(args), tuple(named), self.file.locate(node), receiver)

    def _lambda(self, node: Node) -> Expr:
        function = self.open("<lambda>", _parameters(node.child_by_field_name("parameters")), self.file.locate(node))
        body = node.child_by_field_name("body")
        if body is not None:
            self.give(self.lower(body), body)
        self.close()
        return Lambda(function.key)

    def _comprehension(self, node: Node) -> Expr:
        for clause in (c for c in node.named_children if c.type == "for_in_clause"):
            right = self.lower(clause.child_by_field_name("right"))
            self.assign(self._targets(clause.child_by_field_name("left")), right, clause)
        return self.lower(node.child_by_field_name("body"))

    def _path(self, node: Node | None) -> Path:
        """The dotted path of a name, or nothing when it rests on a call or another expression."""
        if node is None:
            return ()
        if node.type == "identifier":
            return (text(node),)
        if node.type == "attribute":
            head = self._path(node.child_by_field_name("object"))
            return (*head, text(node.child_by_field_name("attribute"))) if head else ()
        if node.type == "subscript":
            head = self._path(node.child_by_field_name("value"))
            key = node.child_by_field_name("subscript")
            name = text(key)[1:-1] if key is not None and key.type == "string" else "*"
            return (*head, name) if head else ()
        return ()

    def _targets(self, node: Node | None) -> tuple[Path, ...]:
        if node is None:
            return ()
        if path := self._path(node):
            return (path,)
        return tuple(t for child in node.named_children for t in self._targets(child))


def _parameters(listed: Node | None) -> tuple[str, ...]:
    names = []
    for child in listed.named_children if listed is not None else ():
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        if name is None:
            name = next((c for c in child.named_children if c.type == "identifier"), None)
        if name is not None and child.type != "comment":
            names.append(text(name))
    return tuple(names)
