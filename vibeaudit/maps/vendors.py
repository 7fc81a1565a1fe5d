"""The vendor list: who is behind a package, a host or an environment variable, and under which law."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_EU = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE NO IS LI".split())


@dataclass(frozen=True, slots=True)
class Vendor:
    """A row of vendors.csv. `confidence`: doc (read in the vendor's documentation), known, unverified."""

    name: str
    category: str
    npm: tuple[str, ...]
    pypi: tuple[str, ...]
    hosts: tuple[str, ...]
    env: tuple[str, ...]
    data_types: str
    jurisdiction: str
    parent: str
    eu_option: str
    eu_how: str
    cloud_act: str
    alternative: str
    notes: str
    confidence: str
    source: str


@lru_cache
def vendors() -> Mapping[str, Vendor]:
    """Every vendor that we know, by name."""
    text = (Path(__file__).parent / "vendors.csv").read_text("utf-8")
    return {row["vendor"]: _vendor(row) for row in csv.DictReader(text.splitlines())}


def _vendor(row: Mapping[str, str]) -> Vendor:
    def listed(column: str) -> tuple[str, ...]:
        return tuple(v for v in row[column].split("|") if v)

    return Vendor(
        row["vendor"],
        row["category"],
        listed("npm_packages"),
        listed("pypi_packages"),
        listed("hostnames"),
        listed("env_vars"),
        row["data_types"],
        row["hq_jurisdiction"],
        row["parent"],
        row["eu_region_option"],
        row["eu_region_how"],
        row["cloud_act_exposure"],
        row["eu_alternative"],
        row["notes"],
        row["confidence"],
        row["source"],
    )


@lru_cache
def by_package() -> Mapping[tuple[str, str], str]:
    """(ecosystem, normalised package name) -> vendor."""
    found: dict[tuple[str, str], str] = {}
    for vendor in vendors().values():
        for name in vendor.npm:
            found.setdefault(("npm", name), vendor.name)
        for name in vendor.pypi:
            found.setdefault(("PyPI", normal(name)), vendor.name)
    return found


def normal(name: str) -> str:
    """A Python package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache
def by_env() -> Mapping[str, str]:
    """Environment variable -> vendor."""
    return {name: v.name for v in reversed(tuple(vendors().values())) for name in v.env if "*" not in name}


@lru_cache
def _hosts() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """(host, pattern, vendor), the longest host first."""
    listed = [
        (h, v.name)
        for v in vendors().values()
        for h in v.hosts
        if not h.startswith("localhost") and h.count(".") and not h.endswith(".*")
    ]
    listed.sort(key=lambda p: (-len(p[0].replace("*", "")), p[0]))
    return tuple((h, re.compile(re.escape(h).replace(r"\*", r"[\w.-]+")), v) for h, v in listed)


@lru_cache(maxsize=4096)
def of_host(host: str) -> str:
    """The vendor behind a host name; the longest match wins. Empty when nobody is known."""
    host = host.lower().rstrip(".")
    for known, pattern, vendor in _hosts():
        if host == known or ("*" in known and pattern.fullmatch(host)):
            return vendor
    return ""


def in_eu(jurisdiction: str) -> bool:
    """Whether every country of a vendor lies in the European Economic Area (or the vendor is the app's owner)."""
    return all(j in _EU or j == "self-host" for j in jurisdiction.split("|"))
