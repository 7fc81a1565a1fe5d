"""Fixers of JavaScript, SQL and settings on single places: what they write, and what they leave to a person."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import AppModel, Confidence, Finding, Guard, Location, Policy, Route, Severity, Table
from vibeaudit.remedy.edits import apply, splice
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal, fixers
from vibeaudit.survey.sql import unclosed

SQL = "sql-built-from-text"
SHELL = "shell-command-built-from-text"
MYSQL = 'import mysql from "mysql2/promise";\n'
PG = 'import pg from "pg";\n'
CHILD = 'import { exec } from "node:child_process";\n'


def fixed(rule_id: str, source: str, room: Path, at: str, name: str = "a.js") -> str:
    """The file after its fixer, or the reason of a refusal. The first `at` is flagged."""
    (room / name).parent.mkdir(parents=True, exist_ok=True)
    (room / name).write_bytes(source.encode())
    snapshot = snapshot_of(room, Config())
    start = source.encode().index(at.encode())
    where = snapshot.by_path[name].at(start, start + len(at.encode()))
    answer = fixers()[rule_id](
        Finding(rule_id, "m", Severity.HIGH, Confidence.HIGH, where), Bench(snapshot, AppModel())
    )
    if isinstance(answer, Refusal):
        return f"refused: {answer.reason}"
    return splice(source.encode(), [e for e in answer.edits if str(e.path) == name]).decode()


@pytest.mark.parametrize(
    ("head", "before", "at", "after"),
    [
        (
            MYSQL,
            "db.query(`SELECT 1 FROM t WHERE a = '${a}' AND b LIKE '%${b}%'`);",
            "`SELECT 1 FROM t WHERE a = '${a}' AND b LIKE '%${b}%'`",
            "db.query(`SELECT 1 FROM t WHERE a = ? AND b LIKE ?`, [a, `%${b}%`]);",
        ),
        (
            MYSQL,
            "db.query(`SELECT 1 FROM t WHERE a = ? AND b = ${b} AND c = ?`, [a, c], done);",
            "`SELECT 1 FROM t WHERE a = ? AND b = ${b} AND c = ?`",
            "db.query(`SELECT 1 FROM t WHERE a = ? AND b = ? AND c = ?`, [a, b, c], done);",
        ),
        (
            PG,
            "db.query(`UPDATE t SET a = ${a} WHERE id = $1`, [id]);",
            "`UPDATE t SET a = ${a} WHERE id = $1`",
            "db.query(`UPDATE t SET a = $2 WHERE id = $1`, [id, a]);",
        ),
        (
            PG,
            "db.query(\n  'SELECT 1 FROM t WHERE a = \\'' + x.y + '\\'',\n);",
            "'SELECT 1 FROM t WHERE a = \\'' + x.y + '\\''",
            "refused:",
        ),
        (
            PG,
            'db.query("SELECT 1 FROM t WHERE a = \'" + x.y + "\'", (err, rows) => done(rows));',
            '"SELECT 1 FROM t WHERE a = \'" + x.y + "\'"',
            'db.query("SELECT 1 FROM t WHERE a = $1", [x.y], (err, rows) => done(rows));',
        ),
        (PG, "db.query(`SELECT 1 FROM ${t}`);", "`SELECT 1 FROM ${t}`", "refused:"),
        (PG, "db.query(`SELECT 1 FROM t ORDER BY ${o}`);", "`SELECT 1 FROM t ORDER BY ${o}`", "refused:"),
        (PG, "db.query(`SELECT 1 FROM t WHERE id IN (${l})`);", "`SELECT 1 FROM t WHERE id IN (${l})`", "refused:"),
        ("", "db.query(`SELECT 1 FROM t WHERE id = ${i}`);", "`SELECT 1 FROM t WHERE id = ${i}`", "refused:"),
        (
            PG,
            "const q = `SELECT 1 FROM t WHERE id = ${i}`;\nlog(q);\ndb.query(q);",
            "q);\ndb",
            "refused:",
        ),
    ],
)
def test_it_passes_sql_values_in_the_drivers_way(head: str, before: str, at: str, after: str, tmp_path: Path) -> None:
    made = fixed(SQL, head + before, tmp_path, at)
    assert made.startswith("refused:") if after == "refused:" else made == head + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exec(`zip -r ${out} ${folder}`)", "execFile(\"zip\", ['-r']"),
        ("exec(`cat ${name} | wc -l`)", "refused:"),
        ("exec(`${tool} --help`)", "refused:"),
        ("exec(`ls ${files}`)", "refused:"),
        ("execAsync(`ls ${file}`)", "refused:"),
    ],
)
def test_it_runs_programs_without_a_shell_only_where_none_is_needed(before: str, after: str, tmp_path: Path) -> None:
    made = fixed(SHELL, CHILD + before + ";\n", tmp_path, before)
    if after == "refused:":
        assert made.startswith("refused:")
    else:
        assert 'execFile("zip", ["-r", String(out), String(folder)])' in made
        assert "import { exec, execFile }" in made


def test_a_formula_is_no_json(tmp_path: Path) -> None:
    assert fixed(
        "code-run-from-text", "eval(req.body.expression);\n", tmp_path, "eval(req.body.expression)"
    ).startswith("refused:")


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        ("      - run: echo ${{ github.head_ref }}x\n", "echo ${{ github.head_ref }}x", 'echo "${HEAD_REF}"x'),
        ("      - run: echo 'is ${{ github.head_ref }}'\n", "echo 'is ${{ github.head_ref }}'", "'is '\"$HEAD_REF\"''"),
        ("      - run: pwd ${{ github.head_ref }}\n        shell: pwsh\n", "pwd ${{ github.head_ref }}", "refused:"),
    ],
)
def test_a_strangers_text_stays_one_quoted_word(before: str, at: str, after: str, tmp_path: Path) -> None:
    name = ".github/workflows/ci.yml"
    source = f"on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{before}"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(source)
    snapshot = snapshot_of(tmp_path, Config())
    where = snapshot.by_path[name].at(source.index(at), source.index(at) + len(at))
    finding = Finding(
        "workflow-script-injection",
        "m",
        Severity.HIGH,
        Confidence.HIGH,
        where,
        facts=(("expression", "github.head_ref"),),
    )
    answer = fixers()[finding.rule_id](finding, Bench(snapshot, AppModel()))
    if after == "refused:":
        assert isinstance(answer, Refusal)
        return
    assert isinstance(answer, Proposal)
    made = apply(answer.edits, snapshot)[PurePosixPath(name)].decode()
    assert after in made
    assert "HEAD_REF: ${{ github.head_ref }}" in made


def test_each_patch_of_an_audit_is_a_migration_with_a_number_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "supabase/migrations"
    folder.mkdir(parents=True)
    (folder / "20241231235959_last.sql").write_text(
        "create table a (id int);\ncreate table b (id int, user_id uuid);\n"
    )
    snapshot = snapshot_of(tmp_path, Config())
    at = Location(PurePosixPath("supabase/migrations/20241231235959_last.sql"), 1)
    second = Location(at.path, 2)
    app = AppModel(
        tables=(
            Table("supabase", "a", ("id",), at, rls=False),
            Table("supabase", "b", ("id", "user_id"), second, rls=False),
        ),
        policies=(Policy("c", "x", "all", (), "true", "", at),),
    )
    rule = "table-without-row-level-security"
    made = {}
    for name in ("a", "b"):
        finding = Finding(rule, "m", Severity.HIGH, Confidence.HIGH, at, facts=(("table", name), ("column", "")))
        answer = fixers()[rule](finding, Bench(snapshot, app))
        assert isinstance(answer, Proposal)
        (edit,) = answer.edits
        made[edit.path.name.split("_")[0]] = edit.text.decode()
    assert sorted(made) == ["20250101000000", "20250101000001"]
    assert "to service_role" in made["20250101000000"]
    assert "for select to authenticated\n  using ((select auth.uid()) = user_id);" in made["20250101000001"]


def test_a_guard_that_asks_for_a_role_is_not_carried_to_a_route_for_everybody(tmp_path: Path) -> None:
    source = "app.get('/a', admins, (q, r) => r.end());\napp.post('/b', (q, r) => r.end());\n"
    (tmp_path / "a.js").write_text(source)
    snapshot = snapshot_of(tmp_path, Config())
    path = PurePosixPath("a.js")
    place = Location(path, 1, 15)
    guards = tuple(Guard(kind, "middleware", "admins", place) for kind in ("authentication", "authorization"))
    app = AppModel(
        routes=(
            Route("express", ("GET",), "/a", "", Location(path, 1, 1), guards, body=Location(path, 1, 1, 1)),
            Route("express", ("POST",), "/b", "", Location(path, 2, 1), body=Location(path, 2, 1, 2)),
        )
    )
    finding = Finding("route-without-authentication", "m", Severity.HIGH, Confidence.HIGH, Location(path, 2, 1))
    assert isinstance(fixers()[finding.rule_id](finding, Bench(snapshot, app)), Refusal)
    finding = Finding("admin-route-without-authentication", "m", Severity.HIGH, Confidence.HIGH, Location(path, 2, 1))
    answer = fixers()[finding.rule_id](finding, Bench(snapshot, app))
    assert isinstance(answer, Proposal)
    assert b"app.post('/b', admins, (q, r)" in apply(answer.edits, snapshot)[path]


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("alter view a set (security_invoker = true);", False),
        ("create function f() returns int as $$ select ')' $$ language sql;", False),
        ("create table a (id int;", True),
        ("select 'it;", True),
        ("create function f() as $x$ select 1;", True),
        ("select 1);", True),
    ],
)
def test_it_sees_what_is_never_closed_in_sql(sql: str, broken: bool) -> None:
    assert bool(unclosed(sql)) is broken
