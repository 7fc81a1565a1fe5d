"""Which rows scripts take, and what their queries are bound to."""

from __future__ import annotations

import pytest

from tests.test_survey_routes import snapshot
from vibeaudit.survey import survey

HEAD = """
const app = require('express')();
const mongoose = require('mongoose');
const Note = mongoose.model('notes', new mongoose.Schema({ user_id: String }));
const service = require('./service');
"""
SERVICE = """
const prisma = new PrismaClient();
exports.get = (noteId) => { const id = Number(noteId); return prisma.note.findUnique({ where: { id } }); };
exports.mine = (noteId, owner) => prisma.note.findFirst({ where: { id: noteId, userId: owner } });
"""


def accesses(body: str) -> set[str]:
    app = f"{HEAD}app.put('/notes/:id', async (req, res) => {{ {body} }});"
    found = survey(snapshot({"app.js": app, "service.js": SERVICE})).accesses
    return {f"{a.table} {a.verb} {a.bound}" for a in found}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await Note.findById(req.params.id);", "notes read id"),
        ("const { id } = req.params; await Note.updateOne({ _id: id }, req.body);", "notes update id"),
        ("const filter = { _id: req.params.id }; await Note.deleteOne(filter);", "notes delete id"),
        ("await Note.findOne({ _id: req.params.id, user_id: req.user.id });", "notes read caller"),
        (
            "const note = await Note.findById(req.params.id); if (note.user_id !== req.user.id) return res.end();",
            "notes read caller",
        ),
        ("/* user_id: req.user.id */ await Note.findById(req.params.id);", "notes read id"),
        ("await Note.find({ text: req.query.q });", "notes read none"),
        ("res.json(await service.get(req.params.id));", "note read id"),
        ("res.json(await service.mine(req.params.id, req.user.id));", "note read caller"),
        ("await db.query('SELECT * FROM notes WHERE id = ?', [req.params.id]);", "notes read id"),
        ("await db.query('SELECT * FROM notes WHERE id = ? AND user_id = ?', [1, req.user.id]);", "notes read caller"),
    ],
)
def test_a_query_is_bound_to_what_its_condition_says(body: str, expected: str) -> None:
    assert accesses(body) == {expected}


FAR = "// a longer file, so that offsets tell the two files apart\n" * 20


def test_a_function_of_another_file_is_read_wherever_it_stands_there() -> None:
    files = {
        "app.js": "const { rename } = require('./store');\nconst app = require('express')();\n"
        "app.post('/a', (req, res) => { const { id, name } = req.body; rename(id, name); });",
        "store.js": "const db = require('mysql2').createPool({});\n"
        "exports.rename = (id, name) => db.query('UPDATE people SET name = ? WHERE id = ?', [name, id]);",
    }
    found = survey(snapshot(files)).accesses
    assert [(a.table, a.verb, a.bound, str(a.location.path)) for a in found] == [("people", "update", "id", "app.js")]


def test_a_helper_that_is_given_nothing_is_read_too() -> None:
    files = {
        "app.js": "const { everybody } = require('./store');\nconst app = require('express')();\n"
        "app.get('/a', async (req, res) => res.json(await everybody()));",
        "store.js": FAR + "exports.everybody = () => db.query('SELECT * FROM people');",
    }
    found = survey(snapshot(files)).accesses
    assert [(a.table, a.verb, a.bound, a.location.line) for a in found] == [("people", "read", "none", 3)]
