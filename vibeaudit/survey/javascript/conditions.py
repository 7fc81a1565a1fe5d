"""The part of a query that says which rows: without what it writes into them, and without what it does with them."""

from __future__ import annotations

import re

# what an update or an upsert writes; a nested `update: { where, data }` of Prisma keeps its rows by the outer condition
_WRITTEN = re.compile(
    r"(?<![.\w])(?:data|create|update|\$set|\$push|\$addToSet|\$inc|\$setOnInsert|defaults)\s*:\s*(?=\{)"
)
# the new values, in a chain that says which rows by a step of its own: `.where({ id }).update(changes)`
_SET = re.compile(r"\.(?P<does>update|patch|set)\((?=[^()])")
_MATCH = re.compile(r"\$match['\"]?\s*:\s*(?=\{)")
_AFTER = re.compile(r"\.(?:then|catch|finally)\s*\(")
_LONG = 6000


def condition_of(text: str) -> str:
    """`find({...})` as it is; `update({ where, data })` without its data; of `aggregate([...])` the `$match` stages."""
    said = _AFTER.split(text, maxsplit=1)[0][:_LONG]
    stages = [said[m.end() : _end(said, m.end())] for m in _MATCH.finditer(said)] if ".aggregate(" in said else []
    if stages:
        return f"{said[: said.index('.aggregate(')]}.aggregate( {' '.join(stages)} )"
    while (m := _WRITTEN.search(said)) is not None:
        said = f"{said[: m.start()]} {said[_end(said, m.end()) :]}"
    if (m := _SET.search(said)) is not None and ".where" in (said[: m.start()] if m["does"] != "set" else said):
        said = f"{said[: m.end()]}{said[_end(said, m.end() - 1, '()') - 1 :]}"
    return said


_OPERATOR = re.compile(
    r"['\"]?\$(?P<does>push|addToSet|pull|inc|set|unset|setOnInsert|rename|mul|min|max|pop)['\"]?\s*:\s*\{"
)
_SUPPLY = re.compile(
    r"(?i)['\"]?(?:\w+\.)*(?:stock|quantity|in_?stock|inventory|sold|seats?(?:_?left)?|views?|likes?|count\w*)['\"]?$"
)
_OF_CALLER = re.compile(r"\b(?:req|request|ctx|context|c)\.(?:state\.)?(?:user|member|auth|viewer|account|session)\b")


def only_adds(text: str) -> bool:
    """Whether an update only does what is everybody's right: it puts something under the caller's own name into a row
    that many write to (`$push: { comments: { author: req.user.id } }`), or takes from a supply that all buy from."""
    done = [(m["does"], text[m.end() - 1 : _end(text, m.end() - 1)]) for m in _OPERATOR.finditer(text[:_LONG])]
    return bool(done) and all(
        (does in ("push", "addToSet", "pull") and _OF_CALLER.search(said))
        or (does == "inc" and all(_SUPPLY.search(f.partition(":")[0].strip()) for f in said.strip("{} \n,").split(",")))
        for does, said in done
    )


def _end(text: str, start: int, pair: str = "{}") -> int:
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        depth += {pair[0]: 1, pair[1]: -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)
