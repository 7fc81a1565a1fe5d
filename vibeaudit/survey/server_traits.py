"""What the code of a server does for sessions, forgery and headers, read from its own files without their comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Location, Server

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.source import SourceFile
    from vibeaudit.survey.project import Project

# The name of a cookie that may say who is calling.
_WHO = (
    r"(?=[\w-]*(?:sess|token|auth|jwt|sid\b|id\b|user|usr|log|remember|access|account|member|admin|role|key|cookie|refresh"
    r"))"
)
_NOT_WHO = r"(?!\w*(?:[cx]srf|lang|locale|theme|consent))"
# What the code must say for a trait, by family.
_PYTHON = {
    "forbids-sniffing": r"X-Content-Type-Options",
    "keeps-session": r"\bfrom flask import (?:\([^)]*|[^\n]*)\bsession\b|\bflask\.session\b|flask_login|flask_security"
    r"|SessionMiddleware|aiohttp_session|\bbeaker\b",
    "signs-in": r"\blogin_user\(|\bsession\[\s*['\"]\w*(?:user|uid|logged|log_?in|account|admin|email|customer|member"
    r"|role|auth)\w*['\"]\s*\]\s*=[^=]|\bsession\.update\(\s*\{?\s*['\"]?\w*(?:user|uid|logged|account|email|member)|AuthenticationMiddleware|\bauth_login\(|request\.session\[['\"]\w+['\"]\]\s*=[^=]",
    "encrypts-cookies": r"\bSESSION_COOKIE_SECURE\b|\bTalisman\b|session_cookie_secure",
    "reads-cookie": rf"\bcookies\s*(?:\.get\(|\[)\s*f?['\"]{_NOT_WHO}{_WHO}"
    r"|=\s*Cookie\(|\bAPIKeyCookie\(|\bCookieTransport\(|JWT_TOKEN_LOCATION\W+[^\n]*cookies",
    "checks-forgery": r"\bCSRFProtect\b|\bSeaSurf\b|CsrfViewMiddleware|CSRFMiddleware|csrf_protect\b|Sec-Fetch-Site"
    r"|(?:validate|check|verify|generate|require|protect|get)_csrf"
    r"|csrf_?(?:token|check|guard)\w*['\"]?\s*(?:\]|\)|[!=]=)|JWT_COOKIE_CSRF_PROTECT['\"]?\]?\s*=\s*True",
    "same-site": r"SESSION_COOKIE_SAMESITE['\"]?\]?\s*[=:]\s*['\"](?:lax|strict)|\bsame_?site\s*=\s*['\"](?:lax|strict)"
    r"|SessionMiddleware(?![^\n)]*same_site\s*=\s*['\"]none)",
    "reads-forms": r"\brequest\.(?:form|values|files|POST)\b|\bForm\(|\bawait request\.form\(|\bUploadFile\b",
    "takes-uploads": r"\brequest\.files\b|\b(?:Multiple)?FileField\(|\bFileStorage\b",
    "limits-bodies": r"\bMAX_CONTENT_LENGTH\b|\bmax_content_length\b|\brequest\.content_length\b",
    "opens-credentials": r"supports_credentials\s*=\s*True|allow_credentials\s*=\s*True",
}
_SCRIPT = {
    "keeps-session": r"['\"](?:express-session|cookie-session|client-sessions|koa-session|@fastify/session"
    r"|@fastify/secure-session|koa-generic-session|iron-session)['\"]",
    "reads-cookie": rf"\breq(?:uest)?\.(?:signedC|c)ookies\??(?:\.|\[['\"]){_NOT_WHO}{_WHO}"
    r"|\bctx\.cookies\.get\(|\bgetCookie\(\s*c\b|\b(?:token|session|jwt|auth)\w*\s*\}\s*=\s*req\.cookies",
    "checks-forgery": r"['\"](?:csurf|csrf-csrf|lusca|tiny-csrf|@fastify/csrf-protection|koa-csrf"
    r"|csrf-sync|csrf|hono/csrf|@?edge-csrf[\w/]*|@dr\.pogodin/csurf|express-csrf\w*|ncsrf|next-csrf)['\"]|sec-fetch-site"
    r"|(?:verify|check|validate|generate|require|protect|create|get)_?(?:csrf|xsrf)"
    r"|\b(?:csrf|xsrf)_?(?:protect|guard|check|verify|middleware|token)",
    "same-site": r"\bsameSite\s*:\s*true|\bsameSite\s*:[^,}\n]*['\"](?:lax|strict)['\"]|['\"]iron-session['\"]",
    "reads-forms": r"\burlencoded\s*\(|bodyParser\(\)|\.formData\(|\.parseBody\("
    r"|['\"](?:express-fileupload|multer|formidable|@fastify/formbody|@fastify/multipart|koa-body|koa-bodyparser|busboy"
    r"|express-formidable)['\"]",
    # a form or a link says in a field which verb its POST stands for
    "takes-verb-from-form": r"['\"](?:method-override|koa-methodoverride|koa-override)['\"]",
    "opens-credentials": r"\bcredentials\s*:\s*true|Allow-Credentials['\"]",
}
_BOTH = {
    "limits-frames": r"X-Frame-Options|\bframe-?ancestors\b|XFrameOptions(?:Middleware)?",
    "sets-policy": r"Content-Security-Policy(?!-Report-Only)|contentSecurityPolicy\s*[:(]|\bCSPMiddleware\b"
    r"|\bSECURE_CSP\b|ContentSecurityPolicy\w*\(",
    "forces-https": r"Strict-Transport-Security|SECURE_HSTS_SECONDS\s*=\s*(?!0\b)|\bhsts\(",
}
# Where sessions are set up: the key that signs them, or what Django puts before each view.
_SESSION_SECRET = re.compile(r"\bSECRET_KEY['\"]?\]?\s*=[^=]|\.secret_key\s*=[^=]")
_SESSIONS = re.compile(r"['\"][\w.]*\bSessionMiddleware")
# A library that sets them all.
_ALL_HEADERS = re.compile(
    r"['\"](?:helmet|@fastify/helmet|koa-helmet|hono/secure-headers|fastify-helmet|next-secure-headers|@nosecone/\w+"
    r"|lusca)['\"]|flask_talisman|\bTalisman\(|\bsecure\.Secure\b|from secure import|\bSecweb\b|helmet\(\)"
)
_NEXT_HEADERS = re.compile(r"\bheaders\s*(?:\(\s*\)\s*\{|[:=]\s*(?:async\b|\(\s*\)))")  # where next.config lists them
_PROSE = 1_000  # bytes: no header is that long, a text for a model is
_QUOTED_CODE = re.compile(rb"\brequire\(|\bexpress\(\)|\bapp\.use\(|\bimport \w+ from\b")
_HEADERS = frozenset(("limits-frames", "sets-policy", "forces-https"))
_HEADER_WORDS = re.compile(
    r"x-frame-options|frame-ancestors|content-security-policy|strict-transport-security", re.IGNORECASE
)
# Whoever stands before the server may set them too.
_HOSTS = re.compile(
    r"(^|/)(vercel\.json|netlify\.toml|_headers|firebase\.json|staticwebapp\.config\.json|Caddyfile|\.htaccess|wrangler\.toml"
    r"|traefik[\w.-]*\.ya?ml|[\w.-]*nginx[\w.-]*|[\w.-]+\.conf(\.template)?)$"
    r"|(^|/)nginx/|(^|/)(sites-(available|enabled))/",
    re.IGNORECASE,
)


def _compiled(*tables: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {trait: re.compile(pattern, re.IGNORECASE) for table in tables for trait, pattern in table.items()}


_TRAITS = {"python": _compiled(_PYTHON, _BOTH), "script": _compiled(_SCRIPT, _BOTH)}


def read_traits(project: Project, server: Server, files: Iterable[SourceFile]) -> Server:
    """The server with the traits that some file of its own shows, and where it first sets headers and sessions up."""
    found: set[str] = set()
    headers: Location | None = None
    sessions: Location | None = None
    wanted = _TRAITS[server.family]
    for file in sorted(files, key=lambda f: f.path != server.location.path):
        open_traits = [wanted[t] for t in sorted(wanted.keys() - found)]
        if not any(file.holds(p) for p in (*open_traits, _ALL_HEADERS, _SESSION_SECRET)):
            continue
        text = code_of(file)
        shown = {t for t in wanted.keys() - found if wanted[t].search(text)}
        if headers is None and server.framework != "django":
            listed = server.framework == "nextjs" and file.path == server.location.path
            headers = _first(file, text, [_NEXT_HEADERS]) if listed and shown & _HEADERS else None
            headers = headers or _first(file, text, [wanted[t] for t in shown & _HEADERS])
        if server.framework != "django" or file.path == server.location.path:
            sessions = sessions or _first(file, text, [_SESSION_SECRET if server.framework != "django" else _SESSIONS])
        found |= shown | (_HEADERS if _ALL_HEADERS.search(text) else set())
    traits = frozenset(found | _set_outside(project, server))
    return replace(server, traits=traits, headers=headers, sessions=sessions)


def _first(file: SourceFile, text: str, patterns: Iterable[re.Pattern[str]]) -> Location | None:
    """Where the first of these stands in a file's text."""
    starts = [m.start() for p in patterns if (m := p.search(text))]
    return file.at(len(text[: min(starts)].encode("utf-8", "replace"))) if starts else None


def _set_outside(project: Project, server: Server) -> set[str]:
    """What a host's or a proxy's settings, or the page's own head, add."""
    found: set[str] = set()
    for file in project.snapshot.files:
        path = str(file.path)
        hosts = _HOSTS.search(path) or (server.framework == "page" and file.path == server.location.path)
        if hosts and len(file.data) < 200_000 and file.holds(_HEADER_WORDS):
            text = "\n".join(line for line in file.lines if not line.lstrip().startswith(("#", "//")))
            found |= {t for t in _HEADERS if _TRAITS["script"][t].search(text)}
    return found


def _speaks_of_code(node: Node) -> bool:
    if node.type not in ("template_string", "string"):
        return False
    return node.end_byte - node.start_byte > _PROSE or bool(_QUOTED_CODE.search(node.text or b""))


def code_of(file: SourceFile) -> str:
    """The file's text with its comments blanked, and its long texts: what they say of code is not done."""
    if file.tree is None:
        return file.text
    data, stack = bytearray(file.data), [file.tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "comment" or _speaks_of_code(node):
            data[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
        else:
            stack += node.children
    return data.decode("utf-8", "replace")
