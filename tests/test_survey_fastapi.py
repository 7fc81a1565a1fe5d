"""The API tables of the FastAPI and Starlette samples."""

from __future__ import annotations

from tests.api_table import SAMPLES, app_of, table, taken


def test_fastapi_routers_are_found_where_they_are_included_with_their_guards() -> None:
    assert table(SAMPLES / "fastapi-routers") == {
        "POST /v1/notes/{note_id}": "",
        "POST /v1/notes/upload": "",
        "POST /v1/notes/maybe": "",
        "POST /v1/notes/visited": "",
        "POST /v1/notes/unread": "",
        "POST /v1/notes/alias": "authentication",
        "POST /v1/notes/class": "authentication",
        "DELETE /v1/notes/{note_id}": "authentication authorization",
        "PUT /v1/notes/{note_id}": "authentication authorization",
        "PATCH /v1/notes/{note_id}": "authentication authorization",
        "POST /v1/notes/member": "authentication",
        "WEBSOCKET /v1/notes/chat": "",
        "WEBSOCKET /v1/notes/mine": "authentication",
        "POST /v1/rooms/": "authentication",
        "DELETE /v1/rooms/{room_id}": "authentication",
        "PUT|POST /keyed/rooms": "authentication authorization",
        "POST /v1/staff/notes": "authentication",
        "POST /trial/notes": "",
        "GET /trial/people": "",
        "POST /inner/open": "",
        "POST /inner/closed": "authentication",
        "POST /auth/login": "",
        "POST /auth/logout": "authentication",
        "GET|POST /admin/noteadmin": "",
    }


def test_fastapi_answers_hold_what_their_model_declares_and_trials_are_named() -> None:
    routes = {r.name: r for r in app_of(SAMPLES / "fastapi-routers").routes}
    assert routes["GET /trial/people"].personal_data == {"email", "name"}
    assert routes["POST /trial/notes"].personal_data == {"email", "name"}
    assert routes["POST /trial/notes"].public_reason == "debug mode only"
    assert routes["POST /v1/notes/alias"].public_reason == ""


def test_fastapi_parameters_come_from_their_part_of_the_request() -> None:
    found = taken(SAMPLES / "fastapi-routers")
    assert found["POST /v1/notes/{note_id}"] == {
        ("path", "note_id"),
        ("body", "note"),
        ("query", "tag"),
        ("header", "day"),
        ("cookie", "who"),
    }
    assert found["POST /v1/notes/upload"] == {("form", "title"), ("file", "doc"), ("body", "extra")}
    assert found["POST /v1/notes/alias"] == {("body", "note")}
    assert found["WEBSOCKET /v1/notes/chat"] == {("query", "room")}


def test_starlette_lists_and_mounts_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "starlette") == {
        "POST /notes": "",
        "POST /mine": "authentication",
        "POST /staff/notes": "authentication",
        "DELETE /notes/{note_id:int}": "",
        "PUT /notes/{note_id:int}": "authentication authorization",
        "POST /keyed/notes": "authentication",
        "WEBSOCKET /talk": "",
    }
    assert taken(SAMPLES / "starlette")["POST /notes"] == {("body", "text")}


def test_fastapi_routers_are_included_in_loops() -> None:
    assert table(SAMPLES / "fastapi-mounts") == {"POST /tools/lend": "", "POST /parts/order": "authentication"}
