"""What a captured value is, as far as its own file tells: a constant, a string, an object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_names import Names, declaring, function_around, unwrap

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_STEPS = 400
MAX_DEPTH = 12
_FIELDS = frozenset(("pair", "shorthand_property_identifier", "method_definition"))
_PLAIN = frozenset(("number", "true", "false", "null", "undefined", "regex"))
_OPERATOR_SET = re.compile(
    r"__dirname|__filename|process\.(?:cwd\(\)|env\.\w+|execPath|platform|pid)|import\.meta\.(?:env\.\w+|url|dirname|filename)"
)
_FIXED_CALL = re.compile(
    r"(?:path\.)?(?:join|resolve|dirname|basename)|fileURLToPath|(?:i18n\.|i18next\.)?t|translate|gettext"
)


class Judge:
    """Answers for the nodes of one file. Every answer is bounded: what takes too long is "no"."""

    def __init__(self, root: SgNode) -> None:
        self.root = root
        self.names = Names(root)
        self._left = MAX_STEPS

    def refill(self) -> None:
        """Allow another MAX_STEPS steps."""
        self._left = MAX_STEPS

    def go_on(self, depth: int) -> bool:
        """Take a step. False when an answer took too many, or lies too deep."""
        self._left -= 1
        return self._left > 0 and depth < MAX_DEPTH

    def literal(self, node: SgNode, depth: int = 0) -> bool:
        """A constant: written out, put together from constants, or a name that only ever holds one. What
        the operator sets (environment, working directory) counts: no visitor chooses it."""
        node = unwrap(node)
        if not self.go_on(depth):
            return False
        kind = node.kind()
        if kind in _PLAIN or kind == "string":
            return True
        if kind == "identifier" and node.text() not in ("__dirname", "__filename"):
            known = self.names.definitions(node)
            return bool(known) and all((d.whole or d.entry) and self.literal(d.value, depth + 1) for d in known)
        if kind in ("template_string", "array", "object", "pair", "template_substitution", "binary_expression"):
            parts = [c for c in node.named_children() if c.kind() not in ("comment", "property_identifier")]
            return all(c.kind() in ("string_fragment", "escape_sequence") or self.literal(c, depth + 1) for c in parts)
        if kind == "unary_expression":
            return all(self.literal(c, depth + 1) for c in node.named_children())
        if kind == "ternary_expression":
            return all(self.literal(c, depth + 1) for c in node.named_children()[1:])
        if _OPERATOR_SET.fullmatch(node.text()[:200]):
            return True
        if kind in ("subscript_expression", "member_expression"):  # an entry of a constant table
            held = node.field("object")
            return held is not None and held.kind() == "identifier" and self.literal(held, depth + 1)
        if kind != "call_expression":
            return False
        return (
            self._joined(node, depth)
            or self._fixed_call(node, depth)
            or self._fixed_keys(node)
            or self._chosen(node, depth)
        )

    def _fixed_keys(self, call: SgNode) -> bool:
        """`Object.keys(row)` of an object whose fields are all written out."""
        callee, arguments = call.field("function"), call.field("arguments")
        if callee is None or arguments is None or callee.text() != "Object.keys":
            return False
        given = arguments.named_children()
        held = self.resolve(given[0]) if len(given) == 1 else None
        if held is None or held.kind() != "object":
            return False
        fields = [f for f in held.named_children() if f.kind() != "comment"]
        named = all(f.kind() in _FIELDS and f.find(kind="computed_property_name") is None for f in fields)
        return named and self.root.find(pattern=f"{given[0].text()}[$KEY] = $VALUE") is None

    def _chosen(self, call: SgNode, depth: int) -> bool:
        """A function of this file that answers with one of its own constants, whatever it is asked."""
        callee = call.field("function")
        if callee is None or callee.kind() != "identifier":
            return False
        called = f"^{re.escape(callee.text())}$"
        function = self.root.find(kind=declaring(self.root), has={"field": "name", "regex": called})
        body = function and function.field("body")
        if function is None or body is None:
            return False
        answers = [r for r in body.find_all(kind="return_statement") if function_around(r) == function]
        given = [c for r in answers for c in r.named_children() if c.kind() != "comment"]
        return bool(given) and len(given) == len(answers) and all(self.literal(g, depth + 1) for g in given)

    def _fixed_call(self, call: SgNode, depth: int) -> bool:
        """A path put together from constants, or a translation looked up by a constant key."""
        callee, arguments = call.field("function"), call.field("arguments")
        if callee is None or arguments is None or not _FIXED_CALL.fullmatch(callee.text()[:60]):
            return False
        given = arguments.named_children()
        return bool(given) and all(self.literal(a, depth + 1) for a in given)

    def _joined(self, call: SgNode, depth: int) -> bool:
        """`parts.join(", ")` of a list that only ever took constants."""
        callee = call.field("function")
        held = callee and callee.field("object")
        if callee is None or held is None or held.kind() != "identifier" or not callee.text().endswith(".join"):
            return False
        added = self.root.find_all(pattern=f"{held.text()}.push($$$PARTS)")
        parts = [p for push in added for p in push.get_multiple_matches("PARTS") if p.is_named()]
        return self.literal(held, depth + 1) and all(self.literal(p, depth + 1) for p in parts)

    def string(self, node: SgNode) -> str | None:
        """The text of a plain string, or of a name that holds only one; None otherwise."""
        node = self.resolve(node)
        if node.kind() == "string":
            return node.text()[1:-1]
        if node.kind() == "template_string" and not node.find(kind="template_substitution"):
            return node.text()[1:-1]
        return None

    def resolve(self, node: SgNode) -> SgNode:
        """The value behind a name that is defined once, or the function of that name, else the node itself."""
        node = unwrap(node)
        for _ in range(5):
            if node.kind() != "identifier":
                return node
            known = self.names.definitions(node)
            if not known and self.names.parameter_of(node) is None:
                return self.names.function(node) or node
            if len(known) != 1 or not known[0].whole:
                return node
            node = unwrap(known[0].value)
        return node

    def mutated(self, node: SgNode) -> bool:
        """Whether fields are set on the object behind this name after it was made."""
        name = unwrap(node)
        return name.kind() == "identifier" and self.root.find(pattern=f"{name.text()}.$FIELD = $VALUE") is not None


def operator(node: SgNode) -> str:
    """The operator of a binary expression."""
    sign = node.field("operator")
    return sign.text() if sign is not None else ""
