"""Python fixers on single statements: what they write, and what they leave to a person."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import AppModel, Confidence, Finding, Location, Severity
from vibeaudit.remedy.edits import splice
from vibeaudit.remedy.fixer import Bench, Refusal, fixers

SQL = "sql-built-from-caller-text"
SHELL = "shell-command-from-variable"


def fixed(rule_id: str, before: str, room: Path, head: str = "", line: int = 0) -> str:
    """The file after its fixer (without `head`), or the reason of a refusal. The last line is flagged."""
    source = head + before
    (room / "a.py").write_bytes(source.encode())
    snapshot = snapshot_of(room, Config())
    number = line or source.rstrip().count("\n") + 1
    where = Location(PurePosixPath("a.py"), number)
    finding = Finding(rule_id, "m", Severity.HIGH, Confidence.HIGH, where)
    answer = fixers()[rule_id](finding, Bench(snapshot, AppModel()))
    if isinstance(answer, Refusal):
        return f"refused: {answer.reason}"
    edits = [e for e in answer.edits if str(e.path) == "a.py"]
    return splice(source.encode(), edits).decode().removeprefix(head)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """c.execute(f"UPDATE t SET a = '{a}', b = {b}, n = n + {k} WHERE id = {i}")""",
            """c.execute("UPDATE t SET a = ?, b = ?, n = n + ? WHERE id = ?", (a, b, k, i))""",
        ),
        (
            """c.execute(f"INSERT INTO t (a, b) VALUES ('{a}', {b})")""",
            """c.execute("INSERT INTO t (a, b) VALUES (?, ?)", (a, b))""",
        ),
        (
            """c.execute(f"SELECT * FROM t WHERE a = '{x}-{y}'")""",
            """c.execute("SELECT * FROM t WHERE a = ?", (f"{x}-{y}",))""",
        ),
        (
            """c.execute("SELECT '100%%' FROM t WHERE a LIKE '%%%s%%'" % x)""",
            """c.execute("SELECT '100%' FROM t WHERE a LIKE ?", (f"%{x}%",))""",
        ),
        (
            """c.execute(f"SELECT '{{}}' FROM t WHERE a = {x}")""",
            """c.execute("SELECT '{}' FROM t WHERE a = ?", (x,))""",
        ),
        (
            """c.execute("SELECT * FROM t WHERE a = " + str(x) + " AND b = '" + y + "'")""",
            """c.execute("SELECT * FROM t WHERE a = ? AND b = ?", (x, y))""",
        ),
        (
            """c.execute(f"SELECT * FROM t WHERE a = ? AND b = {b} AND c = ?", (a, c))""",
            """c.execute("SELECT * FROM t WHERE a = ? AND b = ? AND c = ?", (a, b, c))""",
        ),
        (
            '''c.execute(f"""SELECT 1 -- it's all\nFROM t WHERE a = '{x}'""")''',
            '''c.execute("""SELECT 1 -- it's all\nFROM t WHERE a = ?""", (x,))''',
        ),
        (
            """c.execute("SELECT * FROM t WHERE a = '{0}' OR b = '{0}'".format(x))""",
            """c.execute("SELECT * FROM t WHERE a = ? OR b = ?", (x, x))""",
        ),
    ],
)
def test_values_of_a_statement_become_parameters(before: str, after: str, tmp_path: Path) -> None:
    line = 2 if "\n" in before else 0
    assert fixed(SQL, before + "\n", tmp_path, "import sqlite3\n", line) == after + "\n"


@pytest.mark.parametrize(
    "statement",
    [
        'c.execute(f"SELECT * FROM {x}")',
        'c.execute(f"SELECT {x} FROM t")',
        'c.execute(f"SELECT * FROM t ORDER BY {x}")',
        'c.execute(f"SELECT * FROM t WHERE {x} = 1")',
        'c.execute(f"SELECT * FROM t_{x} WHERE a = 1")',
        'c.execute(f"SELECT * FROM t WHERE a IN ({x})")',
        "c.execute(f\"SELECT * FROM t WHERE d > now() - INTERVAL '{x} days'\")",
        "c.execute(f'SELECT * FROM t WHERE \"{x}\" = 1')",
        'c.execute(f"SELECT * FROM t WHERE a = {x:>5}")',
        'c.execute(f"SELECT * FROM t WHERE a = {x}{y}")',
        'c.execute(f"SELECT 1 -- {x}")',
        'c.execute(f"DROP TABLE {x}")',
        "c.execute(f\"CREATE USER u PASSWORD '{x}'\")",
        'c.execute(f"SELECT * FROM t WHERE a = {x} AND b = ?", values)',
        "c.executescript(f\"INSERT INTO t VALUES ('{x}')\")",
    ],
)
def test_what_no_parameter_can_carry_is_left_to_a_person(statement: str, tmp_path: Path) -> None:
    assert fixed(SQL, statement + "\n", tmp_path, "import sqlite3\n").startswith("refused: ")


def test_without_a_known_driver_no_placeholder_is_guessed(tmp_path: Path) -> None:
    assert "driver" in fixed(SQL, """c.execute(f"SELECT * FROM t WHERE a = '{x}'")\n""", tmp_path)


def test_named_parameters_join_the_ones_that_are_there(tmp_path: Path) -> None:
    before = """db.execute(text(f"SELECT * FROM t WHERE o = :o AND a LIKE '{x}%'"), {"o": o})\n"""
    after = """db.execute(text("SELECT * FROM t WHERE o = :o AND a LIKE :x"), {"o": o, "x": f"{x}%"})\n"""
    assert fixed(SQL, before, tmp_path, "from sqlalchemy import text\n") == after


def test_windows_line_endings_survive_an_import(tmp_path: Path) -> None:
    before = "import json\r\nx = eval(request.data)\r\n"
    assert fixed("caller-text-run-as-python", before, tmp_path) == "import json\r\nx = json.loads(request.data)\r\n"
    added = fixed("debug-mode-in-code", "import flask\r\napp.run(debug=True)\r\n", tmp_path)
    assert added.startswith("import flask\r\nimport os\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("""run(f"ls -l '{x}/sub dir'", shell=True)""", """run(["ls", "-l", f"{x}/sub dir"])"""),
        ("""run("grep -c " + x + " notes.txt", shell=True)""", """run(["grep", "-c", x, "notes.txt"])"""),
    ],
)
def test_a_command_becomes_a_list_of_arguments(before: str, after: str, tmp_path: Path) -> None:
    assert fixed(SHELL, f"subprocess.{before}\n", tmp_path) == f"subprocess.{after}\n"


@pytest.mark.parametrize(
    "command",
    [
        'f"cat {x} | wc -l"',
        'f"cat {x} > out"',
        'f"rm {x}/*"',
        'f"cd {x} && make"',
        'f"cd {x}"',
        'f"{x} --version"',
        'f"echo $HOME {x}"',
        'f"A={x} make"',
        'f"tar {x_args}"',
        "x",
    ],
)
def test_what_only_a_shell_can_do_is_left_to_a_person(command: str, tmp_path: Path) -> None:
    assert fixed(SHELL, f"subprocess.run({command}, shell=True)\n", tmp_path).startswith("refused: ")
