"""The rows of the report's tables: doors, data, agents, libraries, patches, ledgers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibeaudit.egress import is_loopback
from vibeaudit.model import AgentRow, ApiRow, DataRow, EgressEntry, Location, Patch, Report, Status
from vibeaudit.reports.document import egress
from vibeaudit.reports.words import Words

ROWS = 200
EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Door:
    """One row of the API table."""

    methods: str
    path: str
    state: str
    who: str
    reason: str
    guards: str
    effects: str
    personal: str
    where: Location


@dataclass(frozen=True, slots=True)
class Vendor:
    """One row of the data map."""

    row: DataRow
    category: str
    home: str
    also: str
    data: str
    eu: str
    act: str
    is_alternative: bool
    unverified: bool
    where: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Agent:
    """One row of the agent sheet."""

    row: AgentRow
    origin: str
    may: str
    asked: str
    reads: str
    dangers: str


@dataclass(frozen=True, slots=True)
class Libraries:
    """The dependencies in numbers, by ecosystem: (name, all, direct, dev, exact)."""

    rows: tuple[tuple[str, int, int, int, int], ...]
    total: int
    direct: int
    dev: int
    unlocked: int
    vulnerable: int
    state: str  # "assessed", "vulnerable" or "not-assessed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of a patch's proof."""

    good: bool | None  # None: it says neither
    text: str


def doors(report: Report, words: Words) -> tuple[Door, ...]:
    """The API table, open doors first."""
    rank = {"open": 0, "guarded": 2}
    rows = sorted(report.maps.api_table, key=lambda r: (rank.get(r.verdict, 1), r.route.path, r.route.methods))
    return tuple(_door(r, words) for r in rows)


def _door(row: ApiRow, words: Words) -> Door:
    route = row.route
    guards = dict.fromkeys(words.get(f"guard.{g.kind}", g.kind) for g in route.guards)
    return Door(
        methods=" ".join(route.methods),
        path=route.path,
        state=row.verdict,
        who=words.get(f"api.{row.verdict}", row.verdict),
        reason=words.get(f"public.{route.public_reason}", route.public_reason) if row.verdict != "guarded" else "",
        guards=", ".join(guards) or words("api.no_guard"),
        effects=", ".join(words.get(f"facts.{e}", e) for e in sorted(route.effects)),
        personal=", ".join(words.get(f"facts.data-{k}", k) for k in sorted(route.personal_data)),
        where=route.location,
    )


def vendors(report: Report, words: Words) -> tuple[tuple[str, tuple[Vendor, ...]], ...]:
    """The data map by home country, in the map's own order (furthest from European law first)."""
    found = [_vendor(r, words) for r in report.maps.data_map]
    order = dict.fromkeys(v.home for v in found)
    return tuple((h, tuple(sorted((v for v in found if v.home == h), key=_by_name))) for h in order)


def _by_name(vendor: Vendor) -> tuple[str, str]:
    return vendor.row.service.vendor.lower(), vendor.row.service.category


def _vendor(row: DataRow, words: Words) -> Vendor:
    homes = [words.get(f"jurisdiction.{j}", j) for j in row.jurisdiction.split("|") if j]
    kinds = [d.strip() for d in row.data_types.split(";") if d.strip()]
    return Vendor(
        row=row,
        category=words.get(f"category.{row.service.category}", row.service.category),
        home=homes[0] if homes else words("data.unknown_home"),
        also=", ".join(homes[1:]),
        data=", ".join(words.get(f"data_types.{k}", k) for k in kinds),
        eu=words.get(f"data.eu_{row.eu_option}", row.eu_option or words("data.eu_unknown")),
        act=words.get(f"data.act_{row.cloud_act}", row.cloud_act or words("data.act_unknown")),
        is_alternative=row.alternative.startswith("(is "),
        unverified=row.confidence == "unverified",
        where=row.service.evidence[:EVIDENCE],
    )


def agents(report: Report, words: Words) -> tuple[Agent, ...]:
    """The agent sheet, those that ask nobody first."""
    return tuple(
        Agent(
            row=row,
            origin=words.get(f"agents.{row.agent.origin}", row.agent.origin),
            may=", ".join(words.get(f"capability.{c}", c) for c in sorted(row.agent.capabilities)),
            asked=words.get(f"agents.{row.agent.approval}", row.agent.approval),
            reads=", ".join(words.get(f"agent_input.{i}", i) for i in row.untrusted_inputs),
            dangers="; ".join(words.get(f"danger.{d}", d) for d in row.dangers),
        )
        for row in sorted(report.maps.agent_graph, key=_by_danger)
    )


def _by_danger(row: AgentRow) -> tuple[int, int, str, Location]:
    asked = {"never": 0, "some": 1}.get(row.agent.approval, 2)
    return asked, -len(row.dangers), row.agent.product, row.agent.location


def libraries(report: Report) -> Libraries:
    packages = report.app.packages
    rows = []
    for ecosystem in sorted({p.ecosystem for p in packages}):
        own = [p for p in packages if p.ecosystem == ecosystem]
        numbers = (sum(p.direct for p in own), sum(p.dev for p in own), sum(bool(p.version) for p in own))
        rows.append((ecosystem, len(own), *numbers))
    ran = [o for o in report.outcomes if o.analyzer == "dependencies"]
    complete = bool(ran) and all(o.status is Status.RAN for o in ran)
    vulnerable = sum("dependencies" in f.sources for f in report.open_findings)
    return Libraries(
        rows=tuple(rows),
        total=len(packages),
        direct=sum(p.direct for p in packages),
        dev=sum(p.dev for p in packages),
        unlocked=sum(not p.version for p in packages),
        vulnerable=vulnerable,
        state="not-assessed" if not complete else "vulnerable" if vulnerable else "assessed",
    )


def evidence(patch: Patch, words: Words) -> tuple[Evidence, ...]:
    """The proof, line by line, in the order in which it was obtained."""
    proof = patch.proof
    if patch.conflict:
        return (Evidence(False, f"{words('patch.held')}: {patch.conflict}"),)
    new = len(proof.new_findings)
    tests = {"passed": True, "failed": False}.get(proof.tests)
    return (
        Evidence(proof.parses, words("evidence.parses" if proof.parses else "evidence.not_parses")),
        Evidence(proof.gone, words("evidence.gone" if proof.gone else "evidence.not_gone")),
        Evidence(not new, words("evidence.new", n=new) if new else words("evidence.no_new")),
        Evidence(tests, words.get(f"evidence.tests_{proof.tests}", proof.tests)),
        *((Evidence(None, words.reason(proof.reason)),) if proof.reason else ()),
    )


def connections(report: Report) -> tuple[EgressEntry, ...]:
    """The connections that left this machine."""
    return tuple(e for e in egress(report) if e.allowed and not is_loopback(e.host))


def remote_models(report: Report) -> tuple[str, ...]:
    """The hosts to which a reviewer that does not run here was asked its questions, with excerpts of the code."""
    return tuple(dict.fromkeys(e.host for e in connections(report) if e.purpose.startswith("reviewer")))


def place(at: Location) -> str:
    """`path:line`, or the path alone for a file as a whole."""
    return f"{at.path}:{at.line}" if at.line > 0 else str(at.path)


def made_with(report: Report) -> str:
    """ "Lovable, React, Supabase": the stack in a line."""
    names = (t.name for t in (*report.app.stack.builders, *report.app.stack.frameworks))
    return ", ".join(dict.fromkeys(names))


def day(report: Report) -> str:
    return report.generated_at[:10] if re.match(r"\d{4}-\d{2}-\d{2}", report.generated_at) else ""
