"""vibeaudit doctor: what this machine can and cannot do."""

from __future__ import annotations

import importlib.util
import shutil

import click


@click.command()
def doctor() -> None:
    """Say which engines, sandbox, advisories and local model an audit can use here."""
    from vibeaudit.process import isolation
    from vibeaudit.rules import load

    _line(True, f"{len(load())} rules", "")
    for name in ("semgrep", "bandit", "ast_grep_py", "tree_sitter", "ahocorasick"):
        _line(importlib.util.find_spec(name) is not None, name, "reinstall vibeaudit")
    _line(shutil.which("git") is not None, "git", "install git")
    _line(bool(isolation()), "children without network", "needs unshare and user namespaces")
    _line(shutil.which("bwrap") is not None, "sandbox for the app's own tests", "install bubblewrap")
    _line(importlib.util.find_spec("litellm") is not None, "local reviewer", "pip install 'vibeaudit[llm]'")
    _advisories()


def _advisories() -> None:
    try:
        from vibeaudit.advisories import status

        found = status()
    except Exception as error:  # a broken database is what doctor is for
        _line(False, "advisory database", f"{type(error).__name__}: {error}"[:200])
        return
    _line(found.count > 0, f"advisory database ({found.count:,} advisories)", "vibeaudit advisories import PATH")


def _line(good: bool, what: str, hint: str) -> None:
    click.echo(f"{'ok     ' if good else 'missing'}  {what}" + (f"  ({hint})" if hint and not good else ""))
