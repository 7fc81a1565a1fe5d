"""An app or router of one file, and what is registered at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Call, Module

if TYPE_CHECKING:
    from tree_sitter import Node


MAKERS = {
    "express": "express",
    "express.Router": "express",
    "Router": "express",
    "express.default": "express",
    "Koa": "koa",
    "Hono": "hono",
    "OpenAPIHono": "hono",
    "fastify": "fastify",
    "Fastify": "fastify",
    "KoaRouter": "koa",
    "polka": "express",
    "restify.createServer": "express",
    "createServer": "",
}
Key = tuple[str, str]  # (file, variable) of an app or router


@dataclass
class Event:
    """`use` or a route, at a byte offset of its file."""

    at: int
    methods: tuple[str, ...]  # empty for `use`
    path: str
    args: tuple[Node, ...]
    call: Call


@dataclass
class Router:
    """`prefix`: a path that it was made with. `mounted`: another router leads to it. `made`: where the call stands that
    makes it, -1 when none does."""

    module: Module
    framework: str
    events: list[Event] = field(default_factory=list)
    mounted: bool = False
    prefix: str = ""
    made: int = -1
