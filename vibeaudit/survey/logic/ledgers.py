"""Balances summed up from a list of movements: two requests look at one at once, and each adds its movement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)select[\s\S]*\bbalance\b")
_MAX_FUNCTION = 12_000
_READ = re.compile(r"(?is)\bselect\b.*\bbalance\b.*\bfrom\b")
_LOOKED_AT = re.compile(r"(?i)balance")
_ADDS = re.compile(
    r"(?is)\binsert\s+into\s+[`\"\[]?\w*(?:transaction|transfer|movement|ledger|entries|withdrawal|payment)s?\b"
)
_LOCKS = re.compile(
    r"(?i)for\s+update|lock\s+tables|lock\s+in\s+share|\bget_lock\b|advisory|serializable|isolation|mutex|\bLock\(|\.lock\(|redlock"
)
_LESS = re.compile(r"[<>]")


def ledgers(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The look at the balance. That it all is one transaction keeps nobody else from looking meanwhile."""
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        text = module.code_in(function.body)
        if not _READ.search(text) or not _ADDS.search(text) or _LOCKS.search(text):
            continue
        added = max((c.node.start_byte for c in module.calls_in(function.body) if _adds(c.args)), default=0)
        looks = [b.condition for b in module.branches_in(function.body) if b.condition.start_byte < added]
        looks = [n for n in looks if _LOOKED_AT.search(said := text_of(n)[:300]) and _LESS.search(said)]
        if looks:
            yield "changes a balance unlocked", looks[-1], "balance"


def _adds(given: tuple[Node, ...] | list[Node]) -> bool:
    return bool(given) and _ADDS.search(text_of(given[0])[:400]) is not None
