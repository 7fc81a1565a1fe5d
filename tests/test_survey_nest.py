"""The API table of the NestJS sample."""

from __future__ import annotations

from tests.api_table import SAMPLES, app_of, table, taken


def test_methods_of_controllers_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "nest") == {
        "GET /api/notes": "validation",
        "POST /api/notes": "validation",
        "POST /api/notes/mine": "authentication validation",
        "PATCH /api/notes/:id": "authentication validation",
        "PUT /api/notes/:id": "authentication validation",
        "DELETE /api/notes/old/:id": "authentication validation",
        "DELETE /api/notes/:id": "validation",
        "PUT /api/tags/:id": "authentication validation",
        "POST /api/tags/:id": "validation",
        "DELETE /api/labels/:id": "authentication validation",
        "POST /api/labels/:id": "validation",
        "SOCKET /socket (GuardedGateway)": "authentication",
        "SOCKET /socket (OpenGateway)": "",
        "SOCKET /socket (VerifiedGateway)": "authentication",
    }


def test_parameters_come_from_decorators_and_from_the_classes_of_bodies() -> None:
    found = taken(SAMPLES / "nest")
    assert found["POST /api/notes"] == {("body", "note"), ("body", "text"), ("body", "pinned")}
    assert found["POST /api/notes/mine"] == {("body", "text")}
    assert found["DELETE /api/notes/:id"] == {("path", "id")}


def test_the_rows_of_services_are_seen_from_the_controller() -> None:
    app = app_of(SAMPLES / "nest")
    assert {(a.table, a.verb, a.bound) for a in app.accesses} == {
        ("Note", "delete", "id"),
        ("Note", "read", "none"),
        ("Note", "update", "none"),
        ("Message", "insert", "caller"),
        ("Message", "insert", "none"),
    }
