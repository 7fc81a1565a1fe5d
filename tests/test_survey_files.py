"""The API tables of frameworks and platforms whose routes are files."""

from __future__ import annotations

import pytest

from tests.api_table import SAMPLES, table

TABLES = {
    "sveltekit": {
        "DELETE /api/notes/[id]": "",
        "PUT /api/notes/[id]": "authentication",
        "POST /notes?/add": "",
        "POST /notes?/clear": "authentication",
        "POST /team": "authentication",
    },
    "remix": {
        "POST /notes/:id/edit": "",
        "GET /notes": "",
        "POST /notes": "authentication",
    },
    "nuxt": {
        "DELETE /api/notes/:id": "",
        "POST /api/notes": "authentication",
    },
    "functions": {
        "POST /addNote": "",
        "POST /addMine": "authentication",
        "ANY /wipe": "",
        "ANY /book": "",
        "POST /cancel": "authentication",
    },
    "netlify": {
        "ANY /.netlify/functions/remove-note": "",
        "ANY /.netlify/functions/add-note": "authentication",
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_routes_are_found_with_their_guards(name: str) -> None:
    assert table(SAMPLES / name) == TABLES[name]
