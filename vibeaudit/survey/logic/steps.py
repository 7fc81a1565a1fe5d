"""All such places, as steps that rules ask about by their kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import LogicStep
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.code import Module
from vibeaudit.survey.logic import (
    bounds,
    floors,
    going_on,
    graphql_servers,
    ledgers,
    limits,
    merging,
    one_role,
    open_forms,
    open_rest,
    open_schemas,
    payments,
    role_words,
    slots,
    uncaught,
    unset_media,
    yaml_types,
)
from vibeaudit.survey.logic.races import races

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

Finder = Callable[["Project", Module], Iterator[tuple[str, "Node", str]]]
_FINDERS: tuple[tuple[re.Pattern[bytes], Finder], ...] = (
    (
        re.compile(
            rb"(?i)balance|credit|points|refunded|withdrawn|wallet|stock|inventor|seats|redeem|coupon|voucher|available|remaining|quantity|\bqty\b"
            rb"|\w\.\w+ ?-= ?\w|(?-i:\w\.\w+ = \w+\.\w+ - \w)|\.count\(|countDocuments"
        ),
        races,
    ),
    (ledgers.HINT, ledgers.ledgers),
    (limits.HINT, limits.limits),
    (slots.HINT, slots.slots),
    (floors.HINT, floors.floors),
    (one_role.HINT, one_role.one_role),
    (role_words.HINT, role_words.role_words),
    (going_on.HINT, going_on.going_on),
    (graphql_servers.HINT, graphql_servers.servers),
    (bounds.HINT, bounds.unbounded),
    (open_forms.HINT, open_forms.open_forms),
    (open_rest.HINT, open_rest.open_rest),
    (open_schemas.HINT, open_schemas.open_schemas),
    (payments.HINT, payments.payments),
    (merging.HINT, merging.merging),
    (yaml_types.HINT, yaml_types.yaml_types),
    (unset_media.HINT, unset_media.unset_media),
    (uncaught.HINT, uncaught.uncaught),
)


def logic_steps(project: Project, browser: frozenset[str]) -> tuple[LogicStep, ...]:
    """In order of place. `browser` are the modules that run in a page, where nobody's word counts anyway."""
    found: set[LogicStep] = set()
    for hint, finder in _FINDERS:
        for module in project.hinted(hint, "python", *javascript.LANGUAGES):
            if module.path in browser or is_test(module.path):
                continue
            found.update(
                LogicStep(kind, module.file.locate(node), said) for kind, node, said in finder(project, module)
            )
    return tuple(sorted(found, key=lambda s: (s.location, s.kind)))
