"""What code asks of the length and strength of a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.words import PASSWORDS_ABROAD

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

ENOUGH = 8
PASS = rf"(?:\w*{PASSWORDS_ABROAD}\w*|\w*passw\w*|\w*passwd|pwd|passphrase|\bpass\b)"
_OR_EMPTY = r"(?:\s*(?:\|\||\?\?|\bor\b|,)\s*['\"]{2}[)\]]*)?"  # `String(password ?? "").length`
AT_LEAST = (
    re.compile(rf"(?i){PASS}['\"\])]*{_OR_EMPTY}(?:\.(?:trim|strip)\(\))?\)?(?:\.length)?\s*(?:<=?|>=?)\s*(?P<n>\d+)"),
    re.compile(
        rf"(?i){PASS}['\"]?\s*(?::\s*\w+\s*)?[:=(,][^\n]{{0,200}}?\b(?:min|minlength|min_length|min_len)\b\W{{0,6}}?(?P<n>\d+)"
    ),
    re.compile(rf"(?i)['\"]{PASS}['\"][^;]{{0,240}}?\bmin\w*['\"]?\s*[:=(]\s*(?P<n>\d+)"),
    re.compile(rf"(?i){PASS}['\"]?\s*:\s*\{{[^}}]{{0,240}}?\bmin_?length['\"]?\s*:\s*\[?\s*(?P<n>\d+)"),
    re.compile(r"(?i)isStrongPassword\([^)]*minLength['\"]?\s*:\s*(?P<n>\d+)"),
    re.compile(
        rf"(?i)@(?:MinLength|Length)\(\s*(?P<n>\d+)[^\n]*\n(?:\s*@[^\n]*\n)*\s*(?:readonly\s+|public\s+)?{PASS}"
    ),
    re.compile(
        rf"(?i)(?:{PASS}\w*|pass_?(?:re|regexp?|pattern))\s*=\s*(?:new RegExp\(|re\.compile\(|r?['\"/])"
        rf"[^\n]*?\.\{{(?P<n>\d+),"
    ),
)
AT_LEAST_NAMED = re.compile(
    rf"{PASS}['\"\])]*{_OR_EMPTY}(?:\.(?:trim|strip)\(\))?\)?(?:\.length)?\s*(?:<=?|>=?)\s*(?P<n>(?:\w+\.)*(?:[A-Z][A-Z0-9_]{{2,}}|\w*(?:min|Min)\w*))\b"
)
STRONG = re.compile(
    r"(?i)isStrongPassword(?!\([^)]*minLength:\s*[1-7]\b)|zxcvbn|UserCreationForm|SetPasswordForm|PasswordChangeForm|AdminPassword\w*Form|password_?policy"
    r"|password_?validator|password_?strength|password_?schema"
)


def number(project: Project, module: Module, name: str) -> int:
    """The value of a constant; enough, where it is not known."""
    meaning = project.meaning(module, name)
    said = text_of(meaning.value) if meaning is not None and meaning.value is not None else ""
    return int(said) if said.isdigit() and len(said) < 6 else ENOUGH


_SENT_AS = re.compile(rf"(?i)(?:\.get\(|\[)\s*['\"]{PASS}['\"]\s*[)\]]|\.{PASS}\W*$")


def of_other_names(module: Module, node: Node) -> Iterator[re.Pattern[str]]:
    """What asks for the length of a password that goes by another name: `next = String(form.get("password"))`."""
    for assign in module.assigns_in(node):
        name = assign.targets[0] if len(assign.targets) == 1 else ""
        if re.fullmatch(r"\w+", name) and not re.search(PASS, name) and _SENT_AS.search(text_of(assign.value)[:200]):
            yield re.compile(rf"(?<![.\w]){name}\)?(?:\.length)?\s*(?:<=?|>=?)\s*(?P<n>\d+)")
    for function in module.functions:  # pydantic: `@field_validator("password")`, with the value by any name
        inside = node.start_byte <= function.node.start_byte and function.node.end_byte <= node.end_byte
        if inside and any(_VALIDATES.search(text_of(d)) for d in function.decorators):
            for param in function.params[1:2]:
                yield re.compile(rf"\blen\({re.escape(param.name)}\)\s*(?:<=?|>=?)\s*(?P<n>\d+)")


_VALIDATES = re.compile(rf"(?i)validator\([^)]*['\"]{PASS}['\"]")
