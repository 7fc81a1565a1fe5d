"""Works out what the app is: stack, routes, guards, stores, agents, services, packages."""

from __future__ import annotations

from vibeaudit.model import AppModel, Snapshot


def survey(snapshot: Snapshot) -> AppModel:
    """The app model, from the snapshot's trees alone."""
    from vibeaudit.survey.assembly import assemble

    return assemble(snapshot)
