"""What rules may ask of a server."""

from __future__ import annotations

from vibeaudit.analyzers.appmodel_spots import any_origin
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.model import SessionStart


@predicate("server", "protected by the browser")
def _(s: Subject) -> bool:
    """Limits who may frame its pages, and names where their scripts come from, asks for https, or forbids by hand
    that types are guessed."""
    traits = s.server.traits if s.server else frozenset[str]()
    return "limits-frames" in traits and bool(traits & {"sets-policy", "forces-https", "forbids-sniffing"})


@predicate("server", "signs people in by session")
def _(s: Subject) -> bool:
    """By the framework's own sessions, in Python; the libraries of Node.js take their flags where they are set up."""
    traits = s.server.traits if s.server else frozenset[str]()
    return (
        {"keeps-session", "signs-in"} <= traits and s.server is not None and s.server.framework in ("flask", "django")
    )


@predicate("server", "keeps its session cookie off plain http")
def _(s: Subject) -> bool:
    return s.server is not None and "encrypts-cookies" in s.server.traits


@predicate("server", "takes uploads of any size")
def _(s: Subject) -> bool:
    """Flask reads a body to its end unless the app names a limit."""
    traits = s.server.traits if s.server else frozenset[str]()
    limited = "takes-uploads" not in traits or "limits-bodies" in traits
    return s.server is not None and s.server.framework == "flask" and not limited


@predicate("session start", "gives a new session")
def _(s: Subject) -> bool:
    return isinstance(s.thing, SessionStart) and s.thing.renews


@predicate("route", "answers every origin")
def _(s: Subject) -> bool:
    return any_origin(s) is not None
