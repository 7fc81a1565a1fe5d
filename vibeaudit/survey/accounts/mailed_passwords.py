"""Passwords that are mailed in words: put into the text of a mail, or into the template that one is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model import Location
from vibeaudit.survey.accounts.logged import leaves
from vibeaudit.survey.accounts.scenes import home
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAILS = re.compile(
    r"(?i)(?:^|\.)(?:send_?mail|send_?email|send_?html_?mail|EmailMessage|EmailMultiAlternatives|MIMEText|email_user"
    r"|send_message|send_?\w*(?:mail|credentials)\w*|messages\.create|emails\.send)$|^(?:flask_mail\.)?Message$|^(?:sgMail|mg)\.send$"
)
_PASSWORD = re.compile(
    r"(?i)(?:\w+\.)*(?:\w+_)?(?:raw|plain|temp|temporary|new|random|generated|initial|default|user)?_?(?:password|passwd|pwd)\d?"
)
_NOT = re.compile(
    r"(?i)(?:smtp|mail|email|db|database|admin|host|auth|app|sender|config|settings|env\w*|process)[._]\w*|\w*(?:hash|forgot|reset|url|link)\w*"
)
_FILLS = re.compile(r"(?:^|\.)(?:render_to_string|render_template|render|renderFile|get_template)$")
_TEXT = frozenset(
    "subject text html body message content msg html_message html_body text_body template_vars context".split()
)


def mailed_passwords(project: Project, module: Module) -> Iterator[Location]:
    """Where each mail's text takes the password in: one place a function."""
    told: set[int] = set()
    for call in module.calls:
        scene = home(module, call.node) if _MAILS.search(call.name) else None
        if scene is None or scene.start_byte in told:
            continue
        at = next(_taken_in(project, module, scene, call), None)
        if at is not None:
            told.add(scene.start_byte)
            yield at


def _taken_in(project: Project, module: Module, scene: Node, call: Call) -> Iterator[Location]:
    for argument in _parts(call):
        for leaf in leaves(module, argument):
            said = text_of(leaf)
            if argument.type != "identifier" and _is_password(said):
                yield module.file.locate(leaf)
            for given in module.assigns_in(scene):
                if given.targets != (said,) or given.node.start_byte > call.node.start_byte:
                    continue
                filled = module.call_at(given.value)
                if filled is not None and _FILLS.search(filled.name):
                    yield from _in_template(project, module, filled)
                elif any(_is_password(text_of(inner)) for inner in leaves(module, given.value) if inner != given.value):
                    yield module.file.locate(given.value)


def _parts(call: Call) -> Iterator[Node]:
    """The arguments that may be the mail's text: not its sender's own account."""
    for argument in call.args:
        if argument.type == "object":
            for pair in argument.named_children:
                key = text_of(pair.child_by_field_name("key")).strip("'\"")
                value = pair.child_by_field_name("value")
                if key in _TEXT and value is not None:
                    yield value
        elif argument.type not in ("identifier", "attribute", "member_expression") or not _is_password(
            text_of(argument)
        ):
            yield argument
    yield from (v for k, v in call.keywords.items() if k in _TEXT)


def _is_password(said: str) -> bool:
    return _PASSWORD.fullmatch(said) is not None and _NOT.fullmatch(said) is None


def _in_template(project: Project, module: Module, call: Call) -> Iterator[Location]:
    """The line of the template that prints it; the call, when the template is not found."""
    handed = [leaf for a in (*call.args[1:], *call.keywords.values()) for leaf in leaves(module, a)]
    if not any(_is_password(text_of(leaf)) for leaf in handed) or not call.args:
        return
    name = text_of(call.args[0]).strip("'\"")
    for file in project.snapshot.files:
        if name and str(file.path).endswith(f"/{name}"):
            for number, line in enumerate(file.text.splitlines(), 1):
                if re.search(r"(?i)[{<%=]\s*\w*passw\w*\s*[%}|]", line):
                    yield Location(PurePosixPath(file.path), number, 1, number, max(len(line), 1) + 1)
                    return
            return
    yield module.file.locate(call.node)
