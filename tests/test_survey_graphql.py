"""The API table of the sample with an Apollo server."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken


def test_resolvers_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "graphql") == {
        "QUERY /graphql/notes": "",
        "MUTATION /graphql/removeNote": "",
        "MUTATION /graphql/renameNote": "authentication",
        "MUTATION /graphql/addNote": "",
        "MUTATION /graphql/addMine": "authentication",
        "MUTATION /graphql/clear": "authentication",
    }


def test_their_arguments_are_parameters() -> None:
    found = taken(SAMPLES / "graphql")
    assert found["MUTATION /graphql/addNote"] == {("body", "text")}
    assert found["MUTATION /graphql/removeNote"] == {("body", "id")}
