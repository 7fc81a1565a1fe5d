"""What rules may ask of a step that the app takes with accounts: of which kind it is."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import of_kind, predicate
from vibeaudit.model import AccountStep

KINDS = (
    "keeps a password as typed",
    "saves passwords that are typed into the admin",
    "tells who has an account",
    "tells who already has an account",
    "takes any password",
    "takes a short password",
    "changes a password unasked",
    "changes an address unasked",
    "opens an account with a fixed password",
    "compares a password as typed",
    "answers with a sensitive field",
    "clears only the cookie",
    "keeps sessions after a new password",
    "renews tokens without end",
    "signs in with a fixed password",
    "signs in whoever is named",
    "resets a password for whoever is named",
    "lets Auth.js take passwords without limit",
    "makes a token of what is known",
    "makes a token without end",
    "lets a login live for days",
    "signs a reset that works again",
    "takes a token of any purpose",
    "mails a password in words",
    "keeps a mailed token as it is",
    "keeps a mailed token for ever",
    "puts a whole account in a token",
    "keeps a typed password in the session",
    "keeps a whole account in the session",
    "believes a plain cookie",
    "believes a header",
    "lets a schema choose rights",
    "lets in who was switched off",
    "mails a link to the host of the request",
    "writes a secret to the log",
    "writes a record to the log",
    "writes a field to the log",
)


for _kind in KINDS:
    of_kind("account step", _kind)


@predicate("account step", "in python")
def _in_python(subject: Subject) -> bool:
    return isinstance(subject.thing, AccountStep) and subject.thing.location.path.suffix == ".py"
