"""The API table of the tRPC sample."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken


def test_procedures_are_found_with_the_guards_that_they_are_built_on() -> None:
    assert table(SAMPLES / "trpc") == {
        "QUERY /trpc/notes.list": "",
        "MUTATION /trpc/notes.add": "validation",
        "MUTATION /trpc/notes.addMine": "authentication validation",
        "MUTATION /trpc/notes.purge": "authentication authorization",
        "MUTATION /trpc/notes.remove": "authentication validation",
    }


def test_the_fields_of_the_input_are_parameters() -> None:
    assert taken(SAMPLES / "trpc")["MUTATION /trpc/notes.add"] == {("body", "text"), ("body", "pinned")}
