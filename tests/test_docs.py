"""The docs say what is: generated pages are current, links lead somewhere, commands and options exist."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from vibeaudit.cli import cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
HEAVY = ("litellm", "semgrep", "bandit", "tree_sitter", "ast_grep_py", "jinja2", "rich", "git", "cyclonedx", "github")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current() -> None:
    for name, text in generator().pages().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == text, f"docs/{name} is stale: run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith(("mailto:", "#")):
            continue
        assert (page.parent / target.split("#")[0]).exists(), f"{page.name} points at {target}"


def commands(text: str) -> Iterator[list[str]]:
    """The vibeaudit calls in a page's code blocks and code spans, comments cut."""
    blocks = re.findall(r"```(?:console|sh|bash|shell)\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`(vibeaudit [^`\n]+)`", text)
    for line in (*lines, *spans):
        words = line.strip().removeprefix("$ ").split("  #")[0].split(" # ")[0]
        if words.startswith("vibeaudit "):
            yield shlex.split(words)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_option_in_a_page_exists(page: Path) -> None:
    for words in commands(page.read_text("utf-8")):
        command: click.Command = cli
        context = click.Context(cli)
        for word in words:
            if word.startswith("-"):
                known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {
                    "--help",
                    "-h",
                    "--version",
                }
                assert word.split("=")[0] in known, f"{page.name}: vibeaudit {' '.join(words)}: no option {word}"
            elif isinstance(command, click.Group):
                found = command.get_command(context, word)
                if not re.fullmatch(r"[a-z]+", word):
                    break  # a placeholder such as COMMAND
                assert found is not None, f"{page.name}: vibeaudit {' '.join(words)}: no command {word}"
                command = found


def test_rules_named_in_the_readme_exist() -> None:
    from vibeaudit.rules import load

    for name in re.findall(r"vibeaudit rules ([a-z0-9-]+)", (ROOT / "README.md").read_text("utf-8")):
        assert name in load()


def test_the_readme_opens_with_the_two_commands_that_the_makefile_has() -> None:
    opening = (ROOT / "README.md").read_text("utf-8").split("## ")[0]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in opening
        assert f"\n{target}: setup" in makefile
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom vibeaudit.cli import main\nsys.argv = ['vibeaudit', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_nothing_names_a_machine_or_a_registry_host() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    wrong = re.compile(
        r"files\.python" + r"hosted|registry\.npm" + r"js\.org|pypi\.o" + r"rg|/opt/" + r"pypi|/wo" + r"rk/main"
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".json"} and path.is_file():
            assert not wrong.search(path.read_text("utf-8", "replace")), name
