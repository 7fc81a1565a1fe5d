"""The report folder: whole files, never through a link, and readable again without the code."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report_samples import DIFF, a_complete_report, a_hostile_report, a_report
from vibeaudit.errors import VibeauditError
from vibeaudit.reports import FORMATS, load, render, write

FILES = {"findings.json", "findings.sarif", "report.html", "report.md", "ledger.json", "sbom.cdx.json"}


def names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_it_writes_the_promised_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report"
    paths = write(a_report(), out, "en")
    proven, advice, _ = a_report().patches
    patches = {f"patches/{proven.id}.patch", f"patches/unverified/{advice.id}.patch"}
    assert names(out) == FILES | patches
    assert {p.relative_to(out).as_posix() for p in paths} == names(out)


def test_only_proven_patches_lie_where_patches_are_taken_from(tmp_path: Path) -> None:
    write(a_report(), tmp_path, "en")
    assert [p.stem for p in (tmp_path / "patches").glob("*.patch")] == [a_report().patches[0].id]


def test_git_applies_a_patch_as_written(tmp_path: Path) -> None:
    before = (
        "\n" * 38
        + "function searchNotes(text) {\n  return db.all(\n"
        + "    `SELECT * FROM notes WHERE title LIKE '%${text}%'`\n  );\n}\n"
    )
    diff = DIFF.replace("@@ -39,5 +39,6 @@", "@@ -39,4 +39,5 @@")
    patch = replace(a_report().patches[0], diff=diff)
    out, repo = tmp_path / "out", tmp_path / "repo"
    write(a_report(patches=(patch,)), out, "fr")
    (repo / "src").mkdir(parents=True)
    (repo / "src/db.js").write_text(before)
    git = ["git", "-C", str(repo), "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-qm", "x"],
        ["am", "-q", str(out / "patches" / f"{patch.id}.patch")],
    ):
        subprocess.run([*git, *command], check=True, capture_output=True)
    assert "LIKE ?" in (repo / "src/db.js").read_text()
    subject = subprocess.run([*git, "log", "-1", "--format=%s"], check=True, capture_output=True, text=True).stdout
    assert subject == "Passer le texte cherché en paramètre\n"


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(VibeauditError, match="is a file"):
        write(a_report(), tmp_path / "out", "en")
    assert (tmp_path / "out").read_text() == "mine"


def test_it_never_writes_through_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "key").write_text("keep")
    (tmp_path / "linked").symlink_to(mine)
    with pytest.raises(VibeauditError, match="symbolic link"):
        write(a_report(), tmp_path / "linked", "en")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").symlink_to(mine / "key")
    (out / "patches").symlink_to(mine)
    with pytest.raises(VibeauditError, match="symbolic link"):
        write(a_report(), out, "en")
    assert (mine / "key").read_text() == "keep"
    assert names(mine) == {"key"}


def test_a_second_report_removes_the_patches_of_the_first_and_nothing_else(tmp_path: Path) -> None:
    write(a_report(), tmp_path, "en")
    (tmp_path / "patches" / "mine.patch").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    write(a_report(patches=()), tmp_path, "en")
    assert names(tmp_path) == FILES | {"patches/mine.patch", "notes.txt"}


def test_a_planted_findings_json_removes_nothing_outside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "patches").mkdir(parents=True)
    (tmp_path / "keep.patch").write_text("keep")
    planted = {
        "tool": {"name": "vibeaudit"},
        "patches": [{"file": "patches/../../keep.patch"}, {"file": "../keep.patch"}],
    }
    (out / "findings.json").write_text(json.dumps(planted))
    write(a_report(), out, "en")
    assert (tmp_path / "keep.patch").exists()


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("made", [a_report, a_complete_report, a_hostile_report])
def test_every_format_is_the_same_from_the_folder_alone(tmp_path: Path, made, lang: str) -> None:  # type: ignore[no-untyped-def]
    write(made(), tmp_path, "en")
    loaded = load(tmp_path)
    for form in FORMATS:
        assert render(loaded, form, lang) == render(made(), form, lang), form


def test_what_was_loaded_can_be_written_again_unchanged(tmp_path: Path) -> None:
    write(a_report(), tmp_path, "en")
    before = {n: (tmp_path / n).read_bytes() for n in names(tmp_path)}
    write(load(tmp_path), tmp_path, "en")
    assert {n: (tmp_path / n).read_bytes() for n in names(tmp_path)} == before


def test_a_folder_without_ledger_still_loads(tmp_path: Path) -> None:
    write(a_report(), tmp_path, "en")
    (tmp_path / "ledger.json").unlink()
    assert load(tmp_path).findings == a_report().findings


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"schema_version": 1}', '{"schema_version": 99}', "[" * 100_000]
)
def test_a_damaged_report_is_one_line_and_a_hint(tmp_path: Path, text: str) -> None:
    (tmp_path / "findings.json").write_text(text)
    with pytest.raises(VibeauditError) as caught:
        load(tmp_path)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_wrong_type_in_a_report_is_an_error_not_a_crash(tmp_path: Path) -> None:
    write(a_report(), tmp_path, "en")
    document = json.loads((tmp_path / "findings.json").read_text())
    for field in ("findings", "app", "maps", "patches", "assurance", "target", "rules"):
        (tmp_path / "findings.json").write_text(json.dumps({**document, field: 7}))
        with pytest.raises(VibeauditError, match="damaged"):
            load(tmp_path)


def test_an_unknown_format_or_language_is_refused() -> None:
    with pytest.raises(VibeauditError, match="no format"):
        render(a_report(), "pdf", "en")
    with pytest.raises(VibeauditError, match="no reports in"):
        render(a_report(), "html", "../../etc")
