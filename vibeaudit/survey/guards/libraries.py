"""Guards of libraries, known by their names."""

from __future__ import annotations

import re

MAKES_GUARD = re.compile(r"(^|\.)(passport\.authenticate|expressjwt|expressJwt|requiresAuth|ClerkExpressRequireAuth)$")
KNOWN = re.compile(
    r"(^|\.)(passport\.authenticate|expressjwt|expressJwt|jwt|requiresAuth|ClerkExpressRequireAuth"
    r"|requireAuth|ensureLoggedIn|auth|basicAuth|"
    r"bearerAuth|OAuth2PasswordBearer|HTTPBearer|APIKeyHeader|APIKeyCookie|HTTPBasic|jwt_required"
    r"|login_required|token_required|"
    r"fresh_login_required|requires_auth|LoginManager\.login_required|isAuthenticated|protect|authMiddleware"
    r"|shopify\.authenticate\.admin)$"
)
# passport's strategies that turn nobody away: the one reads the session again, the other takes everybody
FOR_ANYBODY = re.compile(r"['\"](?:session|anonymous)['\"]")
