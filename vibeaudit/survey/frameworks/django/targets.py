"""What a pattern leads to, and the guards that stand before every view."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey.frameworks.django.settings import Settings

if TYPE_CHECKING:
    from tree_sitter import Node


SIGNED_IN = re.compile(r"^PasswordChange(?:Done)?View$")  # Django's own: `login_required` stands in them
GENERIC = (  # bases from outside the app: (name, methods, effects)
    (re.compile(r"CreateView$"), ("GET", "POST"), ("writes-store",)),
    (re.compile(r"UpdateView$"), ("GET", "POST"), ("reads-store", "writes-store")),
    (re.compile(r"DeleteView$"), ("GET", "POST"), ("reads-store", "writes-store")),
    (re.compile(r"FormView$"), ("GET", "POST"), ()),
    (re.compile(r"^PasswordChangeDoneView$"), ("GET",), ()),
    (re.compile(r"^PasswordChangeView$"), ("GET", "POST"), ("writes-store",)),
    (re.compile(r"^(?:Log[iI]nView|PasswordReset\w*View)$"), ("GET", "POST"), ("sets-session",)),
    (
        re.compile(r"^(?:TokenObtain\w*View|ObtainAuthToken|TokenRefresh\w*|TokenVerify\w*)$"),
        ("POST",),
        ("sets-session",),
    ),
    (re.compile(r"^LogoutView$"), ("GET", "POST"), ()),
    (re.compile(r"(?:List|Detail|Archive|Day|Month|Year)\w*View$"), ("GET",), ("reads-store",)),
    (re.compile(r"(?:Template|Redirect)View$"), ("GET",), ()),
)


@dataclass(frozen=True)
class Target:
    """What a pattern leads to, out of the decorators around it."""

    node: Node
    guards: tuple[Guard, ...] = ()
    names: tuple[str, ...] = ()


def standing(settings: Settings, names: tuple[str, ...], methods: tuple[str, ...] = ()) -> tuple[Guard, ...]:
    """The guards of the middleware, without those that decorators lift."""
    kept = settings.standing
    if "csrf_exempt" in names:
        kept = tuple(g for g in kept if g.kind != "csrf")
    if "login_not_required" in names:
        kept = tuple(g for g in kept if g.name != "LoginRequiredMiddleware")
    return kept
