"""Sign-ins, resets and registrations that tell a stranger whether somebody has an account."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey import sign_ins
from vibeaudit.survey.accounts.messages import MISSING, NOT_THERE, PAIR, TAKEN, WRONG
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home, whole
from vibeaudit.survey.accounts.schemas import password_taken
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.survey.project import Project

_LOOKS_UP = re.compile(
    r"(?i)^(?:filter|filter_by|get|get_or_none|get_or_404|find\w*|first|select|execute|query|where|one|aget|load\w*"
    r"|fetch\w*"
    r"|(?:get|find|fetch|load|lookup)_?\w*(?:user|mail|account|member|admin|name)\w*)$"
)
_PERSON = re.compile(r"(?i)user|mail|login|phone|account|name")
_RESETS = frozenset("forgot forget forgotpw forgotpassword reset resetpw resetpassword recover recovery lost".split())
_OPENS = frozenset("register registration signup join".split())
_LOG = re.compile(
    r"(?i)^(?:console|log\w*|print|winston|pino|this\.logger|app\.logger|self\.logger|logging|\w*logger)\b"
)
_SIGNED_IN = re.compile(
    r"(?i)current_?user|req\.user\b|request\.user\.(?!is_auth)|session\[['\"]\w*user\w*['\"]\](?!\s*=[^=])"
    r"|req\.session\.user\w*(?!\w*\s*=[^=])"
    r"|get_jwt_identity|g\.user|auth\(\)|getServerSession"
)
_STRINGS = frozenset(("string", "template_string", "concatenated_string"))
_GROUPS = (("tells who has an account", NOT_THERE), ("tells who already has an account", TAKEN))


@lru_cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    template = "" if language == "python" else "(template_string) @s"
    return Query(grammar(language), f"(string) @s {template}")


def telling(project: Project, module: Module, guarded: frozenset[tuple[str, int]]) -> Iterator[tuple[str, Node, str]]:
    """(kind, the message, what it says), once a handler and kind. `guarded` are the handlers, by path and line, that
    only somebody who is signed in can reach."""
    said: dict[tuple[int, str], list[Node]] = defaultdict(list)
    scenes: dict[int, Node] = {}
    for node in _strings(module):
        text = _unescaped(text_of(node))
        for kind, pattern in _GROUPS:
            if _fits(kind, pattern, text[:300]) and not PAIR.search(text) and _is_said(module, node):
                scene = home(module, node)
                if scene is not None and (module.path, whole(scene).start_point[0] + 1) not in guarded:
                    scenes[scene.start_byte] = scene
                    said[(scene.start_byte, kind)].append(node)
    for (start, kind), nodes in sorted(said.items()):
        nodes = [
            n for n in nodes if NOT_THERE.search(_unescaped(text_of(n))) or kind != _GROUPS[0][0]
        ] or _beside_wrong(module, scenes[start], nodes)
        if nodes and _asks(project, module, scenes[start], kind):
            yield kind, _where_used(scenes[start], nodes[0]), text_of(nodes[0])[:80]


def _unescaped(text: str) -> str:
    """`'User doesn\\'t exist'` as people read it."""
    return text.replace("\\'", "'").replace('\\"', '"')


def _fits(kind: str, pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None or (kind == _GROUPS[0][0] and MISSING.search(text) is not None)


def _beside_wrong(module: Module, scene: Node, nodes: list[Node]) -> list[Node]:
    """The messages that something is not there, which say that it is the account where another message of the same
    function says that the password is wrong."""
    return nodes if WRONG.search(text_of(scene)) else []


def _strings(module: Module) -> list[Node]:
    from tree_sitter import QueryCursor

    tree = module.file.tree
    found = QueryCursor(_query(module.file.language)).captures(tree.root_node).get("s", []) if tree else []
    return sorted((n for n in found if n.end_byte - n.start_byte > 8), key=lambda n: n.start_byte)


def _is_said(module: Module, node: Node) -> bool:
    """Whether the text can reach the caller: not when it is compared, logged, or a key."""
    up = node.parent
    if up is not None and up.type in ("assignment", "assignment_expression"):
        left = text_of(up.child_by_field_name("left"))
        if re.search(r"(?i)err\w*\.(?:msg|message)$", left):  # what a layer below says to the handler
            return False
    for _ in range(6):
        if up is None or up.type in ("comparison_operator", "import_statement"):
            return False
        if up.type == "binary_expression" and "+" not in text_of(up):
            return False
        if up.type == "expression_statement" and up.named_child_count == 1 and up.named_children[0] == node:
            return False
        if up.type in ("call", "call_expression"):
            return (call := module.call_at(up)) is None or not _LOG.match(call.name)
        if up.type == "new_expression":  # an error that is made here and told of elsewhere
            return up.parent is None or up.parent.type != "variable_declarator"
        up = up.parent
    return True


def _asks(project: Project, module: Module, scene: Node, kind: str) -> bool:
    """Whether the function is a sign-in or a reset (or, for names that are taken, opens accounts)."""
    text = bare_text(project, module, scene)
    if _SIGNED_IN.search(text):
        return False
    function = function_of(module, scene)
    named = words(function.name) if function is not None else frozenset()
    head = words(" ".join(text_of(d) for d in function.decorators)[:200]) if function is not None else frozenset()
    if kind == "tells who already has an account":
        opens = bool((named | head) & _OPENS) or {"sign", "up"} <= named or {"create", "user"} <= named
        if not opens:
            return False
        asked = re.search(r"(?i)passw|pwd|\bpass\b", text) is not None
        return asked or password_taken(project, module, function) is not None
    resets = bool((named | head) & _RESETS) and re.search(r"(?i)mail|user|login|phone", text) is not None
    if resets:
        return True
    signs_in = sign_ins.compares(text) or (WRONG.search(text) is not None and "passw" in text.lower())
    return signs_in and (WRONG.search(text) is not None or _looks_up_by_name(module, scene))


def _looks_up_by_name(module: Module, scene: Node) -> bool:
    """Whether the account is looked for by its name alone, so that an unknown name and a wrong password part ways."""
    for call in module.calls_in(scene):
        said = " ".join(text_of(a) for a in call.args[:2]) + " ".join(
            f"{k}={text_of(v)}" for k, v in call.keywords.items()
        )
        if re.search(
            r"(?i)\b(?:request|req|form|data|json|body|cookies?|headers|params|args|values|post|meta|cleaned_data|environ)\.get$",
            call.name,
        ):
            continue
        if _LOOKS_UP.match(call.last) and _PERSON.search(said) and not re.search(r"(?i)pass|pwd", said):
            return True
        if re.search(r"(?i)^(?:auth\.)?authenticate$|validate_?login$", call.name):
            return True
    return (
        re.search(r"(?i)\b(?:user\w*|e?mail|name) (?:not )?in \w*(?:users|accounts|db)\b", text_of(scene)) is not None
    )


def _where_used(scene: Node, node: Node) -> Node:
    """The message itself, or, when it is given a name first, where that name is used."""
    up = node.parent
    if up is None or up.type not in ("variable_declarator", "assignment") or up.named_children[0].type != "identifier":
        return node
    wanted, waiting = text_of(up.named_children[0]).encode(), [scene]
    while waiting:
        here = waiting.pop()
        if here.type == "identifier" and here.text == wanted and here.start_byte > up.end_byte and not _is_set(here):
            return here
        waiting.extend(reversed(here.named_children))
    return node


def _is_set(name: Node) -> bool:
    up = name.parent
    return (
        up is not None and up.type in ("assignment", "assignment_expression") and up.child_by_field_name("left") == name
    )
