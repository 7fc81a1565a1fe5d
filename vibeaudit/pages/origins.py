"""Whose text a value is: the caller's, something that was stored, the app's own. Within functions and one call deep."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_origins import ORIGINS
from vibeaudit.pages import words
from vibeaudit.pages.page import Path, path_of
from vibeaudit.pages.renders import entries, returned
from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.python_stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.model import Route
    from vibeaudit.survey.project import Project

MAX_DEPTH = 14
MAX_STEPS = 4000


class Origin(enum.IntEnum):
    """Whose text it is, in order of danger."""

    OWN = 0  # a constant, a number, or made safe
    UNKNOWN = 1
    LIKELY = 2  # unknown, but called what people's texts are called
    STORED = 3  # read from a store, a session, another service
    CALLER = 4


_PYTHON_REQUEST = re.compile(
    r"(?:self\.|flask\.|bottle\.)?request\.(?:args|form|values|json|data|files|cookies|headers|GET|POST|COOKIES|FILES|body"
    r"|query_params|path_params|view_args|get_json|get_data|query|match_info|forms|params)\b(?!\.(?:keys|csrf))"
    r"|self\.get_(?:query_|body_)?arguments?\b|(?:self\.)?\w*form\.(?:cleaned_data\b|\w+\.data\b)"
)
_PYTHON_STORED = re.compile(
    r"(?:self\.|flask\.)?(?:request\.user|request\.session|current_user|session|g\.(?:user|session))\b"
    r"|(?:requests|httpx)\.(?:get|post|request)\b|urllib\.request\.urlopen\b|get_object_or_404\b|get_list_or_404\b"
    r"|[\w.]*\.objects\.|[\w.]*\.completions\.create\b|[\w.]*\.generate_content\b"
)
_SCRIPT_STORED = re.compile(
    r"(?:req|request|ctx)\.(?:user|session)\b|(?:ctx\.)?(?:state\.user|session)\b|(?:axios|needle|got|superagent)\b|fetch$"
)
_SCRIPT_READS = re.compile(
    r"\.(?:find(?:One|All|ById|Many|First|Unique|ByPk|AndCountAll|OneBy|By)?|query|execute|aggregate|toArray|lean|exec|select"
    r"|findUniqueOrThrow|findFirstOrThrow|oneOrNone|manyOrNone|fetchAll|all|get|each|raw|one|many|any|first)$"
)
_STORE = re.compile(
    r"(?:^|\.)(?:\w*(?:db|pool|conn|connection|sql|knex|prisma|client|stmt|collection|repo|repository|model|dao)s?|prepare)\.",
    re.I,
)
_READER = re.compile(
    r"(?:^|\.)(?:get|find|load|fetch|list|search|query|select|read|all|exec|execute|each|retrieve)", re.I
)
_SURE = re.compile(
    r"(?:findOne|findAll|findById|findMany|findFirst|findUnique|findByPk|findAndCountAll|toArray|lean|OrThrow|OrNone)$"
)
_ELEMENT_METHODS = frozenset("map forEach filter each find some every flatMap reduce".split())
_GROWS = frozenset(("append", "push", "add", "unshift", "update", "extend"))
_ERRORS = re.compile(r"^(?:_|e|err|error|ex|exc|exception)\d?$|[Ee]rr(?:or)?$")
_NUMBERS = re.compile(r"^(?:int|float|bool|uuid|number|date|datetime|decimal)\b", re.I)


@dataclass
class Frame:
    """The arguments that a function of the app was called with."""

    function: Function
    given: dict[str, tuple[Module, Node, Frame | None]]


@dataclass
class Judge:
    """Judges expressions; remembers nothing but how long it has worked."""

    project: Project
    routes: dict[tuple[str, int], Route] = field(default_factory=dict)
    steps: int = 0
    grown: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)

    def start(self, module: Module, node: Node, path: Path) -> Origin:
        self.steps = 0
        return self.of(module, node, path, None, 0)

    def of(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        """Whose text the field `path` of an expression is."""
        self.steps += 1
        if depth > MAX_DEPTH or self.steps > MAX_STEPS:
            return Origin.UNKNOWN
        node = python.unwrap(node) if module.kind == "python" else javascript.unwrap(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._name(module, node, path, frame, depth)
        if kind in ("attribute", "member_expression", "subscript", "subscript_expression"):
            return self._member(module, node, path, frame, depth)
        if kind in ("call", "call_expression", "new_expression"):
            return self._call(module, node, path, frame, depth)
        if kind in ("object", "dictionary"):
            return self._literal(module, node, path, frame, depth)
        if kind in ("list", "array", "tuple", "set"):
            inner = path[1:] if path[:1] == ("[]",) else path
            return self._worst(module, node.named_children, inner, frame, depth)
        if kind in ("string", "template_string", "concatenated_string"):
            return self._worst(module, _gaps(node), (), frame, depth)
        if kind == "ternary_expression":
            return self._worst(module, node.named_children[1:], path, frame, depth)
        if kind == "conditional_expression":
            return self._worst(module, [c for i, c in enumerate(node.named_children) if i != 1], path, frame, depth)
        if kind in ("binary_expression", "binary_operator", "boolean_operator", "spread_element", "expression_list"):
            return self._operation(module, node, path, frame, depth)
        if kind.endswith("comprehension") or kind == "generator_expression":
            body = node.child_by_field_name("body")
            return self.of(module, body, path[1:], frame, depth + 1) if body is not None else Origin.UNKNOWN
        if kind in (
            "comparison_operator",
            "not_operator",
            "unary_expression",
            "unary_operator",
            "integer",
            "float",
            "number",
        ):
            return Origin.OWN
        if kind in ("true", "false", "none", "null", "undefined", "regex", "comment", "lambda", "arrow_function"):
            return Origin.OWN
        return Origin.UNKNOWN

    def _worst(self, module: Module, nodes: list[Node], path: Path, frame: Frame | None, depth: int) -> Origin:
        return max((self.of(module, n, path, frame, depth + 1) for n in nodes), default=Origin.OWN)

    def _operation(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        sign = node.child_by_field_name("operator")
        if sign is not None and text_of(sign) not in ("+", "%", "||", "??", "or", "&&", "and", "|"):
            return Origin.OWN
        return self._worst(module, node.named_children, path, frame, depth)

    def _literal(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        given = list(entries(node))
        if not path or path[0] == "[]":
            return self._worst(module, [v for _, v in given], path[1:], frame, depth)
        named = [v for k, v in given if k == path[0]]
        if named:
            return self.of(module, named[-1], path[1:], frame, depth + 1)
        return self._worst(module, [v for k, v in given if not k], path, frame, depth)

    def _member(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        known = self._known(module, node)
        if known is not None:
            return known
        holder = node.child_by_field_name("object") or node.child_by_field_name("value")
        if holder is None:
            return Origin.UNKNOWN
        name = node.child_by_field_name("attribute") or node.child_by_field_name("property")
        if name is not None:
            part = text_of(name)
            if part in ("length", "size", "status_code", "statusCode"):
                return Origin.OWN
        else:
            index = node.child_by_field_name("subscript") or node.child_by_field_name("index")
            said = text_of(index)
            part = said[1:-1] if said[:1] in "'\"" else "[]"
        return self.of(module, holder, (part, *path), frame, depth + 1)

    def _known(self, module: Module, node: Node) -> Origin | None:
        text = text_of(node)[:300]
        if module.kind == "python":
            if "REMOTE_ADDR" in text:
                return Origin.OWN
            if _PYTHON_REQUEST.match(text):
                return Origin.CALLER
            return Origin.STORED if _PYTHON_STORED.match(text) else None
        if re.match(r"(?:req|request)\.(?:csrfToken|url|path|originalUrl|baseUrl)\b", text):
            return Origin.OWN
        if ORIGINS["request"].match(text):
            return Origin.CALLER
        return Origin.STORED if _SCRIPT_STORED.match(text) or ORIGINS["stored"].match(text) else None

    # ---- names -------------------------------------------------------------------------------------

    def _name(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        return self._look_up(module, node, text_of(node), path, frame, depth)

    def _look_up(self, module: Module, node: Node, name: str, path: Path, frame: Frame | None, depth: int) -> Origin:
        """What a name stands for, seen from a node."""
        around: Node | None = node
        while around is not None:
            if (source := _bound(around, name)) is not None:
                return self.of(module, source, ("[]", *path), frame, depth + 1)
            function = module.function_at(around)
            if function is not None and around.type != "decorated_definition":
                assigned = self._assigned(module, function.node, node, name, path, frame, depth)
                if assigned is not None:
                    return assigned
                if any(name == p.name or name in p.name.strip("{}").split(",") for p in function.params):
                    return self._parameter(module, function, name, path, frame, depth)
            around = around.parent
        root = module.file.tree.root_node if module.file.tree else None
        assigned = self._assigned(module, root, node, name, path, frame, depth) if root is not None else None
        if assigned is not None:
            return assigned
        meant = self.project.meaning(module, name) if name in module.imports else None
        if meant and meant.value is not None and meant.module is not module:
            return self.of(meant.module, meant.value, path, None, depth + 1)
        return self._nobodys(name, path)

    def _nobodys(self, name: str, path: Path) -> Origin:
        """What to make of a value of which nobody says where it comes from."""
        return Origin.UNKNOWN

    def _assigned(
        self, module: Module, scope: Node, used: Node, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin | None:
        """The worst of what the name, or the field of it, is given in this scope."""
        found: list[Origin] = []
        for assign in module.assigns_in(scope):
            if assign.node.start_byte <= used.start_byte < assign.node.end_byte and name in assign.targets:
                continue
            for target in assign.targets:
                if target == name:
                    found.append(self._value_given(module, assign.node, assign.value, name, path, frame, depth))
                elif target.startswith(f"{name}."):
                    left = assign.node.child_by_field_name("left")
                    field_path = path_of(text_of(left))[1:] if left is not None else ()
                    if field_path and path[: len(field_path)] == field_path:
                        found.append(self.of(module, assign.value, path[len(field_path) :], frame, depth + 1))
        if found:
            for grown, value in self._grown(module):
                if grown == name and scope.start_byte <= value.start_byte < scope.end_byte and not _holds(value, used):
                    found.append(self.of(module, value, path, frame, depth + 1))
            for call in module.calls_in(scope):
                holder, _, verb = call.name.rpartition(".")
                if holder == name and verb in _GROWS and call.args:
                    inner = path if verb in ("update", "extend") else path[1:]
                    found.append(self.of(module, call.args[0], inner, frame, depth + 1))
        return max(found) if found else None

    def _grown(self, module: Module) -> list[tuple[str, Node]]:
        """The names that text is added to with `+=`, and that text."""
        if module.path not in self.grown:
            found: list[tuple[str, Node]] = []
            waiting = [module.file.tree.root_node] if module.file.tree and b"+=" in module.file.data else []
            while waiting:
                node = waiting.pop()
                if node.type in ("augmented_assignment_expression", "augmented_assignment"):
                    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                    if left is not None and right is not None and left.type == "identifier":
                        found.append((text_of(left), right))
                waiting += node.named_children
            self.grown[module.path] = found
        return self.grown[module.path]

    def _value_given(
        self, module: Module, at: Node, value: Node, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        left = at.child_by_field_name("name") or at.child_by_field_name("left")
        if left is not None and left.type == "object_pattern":
            path = (name, *path)
        elif left is not None and left.type in ("array_pattern", "pattern_list", "tuple_pattern"):
            path = ("[]", *path)
        if value.start_byte == at.start_byte and value.end_byte == at.end_byte:
            return Origin.UNKNOWN
        return self.of(module, value, path, frame, depth + 1)

    def _parameter(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        if frame is not None and frame.function.key == function.key and name in frame.given:
            other, node, outer = frame.given[name]
            return self.of(other, node, path, outer, depth + 1)
        route = self._route(function)
        for parameter in route.parameters if route else ():
            if parameter.name == name:
                return Origin.OWN if _NUMBERS.match(parameter.type) else Origin.CALLER
        if module.kind == "javascript":
            return self._callback(module, function, name, path, frame, depth)
        return Origin.UNKNOWN

    def _route(self, function: Function) -> Route | None:
        line = function.node.start_point[0] + 1
        inner = function.body.start_point[0] + 1
        return next((r for n in range(line, inner + 1) if (r := self.routes.get((function.path, n)))), None)

    def _callback(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        """A parameter of a function that is handed to a call: what that call gives it."""
        if _ERRORS.search(name) or function.node.parent is None or function.node.parent.type != "arguments":
            return Origin.UNKNOWN
        outer = function.node.parent.parent
        call = module.call_at(outer) if outer is not None else None
        if call is None:
            return Origin.UNKNOWN
        callee = call.node.child_by_field_name("function")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if call.last == "then" and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.last in _ELEMENT_METHODS and receiver is not None and not _reads_store(call.name):
            return self.of(module, receiver, ("[]", *path), frame, depth + 1)
        return Origin.STORED if _READER.search(call.last) or _reads_store(call.name) else Origin.UNKNOWN

    # ---- calls -------------------------------------------------------------------------------------

    def _call(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        call = module.call_at(node)
        if call is None:
            return Origin.UNKNOWN
        if words.own_call(call.name):
            return Origin.OWN
        if (known := self._known(module, node)) is not None:
            return known
        if self._reads(module, call):
            return Origin.STORED
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if call.last in ("then", "catch", "finally") and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.last in ("map", "flatMap", "reduce") and receiver is not None and call.args:
            return self._mapped(module, call, receiver, path, frame, depth)
        if call.last in ("filter", "sort", "toSorted", "slice", "reverse", "find") and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.name == "locals" and path:
            return self._look_up(module, node, path[0], path[1:], frame, depth + 1)
        if call.name == "dict" and call.keywords:
            return self._keywords(module, call, path, frame, depth)
        if reached := self.project.function_called(module, call):
            return self._returned(module, call, reached, path, frame, depth)
        if call.last == "get" and receiver is not None and call.args:
            said = text_of(call.args[0])
            return self.of(module, receiver, (said[1:-1] if said[:1] in "'\"" else "[]", *path), frame, depth + 1)
        if call.last in ("sub", "replace", "replaceAll") and _keeps_only(call):
            return Origin.OWN
        if call.last in words.PASSES:
            library = receiver is not None and text_of(receiver) in module.imports
            parts = [n for n in (None if library else receiver, *call.args) if n is not None]
            inner = path if call.last in ("assign", "toObject", "copy", "dict") else ("[]", *path[1:]) if path else ()
            origin = self._worst(module, parts, inner, frame, depth)
            as_json = origin is Origin.UNKNOWN and call.last in ("stringify", "dumps")
            return Origin.OWN if as_json else origin
        return Origin.UNKNOWN

    def _mapped(
        self, module: Module, call: Call, receiver: Node, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        """What `list.map(row => ...)` makes of each element."""
        inner = path[1:] if path[:1] == ("[]",) else path
        function = module.function_at(call.args[0])
        if function is None:
            meant = self.project.meaning(module, text_of(call.args[0]))
            if meant is None or meant.function is None:
                return self.of(module, receiver, path, frame, depth + 1)
            module, function = meant.module, meant.function
            given = {p.name: (module, receiver, frame) for p in function.params[:1]}
            frame = Frame(function, given)
        return max((self.of(module, n, inner, frame, depth + 1) for n in returned(function.body)), default=Origin.OWN)

    def _keywords(self, module: Module, call: Call, path: Path, frame: Frame | None, depth: int) -> Origin:
        chosen = [v for k, v in call.keywords.items() if not path or k == path[0]]
        return self._worst(module, chosen, path[1:], frame, depth)

    @staticmethod
    def _reads(module: Module, call: Call) -> bool:
        if module.kind == "python":
            if call.last in ("fetchall", "fetchone", "fetchmany", "scalars"):
                return True
            touched = touch(module, call)
            return touched is not None and touched.verb == "read"
        return _reads_store(call.name)

    def _returned(
        self, module: Module, call: Call, reached: tuple[Module, Function], path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        other, function = reached
        names = [p.name for p in function.params if p.name not in ("self", "cls")]
        given = {n: (module, a, frame) for n, a in zip(names, call.args, strict=False)}
        given |= {n: (module, a, frame) for n, a in call.keywords.items()}
        inner = Frame(function, given)
        return max((self.of(other, n, path, inner, depth + 2) for n in returned(function.body)), default=Origin.OWN)


def _reads_store(name: str) -> bool:
    if _SURE.search(name):
        return True
    return bool(_SCRIPT_READS.search(name)) and bool(_STORE.search(name) or re.search(r"(?:^|\.)[A-Z]\w+\.", name))


def _keeps_only(call: Call) -> bool:
    """Whether a replacement takes everything away but a list of harmless characters."""
    said = text_of(call.args[0]).lstrip("rb/'\"(") if call.args else ""
    return said.startswith("[^") and not set("<>\"'") & set(said[2:].partition("]")[0])


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _gaps(node: Node) -> list[Node]:
    found: list[Node] = []
    waiting = list(node.named_children)
    while waiting:
        child = waiting.pop()
        if child.type in ("template_substitution", "interpolation"):
            found += child.named_children[:1]
        elif child.type == "string":
            waiting += child.named_children
    return found


def _bound(around: Node, name: str) -> Node | None:
    """What a loop or a comprehension around takes the name from."""
    clauses = [around] if around.type in ("for_statement", "for_in_statement") else []
    if around.type.endswith("comprehension") or around.type == "generator_expression":
        clauses = [c for c in around.named_children if c.type == "for_in_clause"]
    for clause in clauses:
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if left is None or right is None:
            continue
        if name in re.findall(r"[\w$]+", text_of(left)):
            return right
    return None
