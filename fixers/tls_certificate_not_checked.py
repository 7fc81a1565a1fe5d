"""Lets the client check the other side's certificate again."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, drop_keyword, keyword, set_keyword, value
from vibeaudit.remedy.syntax import enclosing, flagged, nodes, replace, text
from vibeaudit.source import SourceFile

_UNVERIFIED = "_create_unverified_context"


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The library's own default, which is to check."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call", "assignment")
    edits = _assigned(file, node) if node is not None and node.type == "assignment" else _called(file, node)
    if not edits:
        return Refusal("the check is switched off in a way that is not known here")
    return Proposal(
        Text("Check the other side's certificate", "Vérifier le certificat de l'autre côté"),
        edits,
        Safety.UNSAFE,
        Text(
            "Try the connection: a server with a certificate of its own making needs its CA file named instead "
            '(verify="/path/ca.pem").',
            "Essayer la connexion : pour un certificat fait maison, indiquer plutôt le fichier de son autorité "
            '(verify="/chemin/ca.pem").',
        ),
    )


def _called(file: SourceFile, call: Node | None) -> tuple[Edit, ...]:
    if call is None:
        return ()
    if called(call).endswith("." + _UNVERIFIED):
        function = call.child_by_field_name("function")
        name = function.child_by_field_name("attribute") if function is not None else None
        return (replace(file, name, "create_default_context"),) if name is not None else ()
    for option in ("verify", "ssl", "verify_ssl"):
        if text(value(keyword(call, option))) == "False":
            edit = drop_keyword(file, call, option)
            return (edit,) if edit is not None else ()
    required = text(value(keyword(call, "cert_reqs")))
    if "CERT_NONE" in required:
        return (set_keyword(file, call, "cert_reqs", required.replace("CERT_NONE", "CERT_REQUIRED")),)
    return ()


def _assigned(file: SourceFile, node: Node) -> tuple[Edit, ...]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return ()
    if text(right).endswith("." + _UNVERIFIED):
        return (replace(file, right, text(right).replace(_UNVERIFIED, "create_default_context")),)
    if text(right) == "False" and text(left).endswith(".verify"):
        return (replace(file, right, "True"),)
    if text(right).endswith("CERT_NONE"):
        changed = replace(file, right, text(right).replace("CERT_NONE", "CERT_REQUIRED"))
        return (changed, *_host_name_checked(file, node, text(left.child_by_field_name("object"))))
    inner = next((c for c in nodes(right, "call") if _called(file, c)), None)
    return _called(file, inner)


def _host_name_checked(file: SourceFile, node: Node, context: str) -> tuple[Edit, ...]:
    """A checked certificate of any other host is worth nothing."""
    scope = enclosing(node, "function_definition", "module")
    for other in nodes(scope, "assignment") if scope is not None else ():
        right = other.child_by_field_name("right")
        named = text(other.child_by_field_name("left")) == f"{context}.check_hostname"
        if named and right is not None and text(right) == "False":
            return (replace(file, right, "True"),)
    return ()
