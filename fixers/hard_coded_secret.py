"""Takes a secret out of the code: the code reads it from the environment, and .env.example names it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Location, Safety, Text
from vibeaudit.remedy.environment import name_in_sample, variable_name
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes
from vibeaudit.remedy.python_code import called, drop_keyword, ensure_import, keyword, positional, quote_of, value
from vibeaudit.remedy.script_code import LANGUAGES
from vibeaudit.remedy.script_code import arguments as script_arguments
from vibeaudit.remedy.syntax import enclosing, node_at, nodes, replace, text
from vibeaudit.rules import load
from vibeaudit.source import SourceFile

# Rules of files that are no code, and of values that an environment variable does not repair.
_OTHERS = frozenset(
    "env-file-committed secret-in-env-file login-file-committed private-key-committed secret-in-docker-image "
    "seed-password-in-sql database-committed database-role-password-in-sql password-compared-with-literal "
    "gcp-service-account-key authorization-header-hard-coded signed-token-committed npm-token".split()
)
RULES = (*sorted(r.id for r in load().of("secret") if r.id not in _OTHERS), "signing-key-in-code")
_VAGUE = frozenset("KEY API_KEY APIKEY SECRET TOKEN VALUE PASSWORD URL URI FALLBACK DSN CLIENT CONFIG AUTH".split())
_UNNAMED = frozenset("hard-coded-secret hard-coded-password signing-key-in-code guessable-signing-secret".split())
_READS = re.compile(r"(?:os\.getenv|os\.environ\.get|getenv|environ\.get)$")


@dataclass(frozen=True, slots=True)
class _Place:
    """A literal that holds the secret: what to replace, by what, and the variable's name."""

    node: Node
    new: str
    name: str
    edits: tuple[Edit, ...] = ()


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Every place of the value in the flagged file changes at once."""
    file = bench.flagged(finding)
    at = (finding.primary, *(p for p in finding.related if p.path == finding.primary.path))
    edits: list[Edit] = []
    names: set[str] = set()
    for place in at:
        found = _place(file, place, finding, bench)
        if isinstance(found, Refusal):
            return found
        for edit, name in found:
            edits += [edit] if edit not in edits else []
            names.add(name)
    if file.language == "python" and any(b"os.environ" in e.text for e in edits):
        edits += ensure_import(file, "import os")
    for name in sorted(names):
        edits += name_in_sample(bench, file.path, name)
    shown = ", ".join(sorted(names))
    matcher = load().by_id[finding.rule_id].matchers.get("secret", {})
    where = str(matcher.get("rotate", "")) if isinstance(matcher, dict) else ""
    return Proposal(
        Text(f"Read {shown} from the environment", f"Lire {shown} dans l'environnement"),
        tuple(edits),
        Safety.UNSAFE,
        Text(
            f"Replace the old value{f' ({where})' if where else ' where it was issued'}: it stays in the git history. "
            f"Set {shown} where the app is hosted before the next release.",
            f"Remplacer l'ancienne valeur{f' ({where})' if where else ' chez son émetteur'} : elle reste dans "
            f"l'historique git. Définir {shown} chez l'hébergeur avant la mise en ligne.",
        ),
    )


def _place(file: SourceFile, at: Location, finding: Finding, bench: Bench) -> Refusal | list[tuple[Edit, str]]:
    if file.language == "dotenv":
        return Refusal("the value stands where it belongs, but the file must leave git (git rm --cached)")
    if "compose" in file.path.name and file.language == "yaml":
        return _compose(file, at)
    if file.language != "python" and file.language not in LANGUAGES:
        return Refusal("this file cannot read an environment variable by itself")
    node = node_at(file, at, "string", "template_string")
    if finding.rule_id == "signing-key-in-code":
        node = _signing_key(node_at(file, at, "assignment", "call"))
    if node is None or any(nodes(node, "interpolation", "template_substitution")):
        return Refusal("the value is not a string of its own")
    start, end = file.offset(at.line) + at.column - 1, file.offset(at.end_line) + at.end_column - 1
    inside = file.data[node.start_byte : node.end_byte].decode("utf-8", "replace").strip("rbuRBU\"'`")
    whole = (
        finding.rule_id == "signing-key-in-code"
        or len(inside.encode()) <= end - start
        or "://" in inside[:40]
        or at.column == 0
        or end <= start
    )
    if not whole and file.data[start:end].decode("utf-8", "replace").strip("\"'`") != inside:
        return Refusal("the value is part of a longer text")
    if node.parent is not None and node.parent.type in ("concatenated_string", "jsx_attribute", "comparison_operator"):
        return Refusal("the value is not a string of its own")
    if file.language == "python":
        return _python(file, node, finding)
    return _script(file, node, finding, bench)


def _python(file: SourceFile, node: Node, finding: Finding) -> Refusal | list[tuple[Edit, str]]:
    mark = quote_of(file)
    call = enclosing(node, "call")
    if call is not None and _READS.search(called(call)):
        listing = call.child_by_field_name("arguments")
        given = [n for n in listing.named_children if n.type != "comment"] if listing is not None else []
        if len(given) == 2 and given[1] == node and given[0].type == "string":
            return [(replace(file, call, f"os.environ[{text(given[0])}]"), text(given[0]).strip("'\""))]
    either = node.parent
    if call is not None and either is not None and text(either.child_by_field_name("name")) == "default":
        dropped, first = drop_keyword(file, call, "default"), positional(call)[:1]
        if dropped is not None and first and first[0].type == "string":
            return [(dropped, text(first[0]).strip("'\""))]
        return Refusal("the value is a fall-back of something else")
    if either is not None and either.type == "boolean_operator" and either.child_by_field_name("right") == node:
        left = either.child_by_field_name("left")
        named = re.search(r"(?:getenv|environ\.get)\((?P<name>[\"']\w+[\"'])\)$", text(left))
        if named is None:
            return Refusal("the value is a fall-back of something else")
        return [(replace(file, either, f"os.environ[{named['name']}]"), named["name"].strip("'\""))]
    name = _name(_python_name(node), finding)
    field = enclosing(node, "assignment")
    owner = enclosing(node, "class_definition")
    if field is not None and field.child_by_field_name("right") == node and owner is not None:
        bases = text(owner.child_by_field_name("superclasses"))
        typed = field.child_by_field_name("type")
        if "Settings" in bases and typed is not None:
            prefix = re.search(r"env_prefix\s*=\s*[\"'](\w*)[\"']", text(owner))
            name = ((prefix[1] if prefix else "") + text(field.child_by_field_name("left"))).upper()
            return [(Edit(file.path, typed.end_byte, node.end_byte, b""), name)]
    return [(replace(file, node, f"os.environ[{mark}{name}{mark}]"), name)]


def _script(file: SourceFile, node: Node, finding: Finding, bench: Bench) -> Refusal | list[tuple[Edit, str]]:
    if str(file.path) in bench.app.client_files or re.search(r"^[ \t]*[\"']use client[\"']", file.text, re.MULTILINE):
        return Refusal("this file reaches the browser, where nothing stays secret: move the call to the server")
    if "import.meta.env" in text(enclosing(node, "binary_expression")):
        return Refusal("a variable of the page's build is public: move the call to the server")
    sure = "!" if file.language in ("typescript", "tsx") else ""
    either = node.parent
    if either is not None and either.type == "binary_expression" and either.child_by_field_name("right") == node:
        left = either.child_by_field_name("left")
        named = re.fullmatch(r"process\.env\.(\w+)", text(left))
        if named is None:
            return Refusal("the value is a fall-back of something else")
        return [(replace(file, either, text(left) + sure), named[1])]
    name = _name(_script_name(node), finding)
    if "supabase/functions/" in str(file.path) or "Deno." in file.text:
        return [(replace(file, node, f'Deno.env.get("{name}"){sure}'), name)]
    return [(replace(file, node, f"process.env.{name}{sure}"), name)]


def _signing_key(node: Node | None) -> Node | None:
    """The key's own literal in the statement that a rule about signing keys flags."""
    if node is None:
        return None
    if node.type == "assignment":
        right = node.child_by_field_name("right")
        if right is not None and right.type == "boolean_operator":
            right = right.child_by_field_name("right")
        return _signing_key(right) if right is not None and right.type == "call" else _string(right)
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "secret_key", "default"):
        if (found := _string(value(keyword(node, name)))) is not None:
            return found
    given = positional(node)
    second = called(node).endswith(("encode", "decode", "getenv", "environ.get"))
    return _string(given[int(second)]) if len(given) > second else None


def _string(node: Node | None) -> Node | None:
    return node if node is not None and node.type == "string" else None


def _compose(file: SourceFile, at: Location) -> Refusal | list[tuple[Edit, str]]:
    """NAME: value and - NAME=value become ${NAME}, which compose reads from .env beside it."""
    start, line = line_bytes(file, at.line)
    found = re.match(rb"""\s*(?:-\s*["']?(\w+)=|["']?(\w+)["']?\s*:\s*["']?)([^\s"'#]+)["']?\s*(?:#.*)?$""", line)
    if found is None or b"${" in found[3]:
        return Refusal("the value is not alone behind its name")
    name = (found[1] or found[2]).decode()
    edit = Edit(file.path, start + found.start(3), start + found.end(3), f"${{{name}}}".encode())
    return [(edit, name)]


def _python_name(node: Node) -> str:
    holder = enclosing(node.parent, "keyword_argument", "pair", "assignment", "default_parameter", "call")
    if holder is None:
        return ""
    if holder.type == "pair":
        return text(holder.child_by_field_name("key")).strip("'\"")
    if holder.type == "call":
        given = positional(holder)
        return text(given[0]).strip("'\"") if len(given) == 2 and given[1] == node else ""
    if holder.type == "assignment":
        left = text(holder.child_by_field_name("left"))
        key = re.search(r"\[[\"'](\w+)[\"']\]$", left)
        return key[1] if key else left.rsplit(".", 1)[-1]
    return text(holder.child_by_field_name("name"))


def _script_name(node: Node) -> str:
    holder = enclosing(node.parent, "pair", "variable_declarator", "assignment_expression", "call_expression")
    if holder is None:
        return ""
    if holder.type == "call_expression":
        listed = script_arguments(holder)
        return text(listed[0]).strip("'\"") if len(listed) == 2 and listed[1] == node else ""
    for field in ("key", "name", "left"):
        if (found := holder.child_by_field_name(field)) is not None:
            return text(found).rsplit(".", 1)[-1].strip("'\"")
    return ""


def _name(given: str, finding: Finding) -> str:
    """The variable's own name, or the vendor's where the name says little."""
    name = variable_name(given) if re.fullmatch(r"[\w.-]+", given) else ""
    if name and name not in _VAGUE and not name[0].isdigit():
        address = "url" in finding.rule_id and not re.search(r"(?:URL|URI|DSN)$", name)
        return f"{name}_URL" if address else name
    if finding.rule_id in _UNNAMED:
        own = "SECRET_KEY" if "sign" in finding.rule_id else "APP_SECRET"
        return (name if "_" in name else f"APP_{name}") if name else own
    if "url" in finding.rule_id:
        return "DATABASE_URL" if finding.rule_id.startswith("database") else "SERVICE_URL"
    return variable_name(finding.rule_id)
