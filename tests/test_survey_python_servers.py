"""The API tables of the samples of smaller Python frameworks."""

from __future__ import annotations

import pytest

from tests.api_table import SAMPLES, table, taken

TABLES = {
    "http-server": {
        "POST /notes": "",
        "POST /closed": "authentication",
        "PUT /drop": "",
        "PUT /mine": "authentication",
        "POST /wsgi/notes": "",
        "ANY /wsgi/list": "",
    },
    "bottle": {
        "POST /notes": "",
        "PUT|DELETE /notes/<note_id:int>": "authentication",
        "POST /mine": "authentication",
        "DELETE /api/notes/<note_id>": "",
        "POST /api/called": "",
    },
    "aiohttp": {
        "POST /notes": "",
        "POST /mine": "authentication",
        "DELETE /notes/{note_id}": "",
        "PUT /notes/{note_id}": "authentication",
        "POST /added": "",
        "POST /inner/added": "authentication",
    },
    "tornado": {
        "POST /notes": "csrf",
        "PUT /notes": "authentication csrf",
        "DELETE /staff/{note_id}": "authentication csrf",
    },
    "sanic": {
        "POST /api/notes/": "",
        "DELETE /api/staff/<note_id:int>": "authentication authorization",
        "PUT /rooms": "",
    },
    "falcon": {
        "POST /notes": "",
        "PUT /notes": "authentication",
        "DELETE /notes/{note_id:int}": "",
        "POST /staff/notes": "authentication",
    },
    "litestar": {
        "POST /notes": "",
        "PUT /notes": "authentication",
        "DELETE /rooms/{room_id:int}": "",
        "POST /staff": "authentication",
        "POST /inner/keyed": "authentication",
    },
}
TAKEN = {
    ("http-server", "POST /notes"): {("body", "text")},
    ("http-server", "PUT /drop"): {("query", "id")},
    ("bottle", "POST /notes"): {("form", "text")},
    ("bottle", "PUT|DELETE /notes/<note_id:int>"): {("path", "note_id")},
    ("aiohttp", "POST /notes"): {("body", "text")},
    ("aiohttp", "DELETE /notes/{note_id}"): {("path", "note_id")},
    ("tornado", "POST /notes"): {("query", "text")},
    ("sanic", "PUT /rooms"): {("query", "text")},
    ("falcon", "PUT /notes"): {("query", "text")},
    ("litestar", "POST /notes"): {("body", "data"), ("query", "draft")},
}


@pytest.mark.parametrize("framework", TABLES)
def test_its_routes_are_found_with_their_guards(framework: str) -> None:
    assert table(SAMPLES / framework) == TABLES[framework]


@pytest.mark.parametrize(("framework", "route"), TAKEN)
def test_its_parameters_come_from_their_part_of_the_request(framework: str, route: str) -> None:
    assert taken(SAMPLES / framework)[route] == TAKEN[framework, route]
