"""What rules may ask of policies on tables of orders and payments, and of those that name a person."""

from __future__ import annotations

import re

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import Policy, Table
from vibeaudit.survey.policy_conditions import alternatives, of_own_row
from vibeaudit.survey.words import words

_DEALS = frozenset(
    "order orders pedido pedidos commande commandes booking bookings reservation reservations reserva reservas payment"
    " payments pago pagos paiement paiements invoice invoices facture factures purchase purchases compra compras"
    " transaction transactions subscription subscriptions sale sales venta ventas deposit deposits withdrawal"
    " withdrawals payout payouts".split()
)
_SETTLED = re.compile(
    r"(?:payment_?|order_?|booking_?)?status|state|estado(?:_pago)?|statut(?:_paiement)?|etat|is_?paid|paid|pagado|paye"
    r"|amount(?:_paid)?|total(?:_?(?:amount|price|cost))?|monto|montant|(?:unit_?)?price|precio|prix"
)
# the other side of a deal: the row belongs to whoever writes the invoice, not to whoever pays it
_OTHER_SIDE = re.compile(
    r"(?:contact|client|customer|lead|recipient|buyer|payer|guest|patient|tenant|cliente|bill_to)_id"
)
_ADDRESS = re.compile(r"'[\w.+-]+@[\w-]+(?:\.[\w-]+)+'")


@predicate("policy", "lets buyers settle their own orders")
def _(s: Subject) -> bool:
    """Rows of orders may be written by whom they belong to, with every column: what was paid, what it costs."""
    table = s.table
    if table is None or not _lets_settle(s.policy, table) or _narrowed(s, table):
        return False
    return _first(s, [p for p in s.app.policies if p.table == s.policy.table and _lets_settle(p, table)])


@predicate("policy", "names an address")
def _(s: Subject) -> bool:
    """Whoever has that address is let in, whatever their role."""
    if not _names_address(s.policy):
        return False
    return _first(s, [p for p in s.app.policies if p.table == s.policy.table and _names_address(p)])


def settled(table: Table) -> tuple[str, ...]:
    """The columns that say what a row costs and whether it is paid."""
    return tuple(c for c in table.columns if _SETTLED.fullmatch(c.lower())) if words(table.name) & _DEALS else ()


def _lets_settle(policy: Policy, table: Table) -> bool:
    if policy.command not in ("all", "insert", "update") or not policy.permissive:
        return False
    asked = policy.check or (policy.using if policy.command != "insert" else "")
    if any(_OTHER_SIDE.fullmatch(c.lower()) and c.lower() not in asked.lower() for c in table.columns):
        return False
    columns = settled(table)
    return bool(columns and any(of_own_row(a) for a in alternatives(asked))) and not any(
        re.search(rf"\b{re.escape(c)}\b", asked) for c in columns
    )


def _names_address(policy: Policy) -> bool:
    return policy.permissive and _ADDRESS.search(f"{policy.using} {policy.check}") is not None


def _narrowed(s: Subject, table: Table) -> bool:
    """By grants on columns, or by a trigger that looks at one of them."""
    name = re.escape(table.name.rsplit(".", 1)[-1])
    grants = re.compile(
        rf"\bgrant\s+(?:insert|update)\s*\([^)]*\)[^;]*\bon\s+(?:table\s+)?(?:\"?public\"?\.)?\"?{name}\b"
        rf"|\brevoke\s+[\w\s,]*\b(?:update|insert|all)\b[^;]*\bon\s+(?:table\s+)?(?:\"?public\"?\.)?\"?{name}\b",
        re.IGNORECASE,
    )
    if s.in_sql(grants):
        return True
    watched = re.compile(rf"\b(?:new|old)\.(?:{'|'.join(map(re.escape, settled(table)))})\b", re.IGNORECASE)
    watching = [f.name for f in s.app.database_functions if f.returns == "trigger" and watched.search(f.body)]
    return any(_runs(s, name, function.rsplit(".", 1)[-1]) for function in watching)


def _runs(s: Subject, table: str, function: str) -> bool:
    """Whether a trigger of the table calls the function."""
    made = re.compile(
        rf"\bon\s+(?:\"?public\"?\.)?\"?{table}\b[^;]*\bexecute\s+(?:function|procedure)\s+(?:\"?public\"?\.)?\"?{re.escape(function)}\b",
        re.IGNORECASE,
    )
    return s.in_sql(made)


def _first(s: Subject, alike: list[Policy]) -> bool:
    """Policies that say one thing twice are one hole: the first of a command counts."""
    same = [p for p in alike if p.command == s.policy.command]
    return not same or min(same, key=lambda p: p.location).location == s.policy.location
