"""Hands text that others choose to a script through the environment, where it stays text."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import variable_name
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.syntax import enclosing, insert, items, node_at, text
from vibeaudit.source import SourceFile

RULES = ("workflow-input-in-script", "workflow-script-injection")
_SIMPLE = re.compile(r"^(?:github|inputs|steps|needs|env|matrix|vars)(?:\.[\w-]+|\[\d+\])+$")
_CHOSEN = re.compile(r"^(?:github\.event\.(?!.*\.(?:number|id|sha|node_id)$)|github\.head_ref$|inputs\.)")
_SCALARS = ("plain_scalar", "double_quote_scalar", "single_quote_scalar", "block_scalar")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """`${{ x }}` becomes "$X" in bash and process.env.X in a github-script, and the step's env names it."""
    file = bench.flagged(finding)
    expression = dict(finding.facts).get("expression", "")
    scalar = node_at(file, finding.primary, *_SCALARS)
    step = enclosing(scalar, "block_mapping")
    holder = enclosing(scalar, "block_mapping_pair")
    if scalar is None or step is None or holder is None or not _SIMPLE.match(expression):
        return Refusal("the expression is worked out in the script: name its parts under env by hand")
    script = text(holder.child_by_field_name("key")) == "script"
    if script:
        step = enclosing(step.parent, "block_mapping")
    if step is None or (not script and not _is_bash(step, file)):
        return Refusal("this step runs in another shell than bash")
    edits: list[Edit] = []
    named: dict[str, str] = {}
    for one in _together(text(scalar), expression):
        name = one.split(".", 1)[1] if one.startswith("env.") else variable_name(_words(one))
        made = _in_script(file, scalar, one, name, script=script)
        if isinstance(made, Refusal):
            return made
        edits += made
        if not one.startswith("env."):
            named[name] = one
    listed = _named(file, step, named)
    if isinstance(listed, Refusal):
        return listed
    chosen = finding.rule_id == "workflow-input-in-script"
    return Proposal(
        Text(f"Hand {expression} to the script as text", f"Passer {expression} au script comme du texte"),
        (*listed, *edits),
        Safety.UNSAFE if chosen else Safety.SAFE,
        Text(
            "The input is one argument now: where it was meant to hold several, split it in the script.",
            "L'entrée est maintenant un seul argument : si elle devait en contenir plusieurs, la découper dans le "
            "script.",
        )
        if chosen
        else Text("", ""),
    )


def _together(script: str, expression: str) -> list[str]:
    """The flagged expression and those of the same script that others choose too: one step has one env."""
    if not _CHOSEN.match(expression):
        return [expression]
    found = re.findall(r"\$\{\{\s*+([^}]{0,500}?)(?<!\s)\s*+\}\}", script)
    return list(dict.fromkeys(e for e in found if _CHOSEN.match(e) and _SIMPLE.match(e)))


def _words(expression: str) -> str:
    """github.event.issue.title -> issue title."""
    return "_".join(p for p in re.split(r"[.\[\]]+", expression) if p and p not in ("github", "event", "inputs"))


def _is_bash(step: Node, file: SourceFile) -> bool:
    shells = re.findall(r"^[ \t]*shell:\s*(\S+)", file.text, re.MULTILINE)
    windows = re.search(r"runs-on:.*(?:windows|\$\{\{)", file.text)
    return all(s in ("bash", "sh") for s in shells) and not windows


def _in_script(file: SourceFile, scalar: Node, expression: str, name: str, *, script: bool) -> list[Edit] | Refusal:
    source = text(scalar)
    gap = re.compile(r"\$\{\{\s*" + re.escape(expression) + r"\s*\}\}")
    edits = []
    for found in gap.finditer(source):
        before, after = source[: found.start()], source[found.end() :]
        if script:
            new, left, right = _in_javascript(before, after, name)
        else:
            line = before.rsplit("\n", 1)[-1]
            new, left, right = _in_bash(line, after.split("\n", 1)[0], name, scalar.type)
        if not new:
            return Refusal("the expression stands where a variable would not be filled in")
        start = scalar.start_byte + len(before[: len(before) - left].encode())
        end = scalar.start_byte + len((before + found[0] + after[:right]).encode())
        edits.append(Edit(file.path, start, end, new.encode()))
    return edits or Refusal("the expression does not stand in this script as it was found")


def _in_bash(before: str, after: str, name: str, kind: str) -> tuple[str, int, int]:
    """The new text, and how many characters before and behind the gap it takes with it."""
    if "<<'" in before or kind in ("double_quote_scalar", "single_quote_scalar"):
        return "", 0, 0
    line = re.sub(r"^\s*", "", before)
    doubles, singles = _quotes(line)
    if singles:
        if line.endswith("'") and after.startswith("'"):
            return f'"${name}"', 1, 1
        return f"'\"${name}\"'", 0, 0
    braces = f"${{{name}}}" if re.match(r"\w", after) else f"${name}"
    return (braces if doubles else f'"{braces}"'), 0, 0


def _quotes(line: str) -> tuple[bool, bool]:
    """Whether the end of a line of shell stands in double or in single quotes."""
    state = ""
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\" and state != "'":
            escaped = True
        elif state and char == state:
            state = ""
        elif not state and char in "'\"":
            state = char
    return state == '"', state == "'"


def _in_javascript(before: str, after: str, name: str) -> tuple[str, int, int]:
    quote = before[-1:]
    if quote in ("'", '"', "`") and after.startswith(quote):
        return f"process.env.{name}", 1, 1
    inside = before.rsplit("\n", 1)[-1].count("`") % 2 == 1
    return (f"${{process.env.{name}}}", 0, 0) if inside else ("", 0, 0)


def _named(file: SourceFile, step: Node, named: dict[str, str]) -> tuple[Edit, ...] | Refusal:
    """`NAME: ${{ expression }}` under the step's env, which is made as its first key."""
    lines = [f"{name}: ${{{{ {expression} }}}}" for name, expression in named.items()]
    pairs = [n for n in items(step) if n.type == "block_mapping_pair"]
    env = next((p for p in pairs if text(p.child_by_field_name("key")) == "env"), None)
    if not lines:
        return ()
    if env is None:
        column = pairs[0].start_point[1]
        gap = f"\n{' ' * (column + 2)}"
        return (insert(file, pairs[0].start_byte, f"env:{gap}{gap.join(lines)}\n{' ' * column}"),)
    mapping = env.child_by_field_name("value")
    inner = next((n for n in mapping.named_children if n.type == "block_mapping"), None) if mapping else None
    if inner is None:
        return Refusal("the step's env is no plain list of names")
    listed = [n for n in items(inner) if n.type == "block_mapping_pair"]
    known = {text(n.child_by_field_name("key")): text(n) for n in listed}
    if any(name in known and expression not in known[name] for name, expression in named.items()):
        return Refusal("the step's env has this name for something else")
    new = "".join(f"\n{' ' * listed[0].start_point[1]}{one}" for one in lines if one.split(":")[0] not in known)
    return (insert(file, listed[-1].end_byte, new),) if new else ()
