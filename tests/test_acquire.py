"""Targets of every kind become snapshots; bad ones end in one line and a hint."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibeaudit.acquire import acquire, read_target
from vibeaudit.acquire.target import Kind
from vibeaudit.config import Config, Limits
from vibeaudit.egress import Door
from vibeaudit.errors import EgressDenied, TargetError
from vibeaudit.model import Snapshot

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")


@contextlib.contextmanager
def snap(target: Path | str, **limits: int) -> Iterator[Snapshot]:
    with acquire(str(target), Config(limits=Limits(**limits)), Door()) as snapshot:
        yield snapshot


def paths(snapshot: Snapshot) -> list[str]:
    return [str(f.path) for f in snapshot.files]


def commit(repo: Path, message: str = "one") -> None:
    subprocess.run([*GIT, "init", "-q"], cwd=repo, check=True)
    subprocess.run([*GIT, "add", "-Af"], cwd=repo, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", message], cwd=repo, check=True)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    (root / "src").mkdir(parents=True)
    (root / "src" / "main.py").write_text("print(1)\n")
    (root / "package.json").write_text('{"name": "shop"}')
    return root


@pytest.mark.parametrize(
    ("words", "kind", "host"),
    [
        ("https://example.org/a/b.git", Kind.GIT, "example.org"),
        ("git@example.org:a/b.git", Kind.GIT, "example.org"),
        ("ssh://git@example.org/a/b", Kind.GIT, "example.org"),
        ("owner/name", Kind.GIT, "github.com"),
        ("file:///srv/repo", Kind.GIT, ""),
    ],
)
def test_it_knows_the_kinds_of_target(words: str, kind: Kind, host: str) -> None:
    target = read_target(words)
    assert (target.kind, target.host) == (kind, host)


@pytest.mark.parametrize(
    "words",
    ["", "-oProxyCommand=x", "ext::sh -c id", "nowhere", "http://[", "ftp://example.org/x", "a\0b", "https://-x/y"],
)
def test_a_bad_target_ends_in_one_line_and_a_hint(words: str) -> None:
    with pytest.raises(TargetError) as caught:
        read_target(words)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_credentials_are_never_shown() -> None:
    assert read_target("https://me:s3cret@example.org/a/b").shown == "https://example.org/a/b"


def test_a_folder_is_taken_as_it_is_and_named_by_its_manifest(app: Path) -> None:
    with snap(app) as snapshot:
        assert paths(snapshot) == ["package.json", "src/main.py"]
        assert (snapshot.name, snapshot.origin, snapshot.commit) == ("shop", "folder", None)


def test_a_checkout_gives_its_commit_and_leaves_ignored_files_out(app: Path) -> None:
    (app / ".gitignore").write_text("*.log\n/private/\n.env\n")
    (app / ".env").write_text("committed although ignored")
    commit(app)
    (app / "debug.log").write_text("x")
    (app / "private").mkdir()
    (app / "private" / "a.txt").write_text("x")
    (app / "new.py").write_text("y = 1")
    with snap(app) as snapshot:
        assert paths(snapshot) == [".env", ".gitignore", "new.py", "package.json", "src/main.py"]
        head = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=app, check=True, capture_output=True, text=True)
        assert snapshot.commit == head.stdout.strip()
        assert any("ignored by .gitignore" in o.why for o in snapshot.left_out)


def test_a_folder_without_git_hides_nothing_behind_its_gitignore(app: Path) -> None:
    (app / ".gitignore").write_text("*\n")
    with snap(app) as snapshot:
        assert "src/main.py" in paths(snapshot)


def test_a_hostile_git_config_runs_nothing(app: Path, tmp_path: Path) -> None:
    commit(app)
    flag = tmp_path / "pwned"
    (app / ".git" / "config").write_text(
        f"[core]\n\tfsmonitor = touch {flag}\n\tpager = touch {flag}\n\tsshCommand = touch {flag}\n\tbare = false\n"
        f"[alias]\n\tls-files = !touch {flag}\n[diff]\n\texternal = touch {flag}\n"
    )
    with snap(app) as snapshot:
        assert snapshot.commit
    assert not flag.exists()


def test_a_clone_holds_no_links_submodules_or_checked_out_filters(app: Path, tmp_path: Path) -> None:
    flag = tmp_path / "pwned"
    (app / ".gitattributes").write_text("*.py filter=evil\n")
    (app / "link").symlink_to("/etc/passwd")
    (app / "evil\nname\x1b[31m.py").write_text("x = 1\n")
    commit(app)
    (app / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {flag}\n")
    (app / ".git" / "hooks" / "post-checkout").chmod(0o755)
    with snap(f"file://{app}") as snapshot:
        assert "src/main.py" in paths(snapshot)
        assert "link" not in paths(snapshot)
        assert snapshot.name == "app"
        assert any(o.what == "link" for o in snapshot.left_out)
        root = snapshot.root
        assert not root.is_relative_to(app)
    assert not flag.exists()
    assert not root.exists(), "a clone must leave nothing behind"


def test_offline_forbids_a_clone() -> None:
    door = Door(offline=True)
    with pytest.raises(EgressDenied), acquire("owner/name", Config(offline=True), door):
        pass
    assert [(e.host, e.allowed) for e in door.ledger] == [("github.com", False)]


def test_a_clone_that_fails_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught, snap(f"file://{tmp_path}/nothing"):
        pass
    assert "\n" not in caught.value.message


def test_an_empty_repository_is_nothing_to_audit(tmp_path: Path) -> None:
    subprocess.run([*GIT, "init", "-q", "empty"], cwd=tmp_path, check=True)
    for target in (tmp_path / "empty", f"file://{tmp_path}/empty"):
        with pytest.raises(TargetError), snap(target):
            pass


def test_links_are_recorded_and_never_followed(app: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("secret = 1")
    (app / "out.py").symlink_to(tmp_path / "outside.py")
    (app / "loop").symlink_to(app)
    with snap(app) as snapshot:
        assert paths(snapshot) == ["package.json", "src/main.py"]
        assert [str(p) for p, _ in snapshot.links] == ["loop", "out.py"]


def test_names_and_bytes_that_are_not_text_survive(app: Path) -> None:
    (app / "new\nline.py").write_text("a = 1\r\nb = 2\r\n")
    Path(os.fsdecode(os.fsencode(app) + b"/bad\xff.py")).write_bytes(b"a = 1")
    (app / "bom.py").write_bytes(b"\xef\xbb\xbfa = 1\n")
    (app / "wide.txt").write_bytes("é".encode("utf-16"))
    (app / "latin.py").write_bytes(b"# caf\xe9\nx = 1\n")
    (app / "nul.py").write_bytes(b"x = 1\0\ny = 2 # and a line of text that is long enough\n")
    (app / "huge.js").write_text("x" * 3_000_000)
    with snap(app) as snapshot:
        names = paths(snapshot)
        assert {"new\nline.py", "bom.py", "wide.txt", "latin.py", "nul.py"} <= set(names)
        by_name = {f.path.name: f for f in snapshot.files}
        assert by_name["bom.py"].text == "a = 1\n"
        assert by_name["wide.txt"].text == "é"
        assert by_name["new\nline.py"].lines == ["a = 1", "b = 2", ""]
        reasons = {o.what: o.why for o in snapshot.left_out}
        assert "not valid UTF-8" in " ".join(reasons.values())
        assert reasons["huge.js"] == "minified"


def test_what_the_compiler_of_typescript_wrote_is_left_out(app: Path) -> None:
    (app / "functions/lib").mkdir(parents=True)
    (app / "lib").mkdir()
    (app / "functions/lib/index.js").write_text(
        '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.a = 1;\n'
    )
    (app / "lib/db.js").write_text('"use strict";\nexports.db = 1;\n')
    with snap(app) as snapshot:
        assert "lib/db.js" in paths(snapshot)
        assert {o.what: o.why for o in snapshot.left_out}["functions/lib/index.js"] == "generated"


def test_caps_have_clear_messages(app: Path) -> None:
    for n in range(5):
        (app / f"f{n}.py").write_text("x = 1")
    with pytest.raises(TargetError, match="more than 3 files"), snap(app, files=3):
        pass
    with pytest.raises(TargetError, match="MB of files"), snap(app, repository_bytes=10):
        pass
    with snap(app, file_bytes=2, path_depth=1) as snapshot:
        reasons = {o.why for o in snapshot.left_out}
        assert reasons == {"larger than 0 MB", "nested deeper than 1 folders"}


def _zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in members.items():
            box.writestr(name, data)


def test_archives_are_unpacked_inside_their_room(tmp_path: Path) -> None:
    _zip(tmp_path / "a.zip", {"app-main/x.py": b"x = 1", "../../evil.py": b"1", "/abs.py": b"1"})
    with snap(tmp_path / "a.zip") as snapshot:
        assert paths(snapshot) == ["x.py"]
        assert {o.why for o in snapshot.left_out} == {"a path that leads out of the archive"}
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("app/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
        info = tarfile.TarInfo("app/y.py")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"y = 1"))
    with snap(tmp_path / "a.tar.gz") as snapshot:
        assert paths(snapshot) == ["y.py"]


def test_bombs_and_broken_archives_end_in_one_line(tmp_path: Path) -> None:
    _zip(tmp_path / "bomb.zip", {"a/x.txt": b"0" * 4_000_000, "a/y.txt": b"0" * 4_000_000})
    with pytest.raises(TargetError, match="unpacks to more"), snap(tmp_path / "bomb.zip", repository_bytes=5_000_000):
        pass
    (tmp_path / "junk.zip").write_bytes(os.urandom(3000))
    with pytest.raises(TargetError, match="cannot be unpacked"), snap(tmp_path / "junk.zip"):
        pass
    (tmp_path / "junk.bin").write_bytes(os.urandom(3000))
    with pytest.raises(TargetError, match="not an archive"), snap(tmp_path / "junk.bin"):
        pass


def test_a_virtualenv_is_left_out_but_not_the_code_beside_it(app: Path) -> None:
    for name in (
        "venv/pyvenv.cfg", "venv/bin/activate", "venv/bin/tool.py", "venv/lib/python3.12/abc.py",
        "shop/pyvenv.cfg", "shop/Scripts/activate.bat", "shop/Scripts/tool.py", "shop/Lib/site-packages/flask/app.py",
        "shop/views.py", "shop/users/routes.py", "shop/tools/run.py",
        "both/pyvenv.cfg", "both/lib/python3.12/abc.py", "both/lib/money.py", "both/bin/seed.py",
    ):  # fmt: skip
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("x = 1\n")
    with snap(app) as taken:
        own = [p for p in paths(taken) if p.endswith(".py")]
        left = [o.what for o in taken.left_out]
    beside = ["both/bin/seed.py", "both/lib/money.py", "shop/tools/run.py", "shop/users/routes.py", "shop/views.py"]
    assert own == [*beside, "src/main.py"]
    assert left == ["both/lib/python3.12/", "shop/Lib/", "shop/Scripts/", "venv/"]


def test_a_copied_library_is_left_out_but_not_the_app_under_a_licence(app: Path) -> None:
    library = (
        "/*!\n * Sliders v2.4.1\n * Copyright 2019 The Sliders contributors\n * Released under the MIT license\n */\n"
    )
    licence = "/*! Copyright 2024 Shop\n * Licensed under the Apache License, Version 2.0 */\n"
    for name, head in (
        ("public/js/sliders.js", library),
        ("public/js/cart.js", licence),
        ("public/js/plain.js", "// Cart v1.0\n"),
        ("server/sliders.js", library),
    ):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(head + "run();\n")
    with snap(app) as taken:
        assert [p for p in paths(taken) if p.endswith(".js")] == [
            "public/js/cart.js", "public/js/plain.js", "server/sliders.js",
        ]  # fmt: skip
        assert ("public/js/sliders.js", "a copy of a published library") in [(o.what, o.why) for o in taken.left_out]
