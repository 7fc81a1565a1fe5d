"""Fields of the app's models that no text can be put into."""

from __future__ import annotations

import re
from collections import defaultdict

from vibeaudit.survey.code import text_of
from vibeaudit.survey.project import Project

_PLAIN = re.compile(
    r"(?:Integer|AutoField|Float|Decimal|Numeric|Date|Time|Boolean|UUID|URLField|EmailField|ForeignKey|FileField|ImageField|SlugField|IPAddress|\bint\b|\bfloat\b|\bbool\b)"
)


def plain_fields(project: Project) -> frozenset[str]:
    """The names of fields of an app's models that only ever hold a number, a date or so."""
    kinds: dict[str, set[bool]] = defaultdict(set)
    for module in project.hinted(re.compile(rb"models\.|Column\(|mapped_column\("), "python"):
        for klass in module.classes:
            for assign in module.assigns_in(klass.node):
                said = text_of(assign.value)[:120]
                if assign.targets and re.match(r"(?:\w+\.)*(?:\w+Field|Column|mapped_column|ForeignKey)\(", said):
                    kinds[assign.targets[0]].add(bool(_PLAIN.search(said)))
    return frozenset(name for name, plain in kinds.items() if plain == {True})
