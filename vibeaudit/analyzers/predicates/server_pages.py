"""What rules may ask of pages that a server renders with rows of the store."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_rows import accesses_of
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.owned_tables import has_accounts, is_content, is_owned
from vibeaudit.survey.words import words

_OF_STAFF = frozenset("admin admins superadmin backoffice dashboard cms staff".split())
# pages that are there to show people or their work
_SHOWN = frozenset(
    "team teams about author authors members directory leaderboard ranking speakers staff experts instructors doctors"
    " agents community profile profiles u user search explore sitemap feed blog".split()
)


@predicate("route", "a page")
def _(s: Subject) -> bool:
    return s.route.methods == ("PAGE",)


@predicate("route", "shows everybody's rows")
def _(s: Subject) -> bool:
    """A page with all the rows of people, of their purchases or of what is theirs, the same for whoever opens it; or
    any page of the staff's with rows."""
    said = words(s.route.path)
    if said & _OF_STAFF:
        return bool(accesses_of(s))
    return any(
        a.all_rows
        and not is_content(a.table)
        and (is_owned(s.app, a.table) or has_accounts(s.app, a.table))
        and not said & _SHOWN
        for a in accesses_of(s)
    )
