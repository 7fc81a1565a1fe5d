"""Properties of the app's Python classes that work out an address of the app itself: `return url_for(...)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.pages.page import Path
from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_RETURNS = re.compile(r"\breturn\b[ \t(]*([^\n]*)")
_OWN = re.compile(r"(?:\w+\.)*(?:url_for|reverse|reverse_lazy|get_absolute_url)\(|[rbf]{0,2}['\"]/|None\b|['\"]{2}")
_HINT = re.compile(rb"url_for|reverse|get_absolute_url")
_PAGES = frozenset(("items", "results", "rows", "docs", "data", "object_list"))  # `users.items`: a page of users


def is_address(project: Project, path: Path) -> bool:
    """Whether the last name of a path is such a property: of the class that the name before it speaks of, if there is
    one (`newest_user.url` of User), else of all classes that have it."""
    if len(path) < 2:
        return False
    classes = _addresses(project).get(path[-1], {})
    named = next((p for p in reversed(path[:-1]) if p[:1].isalpha() and p not in _PAGES), "")
    holder = re.sub(r"[^a-z]", "", named.lower())
    spoken = [
        own for name, own in classes.items() if holder.endswith((name, f"{name}s", f"{name.removesuffix('y')}ies"))
    ]
    return bool(classes) and all(spoken or classes.values())


def _addresses(project: Project) -> dict[str, dict[str, bool]]:
    """Name of a property -> class in lower case -> whether all that it returns are addresses of the app."""
    if "address properties" not in project.memory:
        found: dict[str, dict[str, bool]] = {}
        for module in project.hinted(_HINT, "python"):
            for function in module.functions:
                if function.owner and any("property" in text_of(d) for d in function.decorators):
                    returned = _RETURNS.findall(text_of(function.body))
                    own = bool(returned) and all(_OWN.match(r) for r in returned)
                    found.setdefault(function.name, {})[function.owner.lower()] = own
        project.memory["address properties"] = found
    return project.memory["address properties"]  # type: ignore[return-value]
