"""What the place of a value says: which rule it breaks, how sure we are, who can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from vibeaudit.analyzers.placeholders import is_gap
from vibeaudit.analyzers.secret_assignments import Assignment, assignment_at
from vibeaudit.analyzers.secret_formats import FormatBook
from vibeaudit.analyzers.secret_hit import Hit
from vibeaudit.analyzers.secret_names import Kind, is_exposed, kind_of, words
from vibeaudit.analyzers.secret_text import Readable
from vibeaudit.analyzers.secret_values import is_public, is_weak_signer, weigh, weigh_typed
from vibeaudit.model import Confidence, Severity

_NAMELESS = frozenset(("markdown", "css", "sql", "graphql", "prisma", "firebase-rules"))
_CONFIG = frozenset(("yaml", "json", "toml", "ini", "xml", "bash", "hcl"))
_TRANSLATIONS = re.compile(
    r"(?i)(?:^|/)(?:locales?|i18n|l10n|lang|langs|languages|translations?|messages|intl)(?:/|\.|$)"
)
_PIPELINE = re.compile(
    r"(?i)(?:^|/)(?:\.github/workflows|\.?ci|\.circleci|\.gitlab|\.buildkite|\.woodpecker|\.forgejo/workflows)/"
    r"|(?:^|/)(?:\.gitlab-ci|\.travis|azure-pipelines|bitbucket-pipelines|\.drone|appveyor)\.ya?ml$"
)
_TEST_RUN = re.compile(
    r"\b(?:node_env|rails_env|app_env|django_env|flask_env|environment)\b[\"']?\s?[:=]\s?[\"']?test"
    r"|\b(?:pytest|vitest|jest|mocha|cypress|playwright|tox|unittest|phpunit|rspec)\b"
    r"|\b(?:npm|yarn|pnpm|bun|make|manage\.py|go|cargo)\s(?:run\s)?test\b"
)
_TEST_RUN_NAME = re.compile(r"(?i)[/._-](?:ci|tests?|e2e|cypress)[._-][^/]*$")
# what only the commands of migrations read: nothing is signed there
_COMMAND_SETTINGS = re.compile(r"(?:^|/)(?:knexfile|drizzle\.config|ormconfig|mikro-orm\.config)\.[cm]?[jt]s$")
# values that the app refuses, listed to be compared
_LISTS_WEAK = re.compile(
    r"\b\w*(?:placeholder|insecure|weak|forbidden|banned|known_bad|leaked)\w*\s*(?::[^=\n]*)?=\s*(?:\w+\()?[\[{][^\]};]*$"
)
_SIGNING_PLACE = re.compile(
    r"session\s*\(|app\.secret_key|jwt|jsonwebtoken|cookie|nextauth|betterauth|lucia|itsdangerous|signer|hmac|passport"
)
_NAME = re.compile(
    r"([A-Za-z_$][\w.$-]{0,80})[\"'`\])]{0,3}\s{0,10}"
    r"(?::\s{0,4}[A-Za-z][\w.\[\]<>| ]{0,40}\s{0,4}=|[=:,]|=>|:=|\|\||\?\?)\s{0,10}\S{0,40}\Z"
)
_COMPARED = re.compile(
    r"(?i)passw|passphrase|passcode|(?:admin|api|access|auth|master|secret)[_-]?(?:token|key|secret|code)|^secret$|apikey"
)
_STATES = frozenset(
    "string undefined null none object true false password text hidden required oauth saml ldap sso".split()
)
# `apiKey !== "your-api-key"`: asks whether a real one was filled in
_STANDS_FOR = re.compile(r"(?i)placeholder|masked|redacted|\byour[-_ ]|[-_ ]here$")
# `apiKeySource`, `mustChangePassword`: about a secret, not one
_ABOUT_SECRETS = frozenset(
    "source type kind status state mode method provider format label field name action step error strength policy"
    " required visible visibility requirement target modal dialog tab screen stage view".split()
)
_ASKED_OF = frozenset("must should is has needs can need require requires force forced show hide".split())
_TYPE_OF = re.compile(r"typeof\s+\(?\s*[\w.$?\[\]\"']*$")
_GENERIC_RANK = 40


def named_hits(text: Readable, start: int, end: int, book: FormatBook) -> Iterator[Hit]:
    """The hit of the value that is assigned to the name around a keyword, if it is a secret."""
    found = assignment_at(text, start, end)
    if found is None:
        return
    value = text.value(found.start, found.end)
    for each in book.named:
        fits = found.how != "compare" and each.fits(text, found.name, value, found.start)
        if fits and (hit := each.hit(text, found.start, found.end)):
            yield replace(hit, name=found.name)
            return
    if text.is_test or text.is_sample or text.file.language in _NAMELESS or _TRANSLATIONS.search(str(text.file.path)):
        return
    if for_a_test_run(text) and kind_of(found.name, book.vendors) in (Kind.PASSWORD, Kind.SIGNING):
        return
    if judged := _judged(text, found, value, book):
        shape, confidence = judged
        if rule_id := book.shapes.get(shape):
            yield Hit(rule_id, found.start, found.end, value, _GENERIC_RANK, found.name, confidence=confidence)


def for_a_test_run(text: Readable) -> bool:
    """Whether the file only sets up a run of the tests: its passwords and signing keys live as long as the run."""
    path = str(text.file.path)
    return bool(_PIPELINE.search(path)) and bool(_TEST_RUN.search(text.low) or _TEST_RUN_NAME.search(path))


def _judged(text: Readable, found: Assignment, value: str, book: FormatBook) -> tuple[str, Confidence | None] | None:
    """The shape of rule that an assignment breaks, and how sure we are."""
    if found.how == "compare":
        named = _COMPARED.search(found.name) and found.quoted and not _is_about_secrets(text, found)
        return ("compare", None) if named and _is_compared_secret(found.name, value) else None
    kind = kind_of(found.name, book.vendors)
    if kind is None or (kind is Kind.PASSWORD and re.match(r"[a-z][\w+.-]*://", value)):  # an address may hold one
        return None
    language = text.file.language
    if language == "dotenv" and kind is Kind.SIGNING and is_weak_signer(found.name, value, in_use=True):
        return "weak-signer", None
    confidence = _weighed(kind, found, value)
    if language == "dotenv" and kind is Kind.PASSWORD and confidence is None:
        confidence = weigh_typed(found.name, value)
    if confidence is not None:
        if language in ("dotenv", "dockerfile") or language in _CONFIG:
            return {"dotenv": "env", "dockerfile": "docker"}.get(language, "config"), confidence
        return ("code-password" if kind is Kind.PASSWORD else "code-secret"), confidence
    if _COMMAND_SETTINGS.search(str(text.file.path)):
        return None
    in_code = language not in ("dotenv", "text", *_CONFIG) and not text.is_commented(found.start)
    if kind is Kind.SIGNING and in_code and _is_guessable(text, found, value):
        return "weak-signer", None
    return None


def _weighed(kind: Kind, found: Assignment, value: str) -> Confidence | None:
    confidence = weigh(kind, found.name, value)
    if confidence is None:
        return None
    return confidence if found.quoted else min(confidence, Confidence.MEDIUM)


def _is_guessable(text: Readable, found: Assignment, value: str) -> bool:
    if not found.quoted or not is_weak_signer(found.name, value) or _quotes_code(text, found.start):
        return False
    if _LISTS_WEAK.search(text.low[max(0, found.start - 600) : found.start]):
        return False
    named = words(found.name)
    if named == ("secret",) or (named == ("secret", "key") and not found.name.isupper()):
        return bool(_SIGNING_PLACE.search(text.low[max(0, found.start - 150) : found.start]))
    return True


def _quotes_code(text: Readable, start: int) -> bool:
    """Whether the value's own quote stands inside a string of the other kind: code that the code speaks of."""
    first, _ = text.line_span(start)
    inner = text.text[start - 1 : start]
    around = "".join({'"': "'", "'": '"'}.get(inner, "") + "`")
    before = re.sub(r"\\.", "", text.text[max(first, start - 400) : start - 1])
    return any(before.count(q) % 2 and not before.count(inner) % 2 for q in around)


def _is_about_secrets(text: Readable, found: Assignment) -> bool:
    """Whether what is compared only speaks of a secret: where it came from, whether it must change, its type."""
    said = words(found.name.rsplit(".", 1)[-1])
    if said and (said[-1] in _ABOUT_SECRETS or said[0] in _ASKED_OF):
        return True
    first, _ = text.line_span(found.start)
    before = re.sub(r"\s*[!=]==?\s*[\"'`]?$", "", text.text[max(first, found.start - 200) : found.start])
    return _TYPE_OF.search(before) is not None


def _is_compared_secret(name: str, value: str) -> bool:
    plain = value.lower() in _STATES or (value.isupper() and value.isalpha())
    return (
        len(value) >= 4
        and not plain
        and not is_gap(value)
        and not _STANDS_FOR.search(value)
        and not re.search(r"[\s{}<>$]", value)
        and not is_public(value)
        and words(name) != words(value)
    )


def placed(text: Readable, hit: Hit) -> Hit:
    """The hit with its name, and with what its place says of severity and confidence."""
    name = hit.name or _name_beside(text, hit.start)
    confidence = hit.confidence
    if text.is_test or text.is_sample:
        confidence = Confidence.LOW
    return replace(hit, name=name, confidence=confidence)


def raised(hit: Hit, severity: Severity) -> Severity:
    """A step worse when every visitor gets the value with the page."""
    own = severity if hit.severity is None else hit.severity
    return Severity(min(own + 1, Severity.CRITICAL)) if is_exposed(hit.name) else own


def _name_beside(text: Readable, start: int) -> str:
    first, _ = text.line_span(start)
    match = _NAME.search(text.text[max(first, start - 160) : start])
    return match[1] if match else ""
