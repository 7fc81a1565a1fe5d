"""Settings that leave the code: read from the environment, and named in .env.example for the next person."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from vibeaudit.model import Edit
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.lines import append

SAMPLES = (".env.example", ".env.sample", ".env.template", "env.example", ".env.dist")
_PROJECT = ("package.json", "pyproject.toml", "requirements.txt", "Pipfile", "manage.py", "Dockerfile")


def name_in_sample(bench: Bench, path: PurePosixPath, name: str, placeholder: str = "") -> tuple[Edit, ...]:
    """The edit that lists a variable in the sample environment file of the project that `path` belongs to; the file
    is made when there is none."""
    for folder in path.parents:
        for sample in SAMPLES:
            if (file := bench.file(folder / sample)) is not None:
                if re.search(rf"^[ \t]*#?\s*(?:export\s+)?{re.escape(name)}\s*=", file.text, re.MULTILINE):
                    return ()
                return (append(file, f"{name}={placeholder}\n"),)
    home = next((f for f in path.parents if any(bench.file(f / n) for n in _PROJECT)), PurePosixPath("."))
    return (Edit(home / SAMPLES[0], 0, 0, f"{name}={placeholder}\n".encode()),)


def variable_name(words: str) -> str:
    """apiKey, api-key and API_KEY -> API_KEY."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+", "_", words)
    return split.strip("_").upper()
