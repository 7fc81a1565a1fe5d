"""Edits, diffs and proofs."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import Confidence, Edit, Finding, Location, Patch, Safety, Severity, Snapshot, Text
from vibeaudit.pipeline import examine, remedies
from vibeaudit.remedy import hold_back_conflicts
from vibeaudit.remedy.documents import json_drop, json_root, json_set, json_value
from vibeaudit.remedy.edits import EditConflict, apply, diff_of, splice
from vibeaudit.remedy.python_code import ensure_import
from vibeaudit.remedy.syntax import add_item, items, nodes, remove_item
from vibeaudit.remedy.verify import Verifier
from vibeaudit.rules import load
from vibeaudit.source import SourceFile

P = PurePosixPath


def edit(start: int, end: int, text: str, path: str = "a.py") -> Edit:
    return Edit(P(path), start, end, text.encode())


def snapshot(tmp_path: Path, files: dict[str, bytes]) -> Snapshot:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return snapshot_of(tmp_path, Config())


def test_edits_keep_the_files_own_line_endings() -> None:
    assert splice(b"a\r\nb\r\n", [edit(3, 3, "x\ny\n")]) == b"a\r\nx\r\ny\r\nb\r\n"
    assert splice(b"a\nb\n", [edit(0, 1, "z")]) == b"z\nb\n"


def test_overlapping_and_outlying_edits_are_refused() -> None:
    with pytest.raises(EditConflict, match="overlap"):
        splice(b"abcdef", [edit(0, 3, "x"), edit(2, 4, "y")])
    with pytest.raises(EditConflict, match="outside"):
        splice(b"abc", [edit(2, 9, "x")])


def test_an_edit_outside_the_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditConflict, match="outside the app"):
        apply([edit(0, 0, "x", "../../etc/x")], snapshot(tmp_path, {"a.py": b""}))


def test_two_patches_may_add_one_import(tmp_path: Path) -> None:
    shot = snapshot(tmp_path, {"a.py": b"x = 1\n"})
    same = edit(0, 0, "import os\n")
    assert apply([same, same, edit(4, 5, "2")], shot) == {P("a.py"): b"import os\nx = 2\n"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\r\nb\r\n", b"a\r\nB\r\n"),
        (b"no end", b"no end, yet longer"),
        (b"no end", b"an end\n"),
        (b"caf\xe9\n", b"the\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.py", "dir with space/b.py", 'quo"te\nline.py', "é.py"])
def test_git_applies_our_diffs(tmp_path: Path, before: bytes, after: bytes, name: str) -> None:
    shot = snapshot(tmp_path, {name: before, "other.txt": b"x\n"})
    diff = diff_of({P(name): after, P("new/file.txt"): b"fresh\n"}, shot)
    (tmp_path / "x.patch").write_text(diff, "utf-8", "surrogateescape")
    subprocess.run(["git", "apply", "x.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / name).read_bytes() == after
    assert (tmp_path / "new" / "file.txt").read_bytes() == b"fresh\n"


def test_items_leave_a_list_with_their_commas() -> None:
    for source, gone, left in [
        ("f(a, b=1, c=2)", 1, "f(a, c=2)"),
        ("f(a, b=1)", 1, "f(a)"),
        ("f(b=1)", 0, "f()"),
        ("f(b=1,)", 0, "f()"),
        ("f(\n    a,\n    b=1,\n)", 1, "f(\n    a,\n)"),
        ("f(\n    a,\n    b=1,\n)", 0, "f(\n    b=1,\n)"),
    ]:
        file = SourceFile(P("a.py"), data=source.encode())
        assert file.tree is not None
        listing = next(nodes(file.tree.root_node, "argument_list"))
        assert splice(file.data, [remove_item(file, listing, items(listing)[gone])]).decode() == left


def test_items_join_a_list_as_the_others_stand() -> None:
    for source, grown in [("f(a)", "f(a, z=1)"), ("f()", "f(z=1)"), ("f(\n    a,\n)", "f(\n    a,\n    z=1,\n)")]:
        file = SourceFile(P("a.py"), data=source.encode())
        assert file.tree is not None
        listing = next(nodes(file.tree.root_node, "argument_list"))
        assert splice(file.data, [add_item(file, listing, "z=1")]).decode() == grown


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            '"""Doc."""\n\nimport json\nimport sys\n\nx = 1\n',
            '"""Doc."""\n\nimport json\nimport os\nimport sys\n\nx = 1\n',
        ),
        ("from a import b\nx = 1\n", "from a import b\nimport os\nx = 1\n"),
        ("x = 1\n", "import os\n\nx = 1\n"),
        ("import os\n", "import os\n"),
        ("from __future__ import annotations\nx = 1\n", "from __future__ import annotations\n\nimport os\nx = 1\n"),
        ("#!/usr/bin/env python\n# c\nx = 1\n", "#!/usr/bin/env python\n# c\nimport os\n\nx = 1\n"),
    ],
)
def test_imports_stand_where_imports_stand(source: str, wanted: str) -> None:
    file = SourceFile(P("a.py"), data=source.encode())
    assert splice(file.data, list(ensure_import(file, "import os"))).decode() == wanted


def test_settings_keep_their_comments_and_layout() -> None:
    source = (
        '{\n  // why\n  "permissions": {\n    "defaultMode": "bypassPermissions",\n    "allow": ["Bash(*)"],\n  },\n}\n'
    )
    file = SourceFile(P("settings.jsonc"), data=source.encode())
    root = json_root(file)
    permissions = json_value(root, "permissions")
    assert permissions is not None
    changed = splice(file.data, [json_set(file, permissions, "defaultMode", '"default"')]).decode()
    assert changed == source.replace("bypassPermissions", "default")
    dropped = json_drop(file, permissions, "defaultMode")
    assert dropped is not None
    assert "defaultMode" not in splice(file.data, [dropped]).decode()


def finding(rule_id: str, line: int) -> Finding:
    where = Location(P("a.py"), line)
    return Finding(rule_id, "m", Severity.HIGH, Confidence.HIGH, where, anchor=f"{rule_id}{line}")


def patch(*edits: Edit, fixes: Finding) -> Patch:
    title = Text("t", "t")
    return Patch((fixes.rule_id,), title, Safety.SAFE, "fixer", edits, frozenset({fixes.fingerprint}))


def test_a_patch_is_proven_only_when_its_finding_is_gone_and_nothing_is_new(tmp_path: Path) -> None:
    shot = snapshot(tmp_path, {"a.py": b"bad()\nbad()\n"})
    before = (finding("r", 1), finding("r", 2))
    wanted = patch(edit(0, 3, "good"), fixes=before[0])

    def proof(*after: Finding) -> tuple[bool, bool, tuple[str, ...]]:
        done = Verifier(shot, before, lambda s, c: after).proven(wanted).proof
        return done.verified, done.gone, done.new_findings

    assert proof(finding("r", 2)) == (True, True, ())
    assert proof(*before) == (False, False, ())
    assert proof(finding("r", 2), finding("other", 1)) == (False, True, ("other",))


def test_a_hole_elsewhere_that_several_engines_saw_is_not_new(tmp_path: Path) -> None:
    hole = b"import requests\n\n\ndef rates(url):\n    return requests.get(url, timeout=5, verify=False).json()\n"
    shot = snapshot(tmp_path, {"a.py": hole, "b.py": b"import json\n" + hole})
    config = Config(llm="off", fix=True)
    examined = examine(shot, load(), config)
    assert {str(f.primary.path) for f in examined.findings if len(f.sources) > 1} == {"a.py", "b.py"}
    patches = [p for p in remedies(examined, examined.findings, load(), config) if p.edits]
    assert patches
    assert [p.proof for p in patches if p.proof.new_findings] == []


def test_a_patch_that_breaks_the_syntax_is_not_proven(tmp_path: Path) -> None:
    shot = snapshot(tmp_path, {"a.py": b"bad()\n"})
    before = (finding("r", 1),)
    done = Verifier(shot, before, lambda s, c: ()).proven(patch(edit(3, 4, "(("), fixes=before[0]))
    assert not done.proof.parses
    assert not done.proof.verified


def test_the_later_of_two_overlapping_patches_is_held_back(tmp_path: Path) -> None:
    shot = snapshot(tmp_path, {"a.py": b"bad()\nbad()\n"})
    first, second = finding("r", 1), finding("q", 1)
    verifier = Verifier(shot, (first, second), lambda s, c: ())
    patches = [
        verifier.proven(patch(edit(0, 5, "x"), fixes=first)),
        verifier.proven(patch(edit(2, 5, "y"), fixes=second)),
    ]
    held = hold_back_conflicts(patches, shot)
    assert not held[0].conflict
    assert "overlap" in held[1].conflict
