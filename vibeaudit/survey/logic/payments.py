"""Payments that the app asks its provider about, and takes for paid whatever the answer says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)paystack|flutterwave|stripe|razorpay|paypal|mercadopago|mollie|khalti|esewa|sslcommerz|chapa")
_ASKS = re.compile(
    r"(?i)transaction/verify|transactions/[^/'\"`]+/verify|verify_by_reference|/epayment/lookup|/v1/payments/"
)
_ASKING_CALLS = re.compile(
    r"(?i)(?:checkout\.sessions?|paymentIntents?|payment_intents?|charges?)\.retrieve$|transactions?\.verify$|payments?\.fetch$"
)
_STATE = re.compile(
    r"(?i)\b(?:payment_?status|status|state|paid|captured|success(?:ful)?)\b['\"\])]*\s*(?:===?|!==?|\bin\b|\.equals)"
)
# kept as the provider says it
_STATE_KEPT = re.compile(
    r"(?i)[:=]\s*(?:await\s+)?\w*(?:subscription|session|intent|payment|charge)\w*\.(?:payment_?)?status\b"
)
_STATE_FIRST = re.compile(
    r"(?i)(?:[=!]==?|\bin\b|\bcase\b)\s*[\[(]?\s*['\"](?:success\w*|paid|completed|captured|succeeded|approved)['\"]"
)
_HTTP_ONLY = re.compile(r"(?i)status_?code\b|\.status\s*(?:===?|!==?)\s*\d{3}|\bresponse\.ok\b")
_SETTLES = re.compile(
    r"(?i)order|paid|credit|subscri|premium|booking|enrol|purchase|commit\(|\.save\(|\.create\(|\.insert\(|\.update"
)
_MAX_FUNCTION = 12_000


def payments(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The call that asks, in functions that never look at the state of the payment."""
    for function in module.functions:
        if function.body.end_byte - function.body.start_byte > _MAX_FUNCTION:
            continue
        text = module.code_in(function.body)
        asks = _ASKS.search(text) or "retrieve" in text or ".verify" in text or ".fetch" in text
        if not asks or not _SETTLES.search(text):
            continue
        looked = _HTTP_ONLY.sub(" ", text)
        if _STATE.search(looked) or _STATE_FIRST.search(looked) or _STATE_KEPT.search(looked):
            continue
        for call in module.calls_in(function.body):
            said = text_of(call.node)[:300]
            if _ASKING_CALLS.search(call.name) or (
                _ASKS.search(said) and re.search(r"(?i)get|fetch|request|axios", call.name)
            ):
                yield "takes a payment for paid unseen", call.node, ""
                break
