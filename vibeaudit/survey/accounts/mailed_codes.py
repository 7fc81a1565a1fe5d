"""Codes and tokens of forgotten passwords and of second steps, kept in the database as they are mailed, or for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

AS_IT_IS, FOR_EVER = "keeps a mailed token as it is", "keeps a mailed token for ever"
_OPENS = r"(?:reset|forgot\w*|lost|recover\w*|otp|one_?time|magic|login|pass(?:word)?|2fa|mfa)"
_NAME = re.compile(rf"(?i)^(?:\w*{_OPENS}\w*_?(?:token|code|otp|pin|key)|(?:\w+_)?otp)$")
_NOT = re.compile(
    r"(?i)session|refresh|access|hash|expir|secret|count|attempt|zip|postal|referral|country|api_?key|time$|at$"
)
_PLAIN = re.compile(r"(?i)^(?:token|code|otp|pin|value)$")
_TABLE = re.compile(rf"(?i){_OPENS}\w*(?:token|code|reset|request|otp|pin|link)?|otps?$")
_RANDOM = re.compile(
    r"randomBytes|randomUUID|\buuid|nanoid|randomInt|Math\.random|\bsecrets\.|token_urlsafe|token_hex|\brandom\.\w+\(|urandom"
    r"|randomstring|generate\w*(?:otp|token|code|pin)\w*\(|(?:otp|code|token)Generator|cryptoRandomString|get_random_string",
    re.IGNORECASE,
)
_HASHED = re.compile(r"(?i)hash|bcrypt|sha\d|hmac|argon|scrypt|digest\(")
_MAILS = re.compile(r"(?i)mail|\bsms\b|twilio|resend\.|smtp|send\w*(?:otp|code|token|message|reset|link)")
_ENDS = re.compile(r"(?i)expir|\bttl\b|valid_?until|setex\b|\bex\s*[=:]|max_?age|timedelta|setTimeout|created_?at")
_NO_ROWS = frozenset("req.session session this self window".split())
_SAVES = re.compile(r"\.(?:save|commit|flush|persist)\(")
_WRITES = frozenset(
    "create insert update save add insert_one update_one objects get_or_create update_or_create".split()
)


def mailed_codes(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """(kind, the field) of each write that keeps such a code."""
    told: set[int] = set()
    for field, name, table, value in (*_in_calls(project, module), *_assigned(module)):
        scene = home(module, field)
        if scene is None or scene.start_byte in told or _NOT.search(name):
            continue
        if not (_NAME.match(name) or (_PLAIN.match(name) and _TABLE.search(table))):
            continue
        said = bare_text(project, module, scene)
        made = _made(project, module, scene, value)
        if not _RANDOM.search(made) or _HASHED.search(made) or not _MAILS.search(said):
            continue
        told.add(scene.start_byte)
        yield (AS_IT_IS if _ENDS.search(said) or _ends_elsewhere(project, name) else FOR_EVER), field


def _in_calls(project: Project, module: Module) -> Iterator[tuple[Node, str, str, Node]]:
    """(the field, its name, the table, the value) of what calls of stores are given."""
    for call in module.calls:
        if module.kind == "javascript":
            touched = touch(project, module, call)
            table = touched.table if touched is not None and touched.verb in ("insert", "update") else ""
            pairs = [p for a in call.args for p in _pairs(a)] if table else []
        else:
            table = call.name.rpartition(".objects")[0] or call.last
            model = re.fullmatch(r"[A-Z]\w*", call.last) is not None
            pairs = [p for a in call.args for p in _pairs(a)] if call.last in _WRITES else []
            if model or call.last in _WRITES:
                yield from ((v, k, table, v) for k, v in call.keywords.items())
        for pair in pairs:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            name = text_of(key if key is not None else pair).strip("'\"")
            yield pair, name, table, value if value is not None else pair


def _pairs(node: Node, depth: int = 0) -> Iterator[Node]:
    for child in node.named_children if node.type in ("object", "dictionary", "pair") and depth < 6 else ():
        if child.type in ("pair", "shorthand_property_identifier"):
            yield child
        yield from _pairs(child, depth + 1)


def _assigned(module: Module) -> Iterator[tuple[Node, str, str, Node]]:
    """`user.resetToken = token`, where the row is saved afterwards."""
    for assign in module.assigns:
        holder, dot, name = assign.targets[0].rpartition(".") if len(assign.targets) == 1 else ("", "", "")
        scene = home(module, assign.node) if dot and _NAME.match(name) else None
        if scene is not None and holder not in _NO_ROWS and _SAVES.search(text_of(scene)):
            yield assign.node, name, holder, assign.value


def _made(project: Project, module: Module, scene: Node, value: Node, depth: int = 0) -> str:
    """The text of what the value was made by, through the names and the app's own functions in between."""
    said = bare_text(project, module, value)
    if depth > 3:
        return said
    if re.fullmatch(r"\w+(?:\.(?:token|code|otp|pin|value))?", said) and not said.isdigit():  # `sent.code`, too
        name = said.partition(".")[0]
        before = [a for a in module.assigns_in(scene) if a.targets == (name,) and a.node.start_byte < value.start_byte]
        return _made(project, module, scene, before[-1].value, depth + 1) if before else said
    call = _call(module, value)
    called = project.function_called(module, call) if call is not None and call.name else None
    return said + (bare_text(project, called[0], called[1].node) if called is not None else "")


def _call(module: Module, node: Node) -> Call | None:
    inner = node.named_children[0] if node.type in ("await", "await_expression") and node.named_children else node
    return module.call_at(inner)


def _ends_elsewhere(project: Project, name: str) -> bool:
    """Whether any file that speaks of the field speaks of an end, too."""
    named = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
    return any(named.search(f.data) and _ENDS.search(f.text) for f in project.snapshot.files if f.language)
