"""Sign-ins that part an unknown name from a wrong password by other means than a message that says so: by the status
of the answer, by speaking of the password to those alone who have an account, by the name of the error thrown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, sign_ins
from vibeaudit.survey.accounts.asking import looks_up_by_name
from vibeaudit.survey.accounts.messages import PAIR, WRONG
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.code import Branch, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_ABSENT = re.compile(
    r"\(*(?:!\s*(?P<js>\w+)|not\s+(?P<py>\w+)|(?P<none>\w+)\s+is\s+None|(?P<null>\w+)\s*={2,3}\s*(?:null|undefined)"
    r"|(?P<empty>\w+)(?:\.length|\.rowCount|\.rows\.length)\s*={2,3}\s*0)\)*"
)
_PRESENT = re.compile(
    r"\(*(?:(?P<plain>\w+)|(?P<some>\w+)\s+is\s+not\s+None|(?P<set>\w+)\s*!={1,2}\s*(?:null|undefined))\)*"
)
_STATUS = re.compile(
    r"\b(?:status(?:Code)?\s*\(\s*|status(?:_code)?\s*[:=]\s*|HTTP_|,\s*|HttpStatus\.\w+)(?P<n>[1-5]\d\d)\b"
)
_TAKES = re.compile(r"^(?:async\s+)?(?:function\s*\w*\s*)?\(?\s*(\w+)\s*\)?\s*(?:=>|\{)")
_BY_NAME = re.compile(r"(?i)e?mail|user_?name|login|phone")
_LEAVES = re.compile(r"\b(?:return|throw|raise|next\()")
_NOTES = re.compile(r"(?i)(?:console|\w*log\w*|print|winston|pino|this\.logger|app\.logger|self\.logger)\b")
_LOOKUP = re.compile(
    r"(?i)find|\bget|select|query|filter|fetch|load|first|where|lookup|by_?(?:e?mail|name|user|login|phone)"
)
_PERSON_THERE = r"(?:User|Email|Mail|Account|Username|Customer|Member)"
TAKEN_ERROR = re.compile(
    rf"{_PERSON_THERE}\w*(?:Exist|Taken|InUse|Registered|Duplicat)|(?:Duplicate|Existing){_PERSON_THERE}"
)
MISSING_ERROR = re.compile(
    rf"{_PERSON_THERE}\w*(?:NotFound|NotExist|DoesNotExist|Unknown|NotRegistered)|(?:NoSuch|Unknown){_PERSON_THERE}"
)


def parts_ways(project: Project, module: Module, scene: Node) -> Node | None:
    """Where a sign-in (that is known to be one) shows which of the two was wrong."""
    text = bare_text(project, module, scene)
    if not sign_ins.compares(text) or not looks_up_by_name(module, scene):
        return None
    rows = {
        t
        for a in module.assigns_in(scene)
        if _LOOKUP.search(text_of(a.value)[:300]) and not sign_ins.compares("user " + text_of(a.value)[:300])
        for t in a.targets
    }
    rows |= _handed_on(module, scene)
    branches = module.branches_in(scene)
    absent = next((b for b in branches if _names(_ABSENT, b) & rows), None)
    if absent is not None and (node := _by_status(module, scene, absent, branches)) is not None:
        return node
    present = next((b for b in branches if _names(_PRESENT, b) & rows), None)
    return _by_words(scene, absent, present) or (_by_texts(module, scene, absent, branches) if absent else None)


def taken_branch(module: Module, scene: Node) -> Node | None:
    """What a sign-up says, in any language, when somebody already has the name that it looked up."""
    rows = {
        t
        for a in module.assigns_in(scene)
        if _LOOKUP.search(said := text_of(a.value)[:300]) and _BY_NAME.search(said)
        for t in a.targets
    }
    for branch in module.branches_in(scene):
        if _names(_PRESENT, branch) & rows and _LEAVES.search(text_of(branch.then)):
            told = _sentences(module, branch.then)
            if told:
                return told[min(told, key=lambda t: told[t].start_byte)]
    return None


def _handed_on(module: Module, scene: Node) -> set[str]:
    """What a lookup hands to its callback: `User.findOne({ email }).then((user) => ...)`."""
    found = set()
    for call in module.calls_in(scene):
        function = call.node.child_by_field_name("function")
        receiver = function.child_by_field_name("object") if function is not None else None
        if call.last == "then" and call.args and receiver is not None and _LOOKUP.search(text_of(receiver)[:300]):
            found |= set(_TAKES.findall(text_of(call.args[0])[:80]))
    return found


def _names(pattern: re.Pattern[str], branch: Branch) -> set[str]:
    m = pattern.fullmatch(text_of(branch.condition).strip())
    return {v for v in m.groupdict().values() if v} if m else set()


def _by_status(module: Module, scene: Node, absent: Branch, branches: list[Branch]) -> Node | None:
    """The branch for the unknown name, when its status is another than that of the wrong password."""
    unknown = _STATUS.search(text_of(absent.then))
    for branch in _wrong_ones(module, scene, absent, branches):
        wrong = _STATUS.search(text_of(branch.then))
        if wrong is not None and unknown is not None and wrong["n"] != unknown["n"]:
            return absent.then
    return None


def _by_texts(module: Module, scene: Node, absent: Branch, branches: list[Branch]) -> Node | None:
    """What the unknown name is told, when whoever has an account and a wrong password is told something else."""
    unknown = _sentences(module, absent.then)
    for branch in _wrong_ones(module, scene, absent, branches):
        wrong = _sentences(module, branch.then)
        if unknown and wrong and not set(unknown) & set(wrong):
            return unknown[min(unknown)]
    return None


def _wrong_ones(module: Module, scene: Node, absent: Branch, branches: list[Branch]) -> Iterator[Branch]:
    """The branches, after that for the unknown name, where the password was not right."""
    judged = {
        t for a in module.assigns_in(scene) if sign_ins.compares("user " + text_of(a.value)[:300]) for t in a.targets
    }
    for branch in branches:
        said = text_of(branch.condition)
        if branch.node.start_byte <= absent.node.start_byte:
            continue
        held = set(re.findall(r"\w+", said)) & judged or sign_ins.compares("user " + said)
        if held and re.match(r"\(*(?:!|not\b)", said):
            yield branch


def _sentences(module: Module, node: Node) -> dict[str, Node]:
    """The texts of several words that a branch gives to the caller: not what it logs."""
    noted = [c.node for c in module.calls_in(node) if _NOTES.match(c.name or "")]
    return {
        said: s
        for s in _strings(node)
        if " " in (said := text_of(s).strip("\"'`frb"))
        and not any(n.start_byte <= s.start_byte < n.end_byte for n in noted)
    }


def _by_words(scene: Node, absent: Branch | None, present: Branch | None) -> Node | None:
    """The message that the password is wrong, where only those read it who have an account."""
    silent = text_of(absent.then) if absent is not None else ""
    for node in _strings(scene):
        said = text_of(node)
        if not WRONG.search(said) or PAIR.search(said) or said in silent:
            continue
        if absent is not None and node.start_byte > absent.then.end_byte:
            inside = any(o.start_byte <= node.start_byte < o.end_byte for o in absent.otherwise)
            if inside or _LEAVES.search(silent):
                return node
        if present is not None and present.then.start_byte <= node.start_byte < present.then.end_byte:
            return node
    return None


def _strings(scene: Node) -> Iterator[Node]:
    waiting = [scene]
    while waiting:
        here = waiting.pop()
        if here.type in ("string", "template_string"):
            yield here
        else:
            waiting.extend(reversed(here.named_children))


# `new ConflictException(MESSAGES.EMAIL_ALREADY_EXISTS)`
_TAKEN_NAME = re.compile(
    r"(?i)\.\w*(?:already_?(?:exists?|taken|in_?use|registered|used)|(?:e?mail|user(?:name)?|account|phone)_?(?:exists?|taken|in_?use))\w*$"
)


def thrown(module: Module) -> Iterator[tuple[str, Node]]:
    """Errors whose own names say that somebody has an account, or none: `throw new UserExistsException()`."""
    for call in module.calls:
        up = call.node.parent
        if up is None or up.type not in ("throw_statement", "raise_statement") or call.node.start_byte < up.start_byte:
            continue
        name = call.last.removeprefix("new ")
        said = call.args[0] if call.args and call.args[0].type == "member_expression" else None
        if TAKEN_ERROR.search(name) or (said is not None and _TAKEN_NAME.search(text_of(said))):
            yield "tells who already has an account", call.node
        elif MISSING_ERROR.search(name):
            yield "tells who has an account", call.node


def is_caught(project: Project, name: str) -> bool:
    """Whether some code of the app catches errors of this name, and may answer as it does to others."""
    caught = re.compile(rb"(?:except[^\n:]*|instanceof\s+|@Catch\([^)]*)\b" + re.escape(name.encode()) + rb"\b")
    return any(True for _ in project.hinted(caught, "python", *javascript.LANGUAGES))
