"""Balances, stocks and vouchers that are read, looked at and written back, while another request does the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.logic import places
from vibeaudit.survey.logic.carried_over import carried_over

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_WORDS = (
    r"(?:\w*balance\w*|credits?(?:_left)?|points|wallet\w*|\w*stock\w*|\w+InStock|\w+Stock"
    r"|(?:quantity|qty|seats|units|tickets)_?[aA]vailable"
    r"|is_?[aA]vailable|is_?[bB]ooked|is_?[rR]eserved|is_?[sS]old"
    r"|inventory|seats\w*|available\w*|remaining\w*|tickets_left"
    r"|is_?[uU]sed|used(?:_?[cC]ount)?|uses(?:_?[lL]eft)?|times_?[uU]sed|redeemed|is_?[rR]edeemed|claimed|is_?[cC]laimed"
    r"|refunded|is_?[rR]efunded|withdrawn|is_?[wW]ithdrawn)"
)
_COLUMN = re.compile(rf"(?<![\w.])(?P<row>\w+(?:\.\w+){{0,3}}(?:\[\w+\])?)(?:\.|\[['\"])(?P<column>{_WORDS})\b")
# whether the caller sent the field at all
_SENT_AT_ALL = re.compile(r"^\(?\s*[\w.]+\s*(?:[!=]==?\s*undefined|is not None)\s*\)?$")
_FLAG = re.compile(
    r"is_?(?:[aA]vailable|[bB]ooked|[rR]eserved|[sS]old|[rR]edeemed|[cC]laimed)|available|booked|reserved|sold|redeemed"
)
_SET_ONCE = re.compile(r"(?:is_?)?(?:used|redeemed|claimed|refunded|withdrawn)", re.IGNORECASE)
# how many of a product there are; of a line in somebody's cart, nobody else takes away
_COUNTED = re.compile(r"(?P<row>\w*(?:[pP]roduct|[vV]ariant|[sS]ku|[iI]nventory)\w*)\.(?P<column>quantity|qty)")
LOCKED = re.compile(
    r"(?i)select_for_update|with_for_update|for\s+update|\bF\(|\bLock\b|\block\b|lock\(|mutex|semaphore|redlock|advisory"
    r"|serializable|isolation|optimistic|(?-i:\btransaction|\b[a-z]\w*Transaction)\s*\(|[.@]transaction\b|beginTransaction|\batomic\b|\bbegin\(|['\"]BEGIN\b|version_id|\bversion\b"
    r"|pg_advisory|findOneAndUpdate|compare_and_set|watch\("
)
_WRITES = re.compile(
    r"\.(?:save|commit|flush|update|updateOne|update_one|findByIdAndUpdate|persist|bulk_update|upsert|execute|query|run)\b"
)
_SQL = re.compile(rf"(?is)\bupdate\s+[\w.\"`]+\s+set\b.*?\b(?P<column>{_WORDS})[\"`]?\s*=(?P<rest>.*)")
_MONEY = re.compile(
    r"(?i)balance|credit|stock|inventory|wallet|points|(?:quantity|qty|seats|units|tickets)_?available|available_?\w|seats_?left|tickets_?left|remaining_"
)
_JOB = re.compile(r"\b(?:shared_task|periodic_task|on_after_configure|scheduled_job|cron)\b|\b\w*\.task\b")
_MAX_FUNCTION = 12_000


def races(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The check that another request can slip past; without one, the write."""
    told = 0  # where the last function ends of which something was said: what is called back inside is the same
    for function in module.functions:
        if function.body.end_byte <= told:
            continue
        size = function.body.end_byte - function.body.start_byte
        if size > _MAX_FUNCTION or _holds_functions(module, function) or _runs_by_the_clock(function):
            continue
        text = module.code_in(function.body)
        if LOCKED.search(text):
            continue
        if full := places.overbooked(module, function):
            told = max(told, function.body.end_byte)
            yield "changes a balance unlocked", *full
            continue
        if not (_WRITES.search(text) or _SQL.search(text)):
            continue
        found = (
            _written_back(module, function)
            or _spent(module, function)
            or carried_over(module, function)
            or _in_sql(module, function, text)
        )
        if found and not re.search(rf"\b{re.escape(found[1])}['\"]?\s*:\s*\{{\s*['\"]?\$?gte?\b", text):
            told = max(told, function.body.end_byte)
            yield "changes a balance unlocked", *found


def _runs_by_the_clock(function: Function) -> bool:
    """A job of a queue or a timetable: nobody outside starts two at the same moment."""
    return any(_JOB.search(text_of(d)) for d in function.decorators)


def _holds_functions(module: Module, function: Function) -> bool:
    """Whether it only holds others together: a module's wrapper, a factory of routes."""
    inside = [f for f in module.functions if f is not function and function.body.start_byte < f.node.start_byte]
    return sum(f.node.end_byte <= function.body.end_byte for f in inside) > 5


def _written_back(module: Module, function: Function) -> tuple[Node, str] | None:
    """`row.balance -= n`, `row.stock = row.stock - n`, `coupon.used = True` after a look at the same field."""
    looks = [b.condition for b in module.branches_in(function.body)]
    # `row.stock = stock` is a new value, which does not rest on the old one
    sets = [(a.node, t, text_of(a.value)) for a in module.assigns_in(function.body) for t in a.targets]
    params = {p.name for p in function.params}
    plain = [
        s for s in sets if s[2] != s[1].rpartition(".")[2] and s[2].partition(".")[0] not in params - {"self", "cls"}
    ]
    added = [(n, text_of(n.child_by_field_name("left")), "") for n in _augmented(function.body)]
    taken = (*_taken_off(module, function), *_flipped(module, function))
    rows = [(n, f"row.{column}", value) for n, column, value in taken]
    for node, written, value in sorted(plain + added + rows, key=lambda w: w[0].start_byte):
        said = written.removeprefix("this.").removeprefix("self.")
        target = _COLUMN.fullmatch(said) or _COUNTED.fullmatch(said)
        if target is None:
            continue
        column = target["column"]
        again = rf"\b{re.escape(column)}\b"
        before = [c for c in looks if c.start_byte < node.start_byte and re.search(again, text_of(c)[:300])]
        before = [c for c in before if not _SENT_AT_ALL.search(text_of(c))]
        if before:
            return before[-1], column
        if _SET_ONCE.fullmatch(column) and (asked := _asked_unused(module, function, column, node)):
            return asked, column
        if (not value or _read_again(value, column)) and _MONEY.search(column):
            return node, column
    return None


def _asked_unused(module: Module, function: Function, column: str, write: Node) -> Node | None:
    """`findOne({ code, used: false })` above a write that sets it: the look is in the question."""
    asks = re.compile(rf"\b{re.escape(column)}['\"]?\s*:\s*false\b")
    before = (c for c in module.calls_in(function.body) if c.node.start_byte < write.start_byte)
    reads = (c for c in before if c.last in ("findOne", "findFirst", "findUnique"))
    return next((c.node for c in reads if any(asks.search(text_of(a)[:600]) for a in c.args)), None)


_FIELD = re.compile(r"(?!self\b|this\b|cls\b)(?P<row>\w+(?:\.\w+){0,2})\.(?P<column>(?!quantity\b|qty\b|count\b)\w+)")


# `project.budget = project.budget - row.amount`
_LESS = re.compile(r"(?P<field>[\w.]+)\s*=\s*(?P=field)\s*-\s*[\w.()]+")


def _spent(module: Module, function: Function) -> tuple[Node, str] | None:
    """`if member.purse < cost: return`, then `member.purse -= cost` and `member.save()`, for a column of any name."""
    looks = [b.condition for b in module.branches_in(function.body)]
    calls = [c for c in module.calls_in(function.body) if c.name]
    taken = [n for n in _augmented(function.body) if text_of(n.child_by_field_name("operator")) == "-="]
    taken += [a.node for a in module.assigns_in(function.body) if _LESS.fullmatch(text_of(a.node))]
    for node in sorted(taken, key=lambda n: n.start_byte):
        target = _FIELD.fullmatch(text_of(node.child_by_field_name("left")))
        if target is None:
            continue
        stored = f"{target['row']}.save", "db.session.commit", "session.commit", "db.commit", f"{target['row']}.asave"
        again = re.compile(rf"(?<![\w.]){re.escape(target[0])}\s*[<>]|[<>]=?\s*{re.escape(target[0])}\b")
        before = [c for c in looks if c.start_byte < node.start_byte and again.search(text_of(c)[:300])]
        if before and any(c.name in stored and c.node.start_byte > node.start_byte for c in calls):
            return before[-1], target["column"]
    return None


# `book.stock = request.form["stock"]`: a new value of the caller's, which does not rest on the old one
_SENT = re.compile(r"\b(?:req|request|ctx|event|body|form|args|payload|dto|params|json|cleaned_data|validated_data)\b")


def _read_again(value: str, column: str) -> bool:
    """Whether a new value rests on the old one of the same column."""
    said = re.finditer(rf"[\w.?\[\]('\"]*\b{re.escape(column)}\b", value)
    return any(not _SENT.search(m[0]) for m in said)


def _taken_off(module: Module, function: Function) -> Iterator[tuple[Node, str, str]]:
    """`update({ data: { stock: product.stock - wanted } })`: (the pair, its column, what is written)."""
    for call in module.calls_in(function.body):
        if not re.match(r"update|upsert|set$|findByIdAndUpdate$", call.last):
            continue
        waiting = list(call.args)
        while waiting:
            node = waiting.pop()
            value = node.child_by_field_name("value") if node.type == "pair" else None
            column = text_of(node.child_by_field_name("key")) if value is not None else ""
            if value is not None and value.type == "identifier":  # `const left = wallet.balance - cost`
                given = [a.value for a in module.assigns_in(function.body) if a.targets == (text_of(value),)]
                value = given[0] if len(given) == 1 else value
            less = rf"(?:Number\(|parseFloat\(|parseInt\(|\+)?\s*[\w.\[\]!]+\.{re.escape(column)}(?:,\s*10)?\)?\s*-"
            if value is not None and re.match(less, text_of(value)):
                yield node, column, text_of(value)
            elif node.type in ("object", "pair"):
                waiting += node.named_children


def _flipped(module: Module, function: Function) -> Iterator[tuple[Node, str, str]]:
    """`update(cars).set({ isAvailable: false })`, unless the statement asks for the old state itself."""
    for call in module.calls_in(function.body):
        if call.last != "set" and not call.last.startswith("update"):
            continue
        whole = call.node
        while whole.parent is not None and whole.parent.type in ("member_expression", "call_expression"):
            whole = whole.parent
        said = text_of(whole)[:1500]
        waiting = list(call.args)
        while waiting:
            node = waiting.pop()
            value = node.child_by_field_name("value") if node.type == "pair" else None
            column = text_of(node.child_by_field_name("key")) if value is not None else ""
            flag = _FLAG.fullmatch(column) or _SET_ONCE.fullmatch(column)
            if value is not None and value.type in ("true", "false") and flag:
                if len(re.findall(rf"\b{re.escape(column)}\b", said)) == 1:
                    yield node, column, column
            elif node.type in ("object", "pair"):
                waiting += node.named_children


def _augmented(body: Node) -> Iterator[Node]:
    """`a.b -= n` and its like, in order."""
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if node.type in ("augmented_assignment", "augmented_assignment_expression"):
            yield node
        waiting += node.named_children


def _statement(rest: str) -> str:
    """The statement's own words, without the values that stand beside it."""
    return re.split(r"[\"'`]\s*[,)]", rest)[0]


def _given_back(text: str, update: re.Match[str]) -> bool:
    """Whether the UPDATE puts back what another one of the same function took, which looked at the column itself."""
    column = re.escape(update["column"])
    taken = rf"(?is)\bset\s+[`\"]?{column}[`\"]?\s*=\s*{column}\s*-[^;\n]*?\bwhere\b[^;\n]*?\b{column}\s*>"
    return re.match(rf"(?is)\s*{column}\s*\+", update["rest"]) is not None and re.search(taken, text) is not None


def _in_sql(module: Module, function: Function, text: str) -> tuple[Node, str] | None:
    """A SELECT of the column, a look at it, and an UPDATE that does not look again."""
    for call in module.calls_in(function.body):
        said = text_of(call.node)[:1500]
        m = _SQL.search(said)
        if m is None or re.search(rf"(?is)\bwhere\b.*\b{re.escape(m['column'])}\b", _statement(m["rest"])):
            continue
        if _given_back(text, m):
            continue
        looks = [
            b.condition for b in module.branches_in(function.body) if b.condition.start_byte < call.node.start_byte
        ]
        column = re.escape(m["column"])
        read = re.search(
            rf"(?is)\bselect\b[^;'\"]*?(?:\b{column}\b|\*)",
            text[: max(0, call.node.start_byte - function.body.start_byte)],
        )
        near = [c for c in looks if re.search(rf"(?i){column}|amount|price|total|cost", text_of(c)[:200])]
        flag = _SET_ONCE.fullmatch(m["column"]) is not None
        near = [c for c in near if re.search(rf"\b{column}\b" if flag else r"[<>]", text_of(c)[:200])]
        # `SET credits = ?` with `user["credits"] - 1`: what was read before the request began
        reckoned = re.search(rf"(?:\[['\"]{column}['\"]\]|\.{column}\b)\s*[-+](?!=)", said)
        if (read and near) or reckoned:
            return (near[-1] if near else call.node), m["column"]
        if read and (node := _worked_out(module, function, m["column"], call.node)):
            return node, m["column"]
    return None


def _worked_out(module: Module, function: Function, column: str, write: Node) -> Node | None:
    """`const left = book.remaining - 1;` above the UPDATE of that column."""
    counted = re.compile(rf"\b{re.escape(column)}\b['\"\]]*\s*[-+]\s*\w")
    before = (a for a in module.assigns_in(function.body) if a.node.start_byte < write.start_byte)
    return next((a.node for a in before if counted.search(text_of(a.value))), None)
