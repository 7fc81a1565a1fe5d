"""Where strangers' text and code enter a GitHub workflow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]

MAX_SCRIPT = 50_000
_EXPRESSION = re.compile(r"\$\{\{(.{0,2000}?)\}\}", re.DOTALL)
_STRING = re.compile(r"'(?:[^']|'')*'")
# Source: GitHub's security hardening guide. Each of these holds text that the sender chooses.
_UNTRUSTED = re.compile(
    r"github\.event\.(?:issue\.(?:title|body)|pull_request\.(?:title|body|head\.(?:ref|label)|head\.repo\.(?:default_branch"
    r"|description|homepage|full_name(?=\s*\}\})))|comment\.body|review\.body|review_comment\.body|discussion\.(?:title|body)"
    r"|pages\.\S*?\.page_name|commits\S*?\.(?:message|author\.(?:email|name))|head_commit\.(?:message|author\.(?:email|name))"
    r"|workflow_run\.(?:head_branch|head_commit\.(?:message|author\.(?:email|name))|display_title"
    r"|pull_requests\S*?\.head\.ref))\b|github\.head_ref\b"
)
_WHOLE_EVENT = re.compile(
    r"(?i)toJSON\(\s*github(?:\.event(?:\.(?:issue|comment|pull_request|review|discussion))?)?\s*\)"
)
_INPUTS = re.compile(
    r"github\.event\.inputs\.[\w-]+|(?<![\w.])inputs\.[\w-]+|github\.event\.release\.(?:tag_name|name|body)"
    r"|github\.event\.client_payload\.[\w.-]+|github\.ref_name\b"
)
_ENV = re.compile(r"(?<![\w.])env\.(\w+)")
_HEAD = re.compile(
    r"github\.event\.pull_request\.head\.(?:sha|ref)|github\.head_ref|github\.event\.workflow_run\.head_(?:sha|branch|commit\.id)"
    r"|refs/pull/\$\{\{[^}]{0,200}\}\}|github\.event\.pull_request\.merge_commit_sha"
)
_OWN_REPOSITORY = re.compile(
    r"head\.repo\.full_name\s*==|head_repository\.full_name\s*==|==\s*github\.event\.pull_request\.head\.repo\.full_name|head\.repo\.fork\s*==\s*false"
    r"|!\s*github\.event\.pull_request\.head\.repo\.fork|workflow_run\.event\s*==\s*'push'|author_association|github\.actor\s*=="
    r"|github\.event\.label\.name|labels\.\*\.name|user\.login\s*==|github\.triggering_actor\s*=="
)
OUTSIDE = frozenset(
    ("issues", "issue_comment", "pull_request_target", "pull_request_review", "pull_request_review_comment",
     "discussion", "discussion_comment", "workflow_run", "fork", "watch")
)  # fmt: skip
_PUBLISHERS = frozenset(("actions", "github"))


def _expressions(text: str) -> Iterator[tuple[str, str]]:
    """(as written, without its quoted strings)."""
    for m in _EXPRESSION.finditer(text[:MAX_SCRIPT]):
        yield m.group(), _STRING.sub("''", m[1])


def untrusted_expression(match: Match, document: Document) -> list[Reason]:
    """Text that a stranger chooses, pasted into a script before the shell reads it."""
    found: list[Reason] = []
    for written, code in _expressions(match.node.text):
        if _is_compared(code):
            continue
        source = _UNTRUSTED.search(code + "}}") or _WHOLE_EVENT.search(code)
        if source:
            found.append((written, (("expression", source.group()),), None))
        elif (name := _ENV.search(code)) and (node := _environment(match, name[1])) is not None:
            inner = [_UNTRUSTED.search(c + "}}") for _, c in _expressions(node.text) if not _is_compared(c)]
            if any(inner):
                found.append((written, (("expression", f"env.{name[1]}"),), None))
    return found


def _is_compared(code: str) -> bool:
    """Whether the expression gives true or false, or a constant, and not the text itself."""
    return bool(
        re.fullmatch(r"\s*(?:contains|startsWith|endsWith|hashFiles)\(.*\)\s*", code, re.DOTALL)
        or (re.search(r"==|!=", code) and not re.search(r"\|\||&&", code))
        or re.fullmatch(
            r".*(?:==|!=|contains\(|startsWith\().*&&\s*(?:''|\d+|true|false|null)(?:\s*\|\|\s*(?:''|\d+|true|false|null))?\s*",
            code,
            re.DOTALL,
        )
    )


def _environment(match: Match, name: str) -> Node | None:
    """A variable as the step, the job or the workflow sets it."""
    for node in reversed(match.above):
        if node.kind == "mapping" and (value := node.get("env", name)) is not None:
            return value
    return None


def chosen_input(match: Match, document: Document) -> list[Reason]:
    """A free text that the caller of the workflow or action gives, pasted into a script."""
    kinds = _input_kinds(document.root)
    found: list[Reason] = []
    for written, code in _expressions(match.node.text):
        source = None if _is_compared(code) else _INPUTS.search(code)
        if source and kinds.get(source.group().rsplit(".", 1)[-1], "string") == "string":
            found.append((written, (("expression", source.group()),), None))
    return found


def _input_kinds(root: Node) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for way in (("on", "workflow_dispatch", "inputs"), ("on", "workflow_call", "inputs"), ("inputs",)):
        listed = root.get(*way)
        for name, node in listed.entries if listed else ():
            kind = node.get("type")
            kinds[name] = kind.text if kind else "string"
    return kinds


def foreign_checkout(match: Match, document: Document) -> list[Reason]:
    """A checkout of the pull request's own code in a run that holds the repository's secrets."""
    on = document.root.get("on")
    events = {k for k, _ in on.entries} if on else set()
    if not events & {"pull_request_target", "workflow_run", "issue_comment"} or _is_gated(match):
        return []
    ref = match.node.get("with", "ref")
    if ref is not None and _HEAD.search(ref.text):
        return [("", (("trigger", sorted(events & OUTSIDE)[0]),), ref)]
    run = match.node.get("run")
    if run is not None and (
        m := re.search(r"gh pr checkout|git (?:fetch|pull)[^\n]{0,300}(?:pull/|head\.ref|head_ref)", run.text)
    ):
        return [(m.group(), (("trigger", sorted(events & OUTSIDE)[0]),), run)]
    return []


def _is_gated(match: Match) -> bool:
    """Whether the step or its job runs only for the repository's own branches or named people."""
    conditions = [n.get("if") for n in (*match.above, match.node) if n.kind == "mapping"]
    return any(c is not None and _OWN_REPOSITORY.search(c.text) for c in conditions)


def ungated(match: Match, document: Document) -> list[Reason]:
    """True where nothing asks who set the workflow off."""
    return [] if _is_gated(match) else [("", (), None)]


def outside_trigger(match: Match, document: Document) -> list[Reason]:
    """True for a workflow's `on` when strangers can set it off with the repository's secrets in reach."""
    events = sorted({k for k, _ in match.node.entries} & OUTSIDE)
    return [("", (("trigger", events[0]),), None)] if events else []


def movable_action(match: Match, document: Document) -> list[Reason]:
    """An action of somebody else, named by a branch that its owner moves every day."""
    name, ref = _action(match.node.text)
    return [("", (("action", name), ("ref", ref)), None)] if name and _is_branch(ref) else []


def tagged_action(match: Match, document: Document) -> list[Reason]:
    """An action of somebody else, named by a tag, which its owner can move."""
    name, ref = _action(match.node.text)
    if not name or _is_branch(ref) or re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref) or "$" in ref:
        return []
    return [("", (("action", name), ("ref", ref)), None)]


def _action(uses: str) -> tuple[str, str]:
    """Name and ref of a third party's action; empty for local ones, images and GitHub's own."""
    name, _, ref = uses.partition("@")
    if name.startswith((".", "docker://")) or not ref or name.split("/", 1)[0].lower() in _PUBLISHERS:
        return "", ""
    return name, ref.strip()


def _is_branch(ref: str) -> bool:
    return ref in ("main", "master", "develop", "dev", "trunk", "latest", "HEAD", "nightly", "edge", "canary")


PREDICATES: dict[str, Callable[[Match, Document], list[Reason]]] = {
    "untrusted-expression": untrusted_expression,
    "chosen-input": chosen_input,
    "foreign-checkout": foreign_checkout,
    "ungated": ungated,
    "outside-trigger": outside_trigger,
    "movable-action": movable_action,
    "tagged-action": tagged_action,
}
