"""Secrets that are told by what they look like: keys in armour, accounts in SQL, login files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vibeaudit.analyzers.placeholders import is_gap, is_placeholder
from vibeaudit.analyzers.secret_addresses import address_password, header_credential
from vibeaudit.analyzers.secret_checks import Verdict, judge
from vibeaudit.analyzers.secret_hit import Hit
from vibeaudit.analyzers.secret_lines import in_text
from vibeaudit.analyzers.secret_text import Readable
from vibeaudit.analyzers.secret_values import is_hashed
from vibeaudit.model import Confidence, Severity

_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----)){0,12000}(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_OWN_MACHINE = re.compile(r"(?i)(?:localhost|127\.0\.0\.1)\b")
_ROLE = re.compile(
    r"(?is)(?:password|identified\s{1,8}(?:with\s{1,8}\w{1,40}\s{1,8})?by)\s{1,8}(?:e|n)?'(?P<secret>[^'\n]{1,200})'"
)
_STATEMENT = re.compile(r"\b(?:create|alter)\s{1,8}(?:user|role)\s")
_CRYPT = re.compile(r"(?i)crypt\s{0,4}\(\s{0,4}'(?P<secret>[^'\n]{1,200})'")
_INSERT = re.compile(
    r"(?i)insert\s{1,8}into\s{1,8}[\w.\"`\[\]]{1,100}\s{0,8}\((?P<columns>[^()]{1,1500})\)\s{0,8}"
    r"(?:overriding\s{1,8}\w{1,20}\s{1,8}value\s{1,8})?values\s{0,8}"
)
_BARE_INSERT = re.compile(r"(?i)insert\s{1,8}into\s{1,8}(?P<table>[\w.\"`\[\]]{1,100})\s{0,8}values\s{0,8}")
_COLUMN_LINE = re.compile(r"\s{0,40}[`\"\[]?(?P<name>\w{1,80})")
_NO_COLUMN = frozenset("primary key unique constraint foreign check index fulltext exclude".split())
_ITEM = re.compile(
    r"\s{0,40}(?:[eEnN]?'(?P<text>(?:[^']|''){0,4000}+)'"
    r"|(?P<other>[^',()]{0,400}+(?:\((?:[^()']|'[^']{0,400}'|\([^()]{0,400}\)){0,4000}+\))?[^',()]{0,400}+))\s{0,40}(?P<end>[,)])"
)
_COMMA = re.compile(r"\s{0,40},(?:\s{0,40}--[^\n]{0,400}\n)?\s{0,40}")
_PASSWORD_COLUMNS = frozenset(
    "password passwd pwd pass user_password password_plain plain_password encrypted_password password_hash".split()
)
_NETRC = re.compile(r"password[ \t\r\n]{1,8}(?P<secret>\S{3,256})")
_NPMRC = re.compile(
    r":?_(?:authtoken|password|auth)[ \t]{0,8}=[ \t]{0,8}\"?(?P<secret>[^\s\"$]{8,2000})", re.IGNORECASE
)
_PGPASS = re.compile(r"(?m)^[^\s#:]{1,200}:(?:\d+|\*):[^\s:]{1,100}:[^\s:]{1,100}:(?P<secret>\S{3,256})$")
_MAX_ROWS = 200


def private_key(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """A private key in PEM armour, also as a JSON or env string with `\\n` for line ends."""
    if not (match := _PEM.match(text.text, start)):
        return
    verdict = judge(match[0], ("pem",))
    if verdict is Verdict.REJECT:
        return
    severity = Severity.MEDIUM if "ENCRYPTED" in match[0][:400] else None
    if _OWN_MACHINE.match(text.file.path.name):
        severity = Severity.LOW  # no browser elsewhere takes a certificate for it
    confidence = Confidence.LOW if verdict is Verdict.DOUBT else Confidence.HIGH
    account = '"service_account"' in text.text[max(0, start - 2000) : match.end() + 2000]
    shape = "service-account" if account else "private-key"
    yield (
        shape,
        Hit("", *match.span(), match[0], 95, severity=severity, confidence=confidence),
    )


def _is_prose(text: Readable) -> bool:
    """Notes and manuals: a statement in them is told to people, and nothing runs it."""
    return text.file.path.suffix.lower() in (".txt", ".md", ".mdx", ".rst", ".adoc")


def sql_account(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """`CREATE ROLE ... PASSWORD '...'`, `IDENTIFIED BY '...'`, `crypt('...')` in SQL."""
    if _is_prose(text) or (text.file.language != "sql" and not _STATEMENT.search(text.low, max(0, start - 200), start)):
        return
    for pattern, shape in ((_ROLE, "sql-role"), (_CRYPT, "sql-seed")):
        if (match := pattern.match(text.text, start)) and _is_typed_password(match["secret"]):
            yield shape, Hit("", *match.span("secret"), match["secret"], 65)


def _defined(text: Readable, table: str) -> list[str]:
    """The columns of a table in their order, as the same file defines them, one a line: dumps do."""
    name = re.escape(table.strip('"`[]').rpartition(".")[2])
    made = re.search(rf"(?i)create\s{{1,8}}table\s[^(;]{{0,120}}\b{name}[`\"\]]?\s{{0,8}}\(", text.text)
    columns: list[str] = []
    for line in text.text[made.end() : made.end() + 20_000].splitlines()[:200] if made else ():
        if line.lstrip().startswith(")"):
            break
        named = _COLUMN_LINE.match(line)
        if named and named["name"].lower() not in _NO_COLUMN:
            columns.append(named["name"].lower())
    return columns


def sql_rows(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """`INSERT INTO users (..., password) VALUES (..., 'plain')`: each row whose password is no hash."""
    match = _INSERT.match(text.text, start)
    if _is_prose(text):
        return
    if match:
        columns = [c.strip(' \t\r\n"`[]').lower() for c in match["columns"].split(",")]
    elif match := _BARE_INSERT.match(text.text, start):
        columns = _defined(text, match["table"])
    else:
        return
    wanted = {i for i, c in enumerate(columns) if c in _PASSWORD_COLUMNS}
    if not wanted:
        return
    at, rows = match.end(), 0
    while rows < _MAX_ROWS and at < len(text.text) and text.text[at] == "(":
        index, rows, at = 0, rows + 1, at + 1
        while item := _ITEM.match(text.text, at):
            crypt = _CRYPT.search(item["other"] or "")
            if index in wanted and item["text"] is not None and _is_typed_password(item["text"]):
                yield "sql-seed", Hit("", *item.span("text"), item["text"], 65)
            elif index in wanted and crypt and _is_typed_password(crypt["secret"]):
                first = item.start("other") + crypt.start("secret")
                yield "sql-seed", Hit("", first, first + len(crypt["secret"]), crypt["secret"], 65)
            index, at = index + 1, item.end()
            if item["end"] == ")":
                break
        else:
            return
        follow = _COMMA.match(text.text, at)
        at = follow.end() if follow else len(text.text)


def _is_typed_password(value: str) -> bool:
    """A password as a person would type it: no hash and no gap. A word is enough, because it works."""
    return (
        len(value) >= 4
        and not is_hashed(value)
        and not is_gap(value)
        and not value.startswith((":", "$", "@", "?", "<"))
    )


def login_file(text: Readable, start: int) -> Iterator[tuple[str, Hit]]:
    """Files that log tools in: .netrc, .npmrc, .pgpass."""
    name = text.file.path.name.lower()
    pattern = {".netrc": _NETRC, "_netrc": _NETRC, ".npmrc": _NPMRC, ".yarnrc": _NPMRC}.get(name)
    if pattern is None:
        return
    match = pattern.match(text.text, start)
    if match and not is_placeholder(match["secret"]):
        yield "login-file", Hit("", *match.span("secret"), match["secret"], 75)


def pgpass(text: Readable) -> Iterator[tuple[str, Hit]]:
    """Every line of a .pgpass file."""
    if text.file.path.name.lower() in (".pgpass", "pgpass.conf"):
        for match in _PGPASS.finditer(text.text):
            if not is_placeholder(match["secret"]):
                yield "login-file", Hit("", *match.span("secret"), match["secret"], 75)


Shape = Callable[[Readable, int], Iterator[tuple[str, Hit]]]
SHAPE_KEYWORDS: dict[str, tuple[Shape, ...]] = {
    "://": (address_password,),
    "bearer ": (header_credential,),
    "bearer+": (header_credential,),
    "basic ": (header_credential,),
    "token ": (header_credential,),
    "-----begin ": (private_key,),
    "password": (sql_account, login_file, in_text),
    "api key": (in_text,),
    "api_key": (in_text,),
    "secret": (in_text,),
    "token": (in_text,),
    "credential": (in_text,),
    "access key": (in_text,),
    "keys": (in_text,),
    "identified": (sql_account,),
    "crypt": (sql_account,),
    "insert": (sql_rows,),
    "_auth": (login_file,),
    "_password": (login_file,),
}
