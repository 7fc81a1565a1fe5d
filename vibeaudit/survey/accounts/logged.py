"""Lines that write to the log what must not stand there: secrets, whole records of people, their messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.conversations import answered_by_model, holds_login_token, said_on_a_socket
from vibeaudit.survey.accounts.log_words import (
    CONFIGURATION,
    CONVERSATION,
    LOGS,
    PASSES,
    says_personal,
    says_secret,
)
from vibeaudit.survey.accounts.logged_mail import is_parameter, mailed_text, opens_account
from vibeaudit.survey.accounts.origins import Kind, of_value
from vibeaudit.survey.accounts.refusals import is_refused
from vibeaudit.survey.accounts.represented import shown_by_number
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.accounts.typed_state import holds_typed_password
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.client_components import is_server_page

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

SECRET, RECORD, FIELD = "writes a secret to the log", "writes a record to the log", "writes a field to the log"
_KINDS: dict[Kind, str] = {"secret": SECRET, "record": RECORD, "field": FIELD}
_ORDER: tuple[Kind, ...] = ("secret", "record", "field")
_COMMAND = re.compile(
    rb"\b(?:click|argparse|typer|optparse|fire|getpass|docopt)\b|sys\.argv|process\.argv|BaseCommand|commander|yargs"
)
_TOOLS = re.compile(
    r"(^|/)(scripts?|seeds?|seeders?|migrations?|management|cli|bin|examples?|tools|alembic)/|(^|/)(cli|seed\w*|manage)\.\w+$"
)
_SERVER = re.compile(
    rb"\b(?:flask|django|fastapi|starlette|aiohttp|tornado|bottle|sanic|quart|express|fastify|koa|hono|mongoose"
    rb"|environ|getenv|process\.env)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(rb"""['"]use client['"]|from ['"](?:react|vue|svelte|react-dom)['"]|\blocalStorage\b""")
_DEBUG = re.compile(r"(?i)\bdebug\b|NODE_ENV|__DEV__|\.DEV\b|verbose|is_?dev|development")
_BRANCHES = frozenset(("if_statement", "elif_clause", "ternary_expression", "conditional_expression"))
_WITH_SECRET = re.compile(
    r"(?i)\b\w*(?:passw|secret|token|api_?key)\w*\s*=\s*(?:['\"]*\s*[?%:{$+])|insert\s[^)]*(?:passw|secret|token|api_?key)"
)
_LEVELS = frozenset("debug info warning warn error critical exception log trace fatal verbose".split())
_MAKES_LOG = re.compile(r"\b(?:getLogger|get_logger|structlog|pino|winston|bunyan|\w*Log(?:ger)?)\b")
_DEPTH = 7


def logged(project: Project, module: Module, in_browser: bool) -> Iterator[tuple[str, Node]]:
    """(kind, the value), the worst thing that each call writes. What a browser logs, only its user reads; but a token
    is what a thief looks for there."""
    if _TOOLS.search(module.path):
        return
    shown = module.path.endswith((".tsx", ".jsx")) or _PAGE.search(module.file.data) is not None
    in_browser = in_browser or (shown and not is_server_page(module))
    recorded: set[int] = set()  # functions whose whole records are told of: their fields are among them
    told_field = False  # one line of the file stands for all: they are mended together
    for call in module.calls:
        if call.name.endswith("set_trace_callback") and _traces_secrets(project, module, call):
            yield SECRET, call.node
        if not _is_log(module, call) or _shown_to_operator(module, call) or _for_debugging(call.node):
            continue
        found = {k: n for a in (*call.args, *call.keywords.values()) for k, n in _written(project, module, a)}
        worst = next((k for k in _ORDER if k in found), None)
        if worst is None or (worst != "secret" and in_browser) or (worst == "field" and told_field):
            continue
        if worst == "secret" and is_refused(found[worst]):
            continue
        scene = home(module, call.node)
        if worst == "field" and scene is not None and (scene.start_byte in recorded or call.last == "debug"):
            continue
        if worst == "record" and scene is not None:
            recorded.add(scene.start_byte)
        told_field = told_field or worst == "field"
        yield _KINDS[worst], found[worst]


def _is_log(module: Module, call: Call) -> bool:
    """Told by its name, or because its receiver was given a logger."""
    if LOGS[module.kind].match(call.name):
        return True
    holder, _, level = call.name.rpartition(".")
    if level not in _LEVELS or holder not in module.values:
        return False
    return _MAKES_LOG.search(text_of(module.values[holder])[:80]) is not None


def _traces_secrets(project: Project, module: Module, call: Call) -> bool:
    """sqlite3 hands the trace each statement with its values filled in."""
    scene = home(module, call.node)
    return (
        scene is not None
        and bool(call.args)
        and re.search(r"print|log", text_of(call.args[0])) is not None
        and _WITH_SECRET.search(said := bare_text(project, module, scene)) is not None
        and re.search(r"(?i)hash|bcrypt|scrypt|pbkdf|\bkdf\b|hexlify", said) is None
    )


def _shown_to_operator(module: Module, call: Call) -> bool:
    """Whether a command of the terminal says it to whoever runs it."""
    if _COMMAND.search(module.file.data) and not re.search(rb"\b(?:route|app\.|express|router)\b", module.file.data):
        return True
    if call.name.partition(".")[0] not in ("print", "pprint", "console"):
        return False
    function = function_of(module, scene := home(module, call.node))
    if function is not None and any(re.search(r"\.command\b", text_of(d)) for d in function.decorators):
        return True
    return scene is None and _SERVER.search(module.file.data) is None


def _for_debugging(node: Node) -> bool:
    """Whether a condition lets the line be written while debugging only."""
    up = node.parent
    while up is not None:
        condition = up.child_by_field_name("condition") if up.type in _BRANCHES else None
        if condition is not None and _DEBUG.search(text_of(condition)):
            return True
        up = up.parent
    return False


def _written(project: Project, module: Module, node: Node) -> Iterator[tuple[Kind, Node]]:
    scene = home(module, node)
    if scene is None and module.file.tree is not None:
        scene = module.file.tree.root_node
    for leaf in leaves(module, node):
        if scene is None:
            continue
        for shown in (leaf, *_gathered(module, scene, leaf)):
            if kind := _judged(project, module, scene, shown):
                yield kind, leaf


def _gathered(module: Module, scene: Node, leaf: Node) -> Iterator[Node]:
    """The parts of an object that was put together under a name before it is written."""
    if module.kind != "javascript" or leaf.type != "identifier":
        return
    name = text_of(leaf)
    given = [a.value for a in module.assigns_in(scene) if a.targets == (name,) and a.node.end_byte <= leaf.start_byte]
    if given and given[-1].type == "object":
        yield from leaves(module, given[-1])


def leaves(module: Module, node: Node, depth: int = 0) -> Iterator[Node]:
    """The values that become part of a text: through interpolation, concatenation, formatting and serialising."""
    if depth > _DEPTH:
        return
    if node.type in ("call", "call_expression"):
        call = module.call_at(node)
        if call is None or not PASSES.search(call.name):
            yield node
            return
        held = node.child_by_field_name("function")
        inner = held.child_by_field_name("object") if held is not None else None
        for child in (*([inner] if inner is not None else []), *call.args, *call.keywords.values()):
            yield from leaves(module, child, depth + 1)
        return
    if node.type == "pair":
        value = node.child_by_field_name("value")
        yield from leaves(module, value, depth + 1) if value is not None else ()
        return
    if node.type in ("binary_operator", "binary_expression"):
        operator = text_of(node.child_by_field_name("operator"))
        if operator not in ("+", "%", "||", "??"):
            return
    if node.type in ("conditional_expression", "ternary_expression"):
        kept = node.named_children[1:] if node.type == "ternary_expression" else node.named_children[::2]
        for child in kept:
            yield from leaves(module, child, depth + 1)
        return
    if node.type in _HOLDS:
        for child in node.named_children:
            yield from leaves(module, child, depth + 1)
    elif node.type in _LEAVES:
        yield node


_LEAVES = frozenset(
    "identifier attribute member_expression subscript subscript_expression shorthand_property_identifier".split()
)
_HOLDS = frozenset(
    "string template_string concatenated_string interpolation template_substitution binary_operator binary_expression"
    " boolean_operator tuple list array dictionary object parenthesized_expression await await_expression"
    " spread_element list_splat dictionary_splat as_expression non_null_expression".split()
)


def _judged(project: Project, module: Module, scene: Node, leaf: Node) -> Kind | None:
    text = text_of(leaf)
    if shown_by_number(project, module, scene, leaf):
        return None
    if says_secret(module, scene, leaf):
        return None if _no_value(project, module, scene, text) else "secret"
    if kind := of_value(project, module, scene, leaf):
        return kind
    if (
        holds_typed_password(module, leaf)
        or holds_login_token(module, scene, leaf)
        or opens_account(module, scene, leaf)
    ):
        return "secret"
    if mailed_text(module, scene, leaf):
        return "record"
    if said_on_a_socket(module, leaf) or answered_by_model(project, module, scene, leaf):
        return "record"
    if CONFIGURATION.fullmatch(text) and re.search(
        r"(^|/)(config|settings)\b[^/]*$|(^|/)(config|settings)/", module.path
    ):
        return "secret"
    if leaf.type == "identifier" and CONVERSATION.fullmatch(text) and is_parameter(module, scene, text):
        return (
            "record"
            if re.search(rb"(?i)openai|anthropic|genai|gemini|langchain|llm|completion|chat", module.file.data)
            else None
        )
    return "field" if says_personal(module, leaf) else None


def _no_value(project: Project, module: Module, scene: Node, name: str) -> bool:
    """Whether the name was given something that only speaks of the secret: a hash of it, a yes or no, a message."""
    given = [a for a in module.assigns_in(scene) if a.targets == (name,)]
    if not given:
        return False
    value = given[-1].value
    said = bare_text(project, module, value)
    return (
        value.type in ("comparison_operator", "not_operator", "true", "false", "unary_expression", "integer", "number")
        or re.search(r"(?i)hash|mask|redact|\blen\(|\.length\b", said) is not None
        or (value.type == "string" and " " in said)
    )
