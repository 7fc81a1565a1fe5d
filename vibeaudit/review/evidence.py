"""Checks what the model says: a verdict counts only when its quotes stand in the file where it says they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vibeaudit.model import Confidence, Finding, Location, Opinion, Severity, Snapshot
from vibeaudit.redact import redact
from vibeaudit.review.inference import Reply
from vibeaudit.review.prompt import Slice

SUSPICION = "reviewer-suspicion"
MIN_QUOTE = 6  # characters; less proves nothing
MAX_REASON = 400


@dataclass(frozen=True, slots=True)
class Checked:
    """`result` is "used", or why the answer was rejected."""

    opinion: Opinion
    suspicions: tuple[Finding, ...]
    result: str


def check(reply: Reply, finding: Finding, snapshot: Snapshot, piece: Slice) -> Checked:
    """The answer as an opinion. Without an answer, or with a quote that is not there, the verdict is unsure."""
    if reply.answer is None:
        return _unsure(finding, "no usable answer", ())
    verdict = reply.answer.get("verdict")
    quotes, wrong = _quotes(reply.answer.get("quotes"), piece)
    suspicions = _suspicions(reply.answer.get("others"), finding, piece)
    if verdict not in ("confirmed", "doubtful", "unsure"):
        return _unsure(finding, "rejected: no verdict", suspicions)
    if wrong or (verdict != "unsure" and not quotes):
        return _unsure(finding, "rejected: a quote is not in the file", suspicions)
    reason = plain(reply.answer.get("reason"), MAX_REASON)
    return Checked(Opinion(finding.fingerprint, verdict, reason, quotes), suspicions, "used")


def plain(value: object, length: int) -> str:
    """The model's words as harmless text: one line, printable, without secrets, bounded."""
    text = "".join(c if c.isprintable() else " " for c in str(value or ""))
    return redact(" ".join(text.split()))[:length]


def _unsure(finding: Finding, why: str, suspicions: tuple[Finding, ...]) -> Checked:
    return Checked(Opinion(finding.fingerprint, "unsure", why), suspicions, why)


def _quotes(said: Any, piece: Slice) -> tuple[tuple[tuple[int, str], ...], bool]:
    """The quotes that stand where the model says, and whether one does not."""
    good: list[tuple[int, str]] = []
    for quote in said if isinstance(said, list) else []:
        line = _stands(quote, piece)
        if line is None:
            return tuple(good), True
        good.append((line, plain(piece.shown[line], 200)))
    return tuple(good), False


def _stands(quote: Any, piece: Slice) -> int | None:
    """The line on which a quote stands, when it is the line that the model named."""
    if not isinstance(quote, dict) or not isinstance(quote.get("line"), int):
        return None
    text, line = " ".join(str(quote.get("text", "")).split()), int(quote["line"])
    shown = " ".join(piece.shown.get(line, "").split())
    return line if len(text) >= MIN_QUOTE and text in shown else None


def _suspicions(said: Any, finding: Finding, piece: Slice) -> tuple[Finding, ...]:
    """Other weaknesses that the model names with a quote that stands: findings of low confidence."""
    found = []
    for other in said[:2] if isinstance(said, list) else []:
        line = _stands(other, piece)
        title = plain(other.get("title"), 100) if isinstance(other, dict) else ""
        if line is None or len(title) < MIN_QUOTE or line == finding.primary.line:
            continue
        where = Location(finding.primary.path, line, 1, line, len(piece.shown[line]) + 1)
        found.append(
            Finding(
                rule_id=SUSPICION,
                message=f"The reviewer suspects: {title}",
                severity=Severity.LOW,
                confidence=Confidence.LOW,
                primary=where,
                sources=frozenset({"review"}),
                anchor="".join(piece.shown[line].split())[:200],
                snippet=plain(piece.shown[line], 200),
            )
        )
    return tuple(found)
