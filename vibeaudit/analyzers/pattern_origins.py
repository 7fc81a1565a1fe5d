"""Where a captured value comes from: the caller, the page's address, a model. Within one file, bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_names import declaring, function_around, span, unwrap
from vibeaudit.analyzers.pattern_values import Judge, operator

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_FIELDS = r"(?:body|query|params|headers|cookies|signedCookies|files?|rawBody)\b"
_READS = r"(?:json|text|formData|param|queries|query|header|get|arrayBuffer|blob|parseBody|cookies\??\.get)\("
_HANDLES = r"(?:(?:ctx|context|c|event)\.)?(?:req|request)|c\.req"
ORIGINS = {
    "request": re.compile(
        rf"(?:{_HANDLES})\??\.(?:{_FIELDS}|{_READS})"
        r"|(?:ctx|context)\.(?:query|params|request\.body)\b"
        r"|event\.(?:body|queryStringParameters|pathParameters|multiValueQueryStringParameters)\b"
        r"|(?:readBody|getQuery|getRouterParams?|readFormData|readMultipartFormData)\("
        r"|formData\.get(?:All)?\(|(?:[\w.]{1,60}\.)?searchParams\.get(?:All)?\("
    ),
    "browser-input": re.compile(
        r"(?:(?:window|document|self|globalThis|top)\.)?location\.(?:hash|search|href)\b"
        r"|document\.(?:URL|documentURI|referrer)\b|window\.name\b|(?:useSearchParams|useParams)\("
        r"|(?:router|route|\$route)\.(?:query|params)\b"
        r"|new URLSearchParams\((?:window\.|document\.)?location\."
    ),
    "model-output": re.compile(
        r".{0,80}?(?:\.choices\??\.?\[\w+\]\??\.(?:message|delta)\b|\.candidates\??\.?\[\w+\])"
        r"|(?:generateText|streamText|generateObject|streamObject)\("
        r"|[\w.]{1,60}\.(?:chat\.completions|completions|responses|messages)\.create\("
        r"|[\w.]{1,60}\.(?:generateContent|generateContentStream)\("
        r"|(?:llm|model|chain|agent|chatModel|executor)\.(?:invoke|call|predict)\("
    ),
    "stored": re.compile(
        r"[\w.]{1,60}\s*\.from\([^()]{1,60}\)\s*\.select\(|[\w.]{0,60}\.(?:findMany|findFirst|findUnique|findOne|findById)\("
        r"|(?:[\w.]{0,60}\.)?(?:db|pool|client|sql|knex|conn|connection)\.(?:query|all|get|execute|select)\("
    ),
}
_PROSE = re.compile(r"\.(?:content|notes?|body|comments?|messages?|reviews?|feedback|bio|transcript|html|emailBody)\b")
_PASSES_ON = re.compile(
    r"^(?:String|decodeURI|decodeURIComponent|unescape|atob|URLSearchParams|JSON\.parse|JSON\.stringify|Buffer\.from"
    r"|(?:path(?:\.posix)?\.)?(?:join|resolve|normalize)|Object\.(?:assign|fromEntries)|util\.format|format)$"
)
_CASTS = re.compile(r"^(?:Number|parseInt|parseFloat|Number\.\w+|Math\.\w+|BigInt)$")
_WHOLE = re.compile(
    r"(?:(?:ctx|context|c|event)\.)?(?:req|request)\??\.(?:body|query|json\(\))|(?:ctx|context)\.request\.body"
    r"|readBody\(\w+\)|Object\.fromEntries\(\s*(?:formData|\w+\.searchParams)(?:\.entries\(\))?\s*\)"
)
_REAL_QUESTION = re.compile(
    r"\.(?:includes|has|test|match|startsWith|endsWith|indexOf|some|every|hasOwn|hasOwnProperty|find)\(| in |instanceof"
    r"|\b(?:is(?!NaN|Nan|Array|Integer|Finite|Empty)[A-Z]|\w*(?:[vV]alid|[aA]llow|[sS]afe|[cC]heck|[vV]erif|[pP]ermit|[tT]rust))\w*\("
    r"|[!=]==?\s*[\"'`][^\"'`]|[\"'`]\s*[!=]==?|(?:host|hostname|origin|protocol)\s*[!=]="
)
_ASKS_HELPER = re.compile(r"!?\s*(?!(?:Boolean|String|Number|Array|isNaN|isFinite|parseInt|fetch)\b)\w+\(\s*(\w+)\s*\)")
_HANDLE_NAMES = frozenset("req request res response ctx context c event window document searchParams formData".split())


def derives(judge: Judge, node: SgNode, origin: str, depth: int = 0, numbers: bool = False) -> bool:
    """Whether data of this origin reaches the value through names, members and text, in this file;
    with `numbers` also through arithmetic and casts."""
    node = unwrap(node)
    if not judge.go_on(depth):
        return False
    kind = node.kind()
    if kind in ("member_expression", "call_expression", "new_expression", "subscript_expression"):
        known = ORIGINS[origin].match(node.text()[:300]) is not None
        return known or _through(judge, node, origin, depth, numbers)
    if kind in ("identifier", "shorthand_property_identifier"):
        return any(derives(judge, d.value, origin, depth + 1, numbers) for d in judge.names.definitions(node))
    if kind == "binary_expression":
        signs = ("+", "||", "??", "*", "/", "-") if numbers else ("+", "||", "??")
        return operator(node) in signs and _any_child(judge, node, origin, depth, numbers)
    if kind == "ternary_expression":
        return any(derives(judge, c, origin, depth + 1, numbers) for c in node.named_children()[1:])
    if kind == "pair":
        value = node.field("value")
        return value is not None and derives(judge, value, origin, depth + 1, numbers)
    if kind in ("template_string", "template_substitution", "array", "object", "spread_element"):
        return _any_child(judge, node, origin, depth, numbers)
    return False


def mentions(judge: Judge, node: SgNode, origin: str) -> bool:
    """Whether any expression inside the value is of this origin, however it is wrapped."""
    inner = node.find_all(any=[{"kind": "template_substitution"}, {"kind": "binary_expression"}])
    return any(derives(judge, part, origin) for part in (judge.resolve(node), *inner))


def stored_prose(judge: Judge, node: SgNode) -> bool:
    """Whether a part of the text is prose that people wrote into the database: a note, a mail, a comment."""
    value = judge.resolve(node)
    gaps = [c for g in value.find_all(kind="template_substitution") for c in g.named_children()]
    if value.kind() == "binary_expression":
        gaps += value.named_children()
    for gap in gaps:
        made = [gap, *(d.value for d in judge.names.definitions(gap) if gap.kind() == "identifier")]
        if any(_PROSE.search(m.text()[:500]) for m in made) and derives(judge, gap, "stored"):
            return True
    return False


def whole(judge: Judge, node: SgNode, depth: int = 0) -> bool:
    """The caller's object as it came, all its fields included: `req.body`, or an object that spreads it."""
    node = unwrap(node)
    if not judge.go_on(depth):
        return False
    kind = node.kind()
    if kind in ("member_expression", "call_expression"):
        return bool(_WHOLE.fullmatch(node.text()[:300]))
    if kind == "identifier":
        return any(d.whole and whole(judge, d.value, depth + 1) for d in judge.names.definitions(node))
    if kind == "object":
        spreads = [c for c in node.named_children() if c.kind() == "spread_element"]
        return any(whole(judge, c, depth + 1) for s in spreads for c in s.named_children())
    return False


def _through(judge: Judge, node: SgNode, origin: str, depth: int, numbers: bool) -> bool:
    """Through a member, an element, a method of the data, or a call that hands its argument on."""
    if node.kind() in ("member_expression", "subscript_expression"):
        held = node.field("object")
        return held is not None and derives(judge, held, origin, depth + 1, numbers)
    callee = node.field("constructor" if node.kind() == "new_expression" else "function")
    arguments = node.field("arguments")
    if callee is None or arguments is None:
        return False
    name = callee.text()[:80]
    if name == "URL":  # the second argument is only the base
        return any(derives(judge, c, origin, depth + 1, numbers) for c in arguments.named_children()[:1])
    if _PASSES_ON.match(name) or (numbers and _CASTS.match(name)):
        return _any_child(judge, arguments, origin, depth, numbers)
    return callee.kind() == "member_expression" and _through(judge, callee, origin, depth, numbers)


def _any_child(judge: Judge, node: SgNode, origin: str, depth: int, numbers: bool) -> bool:
    return any(derives(judge, c, origin, depth + 1, numbers) for c in node.named_children())


def checked(judge: Judge, node: SgNode) -> bool:
    """Whether an `if` in the same function asks something of this value before it is used."""
    function, (start, _) = function_around(node), span(node)
    names = _roots(judge, node)
    if function is None:
        return False
    found_in_tables = _looked_up(judge, function, names, start)
    names |= _made_from(function, names, start)
    asked = re.compile(rf"\b(?:{'|'.join(re.escape(n) for n in sorted(names))})\b") if names else None
    for test in function.find_all(any=[{"kind": "if_statement"}, {"kind": "ternary_expression"}]):
        condition = test.field("condition")
        if condition is None or span(test)[0] > start:
            continue
        text = condition.text()
        named = asked is not None and asked.search(text) is not None
        if any(re.search(rf"!\s*{re.escape(n)}\b", text) for n in found_in_tables):
            return True
        if (named or node.text() in text) and _REAL_QUESTION.search(text):
            return True
        if test.kind() == "ternary_expression" and (helper := _ASKS_HELPER.fullmatch(text)) and helper[1] in names:
            return True  # local(next) ? next : "/"
    return False


def _made_from(function: SgNode, names: set[str], before: int) -> set[str]:
    """What the function worked out of these names so far: the host of an address, the ending of a file's name."""
    if not names:
        return set()
    used = re.compile(rf"\b(?:{'|'.join(re.escape(n) for n in sorted(names))})\b")
    made = set()
    for declared in function.find_all(kind="variable_declarator"):
        name, value = declared.field("name"), declared.field("value")
        if name is None or value is None or span(declared)[1] >= before or name.kind() != "identifier":
            continue
        if used.search(value.text()[:300]):
            made.add(name.text())
    return made - _HANDLE_NAMES


def _looked_up(judge: Judge, function: SgNode, names: set[str], before: int) -> set[str]:
    """The names that hold what a table has under one of these names, or nothing: a list of what is allowed."""
    found = set()
    for declared in function.find_all(kind="variable_declarator"):
        name, value = declared.field("name"), declared.field("value")
        if name is None or value is None or span(declared)[1] >= before or name.kind() != "identifier":
            continue
        value = unwrap(value)
        given = value.field("arguments") if value.kind() == "call_expression" else value.field("index")
        if given is None or not names & {given.text(), *(c.text() for c in given.named_children())}:
            continue
        if value.kind() == "subscript_expression" or _answers_from_table(judge, value):
            found.add(name.text())
    return found


def _answers_from_table(judge: Judge, call: SgNode) -> bool:
    """Whether the call is of a function in this file that returns an entry of a table, by its parameter."""
    callee = call.field("function")
    if callee is None or callee.kind() != "identifier":
        return False
    called = f"^{re.escape(callee.text())}$"
    function = judge.root.find(kind=declaring(judge.root), has={"field": "name", "regex": called})
    answers = function.find_all(kind="return_statement") if function is not None else []
    given = [unwrap(c) for r in answers for c in r.named_children() if c.kind() != "comment"]
    return bool(given) and all(g.kind() == "subscript_expression" for g in given)


def _roots(judge: Judge, node: SgNode) -> set[str]:
    found = {n.text() for n in node.find_all(kind="identifier")} | (
        {node.text()} if node.kind() in ("identifier", "shorthand_property_identifier") else set()
    )
    for name in list(node.find_all(kind="identifier")):
        for d in judge.names.definitions(name):
            found |= {n.text() for n in d.value.find_all(kind="identifier")}
    return found - _HANDLE_NAMES
