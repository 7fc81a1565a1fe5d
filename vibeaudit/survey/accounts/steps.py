"""All that the app does wrongly with accounts, as steps that rules ask about by their kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import AccountStep, Route, Table
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.addresses import changed_unasked
from vibeaudit.survey.accounts.admin_passwords import HINT as ADMIN_PAGES
from vibeaudit.survey.accounts.admin_passwords import admin_passwords
from vibeaudit.survey.accounts.answers import sensitive_answers
from vibeaudit.survey.accounts.asking import services_of
from vibeaudit.survey.accounts.believing import told
from vibeaudit.survey.accounts.browser_passwords import HINT as BROWSER
from vibeaudit.survey.accounts.browser_passwords import short_in_page
from vibeaudit.survey.accounts.carried import carried
from vibeaudit.survey.accounts.chosen_roles import chosen_role
from vibeaudit.survey.accounts.comparisons import compared_as_typed
from vibeaudit.survey.accounts.credentials import HINT as CREDENTIALS
from vibeaudit.survey.accounts.credentials import unlimited_credentials
from vibeaudit.survey.accounts.declared_answers import declared_secrets
from vibeaudit.survey.accounts.django_answers import HINT as DJANGO_ROWS
from vibeaudit.survey.accounts.django_answers import answered_rows
from vibeaudit.survey.accounts.endings import hollow_endings
from vibeaudit.survey.accounts.endless_tokens import endless_tokens
from vibeaudit.survey.accounts.half_asked import HINT as OLD_ONES
from vibeaudit.survey.accounts.half_asked import half_asked
from vibeaudit.survey.accounts.kept_in_session import HINT as SESSIONS
from vibeaudit.survey.accounts.kept_in_session import kept_in_session
from vibeaudit.survey.accounts.known_logins import known_logins
from vibeaudit.survey.accounts.lasting import outlasts_password, renewed_forever, unlisted_rotation
from vibeaudit.survey.accounts.logged import logged
from vibeaudit.survey.accounts.long_lived import HINT as LONG_LIVED
from vibeaudit.survey.accounts.long_lived import SIGNED_FOR_DAYS, long_lived, signed_for_days
from vibeaudit.survey.accounts.made import fixed_passwords, known_tokens
from vibeaudit.survey.accounts.mailed_codes import mailed_codes
from vibeaudit.survey.accounts.mailed_links import HINT as MAILED_LINKS
from vibeaudit.survey.accounts.mailed_links import mailed_links
from vibeaudit.survey.accounts.mailed_passwords import mailed_passwords
from vibeaudit.survey.accounts.open_resets import open_reset
from vibeaudit.survey.accounts.passwords import ABROAD
from vibeaudit.survey.accounts.plaintext import kept_as_typed
from vibeaudit.survey.accounts.policy import is_change, takes
from vibeaudit.survey.accounts.purposes import taken_for_any
from vibeaudit.survey.accounts.reused_resets import HINT as RESETS
from vibeaudit.survey.accounts.reused_resets import reused_resets
from vibeaudit.survey.accounts.switched_off import lets_in_switched_off
from vibeaudit.survey.accounts.switched_off_script import lets_in_switched_off_script
from vibeaudit.survey.accounts.telling import telling
from vibeaudit.survey.accounts.typed_roles import HINT as TYPED_ROLES
from vibeaudit.survey.accounts.typed_roles import typed_roles
from vibeaudit.survey.accounts.unproven import lets_in_by_name
from vibeaudit.survey.code import Module

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.accounts.asking import Paths
    from vibeaudit.survey.project import Project

_HINT = re.compile(
    rf"(?i)passw|{ABROAD}|\bpwd\b|['\"]pass['\"]|log_?in|forgot|reset|token|\botp|sign_?up|regist".encode()
)
_PASSWORD = re.compile(rf"(?i)passw|{ABROAD}|\bpwd\b|authenticate|credential".encode())
_SENSITIVE = re.compile(rb"(?i)card|cc_?n|cvv|cvc|ssn|social|aadha|passport|iban|account_?number|passw|pwd|_secret")
_LOGOUT = re.compile(rb"(?i)(?:log|sign)_?out[\s\S]*cookie|cookie[\s\S]*(?:log|sign)_?out|clear\w*cookie")
# a page that asks the store itself who has an address: Supabase, PocketBase, Firestore
_ASKS_STORE = re.compile(
    rb"\.(?:from|collection)\(\s*['\"`]\w+['\"`]\s*\)[\s\S]{0,300}?\.(?:eq|ilike|or|getFirstListItem)\([^;]{0,40}?(?:e-?mail|user_?name)"
    rb"|\bwhere\(\s*['\"](?:email|user_?name)['\"]\s*,"
)
_SIGNS = re.compile(rb"jwt\.encode\(")
_SIMPLE = re.compile(rb"\bSIMPLE_JWT\s*=")
_CLAIMS = re.compile(rb"(?i)cookie|headers?\b|\.META\b|forwarded|agent")
_LOGS = re.compile(
    rb"(?i)\bprint\(|\bconsole\b|log(?:ger|ging)?\w*\.|set_trace_callback|winston|pino|\b\w*log(?:ger)?\("
)


_LANGUAGES = ("python", *javascript.LANGUAGES)
Steps = Callable[["Project", Module], Iterator[AccountStep]]


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for in every module that holds the hint; `pages`: also in those that run in a browser."""

    hint: re.Pattern[bytes]
    steps: Steps
    languages: tuple[str, ...] = _LANGUAGES
    pages: bool = False


def _one(kind: str, find: Callable[[Project, Module], Iterable[Node]]) -> Steps:
    """Steps of one kind, wherever the finder points."""
    return lambda project, module: (AccountStep(kind, module.file.locate(node)) for node in find(project, module))


def _several(find: Callable[[Project, Module], Iterable[tuple[str, Node]]], said: str = "") -> Steps:
    """Steps of the kinds that the finder names."""
    return lambda project, module: (
        AccountStep(kind, module.file.locate(node), said) for kind, node in find(project, module)
    )


_SEARCHES = (
    _Search(_PASSWORD, _several(known_logins, "password"), pages=True),
    _Search(_SENSITIVE, _one("answers with a sensitive field", sensitive_answers)),
    _Search(DJANGO_ROWS, _one("answers with a sensitive field", answered_rows), ("python",)),
    _Search(ADMIN_PAGES, _one("saves passwords that are typed into the admin", admin_passwords), ("python",)),
    _Search(TYPED_ROLES, _one("lets a schema choose rights", typed_roles), ("python",)),
    _Search(_CLAIMS, _several(told)),
    _Search(MAILED_LINKS, _one("mails a link to the host of the request", mailed_links)),
    _Search(_SIGNS, _one("makes a token without end", endless_tokens), ("python",), pages=True),
    _Search(LONG_LIVED, _one("lets a login live for days", long_lived), ("python",), pages=True),
    _Search(SIGNED_FOR_DAYS, _one("lets a login live for days", signed_for_days), javascript.LANGUAGES),
    _Search(
        CREDENTIALS, _one("lets Auth.js take passwords without limit", unlimited_credentials), javascript.LANGUAGES
    ),
    _Search(SESSIONS, _several(kept_in_session), javascript.LANGUAGES),
    _Search(OLD_ONES, _one("changes a password unasked", half_asked)),
    _Search(BROWSER, _several(short_in_page), javascript.LANGUAGES, pages=True),
    _Search(RESETS, _one("signs a reset that works again", reused_resets)),
)


_ANY_LENGTH = "takes any password"


def account_steps(
    project: Project, routes: tuple[Route, ...], browser: frozenset[str], tables: tuple[Table, ...]
) -> tuple[AccountStep, ...]:
    """In order of place. `browser` are the modules that run in a page: they keep no accounts, but may ask the store
    who has one."""
    guarded = frozenset((str(r.body.path), r.body.line) for r in routes if r.body and _behind_sign_in(r))
    paths = {(str(r.body.path), r.body.line): r.path for r in routes if r.body}
    searches = (
        *_SEARCHES,
        _Search(_LOGOUT, _one("clears only the cookie", lambda p, m: hollow_endings(p, m, paths))),
        _Search(_LOGS, _several(lambda p, m: logged(p, m, m.path in browser)), pages=True),
    )
    asked = {**services_of(project, routes), **paths}
    found: set[AccountStep] = set()
    for module in project.hinted(_HINT, *_LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            found.update(_of_module(project, module, guarded, asked))
        elif not is_test(module.path) and _ASKS_STORE.search(module.file.data):
            said = telling(project, module, guarded, asked)
            found.update(AccountStep(kind, module.file.locate(node), words) for kind, node, words in said)
    for search in searches:
        for module in project.hinted(search.hint, *search.languages):
            if (search.pages or module.path not in browser) and not is_test(module.path):
                found.update(search.steps(project, module))
    found.update(_of_app(project, tables))
    later = set[AccountStep]()
    for route in routes:
        (later if is_change(route) else found).update(_of_route(project, route))
    # an app that asks nothing of passwords is told so where accounts are opened
    told = any(s.kind == _ANY_LENGTH for s in found)
    found.update(s for s in later if not told or s.kind != _ANY_LENGTH)
    return tuple(sorted(found, key=lambda s: (s.location, s.kind)))


def _of_app(project: Project, tables: tuple[Table, ...]) -> Iterator[AccountStep]:
    """What shows only when the whole app is looked at."""
    for home, put, column in carried(project, tables):
        yield AccountStep("puts a whole account in a token", home.file.locate(put), column)
    for home, opening in taken_for_any(project):
        yield AccountStep("takes a token of any purpose", home.file.locate(opening))
    if (let_in := lets_in_switched_off(project)) is not None:
        yield AccountStep("lets in who was switched off", let_in[0].file.locate(let_in[1]))
    if (open_door := lets_in_switched_off_script(project, tables)) is not None:
        yield AccountStep("lets in who was switched off", open_door[0].file.locate(open_door[1]))
    for module in project.hinted(_SIMPLE, "python"):
        for node in unlisted_rotation(module):
            yield AccountStep("renews tokens without end", module.file.locate(node))


def _of_route(project: Project, route: Route) -> Iterator[AccountStep]:
    taken = [AccountStep(kind, m.file.locate(node)) for kind, m, node in takes(project, route)]
    yield from taken
    if lets_in_by_name(project, route):
        yield AccountStep("signs in whoever is named", route.location)
    for m, node in outlasts_password(project, route):
        yield AccountStep("keeps sessions after a new password", m.file.locate(node))
    if (renewed := renewed_forever(project, route)) is not None:
        yield AccountStep("renews tokens without end", renewed[0].file.locate(renewed[1]))
    if (opened := open_reset(project, route)) is not None:
        yield AccountStep("resets a password for whoever is named", opened[0].file.locate(opened[1]))
    asks_nothing = any(s.kind == "changes a password unasked" for s in taken)  # which is told already
    if not asks_nothing and (moved := changed_unasked(project, route)) is not None:
        yield AccountStep("changes an address unasked", moved[0].file.locate(moved[1]))
    if (chosen := chosen_role(project, route)) is not None:
        yield AccountStep("lets a schema choose rights", chosen[0].file.locate(chosen[1]))
    for m, node in declared_secrets(project, route):
        yield AccountStep("answers with a sensitive field", m.file.locate(node))


def _behind_sign_in(route: Route) -> bool:
    """Whether a guard outside the handler lets only people in who are signed in already."""
    outside = (
        ("decorator", "dependency") if route.public_reason == "login" else ("middleware", "decorator", "dependency")
    )
    return any(g.kind == "authentication" and g.how in outside for g in route.guards)


def _of_module(
    project: Project, module: Module, guarded: frozenset[tuple[str, int]], paths: Paths
) -> Iterator[AccountStep]:
    for home, node in kept_as_typed(project, module):
        yield AccountStep("keeps a password as typed", home.file.locate(node))
    for node in compared_as_typed(project, module):
        yield AccountStep("compares a password as typed", module.file.locate(node))
    for node in fixed_passwords(project, module):
        yield AccountStep("opens an account with a fixed password", module.file.locate(node))
    for at in mailed_passwords(project, module):
        yield AccountStep("mails a password in words", at)
    for kind, node in mailed_codes(project, module):
        yield AccountStep(kind, module.file.locate(node))
    for node in known_tokens(project, module):
        yield AccountStep("makes a token of what is known", module.file.locate(node))
    for kind, node, said in telling(project, module, guarded, paths):
        yield AccountStep(kind, module.file.locate(node), said.strip("'\"`"))
