"""Handlers that a payment service calls, or that ask it how a payment went: what they believe, and how often."""

from __future__ import annotations

import re

from vibeaudit.model import Location, Route, Snapshot
from vibeaudit.survey.sign_ins import without_comments
from vibeaudit.survey.words import words

# services by which the payer's browser, or a request of the app's, says how much is paid
_SERVICES = re.compile(
    r"(?i)mercado_?pago|paystack|flutterwave|rave\b|razorpay|paypal|khalti|esewa|m_?pesa|\bmollie|checkout\.com|payu\b|cinetpay"
    r"|coinbase|paddle|midtrans|xendit|iyzico|sslcommerz"
)
_PATHS = frozenset(
    "webhook webhooks hook hooks ipn callback notify notification notifications verify confirm capture".split()
)
_WENT_WELL = re.compile(
    r"(?i)(?:status|state|event|result\w*)['\"\])?]*\s*(?:===?|!==?)\s*['\"](?:\w+\.)?(?:approved|success\w*|succeeded|paid|completed"
    r"|captured|authorized)['\"]"
)
_PAID = re.compile(
    r"(?i)\b(?:payment_?|order_?)?(?:status|estado\w*|state|statut|is_?paid|paid)['\"\])]*\s*[:=]\s*"
    r"(?:['\"](?:paid|pagado|paye|complete\w*|success\w*|confirmed|approved|active|processing)['\"]|true\b)"
)
_CHANGED = re.compile(rf"(?i)(?:update|set|findOneAnd\w+)\w*\([^\n]*?(?:{_PAID.pattern.removeprefix('(?i)')})")
_SUM = r"(?:amount|total|currency|monto|montant|price|precio|value)"
_COMPARED = re.compile(
    rf"(?i){_SUM}\w*['\"\])?]*\s*(?:\*\s*100\s*)?\)?\s*(?:[!=]==?|[<>]=?)(?!>)|(?:[!=]==?|(?<!=)[<>]=?)\s*(?:\w+\()*[\w.\[\]'\"?]*{_SUM}"
)
_REFERENCE = re.compile(
    r"(?i)\b(?:payment_?(?:key|id|ref\w*|intent\w*|token)|transaction_?(?:id|ref\w*|hash)|trx_?id|razorpay_\w+|paypal_?order_?id)\b"
)
_ASKS = re.compile(
    r"(?i)verif|signature|createHmac|hmac\.|constructEvent|\.retrieve\(|\bfetch\(|axios|requests\.|httpx|stripe|\.capture\(|\brandom|uuid"
)
# an order that is set to paid, in the ways that rows are written
_SET_PAID = re.compile(
    r"(?i)[\w\])]\.(?:is_?paid|paid|is_?premium|is_?subscribed|is_?pro)\s*=\s*(?:true|1)\b|\.(?:payment_?|order_?)?(?:status|state)\s*=\s*['\"]paid['\"]"
    r"|(?:\b(?:update|set|findOneAnd|findByIdAnd)\w*\([^\n]*?|\bdata\s*:\s*\{[^}\n]*)"
    r"\b(?:is_?paid|paid|(?:payment_?|order_?)?status)['\"]?\s*[:=]\s*(?:true\b|['\"]paid['\"])"
    r"|\bset\s[^;\n]*?\b(?:is_?paid|paid|status)\s*=\s*(?:true|1|'paid')"
)
_SOLD = re.compile(r"(?i)order|booking|\bcart|checkout|purchase|ticket|enrol|premium|subscription|reservation")
# what somebody keeps books of, or pays from what the app itself holds for them
_KEPT_BOOKS = re.compile(
    r"(?i)invoice|\bbill|expense|debt|salary|payroll|\bmark_?|balance|wallet|credits|points|cash|\bcod\b"
)
_PAYING = frozenset("pay paid payment success confirm confirmed confirmation complete completed purchase".split())
_ADDS = re.compile(r"\.(?:insert|insertOne|insert_one|create|add)\(")
_LOOKS = re.compile(
    r"(?i)\.(?:select|find\w*|maybeSingle|exists|get_or_create|filter\w*|query|first|count\w*)\(|upsert|on_?conflict|idempoten|already"
    r"|processed|duplicate|\b23505\b|P2002|11000|\bset\([^)]*nx"
)


def paid_whatever_sum(snapshot: Snapshot, route: Route, text: str) -> Location | None:
    """Where an order is marked as paid without a look at the sum."""
    bare = without_comments(text)
    if not _is_notice(snapshot, route) or not _WENT_WELL.search(bare) or _COMPARED.search(bare):
        return None
    return _line(snapshot, route, _CHANGED) or _line(snapshot, route, _PAID)


def paid_by_word(snapshot: Snapshot, route: Route, text: str) -> Location | None:
    """Where an order is stored as paid because the caller names a payment, and no service is asked about it."""
    bare = without_comments(text)
    if "writes-store" not in route.effects or route.effects & {"calls-service", "takes-payment"}:
        return None
    if route.has("authorization") or route.has("signature") or words(route.path) & {"admin", "refund", "refunds"}:
        return None
    if _ASKS.search(bare):
        return None
    if not _REFERENCE.search(bare):
        return _line(snapshot, route, _SET_PAID) if _says_paid(route, bare) else None
    return _line(snapshot, route, _PAID)


def _says_paid(route: Route, bare: str) -> bool:
    """Whether an address that is called when somebody has paid takes the call itself for the payment."""
    if not (words(route.path) | words(route.handler)) & _PAYING or route.public_reason == "webhook":
        return False
    return _SOLD.search(bare) is not None and not _KEPT_BOOKS.search(f"{route.path} {bare}")


def counted_again(snapshot: Snapshot, route: Route, text: str) -> Location | None:
    """Where each notice adds rows, though services send a notice again and again."""
    if not _is_notice(snapshot, route) or _LOOKS.search(without_comments(text)):
        return None
    return _line(snapshot, route, _ADDS)


def _is_notice(snapshot: Snapshot, route: Route) -> bool:
    file = snapshot.file(route.body.path) if route.body else None
    if file is None or "writes-store" not in route.effects or not words(route.path) & _PATHS:
        return False
    return _SERVICES.search(file.text) is not None and "constructEvent" not in file.text


def _line(snapshot: Snapshot, route: Route, pattern: re.Pattern[str]) -> Location | None:
    body = route.body
    file = snapshot.file(body.path) if body else None
    if body is None or file is None:
        return None
    for number in range(body.line, min(body.end_line, body.line + 400) + 1):
        line = file.line(number)
        if pattern.search(line) and not line.lstrip().startswith(("//", "#", "*")):
            return file.whole_line(number)
    return None
