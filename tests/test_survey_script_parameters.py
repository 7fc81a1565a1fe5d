"""What handlers of scripts take from their callers, in the ways that frameworks offer."""

from __future__ import annotations

import pytest

from tests.test_survey_routes import routes

NEXT = {"package.json": '{"dependencies": {"next": "15.0.0"}}'}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const { title, text: t } = await request.json();", {"body title", "body text"}),
        ("const body = await request.json(); save(body.title, body['x']);", {"body title"}),
        ("request = await request.json(); save(request.title);", {"body title"}),
        ("const json = await request.json(); const body = schema.parse(json); save(body.title);", {"body title"}),
        ("const form = await request.formData(); save(form.get('title'));", {"form title"}),
        ("const q = request.nextUrl.searchParams; q.get('page');", {"query page"}),
        ("const { searchParams } = new URL(request.url); searchParams.get('page');", {"query page"}),
        ("const { id } = await params;", set()),
        ("const token = request.headers.get('x-key'); cookies().get('sid');", {"header x-key", "cookie sid"}),
    ],
)
def test_next_handlers(body: str, expected: set[str]) -> None:
    code = f"export async function POST(request, {{ params }}) {{ {body} }}"
    (route,) = routes({**NEXT, "app/api/notes/[id]/route.js": code}).values()
    assert {f"{p.source} {p.name}" for p in route.parameters} == expected | {"path id"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("save(req.body.title, req.query.page);", {"body title", "query page"}),
        ("const { title } = req.body; const { page } = req.query;", {"body title", "query page"}),
        ("const data = req.body; save(data.title);", {"body title"}),
        (
            "save(req.cookies.sid, req.get('x-key'), req.headers['x-id']);",
            {"cookie sid", "header x-key", "header x-id"},
        ),
    ],
)
def test_express_handlers(body: str, expected: set[str]) -> None:
    app = f"const app = require('express')();\napp.post('/notes/:id', (req, res) => {{ {body} }});"
    (route,) = routes({"app.js": app}).values()
    assert {f"{p.source} {p.name}" for p in route.parameters} == expected | {"path id"}
