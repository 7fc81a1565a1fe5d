"""Ways that data takes, in samples whose lines are marked where a caller's text arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_flow import ends, flows

SAMPLES = sorted((Path(__file__).parent / "data" / "flow").glob("*.*"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.name)
def test_a_caller_s_text_arrives_where_it_is_marked(tmp_path: Path, sample: Path) -> None:
    text = sample.read_text("utf-8")
    marked = {n for n, line in enumerate(text.splitlines(), 1) if line.endswith((" # flows", "// flows"))}
    assert {line for _, _, line in ends(flows(tmp_path, {sample.name: text}))} == marked
