"""Annotations and the job summary: nothing in the audited code can start a workflow command or break a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from vibeaudit.model import AppModel, Confidence, Finding, Ledgers, Location, Maps, Report, Severity, Snapshot
from vibeaudit.reports import render


def report(message: str, path: str = "a.py") -> Report:
    from pathlib import Path

    finding = Finding(
        "x", message, Severity.HIGH, Confidence.HIGH, Location(PurePosixPath(path), 3, 1, 4, 1), anchor="x"
    )
    shot = Snapshot(Path(), "folder", "shop", None, ())
    return Report(
        shot, AppModel(), Maps(), (), (finding, replace(finding, severity=Severity.LOW)), (), {}, Ledgers(), "0"
    )


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_finding_is_one_command_at_its_lines(lang: str) -> None:
    lines = render(report("Bad thing"), "github", lang).splitlines()
    assert lines[0] == "::error file=a.py,line=3,endLine=4,title=vibeaudit%3A x::Bad thing"
    assert lines[1].startswith("::notice ")


@pytest.mark.parametrize("hostile", ["a\n::set-output name=x::y", "b\r\n::error::z", "100%0A::stop-commands::t"])
def test_hostile_text_starts_no_other_command(hostile: str) -> None:
    lines = render(report(hostile, path=f"{hostile},line=9::x.py"), "github", "en").splitlines()
    assert len(lines) == 2
    assert all(line.startswith(("::error file=", "::notice file=")) for line in lines)
    assert all(line.count("::") == 2 or "%3A%3A" in line for line in lines)


def test_the_summary_keeps_hostile_text_inside_its_cell() -> None:
    text = render(report("<script>alert(1)</script> | [x](http://evil) \n# Big"), "summary", "en")
    assert "<script>" not in text
    assert "\n# Big" not in text
    assert "](http://evil)" not in text
