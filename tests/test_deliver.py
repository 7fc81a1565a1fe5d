"""Patches as commits and pull requests: against bare remotes and a server that validates each request."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from tests.forge_server import REPO, Forge, serving
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.cli.pr import publish
from vibeaudit.config import Config
from vibeaudit.deliver.commits import commit_patches
from vibeaudit.errors import TargetError, ToolError, UsageError
from vibeaudit.model import (
    AppModel,
    Confidence,
    Edit,
    Finding,
    Ledgers,
    Maps,
    Patch,
    Proof,
    Report,
    Safety,
    Severity,
    Text,
)
from vibeaudit.remedy.edits import apply, diff_of
from vibeaudit.reports import write

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
PROVEN = Proof(parses=True, gone=True)


def git(folder: Path, *words: str) -> str:
    return subprocess.run([*GIT, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    root.mkdir()
    (root / "a.py").write_text("bad_one()\nx = 1\ny = 2\nz = 3\nbad_two()\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def patch(report_root: Path, old: str, new: str, safety: Safety = Safety.SAFE) -> tuple[Finding, Patch]:
    shot = snapshot_of(report_root, Config())
    file = shot.by_path["a.py"]
    at = file.data.index(old.encode())
    found = Finding(old, f"{old} is called", Severity.HIGH, Confidence.HIGH, file.at(at), anchor=old)
    edits = (Edit(PurePosixPath("a.py"), at, at + len(old), new.encode()),)
    diff = diff_of(apply(edits, shot), shot)
    title, check = Text(f"Stop calling {old}", f"Ne plus appeler {old}"), Text("Look at it.", "À regarder.")
    rule = f"rule-{old.replace('_', '-')}"
    found = replace(found, rule_id=rule)
    fixes = frozenset({found.fingerprint})
    return found, Patch((rule,), title, safety, "fixer", edits, fixes, diff, check, PROVEN)


def report(root: Path, origin: str = "folder") -> Report:
    one, two = patch(root, "bad_one", "good_one"), patch(root, "bad_two", "good_two", Safety.UNSAFE)
    shot = snapshot_of(root, Config(), origin=origin, commit=git(root, "rev-parse", "HEAD"))
    findings, patches = (one[0], two[0]), (one[1], two[1])
    return Report(shot, AppModel(), Maps(), (), findings, patches, {}, Ledgers(), "0")


def test_each_proven_patch_becomes_a_commit_and_the_working_tree_stays(checkout: Path) -> None:
    (checkout / "new.txt").write_text("not committed")
    made, failed = commit_patches(checkout, report(checkout), "fixes", unsafe=True)
    assert (len(made), failed) == (2, ())
    assert git(checkout, "show", "fixes:a.py") == "good_one()\nx = 1\ny = 2\nz = 3\ngood_two()"
    assert git(checkout, "log", "--format=%s", "main..fixes").splitlines()[-1] == "fix(security): Stop calling bad_one"
    assert git(checkout, "status", "--porcelain") == "?? new.txt"
    assert git(checkout, "branch", "--show-current") == "main"
    git(checkout, "fsck", "--strict")


def test_unsafe_patches_stay_out_unless_asked_for(checkout: Path) -> None:
    made, _ = commit_patches(checkout, report(checkout), "fixes", unsafe=False)
    assert [c.patch.title.en for c in made] == ["Stop calling bad_one"]


def test_a_patch_that_rests_on_uncommitted_changes_is_said_not_committed(checkout: Path) -> None:
    (checkout / "a.py").write_text("fresh()\n" * 9 + "bad_one()\n" + "fresh()\n" * 9 + "bad_two()\n")
    made, failed = commit_patches(checkout, report(checkout), "fixes", unsafe=True)
    assert made == ()
    assert len(failed) == 2
    assert "fixes" not in git(checkout, "branch", "--list")


def test_a_branch_that_exists_or_has_no_proper_name_is_refused(checkout: Path) -> None:
    for name in ("main", "../../evil", "-x", "a b", "a..b"):
        with pytest.raises(UsageError):
            commit_patches(checkout, report(checkout), name, unsafe=True)


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path, checkout: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(TargetError):
        commit_patches(tmp_path / "plain", report(checkout), "fixes", unsafe=True)


def test_hostile_settings_of_the_checkout_run_nothing(checkout: Path, tmp_path: Path) -> None:
    flag = tmp_path / "pwned"
    hook = checkout / ".git" / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {flag}\n")
    hook.chmod(0o755)
    with (checkout / ".git" / "config").open("a") as config:
        config.write(f'[core]\n\tfsmonitor = touch {flag}\n[filter "x"]\n\tclean = touch {flag}\n')
    (checkout / ".gitattributes").write_text("* filter=x\n")
    audit = report_without_git(checkout)
    flag.unlink(missing_ok=True)
    commit_patches(checkout, audit, "fixes", unsafe=True)
    assert not flag.exists()


def report_without_git(root: Path) -> Report:
    one = patch(root, "bad_one", "good_one")
    shot = snapshot_of(root, Config())
    return Report(shot, AppModel(), Maps(), (), (one[0],), (one[1],), {}, Ledgers(), "0")


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    pytest.importorskip("openapi_core")
    with serving() as running:
        monkeypatch.setenv("GITHUB_API_URL", running.address)
        monkeypatch.setenv("GITHUB_TOKEN", "t" * 12)
        yield running


@pytest.fixture
def remote(checkout: Path, tmp_path: Path) -> Path:
    bare = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(checkout), str(bare))
    write(report(checkout, f"file://{bare}"), tmp_path / "report", "en")
    return bare


def send(remote: Path, **words: object) -> None:
    publish(remote.parent / "report", repo=REPO, unsafe=True, quiet=True, **words)  # type: ignore[arg-type]


def heads(remote: Path) -> list[str]:
    return git(remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()


def test_each_patch_becomes_a_branch_and_a_pull_request(remote: Path, forge: Forge) -> None:
    send(remote)
    assert forge.refused == []
    assert [p["title"] for p in forge.pulls] == [
        "fix(security): Stop calling bad_one",
        "fix(security): Stop calling bad_two",
    ]
    assert [p["draft"] for p in forge.pulls] == [False, True]
    assert forge.labels == {1: ["security", "vibeaudit", "safe"], 2: ["security", "vibeaudit", "unsafe"]}
    assert len([h for h in heads(remote) if h.startswith("vibeaudit/")]) == 2
    first = forge.pulls[0]["head"]["ref"]
    assert git(remote, "show", f"{first}:a.py").startswith("good_one()")
    assert "the finding is gone" in forge.pulls[0]["body"]


def test_running_twice_updates_and_never_doubles(
    remote: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    send(remote)
    before = {h: git(remote, "rev-parse", h) for h in heads(remote)}
    capsys.readouterr()
    send(remote)
    assert len(forge.pulls) == 2
    assert {h: git(remote, "rev-parse", h) for h in heads(remote)} == before
    assert [row.split()[0] for row in capsys.readouterr().out.splitlines()] == ["unchanged", "unchanged"]
    send(remote, lang="fr")
    assert forge.pulls[0]["title"] == "fix(security): Ne plus appeler bad_one"
    assert len(forge.pulls) == 2


def test_a_branch_that_a_person_touched_is_left_alone(remote: Path, forge: Forge, tmp_path: Path) -> None:
    send(remote)
    branch = forge.pulls[0]["head"]["ref"]
    git(tmp_path, "clone", "-q", "-b", branch, str(remote), "work")
    (tmp_path / "work" / "a.py").write_text("by hand\n")
    git(tmp_path / "work", "commit", "-q", "-am", "by hand")
    git(tmp_path / "work", "push", "-q", "origin", branch)
    tip = git(remote, "rev-parse", branch)
    send(remote)
    assert git(remote, "rev-parse", branch) == tip


def test_a_pull_request_that_a_person_closed_stays_closed(remote: Path, forge: Forge) -> None:
    send(remote)
    forge.pulls[0]["state"] = "closed"
    send(remote)
    assert [p["state"] for p in forge.pulls] == ["closed", "open"]


@pytest.mark.parametrize(("call", "status"), [("POST /pulls", 403), ("POST /labels", 500), ("GET /pulls", 502)])
def test_after_a_failure_the_same_command_finishes_the_job(remote: Path, forge: Forge, call: str, status: int) -> None:
    forge.fail[call] = status
    with pytest.raises(ToolError) as caught:
        send(remote)
    assert caught.value.hint
    send(remote)
    assert len(forge.pulls) == 2
    assert forge.refused == []


def test_a_dry_run_connects_to_nothing(remote: Path, forge: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    send(remote, dry_run=True)
    assert forge.requests == []
    assert heads(remote) == ["main"]
    assert "Stop calling bad_one" in capsys.readouterr().out


def test_without_a_token_nothing_is_pushed(remote: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.delenv("GH_TOKEN", raising=False)
    with pytest.raises(UsageError, match="token"):
        send(remote)
    assert heads(remote) == ["main"]


def test_the_server_refuses_what_github_would(forge: Forge) -> None:
    import urllib.error
    import urllib.request

    wrong = urllib.request.Request(
        f"{forge.address}/repos/{REPO}/pulls", b'{"base": "main", "title": 7}', {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(wrong, timeout=5)
    caught.value.close()
    assert caught.value.code == 422
    assert forge.refused
