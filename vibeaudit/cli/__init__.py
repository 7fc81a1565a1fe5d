"""The command line: one file a command, loaded when it is called."""

from __future__ import annotations

import importlib
import logging
import os
import sys

import click

from vibeaudit import __version__
from vibeaudit.errors import VibeauditError

_COMMANDS = ("audit", "fix", "pr", "report", "rules", "advisories", "doctor", "fleet")


class _Lazy(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"vibeaudit.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vibeaudit")
@click.option("--debug", is_flag=True, help="Show the traces of our own failures.")
def cli(debug: bool) -> None:
    """Audit and repair AI-generated apps: code, secrets, dependencies, agent permissions and data leaks.

    Nothing leaves this machine but the clone that you ask for.
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL, stream=sys.stderr)


def main() -> None:
    """Run the command line; every failure of ours is one line, a hint and an exit code."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except VibeauditError as error:
        _complain(error.message, error.hint)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        _complain("stopped")
        sys.exit(130)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        _complain(error.format_message(), f"see {context.command_path} --help" if context else "")
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except OSError as error:
        _complain(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), "is there room, and permission?")
        sys.exit(2)


def _complain(message: str, hint: str = "") -> None:
    clean = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    click.echo(f"vibeaudit: {clean}", err=True)
    if hint:
        click.echo(f"  tip: {hint}", err=True)
