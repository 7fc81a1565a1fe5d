"""Accounts that the code itself opens with a fixed password, and tokens that are made of what everybody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.passwords import HASHED
from vibeaudit.survey.accounts.scenes import bare_text, function_of, home
from vibeaudit.survey.accounts.statements import written_in
from vibeaudit.survey.accounts.writes import writes
from vibeaudit.survey.code import Assign, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_LITERAL = re.compile(
    r"^(?:await\s+)?(?:(?:[\w.]*(?:hash|encrypt|make_password|generate_password|crypt)\w*)\(\s*)?[rbfu]?(['\"])(?P<said>[^'\"{}$\n]{3,60})\1"
    r"(?:\.encode\([^)]*\))?(?:\s*,\s*[^)\n]*)?\)*(?:\.decode\([^)]*\))?$"
)
_FOR_TESTS = re.compile(r"(?:^|_)test(?:s|ing)?(?:_|$)|(?:^test|Test)[A-Z]")  # `create_test_data`: nobody lives there
_NO_PASSWORD = re.compile(
    r"(?i)^(?:password|passwd|string|text|hidden|required|none|null|x+|\*+|!|unusable|changed?)$|^\$2[aby]\$|^pbkdf2|^argon|\s"
)
_AS_A_WORD = re.compile(r"(?i)^(?:password|passwd|string|changed?)$")  # in an INSERT it is what the account gets
_HASH = re.compile(r"(?i)^(?:scrypt|sha\d+|argon\w*|bcrypt\w*)[:$]|^[0-9a-f]{32,}$|^\{\w+\}")
_TOKEN = re.compile(
    r"(?i)(?:^|[._])(?:\w*_?token|otp\w{0,6}|reset_?(?:code|link|key)"
    r"|session_?(?:id|key)|api_?key|verification_?code|verify_?code|auth_?key)$"
    r"|(?:Token|SessionId|ApiKey|ResetCode)$"
)
_CODE = re.compile(r"(?i)^(?:code|key|link|secret|slug)$")
_RESETS = re.compile(
    r"(?i)\b(?:reset|verification|verify|activation|invite|recovery|magic|login|confirm\w*)_?(?:code|key|link|hash|token)\b"
)
_MAKES = re.compile(
    r"(?i)\b(?:hashlib\.)?(?:md5|sha1|sha256|sha224|sha512|b64encode|urlsafe_b64encode|btoa|createHash|toString\(\s*['\"](?:base64|hex))"
)
_MAKER = re.compile(
    r"(?i)^(?:new|make|create|generate|gen|get|build|issue)?_?\w*?"
    r"(?:reset|api|session|invite|verification|verify|activation|access|share|magic|csrf|auth|user)?"
    r"_?(?:token|api_?key|(?:reset|verification|activation|invite|share)_?(?:code|link)|session_?id)(?:_?(?:for|of|from)(?:_?[a-z]+)?)?$"
)
# nothing but the time of day, written shorter
_TIME = re.compile(
    r"^(?:String\(|str\(|hex\()?\s*(?:Date\.now\(\)|\+new Date\(\)|new Date\(\)\.getTime\(\)"
    r"|int\(time\.time\(\)[\s*\d]*\)|time\.time(?:_ns)?\(\))"
    r"\s*\)?(?:\.toString\(\s*\d*\s*\))?$"
)
_KNOWN = re.compile(r"(?i)e?mail|user|login|name|\bnow\b|time|(?<!up)date|\bid\b")
_SECRET = re.compile(
    r"(?i)secret|random|urandom|uuid|hmac|nonce|salt|token_|_key\b|key\)|getRandomValues|private|payload|jwt|sign|challenge|verifier|password|pass\b|auth"
)


def fixed_passwords(project: Project, module: Module) -> Iterator[Node]:
    """The literal passwords of accounts that seeds, migrations and start-up code open."""
    for write in writes(project, module):
        value = _given(module, write.value, write.scene)
        said = _typed_in(project, module, value)
        within = function_of(module, write.scene)
        if within is not None and _FOR_TESTS.search(within.name):
            continue
        inserted = write.by_statement and write.how == "create" and _AS_A_WORD.match(said)
        if said and (inserted or not _NO_PASSWORD.search(said)):
            yield value
    for call in module.calls:
        written = written_in(project, module, call)
        named = written is not None and _NO_PASSWORD.search(written[1]) and not _AS_A_WORD.match(written[1])
        if written is not None and not (named or _HASH.match(written[1])):
            yield written[0]


def _typed_in(project: Project, module: Module, value: Node) -> str:
    """The password that stands in the code, as it is or in a call that hashes it; else nothing."""
    m = _LITERAL.match(text_of(value))
    if m is not None:
        return m["said"]
    call = module.call_at(value)
    if call is None or len(call.args) != 1 or call.keywords or call.args[0].type != "string":
        return ""
    m = _LITERAL.match(text_of(call.args[0]))
    own = project.function_called(module, call)
    return m["said"] if m is not None and own is not None and HASHED.search(text_of(own[1].body)) else ""


def _given(module: Module, value: Node, scene: Node | None) -> Node:
    """What a name was given in the same function, when that is a hash that is made there."""
    name = text_of(value)
    if value.type != "identifier" or scene is None:
        return value
    given = [a.value for a in module.assigns_in(scene) if a.targets == (name,) and a.node.start_byte < value.start_byte]
    return given[0] if len(given) == 1 else value


def known_tokens(project: Project, module: Module) -> Iterator[Node]:
    """Values of tokens that are a hash or an encoding of a name, an address or the time."""
    for assign in module.assigns:
        if not any(_TOKEN.search(t) or (_CODE.match(t) and _kept_as_token(module, assign)) for t in assign.targets):
            continue
        said = bare_text(project, module, assign.value)
        if len(said) < 400 and _of_the_known(said):
            yield assign.value
    for function in module.functions:
        for value in _given_back(function) if _MAKER.match(function.name) else ():
            said = bare_text(project, module, value)
            if len(said) < 400 and (_of_the_known(said) or _TIME.match(said.strip())):
                yield value
    for branch in module.branches:  # `if (req.query.token == md5(req.query.login))`
        said = bare_text(project, module, branch.condition)
        m = re.search(r"(?i)token['\"\])]*\s*={2,3}\s*(?P<made>\w*(?:md5|sha1|sha256|btoa)\w*\([^()]*\))", said[:400])
        if m is not None and _of_the_known(m["made"]):
            yield branch.condition


def _kept_as_token(module: Module, assign: Assign) -> bool:
    """Whether the function around keeps or sends what it calls a code or key as one that resets or confirms."""
    scene = home(module, assign.node)
    return scene is not None and _RESETS.search(text_of(scene)) is not None


def _given_back(function: Function) -> Iterator[Node]:
    """What a function gives: the value of a short one, or of each `return` in its own block."""
    if function.body.type not in ("statement_block", "block"):
        yield function.body
    for statement in function.body.named_children:
        if statement.type == "return_statement" and statement.named_children:
            yield statement.named_children[0]


def _of_the_known(said: str) -> bool:
    return _MAKES.search(said) is not None and _KNOWN.search(said) is not None and _SECRET.search(said) is None
