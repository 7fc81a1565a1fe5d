"""Every entry point of the app, and whether it is guarded, public by design, or open."""

from __future__ import annotations

from vibeaudit.model import ApiRow, AppModel, Route


def api_table(app: AppModel) -> tuple[ApiRow, ...]:
    """The rows by path, then method."""
    rows = (ApiRow(route, verdict(route)) for route in app.routes)
    return tuple(sorted(rows, key=lambda r: (r.route.path, r.route.methods, r.route.location)))


def verdict(route: Route) -> str:
    """guarded: the caller must be known (or sign the message). public-by-design: a reason is known. open: neither."""
    if any(route.has(kind) for kind in ("authentication", "authorization")):
        return "guarded"
    if route.public_reason or (not route.effects and set(route.methods) <= {"GET", "HEAD", "OPTIONS", "ANY"}):
        return "public-by-design"
    return "guarded" if route.has("signature") else "open"
