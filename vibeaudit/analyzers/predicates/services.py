"""What rules may ask of a third party that the app talks to."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_spots import is_sample
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.maps.vendors import in_eu, vendors


@predicate("service", "under Chinese law")
def _(s: Subject) -> bool:
    return "CN" in vendors()[s.service.vendor].jurisdiction.split("|")


@predicate("service", "in the European Union")
def _(s: Subject) -> bool:
    vendor = vendors()[s.service.vendor]
    return in_eu(vendor.jurisdiction) or s.service.region == "EU"


@predicate("service", "a model vendor")
def _(s: Subject) -> bool:
    return s.service.category in ("llm", "llm-gateway", "speech", "media")


@predicate("service", "named only in a sample of the settings")
def _(s: Subject) -> bool:
    return all(is_sample(at) for at in s.service.evidence)


@predicate("service", "holds personal data")
def _(s: Subject) -> bool:
    return s.service.category in (
        "auth",
        "baas",
        "database",
        "crm",
        "email",
        "support",
        "session-replay",
        "analytics",
        "saas-db",
        "messaging",
        "vector-db",
        "llm-observability",
        "scheduling",
        "storage",
        "error-tracking",
    )
