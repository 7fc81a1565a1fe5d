"""Nouns for the people who have accounts in an app, as its tables, roles, variables and session keys say them."""

from __future__ import annotations

# whom an app serves
SERVED = frozenset(
    "customer buyer shopper purchaser client student pupil learner patient passenger rider renter borrower candidate"
    " applicant jobseeker donor volunteer resident citizen attendee participant subscriber reader player".split()
)
# who offers something in it, and is looked for by the others
TRADES = frozenset(
    "seller vendor merchant supplier provider teacher tutor instructor professor lecturer coach trainer mentor doctor"
    " nurse therapist physician dentist specialist driver courier host landlord tenant artist creator author writer"
    " organizer organiser farmer agent realtor lawyer freelancer contractor employer recruiter".split()
)
# who works for those whose app it is
WORKERS = frozenset("employee staff worker operator manager librarian warden cashier receptionist".split())
# words that code uses for other things as well: `client.query`, `driver.get`, `reader.read`
_MANY_MEANINGS = frozenset(
    "client reader player subscriber provider coach driver host agent author creator writer candidate tenant worker"
    " operator manager specialist contractor participant artist".split()
)
KINDS = (SERVED | TRADES | WORKERS) - _MANY_MEANINGS
_GENERAL = ("user", "account", "member")


def plural(nouns: frozenset[str]) -> frozenset[str]:
    """The nouns, and each with an s behind it."""
    return nouns | {f"{n}s" for n in nouns}


KIND = "|".join(sorted(KINDS))  # for expressions
SOMEBODY = "|".join((*_GENERAL, KIND))
# whose rows are theirs, while whoever offers something is looked for by others
OWNER = "|".join((*_GENERAL, *sorted(SERVED - _MANY_MEANINGS), "client", "employee"))
