"""The API tables of the Flask samples."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken


def test_flask_functions_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "flask") == {
        "POST /posts/<int:post_id>/delete": "",
        "POST /posts/new": "authentication",
        "POST /my/drafts": "authentication",
        "GET /search": "",
        "GET /post/<int:post_id>/delete": "",
        "GET /post/<int:post_id>/read": "",
    }


def test_flask_classes_and_nested_blueprints_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "flask-classes") == {
        "POST /api/v1/notes/": "",
        "DELETE /api/v1/notes/<int:note_id>": "csrf",
        "POST /jobs/start": "authentication csrf",
        "POST /jobs/queue": "csrf",
        "POST /staff/tags": "authentication csrf",
        "POST /basic": "authentication authorization csrf rate-limit",
        "POST /api/v1/notes/all": "authentication csrf",
        "PUT /api/v1/tags/<int:tag_id>": "csrf",
        "DELETE /api/v1/tags/<int:tag_id>": "authentication csrf",
        "POST /api/v1/tags/<int:tag_id>": "csrf",
        "DELETE /people/<int:user_id>": "authentication authorization csrf",
        "DELETE /rooms/<int:room_id>": "csrf",
        "POST /rooms/<int:room_id>": "authentication csrf",
        "POST /close/<int:job_id>": "csrf",
        "POST /shut/<int:job_id>": "authentication csrf",
        "GET|POST /admin/user": "authentication authorization csrf",
        "POST /board/open-notes": "csrf",
        "POST /board/open": "csrf",
        "POST /board/own-notes": "authentication csrf",
        "POST /board/all-notes": "authentication authorization csrf",
    }


def test_flask_parameters_come_from_their_part_of_the_request() -> None:
    found = taken(SAMPLES / "flask-classes")
    assert found["POST /api/v1/notes/"] == {("body", "text")}
    assert found["POST /basic"] == {("form", "name")}
    assert found["DELETE /rooms/<int:room_id>"] == {("path", "room_id")}


def test_flask_blueprints_are_mounted_in_loops_and_by_settings() -> None:
    assert table(SAMPLES / "flask-mounts") == {
        "POST /stock/shelves/add": "",
        "POST /stock/shelves/own": "authentication",
        "POST /stock/crates/add": "authentication",
        "POST /labels/print": "authentication",
        "POST /": "",
    }
