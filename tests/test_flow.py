"""Flows: from a caller's data to a dangerous call, through functions and files, and not where it was made safe."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.flow import trace
from vibeaudit.flow.engine import Engine
from vibeaudit.flow.program import Program
from vibeaudit.flow.python_form import lower_python
from vibeaudit.flow.script_form import lower_script
from vibeaudit.flow.vocabulary import FieldSource, Vocabulary
from vibeaudit.model import AppModel, Flow, Location, Parameter, Route
from vibeaudit.rules import load
from vibeaudit.survey import survey
from vibeaudit.survey.project import Project


def flows(tmp_path: Path, files: dict[str, str], routes: tuple[Route, ...] = ()) -> list[Flow]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shot = snapshot_of(tmp_path, Config())
    modules = [lower_python(f) if f.language == "python" else lower_script(f) for f in shot.files]
    return list(Engine(Program(modules), AppModel(routes=routes)).run()[0])


def handler(path: str, line: int, *chosen: Parameter, framework: str = "fastapi") -> Route:
    return Route(framework, ("GET",), "/x", "f", Location(PurePosixPath(path), line), parameters=chosen)


def ends(found: list[Flow]) -> list[tuple[str, str, int]]:
    return [(f.source, f.sink, f.steps[-1].line) for f in found if set(f.sanitized_by) <= {"tail", "plain-text"}]


@pytest.mark.parametrize(
    "body",
    [
        'db.execute("select a from " + request.args["q"])',
        'q = request.args.get("q")\n    db.execute(f"select a from {q}")',
        'for q in request.args.getlist("q"):\n        last = q\n    db.execute("delete from t where a = " + last)',
        'data = request.get_json()\n    name = data["name"]\n    db.execute("select a from b where c = %s" % name)',
        'if (q := request.args.get("q")):\n        db.execute("select a from b order by " + q)',
        'db.execute("select a from b where c = {}".format(request.form["x"]))',
        'with open_db() as c:\n        c.execute("delete from b where c = " + "".join([x for x in request.args]))',
    ],
)
def test_it_follows_a_value_through_python(tmp_path: Path, body: str) -> None:
    found = flows(tmp_path, {"a.py": f"def view():\n    {body}\n"})
    assert [(s, k) for s, k, _ in ends(found)] == [("request", "sql-text")]


@pytest.mark.parametrize(
    "body",
    [
        'db.execute("select ?", (request.args["q"],))',
        'q = int(request.args["q"])\n    db.execute(f"select a from {q}")',
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
            "app/store.py": "def find(name):\n    sql = 'select a from b where c = ' + name\n    return run(sql)\n"
            "def run(sql):\n    return db.execute(sql)\n",
        },
    )
    assert [(str(s.path), s.line) for s in found.steps] == [
        ("app/views.py", 4),
        ("app/store.py", 2),
        ("app/store.py", 3),
        ("app/store.py", 5),
    ]


def test_a_handlers_own_parameters_come_from_the_caller(tmp_path: Path) -> None:
    files = {"a.py": "def show(name, db):\n    db.execute('select a from b where c = ' + name)\n"}
    assert ends(flows(tmp_path, files)) == []
    assert ends(flows(tmp_path / "b", files, (handler("a.py", 1, Parameter("name", "query")),))) == [
        ("request", "sql-text", 2)
    ]


def test_a_helper_that_cleans_makes_its_callers_quiet(tmp_path: Path) -> None:
    files = {
        "a.py": "def clean(x):\n    return int(x)\n"
        "def view():\n    db.execute('delete from b where c = ' + clean(request.args['q']))\n"
    }
    assert ends(flows(tmp_path, files)) == []


@pytest.mark.parametrize(
    "body",
    [
        "db.query(`select a from b where c = ${req.body.name}`)",
        "const { name } = req.body; db.query('select a from b where c = ' + name)",
        "const { user: { name } } = req.body; const sql = 'select a from b where c = ' + name; db.query(sql)",
        "const name = (await req.json()).name; db.query('select a from b where c = ' + name)",
        "let sql = 'select a from b where c = '; sql += req.query.a; db.query(sql)",
        "[req.query.a].map(x => db.query('select a from b where c = ' + x))",
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
        "const id = parseInt(req.params.id, 10); db.query(`select a from b where c = ${id}`)",
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


def test_a_function_called_replace_that_nothing_holds_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        "const replace = require('replace-parts');\nfunction show(text, put) { return replace(text, put, 1); }\n"
    )
    modules = [lower_script(f) for f in snapshot_of(tmp_path, Config()).files]
    assert not Engine(Program(modules), AppModel()).run()[1]


ASK = "    db.execute('delete from t where a = ' + q)\n"


@pytest.mark.parametrize(
    ("guard", "bad"),
    [
        ("    if q not in ALLOWED:\n        abort(400)\n", False),
        ("    if q not in ALLOWED:\n        return None\n", False),
        ("    if q in ALLOWED:\n        q = q.lower()\n    else:\n        q = 'a'\n", False),
        ("    if q not in ALLOWED:\n        log(q)\n", True),
        ("    if q not in request.args:\n        abort(400)\n", True),
        ("    if debug:\n        q = int(q)\n", True),
        ("    if debug:\n        q = int(q)\n    else:\n        q = 3\n", False),
        ("    try:\n        q = int(q)\n    except ValueError:\n        abort(400)\n", False),
        ("    try:\n        q = int(q)\n    except ValueError:\n        pass\n", True),
    ],
)
def test_a_value_is_safe_only_where_every_way_made_it_so(tmp_path: Path, guard: str, bad: bool) -> None:
    code = f"def view():\n    q = request.args['q']\n{guard}{ASK}"
    assert bool(ends(flows(tmp_path, {"a.py": code}))) is bad


@pytest.mark.parametrize(
    ("body", "bad"),
    [
        ("if (!OK.includes(q)) return; exec(q)", False),
        ("if (!OK.includes(q)) log(q); exec(q)", True),
        ("if (OK.has(q)) { exec(q) }", False),
        ("if (typeof q !== 'number') throw new Error(); exec(q)", False),
        ("switch (q) { case 'a': q = 'b'; break } exec(q)", True),
        ("load(q).then(x => x).catch(() => 0); exec('ls')", False),
    ],
)
def test_conditions_of_javascript_are_understood(tmp_path: Path, body: str, bad: bool) -> None:
    code = f"import {{ exec }} from 'child_process'\napp.get('/', (req, res) => {{ let q = req.query.q; {body} }})\n"
    assert bool(ends(flows(tmp_path, {"a.js": code}))) is bad


def test_a_record_is_followed_field_by_field(tmp_path: Path) -> None:
    code = (
        "import { exec } from 'child_process'\nfunction run(options) {\n  exec(options.command)\n}\n"
        "app.get('/', (req, res) => run({ command: 'ls', name: req.query.name }))\n"
    )
    assert ends(flows(tmp_path / "a", {"a.js": code})) == []
    bad = code.replace("command: 'ls'", "command: req.query.c")
    assert ends(flows(tmp_path / "b", {"a.js": bad})) == [("request", "os-command", 3)]


@pytest.mark.parametrize(
    ("file", "body", "field"),
    [
        ("a.py", "def view():\n    os.system(request.form['user_name'])\n", "user_name"),
        ("a.py", "def view():\n    d = request.get_json()\n    os.system(d.get('email'))\n", "email"),
        ("a.js", "app.post('/x', (req, res) => { const { code } = req.body; eval(code) })\n", "code"),
        ("a.js", "app.post('/x', (req, res) => { eval(req.query.a) })\n", "a"),
    ],
)
def test_it_knows_by_which_name_a_source_was_read(tmp_path: Path, file: str, body: str, field: str) -> None:
    assert [f.field for f in flows(tmp_path, {file: body})] == [field]


def test_a_source_can_be_told_by_the_words_of_a_field() -> None:
    words = Vocabulary(by_field={"request-password": FieldSource(("request",), ("password",))})
    assert words.meant("request", "newPassword", {"request-password"})
    assert words.meant("request", "user_password", {"request-password"})
    assert not words.meant("request", "passwordless", {"request-password"})
    assert not words.meant("stored", "password", {"request-password"})


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ('n = 106; a = "x" if 7 * 18 + n > 200 else q', False),
        ('n = 6; a = "x" if 7 * 18 + n > 200 else q', True),
        ('a = "nobody"\nif "some" in a:\n    a = q', False),
        ('k = "ABC"[1]\nmatch k:\n    case "A" | "C":\n        a = q\n    case _:\n        a = "x"', False),
        ('k = "ABC"[1]\nmatch k:\n    case "A":\n        a = "x"\n    case _:\n        a = q', True),
        ('n = 0; a = "x"\nfor i in more():\n    n = n + 1\nif n > 2:\n    a = q', True),
        ('n = 0\nif more():\n    n = 3\na = q if n > 2 else "x"', True),
        ('n = 0\ndef f():\n    nonlocal n\n    n = 3\nf()\na = q if n > 2 else "x"', True),
        ('c = Config()\nc.set("s", "a", q)\nc.set("s", "b", "x")\na = c.get("s", "a")', True),
        ('c = Config()\nc.set("s", "a", q)\nc.set("s", "b", "x")\na = c.get("s", "b")', False),
    ],
)
def test_it_decides_conditions_on_constants(tmp_path: Path, body: str, reached: bool) -> None:
    lines = ['q = request.args["q"]', *body.splitlines(), "os.system(a)"]
    text = "import os\nfrom flask import request\ndef view():\n" + "".join(f"    {line}\n" for line in lines)
    assert bool(ends(flows(tmp_path, {"a.py": text}))) == reached


def test_a_file_that_costs_too_much_is_left_out_and_named_and_the_others_are_followed(tmp_path: Path) -> None:
    line = '    db.execute("select a from " + request.args["q"])\n'
    (tmp_path / "dear.py").write_text("def view():\n" + line * 200)
    (tmp_path / "plain.py").write_text("def view():\n" + line)
    modules = [lower_python(f) for f in snapshot_of(tmp_path, Config()).files]
    found, left_out = Engine(Program(modules), AppModel(), file_work=100).run()
    assert {str(f.steps[-1].path) for f in found} >= {"plain.py"}
    assert [(o.what, o.why) for o in left_out] == [("dear.py", "the work allowed for data flow is spent")]
    _, spent = Engine(Program(modules), AppModel(), app_work=10).run()
    assert [o.what for o in spent] == ["dear.py", "plain.py"]


def test_it_follows_what_a_star_brings_along(tmp_path: Path) -> None:
    found = flows(
        tmp_path,
        {
            "app/views.py": "from .tools import *\n\ndef view():\n    return rows(request.args['q'])\n",
            "app/tools.py": "def rows(name):\n    return db.execute('select a from b where c = ' + name)\n",
        },
    )
    assert ends(found) == [("request", "sql-text", 2)]


@pytest.mark.parametrize(
    "exported",
    [
        "const rows = (name) => db.query('select a from b where c = ' + name);\nmodule.exports = rows;\n",
        "module.exports = (name) => db.query('select a from b where c = ' + name);\n",
        "module.exports = function rows(name) {\n  return db.query('select a from b where c = ' + name);\n};\n",
    ],
)
def test_it_follows_a_module_that_is_one_function(tmp_path: Path, exported: str) -> None:
    view = "const find = require('./rows');\napp.get('/', (req, res) => find(req.query.q));\n"
    found = flows(tmp_path, {"app/view.js": view, "app/rows.js": exported})
    assert [(f.source, f.sink) for f in found] == [("request", "sql-text")]


def test_code_beyond_what_memory_may_hold_is_left_out_and_named(tmp_path: Path) -> None:
    text = 'from flask import request\nimport os\ndef view():\n    os.system(request.args["q"])\n'
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(text)
    given = snapshot_of(tmp_path, Config())
    traced = trace(given, survey(given), load(), app_bytes=2 * len(text))
    assert {str(f.steps[-1].path) for f in traced.flows} == {"a.py", "b.py"}
    assert (traced.looked_at, [o.what for o in traced.left_out]) == (2, ["c.py"])
    project = Project(given, app_bytes=len(text))
    assert [project.module(name) is not None for name in ("b.py", "a.py", "b.py")] == [True, False, True]
    assert [(o.what, "bytes of code" in o.why) for o in project.left_out] == [("a.py", True)]
