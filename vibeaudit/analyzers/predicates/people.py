"""What rules may ask of routes that show who uses the app."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_fields import names_nothing_personal
from vibeaudit.analyzers.appmodel_rows import accesses_of
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Access
from vibeaudit.survey.owned_tables import has_accounts, is_owned, tells_of_persons
from vibeaudit.survey.words import words

# lists that every user of an app needs: whom to write to, whom to book, who is on the team
_SHARED = frozenset(
    "team teams members member contacts colleagues assignees mentions mention authors author leaderboard ranking"
    " friends followers following directory chat chats message messages booking book appointment new add create"
    " search suggest suggestions autocomplete options public".split()
)
# class views of Django and its REST framework that answer with one row of those that they name
_ONE_ROW = re.compile(
    r"^class \w+\([^)]*\b(?:Retrieve|Update|Destroy|Create|Detail|Delete)\w*(?:APIView|ModelMixin|View)\b"
)
_LISTS = re.compile(r"^class \w+\([^)]*\b(?:List\w*|ModelViewSet|ReadOnlyModelViewSet)\b|\bdef (?:get|list)\(")


@predicate("route", "lists people")
def lists_people(s: Subject) -> bool:
    """Answers with the accounts of everybody, the same for whoever asks."""
    if _ONE_ROW.search(s.text) and not _LISTS.search(s.text):
        return False
    return bool(set(s.route.methods) & {"GET", "ANY", "QUERY"}) and any(
        a.all_rows and has_accounts(s.app, a.table) and not names_nothing_personal(s, a) for a in accesses_of(s)
    )


def tells_strangers_of_persons(s: Subject) -> bool:
    """Reads rows as they are of a table whose columns say what is nobody else's business of people, all or by an id."""
    return any(
        a.verb == "read"
        and (a.all_rows or a.bound != "none")
        and tells_of_persons(s.app, a.table)
        and not names_nothing_personal(s, a)
        for a in accesses_of(s)
    )


_DEALS = frozenset(
    "order orders invoice invoices payment payments purchase purchases cart carts basket baskets booking bookings"
    " reservation reservations transaction transactions loan loans claim claims prescription prescriptions"
    " expense expenses income incomes budget budgets borrowing borrowings borrow borrows rental rentals fine"
    " fines bill bills receipt receipts refund refunds salary salaries payslip payslips".split()
)


@predicate("route", "lists everybody's orders")
def _(s: Subject) -> bool:
    """Answers with what all customers bought or paid, the same for whoever asks."""
    return bool(everybodys_deals(s))


def everybodys_deals(s: Subject) -> list[Access]:
    """The reads of what all customers bought or paid. One that asks for a kind of them counts where the app elsewhere
    gives people only their own."""
    if not set(s.route.methods) & {"GET", "ANY", "QUERY"}:
        return []
    owned = s.once(
        "read by owner", lambda: {a.table for a in s.app.accesses if a.verb == "read" and a.bound == "caller"}
    )
    return [a for a in accesses_of(s) if words(a.table) & _DEALS and (a.all_rows or (a.mixed and a.table in owned))]


@predicate("route", "part of a view that gives any row by its id")
def _(s: Subject) -> bool:
    """Of a class that lists rows and gives each of them away, the second is the greater hole and tells of both."""
    return any(a.location == s.route.location and a.bound == "id" and is_owned(s.app, a.table) for a in s.app.accesses)


@predicate("route", "is a list that every user needs")
def _(s: Subject) -> bool:
    return bool(words(s.route.path) & _SHARED)
