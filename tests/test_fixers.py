"""Every fixer, from its rule's fixture: it turns the sample into its `.fixed` twin, and that is a repair."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.fixture_project import blank, cases, fixed_twin, grow, lay_out
from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import Edit, Safety, Snapshot
from vibeaudit.pipeline import Examined, examine, remedies
from vibeaudit.remedy.edits import apply
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal, fixers
from vibeaudit.remedy.verify import patched
from vibeaudit.rules import load

RULE_IDS = sorted(fixers())


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_it_turns_each_sample_into_its_repaired_twin(rule_id: str, tmp_path: Path) -> None:
    assert rule_id in load(), "a fixer without a rule"
    repaired = 0
    for number, source in enumerate(cases(rule_id)):
        root = lay_out(source, tmp_path / f"{number}").root
        examined = _examine(root, rule_id)
        changed = _repair(examined, rule_id)
        for path, data in changed.items():
            twin = fixed_twin(source / path)
            assert twin.is_file(), f"{path} is repaired, but {twin.name} is missing; it would be:\n{data.decode()}"
            wanted = grow(blank(twin.read_text("utf-8"), str(path))[0], str(path))
            assert data.decode("utf-8") == wanted
            repaired += 1
        for twin in (p for p in source.rglob("*") if ".fixed" in p.suffixes or p.name.endswith(".fixed")):
            name = twin.name.removesuffix(".fixed").replace(".fixed.", ".")
            assert PurePosixPath((twin.parent / name).relative_to(source)) in changed, f"{twin.name} is never made"
        _assert_it_converges(examined.snapshot, changed, rule_id, tmp_path / f"again-{number}")
    assert repaired, "the fixture has no .fixed twin"


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_its_patches_are_proven(rule_id: str, tmp_path: Path) -> None:
    config = Config(llm="off", fix=True)
    for number, source in enumerate(cases(rule_id)):
        root = lay_out(source, tmp_path / f"{number}").root
        book = load().only([rule_id])
        examined = examine(snapshot_of(root, config), book, config)
        for patch in remedies(examined, examined.findings, book, config):
            if patch.edits and patch.safety is not Safety.DISPLAY:
                assert patch.proof.verified, (patch.title.en, patch.conflict, patch.proof)
                assert patch.title.en
                assert patch.title.fr
                assert patch.safety is Safety.SAFE or patch.body.en, "an unsafe patch says what to check"


def _examine(root: Path, rule_id: str) -> Examined:
    config = Config(llm="off")
    return examine(snapshot_of(root, config), load().only([rule_id]), config)


def _repair(examined: Examined, rule_id: str) -> dict[PurePosixPath, bytes]:
    bench = Bench(examined.snapshot, examined.app)
    edits: list[Edit] = []
    for finding in examined.findings:
        answer = fixers()[rule_id](finding, bench)
        assert isinstance(answer, Proposal | Refusal)
        if isinstance(answer, Proposal):
            edits += answer.edits
    return apply(edits, examined.snapshot)


def _assert_it_converges(snapshot: Snapshot, changed: dict[PurePosixPath, bytes], rule_id: str, room: Path) -> None:
    """On the repaired app the fixer has nothing left to do."""
    copy = patched(snapshot, changed, room)
    again = examine(copy, load().only([rule_id]), Config(llm="off"))
    left = _repair(again, rule_id)
    assert not {p: d for p, d in left.items() if copy.by_path[str(p)].data != d}
