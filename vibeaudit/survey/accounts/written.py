"""One password that is written to a store, and the expressions that hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import people
from vibeaudit.survey.accounts.passwords import names_password
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

# a table, class or variable that may hold accounts
PEOPLE = re.compile(rf"(?i){people.SOMEBODY}|admin|people|login|credential")


@dataclass(frozen=True, slots=True)
class Write:
    """`value` is the password's expression; `how`: create or update. `model` is the table's or class's name as
    written; `by_statement` when it is SQL or a raw document, which no hook of an ORM sees."""

    node: Node
    value: Node
    how: str
    scene: Node
    model: str = ""
    by_statement: bool = False
    framework: bool = False  # the framework hashes it: create_user, set_password
    whole: bool = False  # every field of a schema that holds a password


def leaves(node: Node, depth: int = 0) -> Iterator[Node]:
    """The expressions in a tuple, list, dictionary, template, concatenation or format call."""
    if depth > 6:
        return
    if node.type in ("identifier", "attribute", "member_expression", "subscript", "subscript_expression"):
        yield node
        return
    if node.type in ("call", "call_expression"):
        yield node
    for child in node.named_children:
        if child.type not in ("comment", "string_content", "string_fragment"):
            yield from leaves(child, depth + 1)


def hashes_a_text(module: Module, node: Node) -> bool:
    """Whether the node is the name of a function that is called with a text: `make_hash("admin")`."""
    made = module.call_at(node.parent) if node.parent is not None else None
    return (
        made is not None
        and made.node.child_by_field_name("function") == node
        and bool(made.args)
        and made.args[0].type == "string"
    )


def is_password_node(node: Node) -> bool:
    said = text_of(node)
    last = re.split(r"[.\[]", said)[-1].strip("'\"] )(")
    return (
        names_password(last)
        or re.search(r"(?i)['\"](?:pass|password|pwd)['\"]\s*[\])]$", said) is not None
        or (re.search(r"(?i)hash\w*$|hashed\w*$", last) is not None and node.type == "identifier")
    )
