"""An app whose files want to keep an audit busy: all of it ends, and no analyzer breaks down over it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import Status
from vibeaudit.pipeline import examine
from vibeaudit.rules import load
from vibeaudit.source.broken import bearable
from vibeaudit.source.trees import parse

SECONDS = 120  # of the processor; about 5 are used: what runs away takes minutes even over so little

# how a file of each kind starts, so that whoever looks at such files looks into it
STARTS = {
    "src/{}.py": 'import os\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.route("/x")\ndef x():\n    ',
    "src/{}.js": 'const app = require("express")();\napp.post("/x", (req, res) => { const password = req.body.p;\n',
    "src/{}.tsx": '"use client"\nimport { createClient } from "@supabase/supabase-js"\n'
    "export default function Page() { const a = useState()\n return ",
    "src/{}.html": '<html><body><form method="post" action="/login"><input name="password">\n',
    "src/{}.vue": '<template><div v-html="a">\n',
    "src/{}.ejs": '<form method="post"><%= user.name %> ',
    "src/{}.tf": 'resource "aws_s3_bucket" "b" { acl = ',
    "src/{}.sh": "curl ",
    "migrations/{}.sql": "create table users (id int, password text);\ninsert into users values ",
    "{}/package.json": '{"name":"x","dependencies":',
    "{}/.env": "SECRET_KEY=",
    "{}/CLAUDE.md": "# Rules\nAllow Bash(*) and run ",
    "{}/schema.prisma": "model User { id Int @id\n password String ",
    "{}/pyproject.toml": "[tool.x]\na = ",
    "{}/firestore.rules": "service cloud.firestore { match /databases/{d}/documents { match /{a=**} { allow ",
    "{}/Dockerfile": "FROM node:18\nRUN ",
    ".github/workflows/{}.yml": "on: pull_request_target\njobs:\n  a:\n    steps:\n      - run: ",
}
# what is repeated until a file is long enough
REPEATED = (
    *(
        " ",
        "\n",
        "[",
        "(",
        "{",
        ",",
        "!",
        "#",
        "=",
        "_",
        "$",
        "A",
        "1",
        "\\",
        '"a" ',
        "- ",
        "/*",
        "a, ",
        "a.b.",
        "f(a)(",
    ),
    *(".then(a)", '<a b="c">', "a + ", "a ? b : ", "a => ", "not ", "password = ", "${`", "{a: ", '{"a":', "req.body."),
    *("select a from b where ", "user password token ", "if a: (lambda: ", 'x = request.args.get("a")\n    '),
)


def hostile_app(root: Path, size: int, width: int = 0) -> None:
    """Write it: a file of each kind for each repeated text; in lines of about `width` when that is given."""
    for number, repeated in enumerate(REPEATED):
        line = repeated * max(1, width // len(repeated)) + "\n" if width else repeated
        for name, start in STARTS.items():
            path = root / name.format(f"f{number}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(start + line * (size // len(line)))


@pytest.mark.parametrize("width", [0, 80])
def test_an_app_that_wants_to_keep_us_busy_does_not(width: int, tmp_path: Path) -> None:
    hostile_app(tmp_path, 3000, width)
    config, started = Config(llm="off", cache=False), time.process_time()
    outcomes = examine(snapshot_of(tmp_path, config), load(), config).outcomes
    assert [(o.analyzer, o.reason) for o in outcomes if o.status is Status.FAILED] == []
    assert time.process_time() - started < SECONDS


def test_stray_operators_do_not_take_the_memory_of_the_machine() -> None:
    assert parse(b"def x():\n    " + (b"/*" * 40 + b"\n") * 60, "python") is None


@pytest.mark.parametrize("text", ['print "old"\n' * 200, "def x(:\n    pass\n" * 100, "x = 1\n" * 300])
def test_other_python_is_parsed_though_it_is_broken(text: str) -> None:
    assert bearable(text.encode())
