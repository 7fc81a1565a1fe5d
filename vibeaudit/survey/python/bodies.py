"""A Python body that is read: its names that hold what the caller chose, and those that say who it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.model import Location
from vibeaudit.survey.classes import Lineage
from vibeaudit.survey.code import Function, Module
from vibeaudit.survey.python.stores import touch

if TYPE_CHECKING:
    from tree_sitter import Node


TAKEN = re.compile(
    r"\b(?:request|req|self\.request|flask\.request)\.(?:GET|POST|form|args|json\b|get_json|data|values|query_params|match_info"
    r"|path_params|query|params|body|forms|query_args)|\bself\.(?:kwargs|get_(?:query_|body_)?argument)\b|\.cleaned_data\b"
    r"|\.validated_data\b|\bparse_qs\("
)
# who is calling, in the ways that frameworks offer
WHO = re.compile(
    r"\b(?:request|self\.request|req)\.(?:user|auth|session|ctx|state\.\w*user\w*|state\.session"
    # what a guard of the app's own hangs on the request: whose key it was, the caller's team
    r"|user_(?!agent\b)\w+|userId|uid|identity|claims|jwt\w*|token_data|decoded\w*|current_\w+"
    r"|profile|account|member|membership|project|team|tenant|workspace|org|organi[sz]ation|company|customer)\b"
    r"|\bcurrent_(?:user|identity)\b"
    r"|\bg\.\w+|\bsession(?:\[|\.get\(\s*['\"])|\bget_(?:jwt_identity|jwt|current_user\w*|user_id|uid|session_user)\b"
    r"|\bself\.(?:current_\w+|get_current_user)\b|\bcurrent_(?:org\w*|team|tenant|account|member|customer)\b|\binfo\.context\b|\blogged_in_user\b"
    r"|\.(?:COOKIES|cookies)\b|\bdecode_\w*token|jwt\.decode|\.get_secure_cookie"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A body that is read: `chosen` are its names that hold what the caller chose, `known` those that say who it is."""

    module: Module
    body: Node
    chosen: frozenset[str]
    known: frozenset[str]
    depth: int = 0
    via: Location | None = None  # the handler's call that leads here
    owner: tuple[Lineage, str] | None = None  # of a method: the class of the instance, and how that was made

    def holds(self, module: Module, function: Function) -> bool:
        """Whether the function stands in this body, where it is read anyway."""
        here = self.body.start_byte <= function.node.start_byte < self.body.end_byte
        return here and module.path == self.module.path


def reads(module: Module, node: Node) -> bool:
    """Whether an expression asks a store."""
    return any(touch(module, call) for call in module.calls_in(node))


def tells_who(place: Place, text: str) -> bool:
    """Whether a text says who is calling."""
    return bool(WHO.search(text)) or bool(place.known & set(re.findall(r"[A-Za-z_]\w*", text)))
