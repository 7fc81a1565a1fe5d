"""All that the app does wrongly with accounts, as steps that rules ask about by their kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import AccountStep, Route, Table
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.addresses import changed_unasked
from vibeaudit.survey.accounts.answers import sensitive_answers
from vibeaudit.survey.accounts.believing import told
from vibeaudit.survey.accounts.carried import carried
from vibeaudit.survey.accounts.comparisons import compared_as_typed
from vibeaudit.survey.accounts.declared_answers import declared_secrets
from vibeaudit.survey.accounts.endings import hollow_endings
from vibeaudit.survey.accounts.endless_tokens import endless_tokens
from vibeaudit.survey.accounts.known_logins import known_logins
from vibeaudit.survey.accounts.lasting import outlasts_password, renewed_forever, unlisted_rotation
from vibeaudit.survey.accounts.logged import logged
from vibeaudit.survey.accounts.long_lived import HINT as LONG_LIVED
from vibeaudit.survey.accounts.long_lived import long_lived
from vibeaudit.survey.accounts.made import fixed_passwords, known_tokens
from vibeaudit.survey.accounts.mailed_codes import mailed_codes
from vibeaudit.survey.accounts.mailed_links import HINT, mailed_links
from vibeaudit.survey.accounts.mailed_passwords import mailed_passwords
from vibeaudit.survey.accounts.plaintext import kept_as_typed
from vibeaudit.survey.accounts.policy import takes
from vibeaudit.survey.accounts.purposes import taken_for_any
from vibeaudit.survey.accounts.reused_resets import HINT as RESETS
from vibeaudit.survey.accounts.reused_resets import reused_resets
from vibeaudit.survey.accounts.switched_off import lets_in_switched_off
from vibeaudit.survey.accounts.telling import telling
from vibeaudit.survey.accounts.unproven import lets_in_by_name
from vibeaudit.survey.code import Module

if TYPE_CHECKING:
    from vibeaudit.survey.accounts.asking import Paths
    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"(?i)passw|\bpwd\b|['\"]pass['\"]|log_?in|forgot|reset|token|\botp|sign_?up|regist")
_PASSWORD = re.compile(rb"(?i)passw|\bpwd\b|authenticate|credential")
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


def account_steps(
    project: Project, routes: tuple[Route, ...], browser: frozenset[str], tables: tuple[Table, ...]
) -> tuple[AccountStep, ...]:
    """In order of place. `browser` are the modules that run in a page: they keep no accounts, but may ask the store
    who has one."""
    found: set[AccountStep] = set()
    guarded = frozenset((str(r.body.path), r.body.line) for r in routes if r.body and _behind_sign_in(r))
    paths = {(str(r.body.path), r.body.line): r.path for r in routes if r.body}
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            found.update(_of_module(project, module, guarded, paths))
        elif not is_test(module.path) and _ASKS_STORE.search(module.file.data):
            said = telling(project, module, guarded, paths)
            found.update(AccountStep(kind, module.file.locate(node), words) for kind, node, words in said)
    for module in project.hinted(_PASSWORD, "python", *javascript.LANGUAGES):
        if not is_test(module.path):
            logins = known_logins(project, module)
            found.update(AccountStep(kind, module.file.locate(node), "password") for kind, node in logins)
    for module in project.hinted(_SENSITIVE, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            found.update(
                AccountStep("answers with a sensitive field", module.file.locate(node))
                for node in sensitive_answers(project, module)
            )
    for module in project.hinted(_LOGOUT, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            found.update(
                AccountStep("clears only the cookie", module.file.locate(node))
                for node in hollow_endings(project, module, paths)
            )
    for module in project.hinted(_CLAIMS, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            found.update(AccountStep(kind, module.file.locate(node)) for kind, node in told(project, module))
    for module in project.hinted(_LOGS, "python", *javascript.LANGUAGES):
        if not is_test(module.path):
            lines = logged(project, module, module.path in browser)
            found.update(AccountStep(kind, module.file.locate(node)) for kind, node in lines)
    for module in project.hinted(HINT, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            links = mailed_links(project, module)
            found.update(AccountStep("mails a link to the host of the request", module.file.locate(n)) for n in links)
    for module in project.hinted(_SIGNS, "python"):
        if not is_test(module.path):
            endless = endless_tokens(project, module)
            found.update(AccountStep("makes a token without end", module.file.locate(node)) for node in endless)
    for module in project.hinted(LONG_LIVED, "python"):
        if not is_test(module.path):
            settings = long_lived(project, module)
            found.update(AccountStep("lets a login live for days", module.file.locate(node)) for node in settings)
    for module in project.hinted(RESETS, "python", *javascript.LANGUAGES):
        if module.path not in browser and not is_test(module.path):
            reused = reused_resets(project, module)
            found.update(AccountStep("signs a reset that works again", module.file.locate(node)) for node in reused)
    for home, put, column in carried(project, tables):
        found.add(AccountStep("puts a whole account in a token", home.file.locate(put), column))
    for home, opening in taken_for_any(project):
        found.add(AccountStep("takes a token of any purpose", home.file.locate(opening)))
    if (let_in := lets_in_switched_off(project)) is not None:
        found.add(AccountStep("lets in who was switched off", let_in[0].file.locate(let_in[1])))
    for module in project.hinted(_SIMPLE, "python"):
        unlisted = unlisted_rotation(module)
        found.update(AccountStep("renews tokens without end", module.file.locate(node)) for node in unlisted)
    for route in routes:
        taken = [AccountStep(kind, m.file.locate(node)) for kind, m, node in takes(project, route)]
        found.update(taken)
        if lets_in_by_name(project, route):
            found.add(AccountStep("signs in whoever is named", route.location))
        found.update(
            AccountStep("keeps sessions after a new password", m.file.locate(node))
            for m, node in outlasts_password(project, route)
        )
        if (renewed := renewed_forever(project, route)) is not None:
            found.add(AccountStep("renews tokens without end", renewed[0].file.locate(renewed[1])))
        asks_nothing = any(s.kind == "changes a password unasked" for s in taken)  # which is told already
        if not asks_nothing and (moved := changed_unasked(project, route)) is not None:
            found.add(AccountStep("changes an address unasked", moved[0].file.locate(moved[1])))
        declared = declared_secrets(project, route)
        found.update(AccountStep("answers with a sensitive field", m.file.locate(node)) for m, node in declared)
    return tuple(sorted(found, key=lambda s: (s.location, s.kind)))


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
