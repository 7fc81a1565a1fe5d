"""Hashes passwords slowly, with the library that the app has, and compares them by that library."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, ensure_import, positional
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text
from vibeaudit.source import SourceFile

_QUERY = re.compile(r"(?:^|\.)(?:filter|filter_by|where|execute|fetch\w*|find\w*|query|and_|or_|get)$")


@dataclass(frozen=True, slots=True)
class _Library:
    """How a library makes and checks a hash; {text} is the password, {bytes} its bytes."""

    imported: str
    make: str
    check: str


_LIBRARIES = {
    "werkzeug": _Library(
        "from werkzeug.security import ",
        "generate_password_hash({text})",
        "check_password_hash({stored}, {text})",
    ),
    "bcrypt": _Library(
        "import bcrypt",
        "bcrypt.hashpw({bytes}, bcrypt.gensalt()).decode()",
        "bcrypt.checkpw({bytes}, {stored}.encode())",
    ),
}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The hash, and every comparison with what the same function gives."""
    file = bench.flagged(finding)
    digest = flagged(file, finding, "call")
    while digest is not None and not re.fullmatch(
        r"hashlib\.\w+\(.*\)\.(?:hexdigest|digest)", called(digest), re.DOTALL
    ):
        digest = enclosing(digest.parent, "call")
    library = _library(file, bench)
    if library is None:
        return Refusal("the app has no library for passwords: add argon2-cffi or bcrypt to its dependencies first")
    if digest is None or not called(digest).endswith(".hexdigest"):
        return Refusal("the hash is put together in several steps")
    if digest.parent is not None and digest.parent.type == "subscript":
        return Refusal("only a part of the hash is kept, or its letters are turned round")
    inner = next((c for c in nodes(digest, "call") if re.fullmatch(r"hashlib\.\w+", called(c))), None)
    given = positional(inner) if inner is not None else []
    if len(given) != 1 or called(inner) == "hashlib.new":
        return Refusal("the hash is put together in several steps")
    data = text(given[0])
    plain = re.fullmatch(r"(.+)\.encode\([^()]*\)", data, re.DOTALL)
    if "{text}" in library.make and plain is None:
        return Refusal("the password is not text here")
    password = plain[1] if plain else data
    edits = _edits(file, digest, library, password, data, bench)
    if isinstance(edits, Refusal):
        return edits
    return Proposal(
        Text("Hash passwords with a slow hash", "Hacher les mots de passe avec un hachage lent"),
        edits,
        Safety.UNSAFE,
        Text(
            "Stored hashes of the old kind no longer match: accept both and re-hash at sign-in, or let people set new "
            "passwords. The column must hold 170 characters.",
            "Les anciens hachages ne correspondent plus : accepter les deux et re-hacher à la connexion, ou faire "
            "choisir un nouveau mot de passe. La colonne doit contenir 170 caractères.",
        ),
    )


def _library(file: SourceFile, bench: Bench) -> _Library | None:
    everywhere = "\n".join(f.text for f in bench.snapshot.of("python"))
    for source in (file.text, everywhere):
        if re.search(r"^[ \t]*(?:import|from) bcrypt\b", source, re.MULTILINE):
            return _LIBRARIES["bcrypt"]
        if re.search(r"^[ \t]*(?:import|from) (?:flask|werkzeug)\b", source, re.MULTILINE):
            return _LIBRARIES["werkzeug"]
    return None


def _edits(
    file: SourceFile, digest: Node, library: _Library, password: str, data: str, bench: Bench
) -> tuple[Edit, ...] | Refusal:
    compared = _comparison(digest)
    if compared is not None:
        return _checked(file, compared, digest, library, password, data)
    made = library.make.format(text=password, bytes=data)
    edits = [replace(file, digest, made), *_import(file, library, made)]
    statement = enclosing(digest, "return_statement", "assignment")
    if statement is None:
        return Refusal("the hash is used in a way that is not known here")
    if statement.type == "assignment":
        return Refusal("the stored hash is looked up by its value") if _looked_up(statement) else tuple(edits)
    helper = enclosing(statement, "function_definition")
    name = text(helper.child_by_field_name("name")) if helper is not None else ""
    return _everywhere(name, edits, library, bench)


def _everywhere(name: str, edits: list[Edit], library: _Library, bench: Bench) -> tuple[Edit, ...] | Refusal:
    """Each comparison with what the helper gives, in every file that calls it."""
    for file in bench.snapshot.of("python"):
        if name not in file.text or file.tree is None:
            continue
        for call in nodes(file.tree.root_node, "call"):
            if called(call).rsplit(".", 1)[-1] != name or len(positional(call)) != 1:
                continue
            outer = enclosing(call.parent, "call")
            if outer is not None and _QUERY.search(called(outer)):
                return Refusal("the stored hash is looked up by its value, which a salted hash does not allow")
            if call.parent is not None and call.parent.type == "assignment" and _looked_up(call.parent):
                return Refusal("the stored hash is looked up by its value, which a salted hash does not allow")
            if (compared := _comparison(call)) is None:
                continue
            password = text(positional(call)[0])
            changed = _checked(file, compared, call, library, password, f"{password}.encode()")
            if isinstance(changed, Refusal):
                return changed
            edits += [e for e in changed if e not in edits]
    return tuple(edits)


def _looked_up(assignment: Node) -> bool:
    """Whether a variable that holds a hash is compared or asked for in its function."""
    name = re.escape(text(assignment.child_by_field_name("left")))
    scope = enclosing(assignment, "function_definition", "module")
    used = re.compile(rf"(?<![\w.\"']){name}\b")
    places = nodes(scope, "comparison_operator", "call") if scope is not None else ()
    return any(
        used.search(text(n)) and (n.type == "comparison_operator" or _QUERY.search(called(n)) is not None)
        for n in places
        if n.start_byte > assignment.end_byte
    )


def _comparison(hashed: Node) -> Node | None:
    """hashed == stored, or compare_digest(hashed, stored)."""
    parent = hashed.parent
    if parent is not None and parent.type == "comparison_operator":
        return parent
    call = parent.parent if parent is not None and parent.type == "argument_list" else None
    return call if call is not None and called(call).endswith("compare_digest") else None


def _checked(
    file: SourceFile, compared: Node, hashed: Node, library: _Library, password: str, data: str
) -> tuple[Edit, ...] | Refusal:
    sides = positional(compared) if compared.type == "call" else compared.named_children
    outer = enclosing(compared.parent, "call")
    if len(sides) != 2 or (outer is not None and _QUERY.search(called(outer))):
        return Refusal("the stored hash is looked up by its value, which a salted hash does not allow")
    stored = next(s for s in sides if s != hashed)
    sign = "" if compared.type == "call" else text(compared.children[1])
    if sign not in ("", "==", "!="):
        return Refusal("the comparison is not a plain == or !=")
    made = library.check.format(text=password, bytes=data, stored=text(stored))
    return (replace(file, compared, f"not {made}" if sign == "!=" else made), *_import(file, library, made))


def _import(file: SourceFile, library: _Library, made: str) -> tuple[Edit, ...]:
    named = library.imported.endswith(" import ")
    return ensure_import(file, library.imported + made.partition("(")[0] if named else library.imported)
