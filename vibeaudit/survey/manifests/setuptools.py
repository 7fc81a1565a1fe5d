"""setup.cfg and setup.py. The latter is parsed, never run: only literal lists count."""

from __future__ import annotations

import ast
import configparser
import warnings
from collections.abc import Iterator

from vibeaudit.model import LeftOut
from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading, Unreadable
from vibeaudit.survey.manifests.requirements import parse


def read(file: SourceFile) -> Reading:
    return _config(file) if file.path.suffix == ".cfg" else _script(file)


def _config(file: SourceFile) -> Reading:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.text)
    except configparser.Error as error:
        raise Unreadable(f"not valid: {' '.join(str(error).split())[:120]}") from error
    texts = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        texts += [value or "" for _, value in parser.items("options.extras_require")]
    declared: list[Declared] = []
    lines: dict[str, int] = {}
    for number, raw in enumerate(file.lines, 1):
        lines.setdefault(raw.strip(), number)
        lines.setdefault(raw.split("=", 1)[-1].strip(), number)
    for requirement in (line.strip() for text in texts for line in text.splitlines()):
        line = lines.get(requirement, 0)
        if requirement and not requirement.startswith(("#", "file:")) and (one := parse(requirement, line)):
            declared.append(one)
    return Reading(tuple(declared))


def _script(file: SourceFile) -> Reading:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable("not Python that can be parsed") from error
    lists = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    declared: list[Declared] = []
    left_out: list[LeftOut] = []
    for keyword in _keywords(tree):
        value = lists.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
        dev = keyword.arg == "tests_require"
        groups = value.values if isinstance(value, ast.Dict) else [value]
        for group in groups:
            if not isinstance(group, ast.List | ast.Tuple):
                left_out.append(LeftOut(f"{file.path}:{group.lineno}", f"{keyword.arg} is computed when the file runs"))
                continue
            for item in group.elts:
                one = _literal(item, dev)
                declared += [one] if one else []
    return Reading(tuple(declared), left_out=tuple(left_out))


def _keywords(tree: ast.Module) -> Iterator[ast.keyword]:
    wanted = {"install_requires", "extras_require", "tests_require"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            yield from (k for k in node.keywords if k.arg in wanted)


def _literal(item: ast.expr, dev: bool) -> Declared | None:
    if isinstance(item, ast.Constant) and isinstance(item.value, str):
        return parse(item.value, item.lineno, dev)
    return None
