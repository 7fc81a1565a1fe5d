"""The entry points of the samples of MCP servers and Lambda handlers."""

from __future__ import annotations

from tests.api_table import SAMPLES, table, taken


def test_tools_resources_and_endpoints_of_mcp_servers_are_found() -> None:
    assert table(SAMPLES / "mcp") == {
        "TOOL /add": "",
        "RESOURCE notes://{note_id}": "",
        "TOOL /add_far": "",
        "POST /sse": "",
        "TOOL /add_closed": "authentication",
        "POST /mcp": "authentication",
    }
    assert taken(SAMPLES / "mcp")["TOOL /add"] == {("body", "text")}


def test_lambda_handlers_are_found_with_what_they_take() -> None:
    assert table(SAMPLES / "aws-lambda") == {"ANY /lambda_handler": ""}
    assert taken(SAMPLES / "aws-lambda")["ANY /lambda_handler"] == {("body", "text"), ("path", "room")}
