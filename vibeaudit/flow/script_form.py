"""JavaScript and TypeScript (JSX too), lowered."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow.form import Call, Expr, Join, Lambda, Literal, Module, Path, Ref
from vibeaudit.flow.lowering import Lowering, text
from vibeaudit.source import SourceFile

_FUNCTIONS = frozenset(
    ("function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function",
     "generator_function_declaration", "function")
)  # fmt: skip
_LITERALS = frozenset(("string", "number", "true", "false", "null", "undefined", "regex", "this", "super"))
_STATEMENTS = ("statement", "declaration", "clause", "block")
_COMPARISONS = frozenset(("==", "===", "!=", "!==", "<", ">", "<=", ">=", "instanceof", "in"))
_TRANSPARENT = frozenset(
    ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression")
)


def lower_script(file: SourceFile) -> Module:
    """The module's functions. Broken code gives what could be read."""
    lowering = _Script(file)
    if file.tree is not None:
        lowering.run(file.tree.root_node)
    return lowering.module


class _Script(Lowering):
    def statement(self, node: Node) -> None:
        kind = node.type
        if kind in ("function_declaration", "generator_function_declaration"):
            self._function(node, text(node.child_by_field_name("name")))
        elif kind in ("class_declaration", "class"):
            self._class(node)
        elif kind in ("lexical_declaration", "variable_declaration"):
            for declarator in (c for c in node.named_children if c.type == "variable_declarator"):
                self._declare(declarator)
        elif kind == "return_statement":
            self.give(self.joined(node.named_children), node)
        elif kind == "import_statement":
            self._import(node)
        elif kind in ("for_in_statement",):
            self.assign(_targets(node.child_by_field_name("left")), self.lower(node.child_by_field_name("right")), node)
            self._each([c for c in (node.child_by_field_name("body"),) if c is not None])
        elif kind in ("if_statement", "while_statement", "do_statement", "switch_statement"):
            self.do(self.lower(node.child_by_field_name("condition") or node.child_by_field_name("value")), node)
            self._each([c for c in node.named_children if c.type not in ("parenthesized_expression", "comment")])
        elif (
            kind == "program" or kind.endswith(_STATEMENTS) or kind in ("switch_body", "switch_case", "switch_default")
        ):
            self._each([c for c in node.named_children if c.type != "comment"])
        elif node.is_named and kind != "comment":
            self.do(self.lower(node), node)

    def _each(self, children: list[Node]) -> None:
        for child in children:
            self.run(child)

    def _class(self, node: Node) -> None:
        self.open(text(node.child_by_field_name("name")) or "<class>", (), self.file.locate(node))
        body = node.child_by_field_name("body")
        for member in body.named_children if body is not None else ():
            if member.type == "method_definition":
                self._function(member, text(member.child_by_field_name("name")))
            elif (value := member.child_by_field_name("value")) is not None:
                name = text(member.child_by_field_name("property") or member.child_by_field_name("name"))
                self.assign((("this", name),), self._value(value, name), member)
        self.close()

    def _function(self, node: Node, name: str) -> str:
        listed = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        spread: list[tuple[Path, Node]] = []
        names = _parameters(listed, spread)
        function = self.open(name or "<function>", names, self.file.locate(node))
        for position, pattern in spread:
            self._unpack(pattern, Ref(position))
        body = node.child_by_field_name("body")
        if body is not None and body.type == "statement_block":
            self.run(body)
        elif body is not None:
            self.give(self.lower(body), body)
        self.close()
        return function.key

    def _declare(self, node: Node) -> None:
        target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if target is None or value is None:
            return
        if value.type == "call_expression" and text(value.child_by_field_name("function")) == "require":
            self._require(target, value)
        elif target.type == "identifier":
            self.assign(((text(target),),), self._value(value, text(target)), node)
        else:
            self._unpack(target, self.lower(value))

    def _value(self, node: Node, name: str) -> Expr:
        """An assigned value; a function takes the name that it is given."""
        return Lambda(self._function(node, name)) if node.type in _FUNCTIONS else self.lower(node)

    def _unpack(self, pattern: Node, value: Expr) -> None:
        """`const {a, b: {c}} = value`, field by field."""
        if pattern.type != "object_pattern" or not isinstance(value, Ref):
            self.assign(_targets(pattern), value, pattern)
            return
        for part in pattern.named_children:
            if part.type == "shorthand_property_identifier_pattern":
                self.assign(((text(part),),), Ref((*value.path, text(part))), part)
            elif part.type == "pair_pattern":
                inner = Ref((*value.path, text(part.child_by_field_name("key")).strip("'\"")))
                bound = part.child_by_field_name("value")
                if bound is not None:
                    self._unpack(bound, inner)
            elif part.type == "object_assignment_pattern":
                left = part.child_by_field_name("left")
                self.assign(_targets(left), Ref((*value.path, text(left))), part)
            else:
                self.assign(_targets(part), value, part)

    def _require(self, target: Node, call: Node) -> None:
        source = text(call.child_by_field_name("arguments")).strip("()'\"` ")
        if target.type == "identifier":
            self.module.imports[text(target)] = (source, "*")
        for part in target.named_children:
            if part.type == "shorthand_property_identifier_pattern":
                self.module.imports[text(part)] = (source, text(part))
            elif part.type == "pair_pattern":
                name = text(part.child_by_field_name("key"))
                self.module.imports[text(part.child_by_field_name("value"))] = (source, name)

    def _import(self, node: Node) -> None:
        source = text(node.child_by_field_name("source")).strip("'\"")
        clause = next((c for c in node.named_children if c.type == "import_clause"), None)
        for part in clause.named_children if clause is not None else ():
            if part.type == "identifier":
                self.module.imports[text(part)] = (source, "default")
            elif part.type == "namespace_import":
                self.module.imports[text(part.named_children[0])] = (source, "*")
            for specifier in (c for c in part.named_children if c.type == "import_specifier"):
                name = text(specifier.child_by_field_name("name"))
                self.module.imports[text(specifier.child_by_field_name("alias")) or name] = (source, name)

    def expr(self, node: Node) -> Expr:
        kind = node.type
        if kind in _LITERALS:
            return Literal()
        if kind in _TRANSPARENT:
            return self.lower(node.named_children[0]) if node.named_children else Literal()
        if kind in ("identifier", "member_expression", "subscript_expression", "shorthand_property_identifier"):
            path = _path(node)
            return Ref(path) if path else self.joined(node.named_children)
        if kind in ("call_expression", "new_expression"):
            return self._call(node)
        if kind in _FUNCTIONS:
            return Lambda(self._function(node, ""))
        if kind == "template_string":
            return self.joined([c for c in node.named_children if c.type == "template_substitution"], text=True)
        if kind == "binary_expression":
            operator = text(node.child_by_field_name("operator"))
            return Literal() if operator in _COMPARISONS else self.joined(node.named_children, text=operator == "+")
        if kind == "ternary_expression":
            parts = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
            return self.joined([p for p in parts if p is not None])
        if kind in ("assignment_expression", "augmented_assignment_expression"):
            return self._assignment(node)
        if kind == "pair":
            return self.lower(node.child_by_field_name("value"))
        if kind in ("unary_expression", "type_arguments", "type_annotation", "comment"):
            return Literal()
        return self.joined(node.named_children)

    def _assignment(self, node: Node) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        value = self._value(right, text(left)) if right is not None else Literal()
        if node.type == "augmented_assignment_expression":
            value = Join((self.lower(left), value), text=True)
        self.assign(_targets(left), value, node)
        return value

    def _call(self, node: Node) -> Expr:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        listed = node.child_by_field_name("arguments")
        tagged = listed is not None and listed.type == "template_string"
        given = listed.named_children if listed is not None and not tagged else []
        args = [self.lower(a) for a in given if a.type != "comment"]
        path = _path(function)
        receiver = None
        if not path and function is not None and function.type == "member_expression":
            receiver = self.lower(function.child_by_field_name("object"))
            path = ("*", text(function.child_by_field_name("property")))
        name = ("new", *path) if node.type == "new_expression" and path else path
        if tagged:  # sql`...${x}`: the tag decides what becomes of the values, so they are not plain text
            return Call(("tag", *path), (), (), self.file.locate(node), receiver)
        return Call(name or ("*",), tuple(args), (), self.file.locate(node), receiver)


def _path(node: Node | None) -> Path:
    if node is None:
        return ()
    if node.type in ("identifier", "this", "shorthand_property_identifier"):
        return (text(node),)
    if node.type in ("non_null_expression", "parenthesized_expression") and node.named_children:
        return _path(node.named_children[0])
    if node.type == "member_expression":
        head = _path(node.child_by_field_name("object"))
        return (*head, text(node.child_by_field_name("property"))) if head else ()
    if node.type == "subscript_expression":
        head = _path(node.child_by_field_name("object"))
        index = node.child_by_field_name("index")
        name = text(index)[1:-1] if index is not None and index.type == "string" else "*"
        return (*head, name) if head else ()
    return ()


def _targets(node: Node | None) -> tuple[Path, ...]:
    if node is None:
        return ()
    if path := _path(node):
        return (path,)
    if node.type == "shorthand_property_identifier_pattern":
        return ((text(node),),)
    return tuple(t for child in node.named_children for t in _targets(child))


def _parameters(listed: Node | None, spread: list[tuple[Path, Node]]) -> tuple[str, ...]:
    """Names by position; a destructured one gets a made-up name, and goes to `spread` to be unpacked."""
    if listed is None:
        return ()
    if listed.type == "identifier":
        return (text(listed),)
    names: list[str] = []
    for child in (c for c in listed.named_children if c.type != "comment"):
        pattern = child.child_by_field_name("pattern") or child.child_by_field_name("left") or child
        if pattern.type in ("object_pattern", "array_pattern"):
            names.append(f"<{len(names)}>")
            spread.append(((names[-1],), pattern))
        else:
            names.append(text(pattern))
    return tuple(names)
