"""JavaScript's and TypeScript's expressions (JSX too), lowered."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow import errors
from vibeaudit.flow.form import Call, Choice, Expr, Field, Join, Lambda, Literal, Path, Record, Ref, Test
from vibeaudit.flow.lowering import Lowering, shell_run, text
from vibeaudit.flow.script_names import common_exports, path_of, require_names, required, targets
from vibeaudit.flow.script_tests import facts_of
from vibeaudit.model import Location

_FUNCTIONS = frozenset(
    ("function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function",
     "generator_function_declaration", "function")
)  # fmt: skip
_LITERALS = frozenset(("number", "true", "false", "null", "undefined", "regex", "super", "comment"))
_COMPARISONS = frozenset(("==", "===", "!=", "!==", "<", ">", "<=", ">=", "instanceof", "in"))
_ARITHMETIC = frozenset(("-", "*", "/", "%", "**"))
_TRANSPARENT = frozenset(
    ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression")
)


class ScriptExpressions(Lowering):
    """Lowers what has a value. Functions and classes are the statements' work."""

    def _function(self, node: Node, name: str) -> str:
        raise NotImplementedError

    def _class(self, node: Node, name: str) -> None:
        raise NotImplementedError

    def expr(self, node: Node) -> Expr:
        kind = node.type
        if kind in _LITERALS:
            return Literal(text(node) if kind == "regex" else "")
        if kind in ("string", "string_fragment"):
            return Literal(text(node)[1:-1] if kind == "string" else text(node))
        if kind in _TRANSPARENT:
            return self.lower(node.named_children[0]) if node.named_children else Literal()
        if kind in ("identifier", "this", "member_expression", "subscript_expression", "shorthand_property_identifier"):
            return self._reference(node)
        if kind in ("call_expression", "new_expression"):
            return self._call(node)
        if kind in _FUNCTIONS:
            return Lambda(self._function(node, ""))
        if kind == "object":
            return self._object(node)
        if kind == "template_string":
            parts = [c for c in node.named_children if c.type in ("template_substitution", "string_fragment")]
            return self.joined(parts, text=True)
        if kind == "binary_expression":
            return self._binary(node)
        if kind == "ternary_expression":
            return self._choice(node)
        if kind in ("assignment_expression", "augmented_assignment_expression"):
            return self._assignment(node)
        if kind == "unary_expression" and text(node.child_by_field_name("operator")) in ("-", "+"):
            operand = node.child_by_field_name("argument")
            return Call(("Number",), (self.lower(operand),), (), self.file.locate(node))
        if kind in ("unary_expression", "type_arguments", "type_annotation"):
            self.do(self.joined(node.named_children), node)
            return Literal()
        if kind == "array":  # each at its place
            return Join(tuple(self.lower(c) for c in node.named_children if c.type != "comment"))
        return self.joined(node.named_children)

    def _binary(self, node: Node) -> Expr:
        operator = text(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator == "&&" and (known := errors.debugging(text(left))) != Test():
            return Choice(known, self.lower(right), Literal())
        value = self.joined(node.named_children, text=operator == "+")
        if operator in _COMPARISONS:
            self.do(value, node)
            return Literal()
        return Call(("Number",), (value,), (), self.file.locate(node)) if operator in _ARITHMETIC else value

    def _choice(self, node: Node) -> Expr:
        condition = node.child_by_field_name("condition")
        self.do(self.lower(condition), node)
        then, orelse = (self.lower(node.child_by_field_name(f)) for f in ("consequence", "alternative"))
        return Choice(facts_of(condition), then, orelse)

    def _reference(self, node: Node) -> Expr:
        if path := path_of(node):
            return Ref(path)
        if node.type == "member_expression":
            inner = self.lower(node.child_by_field_name("object"))
            return Field(inner, (text(node.child_by_field_name("property")),))
        if node.type == "subscript_expression":
            return Field(self.lower(node.child_by_field_name("object")), ("*",))
        return self.joined(node.named_children)

    def _assignment(self, node: Node) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        exported = common_exports(left, right, self.module)
        if source := required(right):
            if exported or left is None:
                self.module.passed_on.append(source)
                return Literal()
            require_names(left, source, self.module)
            return Literal()
        value = self._value(right, exported or text(left)) if right is not None else Literal()
        if node.type == "augmented_assignment_expression":
            value = Join((self.lower(left), value), text=True)
        self.assign(targets(left), value, node)
        return value

    def _value(self, node: Node, name: str) -> Expr:
        """An assigned value; a function or class, also inside an object, takes the name that it is given."""
        if node.type in _FUNCTIONS:
            return Lambda(self._function(node, name))
        if node.type == "class":
            self._class(node, text(node.child_by_field_name("name")) or name)
            return Literal()
        return self._object(node, name) if node.type == "object" else self.lower(node)

    def _object(self, node: Node, name: str = "") -> Expr:
        fields: list[tuple[str, Expr]] = []
        spread: list[Expr] = []
        spans: list[Location] = []
        for part in node.named_children:
            if part.type == "pair" and (value := part.child_by_field_name("value")) is not None:
                key = part.child_by_field_name("key")
                known = key is None or key.type != "computed_property_name"
                label = text(key).strip("'\"") if known else "*"
                fields.append((label, self._value(value, f"{name}.{label}" if name else "")))
            elif part.type == "shorthand_property_identifier":
                fields.append((text(part), Ref((text(part),))))
            elif part.type == "method_definition":
                label = text(part.child_by_field_name("name"))
                fields.append((label, Lambda(self._function(part, f"{name}.{label}" if name else ""))))
            elif part.type == "spread_element":
                spread.append(self.joined(part.named_children))
            if len(spans) < len(fields):
                spans.append(self.file.locate(part.child_by_field_name("value") or part))
        return Record(tuple(fields), tuple(spread), tuple(spans))

    def _called(self, function: Node | None) -> Path:
        """The path of what is called, also of `require("net").connect` and `require("knex")({...})`."""
        if function is None or function.type == "import":
            return ("import",) if function is not None else ()
        if path := path_of(function):
            return path
        inside = function.child_by_field_name("object") if function.type == "member_expression" else None
        if not (source := required(inside or function)):
            return ()
        name = f"require {source}"
        self.module.imports[name] = (source, "*")
        return (name, text(function.child_by_field_name("property"))) if inside is not None else (name,)

    def _call(self, node: Node) -> Expr:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if function is not None and function.type == "await_expression":  # so the grammar reads `await f<T>(x)`
            function = function.named_children[0] if function.named_children else None
        listed = node.child_by_field_name("arguments")
        tagged = listed is not None and listed.type == "template_string"
        given = [a for a in (listed.named_children if listed is not None and not tagged else []) if a.type != "comment"]
        path = self._called(function)
        receiver = None
        if not path and function is not None and function.type == "member_expression":
            receiver = self.lower(function.child_by_field_name("object"))
            path = ("*", text(function.child_by_field_name("property")))
        elif not path and function is not None:
            receiver = self.lower(function)
        args = tuple(self.lower(a) for a in given)
        if path == ("Object", "assign") and args and isinstance(args[0], Record):  # a copy: `{ ...a, ...b }`
            return Record(args[0].fields, (*args[0].spread, *args[1:]), args[0].spans)
        if path[-1:] == ("pick",) and len(args) > 1 and (fields := _literals(given[1:])):  # lodash's, or one like it
            return Record(tuple((n, Field(args[0], (n,))) for n in fields))
        if len(args) > 1 and (listed_args := _elements(given[1])):  # spawn("sh", ["-c", command])
            shell = shell_run((args[0], *(self.lower(e) for e in listed_args)), self.file.locate(node))
            args = (args[0], shell, *args[2:]) if shell else args
        name = ("new", *path) if node.type == "new_expression" and path else path
        spans = tuple(self.file.locate(a) for a in given)
        if tagged:  # sql`...${x}`: the tag decides what becomes of the values, so they are not plain text
            return Call(("tag", *path), (), (), self.file.locate(node), receiver)
        return Call(name or ("*",), args, (), self.file.locate(node), receiver, spans)


def _literals(nodes: list[Node]) -> list[str]:
    """The texts of `["a", "b"]` or of `"a", "b"`; none when one of them is no literal."""
    each = _elements(nodes[0]) if len(nodes) == 1 and nodes[0].type == "array" else nodes
    return [text(n)[1:-1] for n in each] if all(n.type == "string" for n in each) else []


def _elements(node: Node) -> list[Node]:
    return [c for c in node.named_children if c.type != "comment"] if node.type == "array" else []
