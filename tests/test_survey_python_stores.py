"""Which rows Python handlers reach for, through each way to a store, and what binds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api_table import app_of

HEAD = """
from flask import Flask, abort, request, session
from flask_login import current_user
app = Flask(__name__)
@app.route("/n/<int:note_id>", methods=["POST"])
def view(note_id):
"""
# (what the handler does, (verb, table, bound) of what it reaches for)
CASES = {
    "raw": ('    cur.execute("SELECT * FROM notes WHERE id = %s", (note_id,))', {("read", "notes", "id")}),
    "raw-format": (
        '    q = f"DELETE FROM notes WHERE id = {note_id}"\n    cur.execute(q)',
        {("delete", "notes", "id")},
    ),
    "raw-owned": (
        '    cur.execute("SELECT * FROM notes WHERE id = ? AND user_id = ?", (note_id, session["user_id"]))',
        {("read", "notes", "caller")},
    ),
    "raw-all": ('    cur.execute("SELECT * FROM notes")', {("read", "notes", "none")}),
    "flask-sqlalchemy": ("    n = Note.query.get_or_404(note_id)", {("read", "Note", "id")}),
    "flask-sqlalchemy-delete": (
        "    n = Note.query.get(note_id)\n    db.session.delete(n)",
        {("read", "Note", "id"), ("delete", "Note", "id")},
    ),
    "flask-sqlalchemy-owned": (
        "    n = Note.query.filter_by(id=note_id, user_id=current_user.id).first()",
        {("read", "Note", "caller")},
    ),
    "later-check": (
        "    n = Note.query.get(note_id)\n    if n.author != current_user:\n        abort(403)",
        {("read", "Note", "caller")},
    ),
    "only-signed-in": (
        '    if "user_id" not in session:\n        abort(401)\n    n = Note.query.get(note_id)',
        {("read", "Note", "id")},
    ),
    "only-shown": (
        "    n = Note.query.get(note_id)\n    return render(n, user=current_user)",
        {("read", "Note", "id")},
    ),
    "sqlalchemy-1": ("    n = db.session.query(Note).filter(Note.id == note_id).first()", {("read", "Note", "id")}),
    "sqlalchemy-2": (
        "    n = db.session.execute(select(Note).where(Note.id == note_id)).scalar_one()",
        {("read", "Note", "id")},
    ),
    "sqlalchemy-get": ("    n = session.get(Note, note_id)", {("read", "Note", "id")}),
    "sqlmodel": (
        "    n = db.exec(select(Note).where(Note.owner_id == current_user.id)).all()",
        {("read", "Note", "caller")},
    ),
    "django": ("    n = Note.objects.get(pk=note_id)", {("read", "Note", "id")}),
    "django-404": (
        "    n = get_object_or_404(Note, id=note_id)\n    n.delete()",
        {("read", "Note", "id"), ("delete", "Note", "id")},
    ),
    "django-owned": ("    n = get_object_or_404(Note, id=note_id, owner=request.user)", {("read", "Note", "caller")}),
    "django-create": ('    Note.objects.create(text=request.form["text"])', {("insert", "Note", "none")}),
    "peewee": ("    n = Note.get_by_id(note_id)", {("read", "Note", "id")}),
    "peewee-update": ("    Note.update(text=1).where(Note.id == note_id).execute()", {("update", "Note", "id")}),
    "tortoise": ("    n = await Note.get(id=note_id)", {("read", "Note", "id")}),
    "mongo": ('    n = db.notes.find_one({"_id": ObjectId(note_id)})', {("read", "notes", "id")}),
    "mongo-owned": (
        '    db.notes.delete_one({"_id": ObjectId(note_id), "user_id": session["user_id"]})',
        {("delete", "notes", "caller")},
    ),
    "mongoengine": ("    n = Note.objects(id=note_id).first()", {("read", "Note", "id")}),
    "from-body": ('    i = request.get_json()["id"]\n    n = Note.query.get(i)', {("read", "Note", "id")}),
    "owner-from-body": (
        '    user_id = request.form["user_id"]\n    n = Note.query.filter_by(user_id=user_id).all()',
        {("read", "Note", "id")},
    ),
    "helper": ("    n = load(note_id)\ndef load(number):\n    return Note.query.get(number)", {("read", "Note", "id")}),
    "helper-given-nothing": ("    n = load()\ndef load():\n    return Note.query.all()", {("read", "Note", "none")}),
    "form-not-stored": ("    n = NoteForm(request.POST).save(commit=False)", set()),
    "sign-in": ('    u = User.query.filter_by(username=request.form["username"]).first()', {("read", "User", "none")}),
}


@pytest.mark.parametrize("case", CASES)
def test_it_tells_what_binds_the_rows(case: str, tmp_path: Path) -> None:
    body, wanted = CASES[case]
    (tmp_path / "app.py").write_text(HEAD + body + "\n", "utf-8")
    assert {(a.verb, a.table, a.bound) for a in app_of(tmp_path).accesses} == wanted
