"""What rules may ask of a bucket."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.words import words

_PRIVATE = frozenset(
    "invoice invoices contract contracts document documents passport passports kyc receipt receipts medical"
    " record records resume resumes cv cvs"
    " private statement statements attachment attachments recording recordings report reports backup backups"
    " export exports id ids identity"
    " prescription prescriptions payslip payslips tax legal upload uploads user files confidential signature"
    " signatures".split()
)
_PUBLIC = frozenset(
    "public avatar avatars logo logos image images asset assets media thumbnail thumbnails banner banners"
    " cover covers product products gallery photo photos icon icons".split()
)


@predicate("bucket", "open to everybody")
def _(s: Subject) -> bool:
    return s.bucket.public


@predicate("bucket", "for private files")
def _(s: Subject) -> bool:
    said = words(s.bucket.name)
    return bool(said & _PRIVATE) and not said & _PUBLIC
