"""JavaScript and TypeScript, lowered: statements and definitions."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow import errors
from vibeaudit.flow.form import CHECKED_FIELD, Expr, Module, Path, Ref, Test
from vibeaudit.flow.lowering import text
from vibeaudit.flow.script_expressions import ScriptExpressions
from vibeaudit.flow.script_names import (
    export_names,
    fields_of_constructor,
    import_names,
    member_required,
    parameters,
    path_of,
    plain_type,
    promisified,
    require_names,
    required,
    targets,
)
from vibeaudit.flow.script_tests import facts_of
from vibeaudit.source import SourceFile

_BLOCKS = ("program", "statement_block", "labeled_statement", "switch_body", "internal_module", "module", "else_clause")
_LOOPS = frozenset(("for_statement", "for_in_statement", "while_statement", "do_statement"))

# class-validator refuses what is of another kind: an object where a text is asked for
_CHECKS_KIND = re.compile(
    r"@(?:Is(?:String|Email|Enum|In|MongoId|UUID|NumberString|Number|Int|Boolean|BooleanString|Date|DateString|ISO8601|Url"
    r"|PhoneNumber|MobilePhone|StrongPassword|Alpha|Alphanumeric|Numeric|Decimal|Hexadecimal|Positive)"
    r"|MinLength|MaxLength|Length|Matches|Min|Max)\((?![^\n]*\beach\s*:\s*true)"
)


def lower_script(file: SourceFile) -> Module:
    """The module's functions. Broken code gives what could be read."""
    lowering = _Script(file)
    if file.tree is not None:
        lowering.run(file.tree.root_node)
    return lowering.module


class _Script(ScriptExpressions):
    """Lowers statements and definitions."""

    made = 0  # names for values that are unpacked

    def statement(self, node: Node) -> None:
        kind = node.type
        if kind in ("function_declaration", "generator_function_declaration"):
            self._function(node, text(node.child_by_field_name("name")))
        elif kind in ("class_declaration", "class", "abstract_class_declaration"):
            self._class(node, text(node.child_by_field_name("name")))
        elif kind in ("lexical_declaration", "variable_declaration"):
            for declarator in (c for c in node.named_children if c.type == "variable_declarator"):
                self._declare(declarator)
        elif kind == "return_statement":
            value = node.named_children[0] if node.named_children else None
            self.give(self.lower(value), node, facts_of(value))
        elif kind == "import_statement":
            import_names(node, self.module)
        elif kind == "export_statement":
            self._export(node)
        elif kind in _LOOPS:
            self.loop(self.block(lambda: self._loop(node)), node)
        elif kind == "if_statement":
            self._if(node)
        elif kind == "switch_statement":
            self._switch(node)
        elif kind == "try_statement":
            self._try(node)
        elif kind in ("throw_statement", "break_statement", "continue_statement"):
            self.do(self.joined([c for c in node.named_children if c.type != "statement_identifier"]), node)
            self.leave(node)
        elif kind in _BLOCKS or kind == "finally_clause":
            self._each(node.named_children)
        elif kind == "expression_statement":
            for child in node.named_children:
                self.do(self.lower(child), child)
        elif node.is_named and kind not in ("comment", "interface_declaration", "type_alias_declaration"):
            self.do(self.lower(node), node)

    def _if(self, node: Node) -> None:
        condition = node.child_by_field_name("condition")
        self.do(self.lower(condition), node)
        then = self.runs([node.child_by_field_name("consequence")])
        self.branch(facts_of(condition), then, self.runs([node.child_by_field_name("alternative")]), node)

    def _try(self, node: Node) -> None:
        clause = node.child_by_field_name("handler")
        handlers = [self.block(lambda: self._caught(clause))] if clause is not None else []
        self.attempt(self.runs([node.child_by_field_name("body")]), handlers, node)
        self._each([c for c in node.named_children if c.type == "finally_clause"])

    def _caught(self, clause: Node) -> None:
        if (name := clause.child_by_field_name("parameter")) is not None:
            self.assign(targets(name), errors.caught(("error",), self.file.locate(clause))[0], clause)
        self.run(clause.child_by_field_name("body") or clause)

    def _each(self, children: list[Node]) -> None:
        for child in children:
            if child.type != "comment":
                self.run(child)

    def _loop(self, node: Node) -> None:
        if node.type == "for_in_statement":
            self.assign(targets(node.child_by_field_name("left")), self.lower(node.child_by_field_name("right")), node)
        for name in ("initializer", "condition", "increment"):
            part = node.child_by_field_name(name)
            if part is not None:
                self.run(part)
        self._each([c for c in (node.child_by_field_name("body"),) if c is not None])

    def _switch(self, node: Node) -> None:
        self.do(self.lower(node.child_by_field_name("value")), node)
        self.loop(self.block(lambda: self._cases(node.child_by_field_name("body"))), node, once=True)

    def _cases(self, body: Node | None) -> None:
        for case in body.named_children if body is not None else ():
            inner = [c for c in case.named_children if c != case.child_by_field_name("value") and c.type != "comment"]
            self.branch(Test(), self.runs(c for c in inner if c.type != "break_statement"), [], case)

    def _export(self, node: Node) -> None:
        export_names(node, self.module)
        value = node.child_by_field_name("value")
        declared = node.child_by_field_name("declaration")
        if declared is not None:
            self.run(declared)
        elif value is not None:
            self.do(self._value(value, "default"), value)

    def _class(self, node: Node, name: str) -> None:
        opened = self.open(name or "<class>", (), self.file.locate(node))
        opened.is_class = True
        heritage = next((c for c in node.named_children if c.type == "class_heritage"), None)
        opened.bases = tuple(p for c in _inner(heritage) if (p := path_of(c)))
        body = node.child_by_field_name("body")
        before: list[str] = []  # the decorators of the member that comes next
        for member in body.named_children if body is not None else ():
            if member.type == "decorator":
                before.append(text(member))
                continue
            decorators, before = tuple(before), []
            if member.type == "method_definition":
                made = fields_of_constructor(member.child_by_field_name("parameters"))
                opened.types |= {name: kind for name, kind in made.items() if kind}
                key = self._function(member, text(member.child_by_field_name("name")))
                self.module.functions[key].decorators = decorators
                continue
            named = text(member.child_by_field_name("property") or member.child_by_field_name("name"))
            if kind := plain_type(member.child_by_field_name("type")):
                opened.types[(named,)] = kind
            inner = (text(c) for c in member.named_children if c.type == "decorator")
            if any(_CHECKS_KIND.match(d) for d in (*decorators, *inner)):
                opened.constants[(CHECKED_FIELD, named)] = named
            if (value := member.child_by_field_name("value")) is not None:
                self.assign((("this", named),), self._value(value, named), member)
        self.close()

    def _function(self, node: Node, name: str) -> str:
        listed = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        spread: list[tuple[Path, Node]] = []
        names, types = parameters(listed, spread)
        function = self.open(name or "<function>", names, self.file.locate(node))
        function.types |= types
        function.gives = text(node.child_by_field_name("return_type")).lstrip(": ")
        function.own_this = node.type != "arrow_function"
        function.is_getter = any(c.type == "get" for c in node.children)
        function.rest = next((n.removeprefix("...") for c in _inner(listed) if (n := text(c)).startswith("...")), "")
        for position, pattern in spread:
            self._unpack(pattern, Ref(position))
        for path in fields_of_constructor(listed) if name == "constructor" else ():
            self.assign((("this", *path),), Ref(path), node)
        body = node.child_by_field_name("body")
        if body is not None and body.type == "statement_block":
            self.run(body)
        elif body is not None:
            self.give(self.lower(body), body, facts_of(body))
        self.close()
        return function.key

    def _declare(self, node: Node) -> None:
        target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if target is None or value is None:
            return
        if source := required(value):
            require_names(target, source, self.module)
        elif target.type == "identifier" and (known := member_required(value)):
            self.module.imports[text(target)] = known
        elif target.type == "identifier" and (inner := promisified(value)) in self.module.imports:
            self.module.imports[text(target)] = self.module.imports[inner]
        elif target.type == "identifier":
            self.assign(((text(target),),), self._value(value, text(target)), node)
            if kind := plain_type(node.child_by_field_name("type")):
                self.stack[-1].types.setdefault((text(target),), kind)
        else:
            self._unpack(target, self.lower(value))

    def _unpack(self, pattern: Node, value: Expr) -> None:
        """`const {a, b: {c}} = value`, field by field."""
        if pattern.type != "object_pattern":
            self.assign(targets(pattern), value, pattern)
            return
        if not isinstance(value, Ref):
            self.made += 1
            self.assign(((f"<made {self.made}>",),), value, pattern)
            answers_error = errors.answers_error(value)
            value = Ref((f"<made {self.made}>",))
            if answers_error:
                found = errors.caught(("error",), self.file.locate(pattern))[0]
                self.assign(((*value.path, "error"),), found, pattern)
        for part in pattern.named_children:
            if part.type == "shorthand_property_identifier_pattern":
                self.assign(((text(part),),), Ref((*value.path, text(part))), part)
            elif part.type == "pair_pattern":
                inner = Ref((*value.path, text(part.child_by_field_name("key")).strip("'\"")))
                bound = part.child_by_field_name("value")
                if bound is not None and bound.type == "assignment_pattern":
                    bound = bound.child_by_field_name("left")
                if bound is not None:
                    self._unpack(bound, inner)
            elif part.type == "object_assignment_pattern":
                left = part.child_by_field_name("left")
                self.assign(targets(left), Ref((*value.path, text(left))), part)
            elif part.type == "rest_pattern":
                self.assign(targets(part), value, part)


def _inner(node: Node | None) -> list[Node]:
    """What stands in a list of parameters, or of classes to inherit from (`extends A`, as TypeScript wraps it)."""
    if node is None:
        return []
    return [i for c in node.named_children for i in (c.named_children if c.type == "extends_clause" else [c])]
