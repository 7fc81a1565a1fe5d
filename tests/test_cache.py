"""Results of earlier audits: the same to the byte, only for the same input, and of use to nobody else."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from vibeaudit import cache
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.cli import cli
from vibeaudit.config import Config
from vibeaudit.model import AppModel, LeftOut
from vibeaudit.rules import load

APP = {
    "app.py": "from flask import Flask, request\nimport os\napp = Flask(__name__)\n\n"
    '@app.get("/run")\ndef run():\n    os.system("ls " + request.args["folder"])\n    return "done"\n',
    "page.js": 'document.body.innerHTML = location.hash;\nconst key = "AKIA" + "x";\n',
    "requirements.txt": "flask==0.5\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name, text in APP.items():
        (tmp_path / "app" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "app" / name).write_text(text)
    return tmp_path / "app"


def audited(app: Path, out: Path, *more: str) -> bytes:
    words = ["audit", str(app), "--llm", "off", "--offline", "--quiet", "--out", str(out), *more]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    document = json.loads((out / "findings.json").read_text())
    return json.dumps({k: document[k] for k in ("findings", "routes") if k in document}).encode()


def test_a_second_audit_says_the_same_to_the_byte_and_works_nothing_out(
    app: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = audited(app, tmp_path / "0", "--no-cache")
    assert not home.exists()
    cold = audited(app, tmp_path / "1")
    assert {f.name for f in home.iterdir()}
    for stage in ("survey", "trace"):
        monkeypatch.setattr(f"vibeaudit.pipeline.{stage}", None)
    assert audited(app, tmp_path / "2") == cold == without
    assert b"os.system" in cold or b"command" in cold


def test_what_changes_in_the_app_is_seen(app: Path, home: Path, tmp_path: Path) -> None:
    before = audited(app, tmp_path / "1")
    (app / "page.js").write_text("console.log(1);\n")
    assert audited(app, tmp_path / "2") != before


def test_nothing_is_written_into_the_audited_folder(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(app / ".cache"))
    before = sorted(app.rglob("*"))
    audited(app, tmp_path / "1")
    assert sorted(app.rglob("*")) == before


def test_a_folder_that_others_may_write_to_is_not_read(app: Path, home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    assert cache.cache_for(snapshot_of(app, Config()), load()) is cache.NONE


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize("held", [pickle.dumps(Evil()), b"garbage", pickle.dumps({"a": 1}), b""])
def test_what_somebody_else_wrote_there_is_not_run(home: Path, held: bytes) -> None:
    home.mkdir(mode=0o700)
    kept = cache.Cache(home, "k")
    place = home / hashlib.sha256(b"k\0survey").hexdigest()
    place.write_bytes(hashlib.sha256(held).digest() + held)
    made = AppModel(left_out=(LeftOut("a", "b"),))
    assert kept.recall("survey", AppModel, lambda: made) == made
    assert not Path("ran").exists()
    assert kept.recall("survey", AppModel, AppModel) == made


def test_what_was_not_used_for_long_makes_room(home: Path) -> None:
    home.mkdir()
    for number in range(4):
        (home / str(number)).write_bytes(b"x" * 100)
        os.utime(home / str(number), (number, number))
    cache.prune(home, 250)
    assert sorted(f.name for f in home.iterdir()) == ["2", "3"]
