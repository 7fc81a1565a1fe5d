"""The local advisory database: importing, matching, and the command that keeps it."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import ADVISORIES
from vibeaudit.advisories import Advisory, Range, download, importing, status
from vibeaudit.advisories.cvss import base_score
from vibeaudit.advisories.database import Database
from vibeaudit.advisories.importing import import_from
from vibeaudit.advisories.matching import grouped, match
from vibeaudit.advisories.versions import NotAVersion, affects, contains
from vibeaudit.cli import cli
from vibeaudit.egress import Door
from vibeaudit.errors import EgressDenied, TargetError, UsageError
from vibeaudit.model import Severity

META = {
    "format": "vibeaudit-adv/1",
    "sources": [{"id": "s", "name": "Source", "licence": "CC-BY-4.0", "as_of": "2026-01-02"}],
}


def row(**more: Any) -> dict[str, Any]:
    return {"i": "GHSA-1", "e": "npm", "p": "left", "r": [["0", "2.0.0", None]], "m": "2026-01-01", "q": ["s"], **more}


def bundle(path: Path, *rows: dict[str, Any]) -> Path:
    with gzip.open(path, "wt") as stream:
        stream.write("\n".join(json.dumps(r) for r in (META, *rows)))
    return path


def osv(name: str, **more: Any) -> dict[str, Any]:
    affected = {
        "package": {"ecosystem": "npm", "name": "left"},
        "ranges": [{"type": "SEMVER", "events": more.pop("events", [])}],
    }
    return {"id": name, "modified": "2026-01-01T00:00:00Z", "affected": [affected | more.pop("affected", {})], **more}


def left(database: Path) -> tuple[Advisory, ...]:
    with Database(database) as opened:
        return opened.of("npm", "left")


# ---- importing -------------------------------------------------------------------------------------


def test_a_bundle_keeps_sources_ranges_and_doubts(tmp_path: Path) -> None:
    rows = (row(u=1, s="high", a=["CVE-1"]), row(i="GHSA-2", r=[[">1.0.0", None, "1.5.0"]]), row(i="GHSA-3", e="Go"))
    assert import_from(bundle(tmp_path / "a.jsonl.gz", *rows), tmp_path / "db") == 2
    one, two = left(tmp_path / "db")
    assert (one.id, one.aliases, one.severity, one.incomplete) == ("GHSA-1", ("CVE-1",), Severity.HIGH, True)
    assert two.ranges == (Range("1.0.0", "", "1.5.0", after=True),)
    state = status(tmp_path / "db")
    assert [(s.id, s.licence, s.as_of) for s in state.sources] == [("s", "CC-BY-4.0", "2026-01-02")]
    assert state.count == 2


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.jsonl.gz", row(), row(i="GHSA-2"))
    import_from(path, tmp_path / "db")
    before = left(tmp_path / "db")
    import_from(path, tmp_path / "db")
    assert left(tmp_path / "db") == before


def test_imports_add_up_and_the_later_word_wins(tmp_path: Path) -> None:
    newer = row(m="2026-02-01", r=[["0", "3.0.0", None]])
    for name, rows in (("a", (row(), row(i="GHSA-2"))), ("b", (newer,)), ("c", (row(),))):
        import_from(bundle(tmp_path / f"{name}.jsonl.gz", *rows), tmp_path / "db")
    assert {a.id: a.ranges[0].fixed for a in left(tmp_path / "db")} == {"GHSA-1": "3.0.0", "GHSA-2": "2.0.0"}


def test_a_complete_row_replaces_an_incomplete_one_whatever_its_day(tmp_path: Path) -> None:
    import_from(bundle(tmp_path / "a.jsonl.gz", row(u=1, m="2026-05-05")), tmp_path / "db")
    import_from(bundle(tmp_path / "b.jsonl.gz", row(r=[["0", "4.0.0", None]])), tmp_path / "db")
    assert [a.ranges[0].fixed for a in left(tmp_path / "db")] == ["4.0.0"]


def test_what_was_withdrawn_is_not_told_and_does_not_come_back(tmp_path: Path) -> None:
    gone = osv(
        "GHSA-1", events=[{"introduced": "0"}], withdrawn="2026-03-01T00:00:00Z", modified="2026-03-01T00:00:00Z"
    )
    (tmp_path / "GHSA-1.json").write_text(json.dumps(gone))
    import_from(tmp_path / "GHSA-1.json", tmp_path / "db")
    import_from(bundle(tmp_path / "a.jsonl.gz", row(), row(i="GHSA-2", t="Withdrawn Advisory: x")), tmp_path / "db")
    assert left(tmp_path / "db") == ()


def test_a_zip_a_folder_and_a_file_of_osv_say_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(ADVISORIES.glob("*.json")):
            archive.write(path, path.name)
        archive.writestr("junk.json", "{")
        archive.writestr("other.json", '{"id": "GO-1", "affected": [{"package": {"ecosystem": "Go", "name": "x"}}]}')
    for source, name in ((ADVISORIES, "a"), (tmp_path / "all.zip", "b")):
        assert import_from(source, tmp_path / name) == 6
    for path in sorted(ADVISORIES.glob("*.json")):
        import_from(path, tmp_path / "c")
    for package in ("jinja2", "minimist"):
        ecosystem = "PyPI" if package == "jinja2" else "npm"
        said = []
        for name in "abc":
            with Database(tmp_path / name) as database:
                said.append(database.of(ecosystem, package))
        assert said[0] == said[1] == said[2] != ()


def test_osv_events_become_ranges_in_the_order_of_versions(tmp_path: Path) -> None:
    events = [{"introduced": "3.0.0"}, {"fixed": "1.5.0"}, {"introduced": "0"}, {"last_affected": "3.2.0"}]
    (tmp_path / "x.json").write_text(json.dumps(osv("GHSA-9", events=events)))
    import_from(tmp_path / "x.json", tmp_path / "db")
    assert left(tmp_path / "db")[0].ranges == (Range("0", "1.5.0"), Range("3.0.0", "", "3.2.0"))


def test_github_states_the_last_known_version_apart(tmp_path: Path) -> None:
    known = {"database_specific": {"last_known_affected_version_range": "<= 1.4.0"}}
    (tmp_path / "x.json").write_text(json.dumps(osv("GHSA-9", events=[{"introduced": "0"}], affected=known)))
    import_from(tmp_path / "x.json", tmp_path / "db")
    assert left(tmp_path / "db")[0].ranges == (Range("0", "", "1.4.0"),)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl.gz", b"not gzip"),
        ("b.jsonl.gz", gzip.compress(b'{"format": "other"}', mtime=0)),
        ("c.jsonl.gz", gzip.compress(json.dumps(META).encode() + b"\n{}\n", mtime=0)),
        ("d.jsonl.gz", gzip.compress(json.dumps(META).encode(), mtime=0)),
        ("e.zip", b"PK\x05\x06" + b"\0" * 18),
        ("f.json", b"["),
        ("g.txt", b"hello"),
        ("h.json", b'{"id": "X"}'),
        ("missing.json", None),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_line_and_changes_nothing(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    import_from(bundle(tmp_path / "good.jsonl.gz", row()), tmp_path / "db")
    before = (tmp_path / "db").read_bytes()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TargetError) as error:
        import_from(tmp_path / name, tmp_path / "db")
    assert "\n" not in error.value.message
    assert (tmp_path / "db").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".db")] == []


def test_a_zip_bomb_ends_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_RECORD", 1_000_000)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GHSA-1.json", b" " * 30_000_000)
    with pytest.raises(TargetError, match="unfolds to too much"):
        import_from(tmp_path / "all.zip", tmp_path / "db")
    assert not (tmp_path / "db").exists()


def test_another_file_is_not_taken_for_a_database(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("my notes, long enough to be more than a header of SQLite" * 30)
    with pytest.raises(TargetError):
        Database(tmp_path / "db")
    with pytest.raises(TargetError):
        import_from(ADVISORIES, tmp_path / "db")
    assert (tmp_path / "db").read_text().startswith("my notes")


# ---- matching --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ecosystem", "span", "inside", "outside"),
    [
        ("npm", Range("0", "1.2.6"), ["0.0.1", "1.2.5", "1.2.6-rc.1", "v1.0.0"], ["1.2.6", "1.10.0", "2.0.0-alpha"]),
        ("npm", Range("1.0.0", "", "1.5.0"), ["1.0.0", "1.5.0", "1.5.0-rc.1"], ["1.0.0-rc.1", "1.5.1"]),
        ("npm", Range("1.0.0", "2.0.0", after=True), ["1.0.1"], ["1.0.0", "0.9.0"]),
        ("npm", Range("2.0.0-alpha.2", "2.0.0-alpha.10"), ["2.0.0-alpha.9"], ["2.0.0-alpha.1", "2.0.0-beta", "2.0.0"]),
        ("npm", Range("0"), ["0.0.0", "99.0.0"], []),
        ("PyPI", Range("0", "3.1.5"), ["3.1.5rc1", "3.1.4.post1", "1!0.0"][:2], ["3.1.5", "3.10", "1!0.0"]),
        ("PyPI", Range("1.0", "", "2.0"), ["1", "2.0.0", "2.0+cu118"], ["1.0rc1", "2.0.post1"]),
        ("PyPI", Range("0", "", "v1"), ["1.0"], ["1.1"]),
        ("PyPI", Range("0", "", "2.6.0-NA"), ["2.6.0"], ["2.6.1"]),
        ("PyPI", Range("0", "", "2024-09-25"), ["99.0"], []),
    ],
)
def test_a_range_holds_what_the_package_manager_orders_into_it(
    ecosystem: str, span: Range, inside: list[str], outside: list[str]
) -> None:
    assert [v for v in (*inside, *outside) if contains(ecosystem, span, v)] == inside


@pytest.mark.parametrize("version", ["", "latest", "1.x.y.z-", "git+https://x", "9" * 400, "２.x"])
def test_a_version_that_cannot_be_ordered_is_said_to_be_so(version: str) -> None:
    for ecosystem in ("npm", "PyPI"):
        with pytest.raises(NotAVersion):
            contains(ecosystem, Range("0", "2.0"), version)


def test_explicit_versions_count_beside_ranges() -> None:
    one = Advisory("PyPI", "x", "A", versions=("1.0", "nonsense"), ranges=(Range("3.0", "3.1"),))
    assert [v for v in ("1.0.0", "2.0", "3.0") if affects(one, v)] == ["1.0.0", "3.0"]


def test_advisories_that_share_a_name_are_one() -> None:
    a = Advisory("npm", "x", "GHSA-1", ("CVE-1",), Severity.LOW)
    b = Advisory("npm", "x", "PYSEC-1", ("CVE-2",), Severity.CRITICAL)
    c = Advisory("npm", "x", "OSV-1", ("CVE-1", "CVE-2"))
    d = Advisory("npm", "x", "GHSA-9", (), Severity.MEDIUM)
    groups = grouped((a, b, c, d))
    assert [(g.id, g.severity, len(g.members)) for g in groups] == [
        ("CVE-1", Severity.CRITICAL, 3),
        ("GHSA-9", Severity.MEDIUM, 1),
    ]
    assert groups == grouped((d, c, b, a))


def test_the_fix_closes_every_advisory_and_keeps_the_major_line() -> None:
    known = (
        Advisory("npm", "x", "A", ranges=(Range("1.0.0", "1.2.0"), Range("2.0.0", "2.1.0"))),
        Advisory("npm", "x", "B", ranges=(Range("1.1.0", "1.4.0"),)),
        Advisory("npm", "x", "C", ranges=(Range("1.4.0", "1.4.2"),)),  # not there yet, but the fix of B would be
    )
    assert match(known, "1.1.5").fixed == "1.4.2"
    assert match(known, "2.0.0").fixed == "2.1.0"
    assert match(known, "1.4.2").groups == ()


def test_the_fix_leaves_the_line_only_when_it_must_and_is_silent_when_none_is_known() -> None:
    a = Advisory("npm", "x", "A", ranges=(Range("0", "3.0.0-rc.1"),), fixed=("3.0.0",))
    assert match((a,), "1.0.0").fixed == "3.0.0"
    assert match((Advisory("npm", "x", "A", ranges=(Range("0"),)),), "1.0.0").fixed == ""


def test_incomplete_ranges_leave_a_doubt() -> None:
    one = Advisory("npm", "x", "A", ranges=(Range("1.0.0", "1.1.0"),), incomplete=True)
    assert match((one,), "2.0.0").unsure == ("A",)
    assert match((one,), "1.0.0").unsure == ()


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None),
        ("CVSS:3.1/AV:Z", None),
        ("nonsense", None),
    ],
)
def test_scores_are_those_of_the_specification(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


# ---- the command -----------------------------------------------------------------------------------


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A server laid out like OSV's bucket."""
    root = tmp_path / "mirror"
    for ecosystem in ("PyPI", "npm"):
        (root / ecosystem).mkdir(parents=True)
        with zipfile.ZipFile(root / ecosystem / "all.zip", "w") as archive:
            for path in sorted(ADVISORIES.glob("*.json")):
                archive.write(path, path.name)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(root))

        def do_GET(self) -> None:
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", "http://elsewhere.example/all.zip")
                self.end_headers()
                return
            super().do_GET()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_update_downloads_every_ecosystem_through_the_door(mirror: str, tmp_path: Path) -> None:
    door = Door()
    assert download.update(tmp_path / "db", door, mirror) == {"PyPI": 6, "npm": 6}
    assert [(e.host, e.allowed) for e in door.ledger] == [("127.0.0.1", True)]
    assert status(tmp_path / "db").count == 5  # one is withdrawn


def test_update_offline_is_refused_with_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(EgressDenied) as error:
        download.update(tmp_path / "db", Door(offline=True))
    assert "advisories import" in error.value.hint
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize("path", ["/nothing", "/moved"])
def test_a_failed_or_redirected_download_is_one_line(path: str, mirror: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be downloaded"):
        download.update(tmp_path / "db", Door(), mirror + path)


def test_advisories_never_come_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        download.update(tmp_path / "db", Door(), "http://advisories.example")


def test_status_says_sources_counts_and_age(tmp_path: Path) -> None:
    db = str(tmp_path / "db")
    run = CliRunner().invoke(cli, ["advisories", "import", str(ADVISORIES), "--db", db])
    assert run.exit_code == 0
    run = CliRunner().invoke(cli, ["advisories", "status", "--db", db])
    assert "5 advisories" in run.stdout
    assert "GitHub Advisory Database (CC-BY-4.0" in run.stdout
    assert "warning: the PyPI advisories are" in run.stderr


def test_status_without_a_database_fails_and_says_what_to_do(tmp_path: Path) -> None:
    run = CliRunner().invoke(cli, ["advisories", "status", "--db", str(tmp_path / "none")])
    assert isinstance(run.exception, TargetError)
    assert run.exception.exit_code == 2
    assert "vibeaudit advisories update" in run.exception.hint
