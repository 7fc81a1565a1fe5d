"""What a finding's surroundings say about how much it matters."""

from __future__ import annotations

import re
from dataclasses import replace

from vibeaudit.model import Finding, Severity, Snapshot
from vibeaudit.rules import RuleBook
from vibeaudit.triage.replaced import is_replaced

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|spec|e2e|cypress|playwright|testdata|test[-_][\w-]+|fixtures?|mocks?|exploits|\.?ci)/"
    r"|(?:^|/)(?:docker-)?compose\.(?:ci|tests?|e2e|cypress)\.ya?ml$|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$|\.(?:test|spec|stories|cy)\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:^|/)(?:examples?|samples?|demos?|docs?|documentation|benchmarks?)/", re.IGNORECASE)
# A live key is as open in a test as anywhere; so is a setting that an agent or a CI system reads.
_EVERYWHERE = frozenset(("secrets", "agents", "mcp", "ci", "dependencies"))


def in_context(finding: Finding, rules: RuleBook, snapshot: Snapshot | None = None) -> Finding:
    """The finding, one step less severe and with a note when it lies in test or sample code; two steps when it is a
    key in the settings of development, which those of production replace."""
    if snapshot is not None and 798 in finding.cwe and is_replaced(finding, snapshot):
        lowered = Severity(max(Severity.INFO, min(finding.severity, Severity.HIGH) - 1))
        return replace(finding, severity=lowered, notes=(*finding.notes, "@replaced-elsewhere"))
    pack = rules[finding.rule_id].pack if finding.rule_id in rules else ""
    path = str(finding.primary.path)
    where = "@in-test-code" if _TEST.search(path) else "@in-sample-code" if _EXAMPLE.search(path) else ""
    if not where or pack in _EVERYWHERE:
        return finding
    lowered = Severity(max(Severity.INFO, min(finding.severity, Severity.HIGH) - 1))
    return replace(finding, severity=lowered, notes=(*finding.notes, where))
