"""Sign-ins that look somebody up by a name and let them in: nothing that only they know is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.scenes import bare_text, reached
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_NAMED = frozenset(("login", "signin", "authenticate", "logon"))
_ELSEWHERE = frozenset(
    "google facebook apple github gitlab microsoft azure twitter linkedin discord oauth saml sso callback register"
    " signup refresh guest demo anonymous logout wallet telegram impersonate status me check dev page".split()
)
_LETS_IN = re.compile(
    r"(?<![\w.])(?:flask\.)?session\[\s*['\"]\w*(?:user|uid|account|customer|member|admin|email|id)\w*['\"]\s*\]\s*=(?!=)\s*\w+[\[.]"
    r"|\breq(?:uest)?\.session\.\w*(?:user|uid|account|customer|member|admin)\w*\s*=(?!=)\s*\w+"
    r"|\brequest\.session\[\s*['\"]\w*(?:user|uid|account|customer|member|admin|email|id)\w*['\"]\s*\]\s*=(?!=)\s*\w+"
    r"|\blogin_user\(\s*\w+|(?<![\w.])(?:auth_|django_)?login\(\s*request\s*,|\bcreate_access_token\(|\bjwt\.(?:sign|encode)\("
)
_LOOKS_UP = re.compile(
    r"(?i)\bselect\b[^;]{0,300}?\bfrom\b[^;]{0,200}?\bwhere\b[^;]{0,80}(?:=|like)\s*(?:%s|\?|\$\d|:\w|'?[{\"'+$])"
    r"|\.(?:filter_by|filter|get|find_one|findOne|findFirst|findUnique|first)\(\s*\{?[^()]{0,80}(?:mail|name|phone|mobile|number|login|\bid\b)"
)
# what the form sends and nobody looks at
_READ = re.compile(
    r"(?m)^[ \t]*(?:(?:const|let|var)[ \t]+)?(?:\{[\w\s,:]{0,400}\}|[\w ,:]{1,200}?)[ \t]?=[ \t]?(?:await[ \t])?"
    r"(?:flask\.)?(?:req|request)\.(?:form|json|body|POST|get_json\(\))\b[^\n]*$"
)
_PROVES = re.compile(
    r"(?i)passw|pwd|\bpass\b|\bpin\b|passcode|otp|\bcode\b|compare|verif|check_|hash|authenticat\w+\(|validate|secret|signature|ticket"
    r"|magic|nonce|challenge|credential|bcrypt|ldap|decode|id_?token|access_?token\s*=\s*req|firebase|supabase|passport|form\b(?!\[|\.get)"
)


def lets_in_by_name(project: Project, route: Route) -> bool:
    """Whether a sign-in takes nothing from its caller but who they say they are."""
    said = words(route.path) | words(route.handler)
    named = said & _NAMED or {"sign", "in"} <= said or {"log", "in"} <= said
    if not named or said & _ELSEWHERE or not set(route.methods) & {"POST", "ANY"} or route.has("authentication"):
        return False
    handler = handler_of(project, route)
    if handler is None:
        return False
    module, body = handler
    text = "\n".join(bare_text(project, m, n) for m, n in reached(project, module, body))
    if not _LETS_IN.search(text) or not _LOOKS_UP.search(text):
        return False
    return not _PROVES.search(_READ.sub("", _plain(text)))


def _plain(text: str) -> str:
    """Without what only makes or names the token that is given."""
    return re.sub(r"(?i)\bcreate_access_token\(|\b(?:jwt|process\.env|settings|config)\.\w+|\w*SECRET\w*", "", text)
