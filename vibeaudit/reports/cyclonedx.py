"""The software bill of materials: CycloneDX 1.6 JSON, with the vulnerabilities that the audit found."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from vibeaudit.advisories.noted import Noted, read
from vibeaudit.model import Finding, Package, Report, Severity

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.vulnerability import Vulnerability, VulnerabilitySeverity
    from packageurl import PackageURL

_ROOT = "audited-app"


def render(report: Report) -> str:
    """The document. Same report, same text; only `metadata.timestamp` tells the time."""
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bom = _bom(report)
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"


def _bom(report: Report) -> Bom:
    from cyclonedx.model.bom import Bom

    components = _components(report.app.packages)
    bom = Bom(components=components.values(), serial_number=_serial(report, components))
    bom.metadata.timestamp = _when(report.generated_at)
    bom.metadata.component = _root(report)
    bom.metadata.tools.components.add(_tool(report.version))
    for name, value in _assurance(report):
        bom.metadata.properties.add(_property(name, value))
    direct = {str(_purl(p)) for p in report.app.packages if p.direct}
    bom.register_dependency(bom.metadata.component, [c for purl, c in components.items() if purl in direct])
    for one in _vulnerabilities(report.open_findings, components):
        bom.vulnerabilities.add(one)
    return bom


def _components(packages: Iterable[Package]) -> dict[str, Component]:
    """One component a package and version, with every place that asks for it."""
    from cyclonedx.model.component import Component, ComponentScope, ComponentType

    groups: dict[str, list[Package]] = {}
    for package in packages:
        groups.setdefault(str(_purl(package)), []).append(package)
    made = {}
    for purl, group in sorted(groups.items()):
        first = group[0]
        parsed = _purl(first)
        made[purl] = Component(
            type=ComponentType.LIBRARY,
            bom_ref=purl,
            group=parsed.namespace,
            name=parsed.name,
            version=first.version or None,
            purl=parsed,
            # CycloneDX calls "excluded" what is not part of the running app
            scope=ComponentScope.EXCLUDED if all(p.dev for p in group) else ComponentScope.REQUIRED,
            properties=[_property("vibeaudit:declared-in", place) for place in _places(group)],
        )
    return made


def _places(group: list[Package]) -> list[str]:
    return sorted({f"{p.location.path}:{p.location.line}" for p in group})


def _vulnerabilities(findings: Iterable[Finding], components: dict[str, Component]) -> list[Vulnerability]:
    """One vulnerability an advisory, with every component that it affects."""
    told: dict[str, tuple[Noted, set[str], set[int], set[str]]] = {}
    for finding in findings:
        facts = dict(finding.facts)
        if "package" not in facts or "version" not in facts or "ecosystem" not in facts:
            continue
        purl = str(_purl(Package(facts["ecosystem"], facts["package"], facts["version"], finding.primary)))
        for noted in (n for text in finding.notes if (n := read(text))):
            _, refs, cwes, fixes = told.setdefault(noted.id, (noted, set(), set(), set()))
            refs |= {purl} if purl in components else set()
            cwes |= set(finding.cwe)
            if facts.get("fixed_version"):
                fixes.add(f"{facts['package']} {facts['fixed_version']}")
    return [_vulnerability(*told[i]) for i in sorted(told) if told[i][1]]


def _vulnerability(noted: Noted, refs: set[str], cwes: set[int], fixes: set[str]) -> Vulnerability:
    from cyclonedx.model import XsUri
    from cyclonedx.model.impact_analysis import ImpactAnalysisState
    from cyclonedx.model.vulnerability import (
        BomTarget,
        Vulnerability,
        VulnerabilityAnalysis,
        VulnerabilityRating,
        VulnerabilitySource,
    )

    score = None if noted.score is None else Decimal(str(noted.score))
    source = VulnerabilitySource(name="OSV", url=XsUri(f"https://osv.dev/vulnerability/{noted.id}"))
    return Vulnerability(
        bom_ref=noted.id,
        id=noted.id,
        source=source,
        ratings=[VulnerabilityRating(severity=_severity(noted.severity), score=score, source=source)],
        cwes=sorted(cwes),
        description=noted.summary or None,
        recommendation=f"update to {', '.join(sorted(fixes))}" if fixes else None,
        analysis=VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE),
        affects=[BomTarget(ref=ref) for ref in sorted(refs)],
    )


def _severity(severity: Severity | None) -> VulnerabilitySeverity:
    from cyclonedx.model.vulnerability import VulnerabilitySeverity

    return VulnerabilitySeverity.UNKNOWN if severity is None else VulnerabilitySeverity(severity.label)


def _purl(package: Package) -> PackageURL:
    from packageurl import PackageURL

    namespace, _, name = package.name.rpartition("/") if package.ecosystem == "npm" else ("", "", package.name)
    qualifiers = {} if package.version or not package.spec else {"vers": package.spec[:200]}
    return PackageURL(package.ecosystem.lower(), namespace or None, name, package.version or None, qualifiers)


def _root(report: Report) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    version = report.snapshot.commit
    return Component(type=ComponentType.APPLICATION, bom_ref=_ROOT, name=report.snapshot.name, version=version)


def _tool(version: str) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    return Component(type=ComponentType.APPLICATION, bom_ref="vibeaudit", name="vibeaudit", version=version)


def _assurance(report: Report) -> list[tuple[str, str]]:
    """Whether the packages were assessed at all: a bill without vulnerabilities is no all-clear."""
    told = [o for o in report.outcomes if o.analyzer == "dependencies"]
    return [("vibeaudit:dependencies", f"{o.status.value}: {o.reason}".rstrip(": ")) for o in told] or [
        ("vibeaudit:dependencies", "skipped: packages were not assessed")
    ]


def _property(name: str, value: str) -> Property:
    from cyclonedx.model import Property

    return Property(name=name, value=value)


def _serial(report: Report, components: Iterable[str]) -> uuid.UUID:
    """From what the document says, so that the same app has the same number."""
    told = "\0".join((report.snapshot.name, report.snapshot.commit or "", report.version, *components))
    return uuid.UUID(bytes=hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()[:16], version=4)


def _when(text: str) -> datetime:
    """The report's time, or the epoch where it has none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
