"""The API tables of the GraphQL samples."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken


def test_graphene_resolvers_and_mutations_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "graphene") == {
        "QUERY /graphql/notes": "",
        "QUERY /graphql/rooms": "",
        "MUTATION /graphql/createNote": "",
        "MUTATION /graphql/dropNote": "authentication",
        "MUTATION /graphql/renameNote": "authentication",
    }
    assert taken(SAMPLES / "graphene")["MUTATION /graphql/createNote"] == {("body", "text")}


def test_ariadne_fields_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "ariadne") == {
        "QUERY /graphql/notes": "",
        "MUTATION /graphql/createNote": "",
        "MUTATION /graphql/dropNote": "authentication",
        "MUTATION /graphql/renameNote": "",
    }
    assert taken(SAMPLES / "ariadne")["QUERY /graphql/notes"] == {("body", "room_id")}


def test_strawberry_fields_are_found_with_their_guards() -> None:
    assert table(SAMPLES / "strawberry") == {
        "QUERY /graphql/notes": "",
        "QUERY /graphql/mine": "authentication",
        "MUTATION /graphql/createNote": "",
        "MUTATION /graphql/addNote": "",
        "MUTATION /graphql/dropNote": "authentication",
    }
