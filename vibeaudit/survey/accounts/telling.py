"""Sign-ins, resets and registrations that tell a stranger whether somebody has an account."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey import sign_ins
from vibeaudit.survey.accounts.asking import asks, form_of, knows_caller, signs_in
from vibeaudit.survey.accounts.availability import free_names
from vibeaudit.survey.accounts.messages import MISSING, NOT_THERE, PAIR, TAKEN, WRONG
from vibeaudit.survey.accounts.parted import is_caught, parts_ways, taken_branch, thrown
from vibeaudit.survey.accounts.scenes import bare_text, home, whole
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.survey.accounts.asking import Paths
    from vibeaudit.survey.project import Project

_LOG = re.compile(
    r"(?i)^(?:console|log\w*|print|winston|pino|this\.logger|app\.logger|self\.logger|logging|\w*logger)\b"
)
_MAILS = re.compile(r"(?i)(?:^|[._])(?:send_?|queue_?|deliver_?)?(?:e?mail|sms|notif(?:y|ication))\w*$|mailer?\.\w+$")
_STRINGS = frozenset(("string", "template_string", "concatenated_string"))
_ERRORS = frozenset(("call", "new_expression"))
_GROUPS = (("tells who has an account", NOT_THERE), ("tells who already has an account", TAKEN))


@lru_cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    template = "" if language == "python" else "(template_string) @s"
    return Query(grammar(language), f"(string) @s {template}")


def telling(
    project: Project, module: Module, guarded: frozenset[tuple[str, int]], paths: Paths
) -> Iterator[tuple[str, Node, str]]:
    """(kind, the message, what it says), once a handler and kind. `guarded` are the handlers, by path and line, that
    only somebody who is signed in can reach; `paths` the addresses of handlers."""
    said, scenes = _messages(project, module, guarded)
    told: set[int] = set()
    answered: set[int] = set()
    spots: set[int] = set()
    forms: set[str] = set()  # each form is told of once, whichever of its fields says it first
    for (start, kind), nodes in sorted(said.items()):
        nodes = [
            n for n in nodes if n.type in _ERRORS or NOT_THERE.search(_unescaped(text_of(n))) or kind != _GROUPS[0][0]
        ] or _beside_wrong(module, scenes[start], nodes)
        if kind == _GROUPS[0][0] and nodes and nodes[0].start_byte in spots:
            continue  # the same words say both
        form = form_of(module, scenes[start])
        if form in forms and form:
            answered.add(start)
        if nodes and (not form or form not in forms) and asks(project, module, scenes[start], kind, paths):
            forms.add(form)
            told.add(start if kind == _GROUPS[0][0] else -1)
            answered.add(start)
            spots.add(nodes[0].start_byte)
            yield kind, _where_used(scenes[start], nodes[0]), text_of(nodes[0])[:80]
    for scene, answer in free_names(project, module, guarded, paths):
        if scene.start_byte not in answered:
            yield _GROUPS[1][0], answer, text_of(answer.parent or answer)[:80]
    for function in module.functions:
        scene = function.node.child_by_field_name("definition") or function.node
        if scene.start_byte in answered or (module.path, function.node.start_point[0] + 1) in guarded:
            continue
        node = taken_branch(module, scene)
        inner = home(module, node) if node is not None else None
        form = form_of(module, scene)
        if node is None or inner is None or inner.start_byte != scene.start_byte or (form and form in forms):
            continue
        if asks(project, module, scene, _GROUPS[1][0], paths):
            forms.add(form)
            answered.add(scene.start_byte)
            yield _GROUPS[1][0], node, text_of(node)[:80]
    for function in module.functions:
        scene = function.node.child_by_field_name("definition") or function.node
        if scene.start_byte in told or (module.path, function.node.start_point[0] + 1) in guarded:
            continue
        text = bare_text(project, module, scene)
        if not signs_in(module, scene, text) or knows_caller(module, scene, text):
            continue
        node = parts_ways(project, module, scene)
        inner = home(module, node) if node is not None else None
        if node is not None and inner is not None and inner.start_byte == scene.start_byte:
            yield _GROUPS[0][0], node, text_of(node).strip("{} \n")[:80]


def _messages(
    project: Project, module: Module, guarded: frozenset[tuple[str, int]]
) -> tuple[dict[tuple[int, str], list[Node]], dict[int, Node]]:
    """The telling texts and errors of each function and kind; the functions by where they start."""
    said: dict[tuple[int, str], list[Node]] = defaultdict(list)
    scenes: dict[int, Node] = {}
    found = [(kind, node) for kind, node in thrown(module) if kind != _GROUPS[0][0] or not _caught(project, node)]
    for node in _strings(module):
        text = _unescaped(text_of(node))
        for kind, pattern in _GROUPS:
            if kind == _GROUPS[0][0] and _after_password(node):
                continue
            if _fits(kind, pattern, text[:300]) and not PAIR.search(text) and _is_said(module, node):
                found.append((kind, node))
    for kind, node in sorted(found, key=lambda f: f[1].start_byte):
        scene = home(module, node)
        if scene is not None and (module.path, whole(scene).start_point[0] + 1) not in guarded:
            scenes[scene.start_byte] = scene
            said[(scene.start_byte, kind)].append(node)
    return said, scenes


def _after_password(node: Node) -> bool:
    """Whether only those read it whose password was right: `if check_password_hash(...): ... "not verified"`."""
    held: Node | None = node
    while held is not None and held.type not in ("function_definition", "module", "program"):
        before = held.prev_named_sibling
        while before is not None:
            if before.type == "if_statement" and _turns_wrong_away(before):
                return True
            before = before.prev_named_sibling
        if held.type == "if_statement":
            condition, then = held.child_by_field_name("condition"), held.child_by_field_name("consequence")
            said = text_of(condition)[:300]
            inside = then is not None and then.start_byte <= node.start_byte < then.end_byte
            if inside and sign_ins.compares("user " + said) and not re.search(r"!|\bnot\b", said):
                return True
        held = held.parent
    return False


_WRONG = re.compile(r"^\(?\s*(?:not\b|!(?!=))")
_LEAVES = re.compile(r"\b(?:raise|return|throw|abort)\b")


def _turns_wrong_away(branch: Node) -> bool:
    """`if not verify_password(...): raise`, and nothing else that the branch asks."""
    condition, then = branch.child_by_field_name("condition"), branch.child_by_field_name("consequence")
    said = text_of(condition)[:300]
    alone = not re.search(r"\b(?:or|and)\b|\|\||&&", said)
    wrong = alone and _WRONG.search(said) is not None and sign_ins.compares("user " + said)
    return wrong and _LEAVES.search(text_of(then)[:500]) is not None


def _caught(project: Project, node: Node) -> bool:
    named = text_of(node.child_by_field_name("constructor") or node.child_by_field_name("function"))
    return is_caught(project, named.rsplit(".", 1)[-1])


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
            call = module.call_at(up)
            return call is None or not (_LOG.match(call.name) or _MAILS.search(call.name))
        if up.type == "new_expression":  # an error that is made here and told of elsewhere
            return up.parent is None or up.parent.type != "variable_declarator"
        up = up.parent
    return True


def _where_used(scene: Node, node: Node) -> Node:
    """The message itself, or, when it is given a name first, where that name is used."""
    up = node.parent
    if up is None or up.type not in ("variable_declarator", "assignment") or up.named_children[0].type != "identifier":
        return node
    if _is_conditional(scene, up):
        return node
    wanted, waiting = text_of(up.named_children[0]).encode(), [scene]
    while waiting:
        here = waiting.pop()
        if here.type == "identifier" and here.text == wanted and here.start_byte > up.end_byte and not _is_set(here):
            return here
        waiting.extend(reversed(here.named_children))
    return node


def _is_conditional(scene: Node, node: Node) -> bool:
    """Whether the name is given the text in a branch: then it is said where it is chosen."""
    up = node.parent
    while up is not None and up.start_byte > scene.start_byte:
        if up.type in ("if_statement", "elif_clause", "else_clause"):
            return True
        up = up.parent
    return False


def _is_set(name: Node) -> bool:
    up = name.parent
    return (
        up is not None and up.type in ("assignment", "assignment_expression") and up.child_by_field_name("left") == name
    )
