"""Flows: from a caller's data to a dangerous call, through functions and files, and not where it was made safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.flow.engine import Engine
from vibeaudit.flow.program import Program
from vibeaudit.flow.python_form import lower_python
from vibeaudit.flow.script_form import lower_script
from vibeaudit.model import Flow


def flows(tmp_path: Path, files: dict[str, str], handlers: frozenset[tuple[str, int]] = frozenset()) -> list[Flow]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shot = snapshot_of(tmp_path, Config())
    modules = [lower_python(f) if f.language == "python" else lower_script(f) for f in shot.files]
    return list(Engine(Program(modules), handlers, 30).run()[0])


def ends(found: list[Flow]) -> list[tuple[str, str, int]]:
    return [(f.source, f.sink, f.steps[-1].line) for f in found if not f.sanitized_by]


@pytest.mark.parametrize(
    "body",
    [
        'db.execute("select " + request.args["q"])',
        'q = request.args.get("q")\n    db.execute(f"select {q}")',
        'for q in request.args.getlist("q"):\n        last = q\n    db.execute("x" + last)',
        'data = request.get_json()\n    name = data["name"]\n    db.execute("x %s" % name)',
        'if (q := request.args.get("q")):\n        db.execute(q)',
        'db.execute("a {}".format(request.form["x"]))',
        'with open_db() as c:\n        c.execute("".join([x for x in request.args.values()]))',
    ],
)
def test_it_follows_a_value_through_python(tmp_path: Path, body: str) -> None:
    found = flows(tmp_path, {"a.py": f"def view():\n    {body}\n"})
    assert [(s, k) for s, k, _ in ends(found)] == [("request", "sql-text")]


@pytest.mark.parametrize(
    "body",
    [
        'db.execute("select ?", (request.args["q"],))',
        'q = int(request.args["q"])\n    db.execute(f"select {q}")',
        'q = request.args["q"]\n    q = "fixed"\n    db.execute(q)',
        'ok = request.args["q"] == "a"\n    db.execute("x" if ok else "y")',
    ],
)
def test_it_is_silent_on_safe_python(tmp_path: Path, body: str) -> None:
    assert ends(flows(tmp_path, {"a.py": f"def view():\n    {body}\n"})) == []


def test_it_follows_a_value_into_another_file_and_gives_the_way(tmp_path: Path) -> None:
    (found,) = flows(
        tmp_path,
        {
            "app/views.py": "from .store import find\n\ndef view():\n    return find(request.args['q'])\n",
            "app/store.py": "def find(name):\n    sql = 'select ' + name\n    return run(sql)\n"
            "def run(sql):\n    return db.execute(sql)\n",
        },
    )
    assert [(str(s.path), s.line) for s in found.steps] == [
        ("app/views.py", 4),
        ("app/store.py", 3),
        ("app/store.py", 5),
    ]


def test_a_handlers_own_parameters_come_from_the_caller(tmp_path: Path) -> None:
    files = {"a.py": "def show(name, db):\n    db.execute('x' + name)\n"}
    assert ends(flows(tmp_path, files)) == []
    assert ends(flows(tmp_path / "b", files, frozenset({("a.py", 1)}))) == [("request", "sql-text", 2)]


def test_a_helper_that_cleans_makes_its_callers_quiet(tmp_path: Path) -> None:
    files = {"a.py": "def clean(x):\n    return int(x)\ndef view():\n    db.execute('x' + clean(request.args['q']))\n"}
    assert ends(flows(tmp_path, files)) == []


@pytest.mark.parametrize(
    "body",
    [
        "db.query(`select ${req.body.name}`)",
        "const { name } = req.body; db.query('select ' + name)",
        "const { user: { name } } = req.body; const sql = 'a' + name; db.query(sql)",
        "const name = (await req.json()).name; db.query('x' + name)",
        "let sql = 'x'; sql += req.query.a; db.query(sql)",
        "[req.query.a].map(x => db.query('x' + x))",
    ],
)
def test_it_follows_a_value_through_javascript(tmp_path: Path, body: str) -> None:
    found = flows(tmp_path, {"a.js": f"app.post('/x', async (req, res) => {{ {body} }})\n"})
    assert [(s, k) for s, k, _ in ends(found)] == [("request", "sql-text")]


@pytest.mark.parametrize(
    "body",
    [
        "db.query('select ?', [req.body.name])",
        "sql`select ${req.body.name}`",
        "const id = parseInt(req.params.id, 10); db.query(`x ${id}`)",
        "const ok = req.body.a === 'a'; db.query(ok ? 'x' : 'y')",
    ],
)
def test_it_is_silent_on_safe_javascript(tmp_path: Path, body: str) -> None:
    assert ends(flows(tmp_path, {"a.js": f"app.post('/x', (req, res) => {{ {body} }})\n"})) == []


def test_it_follows_imports_between_typescript_files(tmp_path: Path) -> None:
    found = flows(
        tmp_path,
        {
            "src/lib/run.ts": "import { exec } from 'child_process'\nexport function run(cmd: string) {\n"
            "  exec(cmd)\n}\n",
            "app/route.ts": "import { run } from '@/lib/run'\nexport async function POST(req: Request) {\n"
            "  const { cmd } = await req.json()\n  run(`ls ${cmd}`)\n}\n",
        },
    )
    assert ends(found) == [("request", "os-command", 3)]


def test_broken_and_deep_code_costs_nothing_but_itself(tmp_path: Path) -> None:
    files = {"a.py": "def f(:\n  x = (" + "(" * 3000, "b.js": "f(" * 3000 + "{{{", "c.py": "x = " + "-" * 5000 + "1"}
    assert flows(tmp_path, files) == []
