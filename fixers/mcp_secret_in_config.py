"""Puts a reference to the environment in the place of a secret in a settings file."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import name_in_sample, variable_name
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes, remove_line, replace_span, spanned
from vibeaudit.remedy.syntax import enclosing, node_at, remove_item
from vibeaudit.source import SourceFile

RULES = (
    "agent-secret-in-settings",
    "compose-default-password",
    "compose-secret-in-file",
    "dockerfile-secret-in-image",
    "hosting-secret-in-config",
    "mcp-secret-in-config",
)
_BEARER = re.compile(r"^(Bearer|Basic|Token|token)\s+")
_PASSWORD = re.compile(r"(?<=:)[^:@/\s]+(?=@)")
_FALLBACK = re.compile(r"\$\{(\w+):?-[^}]*\}")
_QUERY = re.compile(r"(?<==)[\w.~%-]{8,}$|(?<==)[\w.~%-]{8,}(?=&)")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Only where the product fills the reference in; the value must still be changed at its vendor."""
    file = bench.flagged(finding)
    written = spanned(file, finding.primary)
    name = _name(file, finding, written)
    made = _in_its_place(file, finding, name, written)
    if isinstance(made, Refusal):
        return made
    edits = (made, *name_in_sample(bench, file.path, name)) if file.language != "dockerfile" else (made,)
    return Proposal(
        Text(f"Take {name} from the environment", f"Prendre {name} dans l'environnement"),
        edits,
        Safety.UNSAFE,
        Text(
            f"Set {name} where this runs before the next start, and make a new value at the vendor: the old one stays "
            "in the history.",
            f"Définir {name} là où cela tourne avant le prochain démarrage, et changer la valeur chez le fournisseur : "
            "l'ancienne reste dans l'historique.",
        ),
    )


def _name(file: SourceFile, finding: Finding, written: str) -> str:
    facts = dict(finding.facts)
    name = facts.get("name") or facts.get("key", "")
    if fallback := _FALLBACK.search(written):
        return fallback[1]
    if finding.rule_id == "compose-secret-in-file" and "://" in written and (found := _PASSWORD.search(written)):
        beside = re.search(
            rf"([A-Z]\w{{0,40}}PASS\w{{0,40}})[\"']?\s*[:=]\s*[\"']?{re.escape(found[0])}(?![\w-])", file.text
        )
        return beside[1] if beside else re.sub(r"_?(?:URL|URI|DSN)$", "", variable_name(name)) + "_PASSWORD"
    if finding.rule_id == "mcp-secret-in-config" and (facts.get("key") in ("args", "url") or name == "Authorization"):
        ending = {"password": "DATABASE_PASSWORD", "authorization": "TOKEN", "url": "API_KEY"}.get(name.lower(), name)
        return variable_name(f"{facts.get('server', '')}_{ending}")
    return variable_name(name)


def _in_its_place(file: SourceFile, finding: Finding, name: str, written: str) -> Edit | Refusal:
    if finding.rule_id in ("dockerfile-secret-in-image", "hosting-secret-in-config"):
        return _removed(file, finding, name)
    if finding.rule_id.startswith("compose-"):
        return _compose(file, finding, name, written)
    if ".claude" in file.path.parts:  # its env only hands values on: one that is missing comes from the shell
        member = enclosing(node_at(file, finding.primary, "string"), "pair")
        holder = member.parent if member is not None else None
        if member is not None and holder is not None:
            return remove_item(file, holder, member)
    reference = _reference(file, name)
    if not reference:
        return Refusal("this product fills in no references here: give the value through the environment")
    bare = written.strip("\"'")
    new = _filled(bare, reference)
    return replace_span(file, finding.primary, written.replace(bare, new, 1))


def _filled(bare: str, reference: str) -> str:
    """The reference in the place of the secret part: a password in an address, a token after its scheme."""
    if "://" in bare:
        found = _PASSWORD.search(bare) or _QUERY.search(bare)
        return bare[: found.start()] + reference + bare[found.end() :] if found else reference
    scheme = _BEARER.match(bare)
    return f"{scheme[0]}{reference}" if scheme else reference


def _reference(file: SourceFile, name: str) -> str:
    """How the file's product names a variable; empty where it does not."""
    path = str(file.path)
    if "devcontainer" in path:
        return f"${{localEnv:{name}}}"
    if path.endswith((".cursor/mcp.json", ".vscode/mcp.json", ".codeium/windsurf/mcp_config.json")):
        return f"${{env:{name}}}"
    if path.endswith(".mcp.json") or ".gemini/" in path:
        return f"${{{name}}}"
    if "opencode" in file.path.name:
        return f"{{env:{name}}}"
    return ""


def _compose(file: SourceFile, finding: Finding, name: str, written: str) -> Edit:
    must = f"${{{name}:?set {name}}}"
    key = re.match(r"([\"']?)([A-Za-z_]\w*)=(.*?)\1$", written)
    bare = key[3] if key else written.strip("\"'")
    new = must if _FALLBACK.fullmatch(bare) else _address(bare, must)
    return replace_span(file, finding.primary, written[::-1].replace(bare[::-1], new[::-1], 1)[::-1])


def _address(bare: str, must: str) -> str:
    """The whole value; in an address only the password, under a name of its own."""
    if "://" not in bare or (found := _PASSWORD.search(bare)) is None:
        return must
    return bare[: found.start()] + must + bare[found.end() :]


def _removed(file: SourceFile, finding: Finding, name: str) -> Edit | Refusal:
    """The whole line goes: the host's own settings, or the start of the container, give the value."""
    _, line = line_bytes(file, finding.primary.line)
    alone = re.fullmatch(
        rb"\s*(?:(?:ENV|ARG)\s+)?[\"']?[\w.]+[\"']?(?:\s*+[=:]|\s)\s*+(\"[^\"]*\"|'[^']*'|\S+?),?\s*",
        line,
        re.IGNORECASE,
    )
    if alone is None or name.encode() not in line.upper():
        return Refusal("the value shares its line with others")
    if file.language in ("json", "jsonc"):
        return Refusal("take the member out by hand and set it in the host's dashboard")
    return remove_line(file, finding.primary.line)
