"""The third parties that the app talks to: by packages, hosts and environment variables."""

from __future__ import annotations

import re
from collections import defaultdict

from vibeaudit.maps.vendors import by_env, by_package, normal, of_host, vendors
from vibeaudit.model import Location, Package, Service, Snapshot
from vibeaudit.survey.project import _TEST

_URL = re.compile(
    r"\b(?:https?|wss?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?"
    r"|smtps?)://(?:[^\s'\"`<>/@]*@)?([A-Za-z0-9][A-Za-z0-9.-]{2,200}\.[A-Za-z]{2,24})"
)
_BARE = re.compile(
    r"['\"=]\s*((?:[a-z0-9-]+\.){1,5}(?:com|io|ai|dev|net|co|app|cloud|fr|eu|tech|run|sh))(?::\d+)?\s*(?:['\"]|$)",
    re.MULTILINE,
)
_ENV = re.compile(r"\b(?:NEXT_PUBLIC_|VITE_|REACT_APP_|EXPO_PUBLIC_)?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b")
_LANGUAGES = frozenset("python javascript typescript tsx dotenv toml html vue svelte astro hcl notebook".split())
_LINK = re.compile(r"(?:<a\b[^>]*\bhref|\bhref|\bto|website|homepage)['\"]?\s*[=:]\s*\{?\s*['\"`]?$", re.IGNORECASE)
# what forges and coding agents keep beside an app, and what its authors wrote for people
_NOT_THE_APP = re.compile(r"(^|/)(\.[a-z][\w-]*|docs?|examples?)/")
_EU = re.compile(
    r"(^|[.-])eu([.-]|\d|$)|eu-(west|central|north|south)-\d|europe-(west|north|central)\w*|(france|sweden"
    r"|germany)\w*central|\.ie1\.|[.-]fra[.-]"
)
_US = re.compile(r"(^|[.-])us\d?([.-]|$)|us-(east|west)-\d|us-central\d")
MAX_EVIDENCE = 6


def services(snapshot: Snapshot, packages: tuple[Package, ...]) -> tuple[Service, ...]:
    """One service a vendor, with the places that show it, sorted by name."""
    evidence: dict[str, set[Location]] = defaultdict(set)
    hosts: dict[str, set[str]] = defaultdict(set)
    for package in packages:
        name = normal(package.name) if package.ecosystem == "PyPI" else package.name
        vendor = by_package().get((package.ecosystem, name))
        if vendor and package.direct and not package.dev and not _NOT_THE_APP.search(str(package.location.path)):
            evidence[vendor].add(package.location)
    for file in snapshot.files:
        if (
            file.language not in _LANGUAGES
            or len(file.data) > 1_000_000
            or _TEST.search(str(file.path))
            or _NOT_THE_APP.search(str(file.path))
        ):
            continue
        text = file.text
        for pattern in (_URL, _BARE):
            for m in pattern.finditer(text):
                if (vendor := of_host(m[1])) and not _LINK.search(text[max(0, m.start() - 60) : m.start()]):
                    evidence[vendor].add(Location(file.path, text.count("\n", 0, m.start()) + 1))
                    hosts[vendor].add(m[1].lower())
        for m in _ENV.finditer(text):
            if vendor := by_env().get(m[1]) or by_env().get(m[0]):
                evidence[vendor].add(Location(file.path, text.count("\n", 0, m.start()) + 1))
    return tuple(
        Service(
            name,
            vendors()[name].category,
            tuple(sorted(evidence[name])[:MAX_EVIDENCE]),
            tuple(sorted(hosts[name])),
            _region(hosts[name]),
        )
        for name in sorted(evidence)
    )


def _region(hosts: set[str]) -> str:
    """Where the hosts in the code say that the service runs: EU, US, or empty when they do not say."""
    said = {("EU" if _EU.search(h) else "US" if _US.search(h) else "") for h in hosts} - {""}
    return said.pop() if len(said) == 1 else ""
