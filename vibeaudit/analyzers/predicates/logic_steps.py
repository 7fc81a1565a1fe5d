"""What rules may ask of a place where the app's logic can be turned against it: of which kind it is."""

from __future__ import annotations

from vibeaudit.analyzers.predicates import of_kind

KINDS = (
    "changes a balance unlocked",
    "counts before it adds",
    "answers queries of any depth",
    "shows its schema",
    "takes queries by the batch",
    "fills every column",
    "leaves its REST views open",
    "takes a number without bounds",
    "takes a payment for paid unseen",
    "writes any name",
    "reads objects from YAML",
    "refuses and goes on",
    "asks one role whose row it is",
    "believes a role that callers name",
    "serves the folder that it runs in",
    "ends the process when it fails",
)


for _kind in KINDS:
    of_kind("logic step", _kind)
