"""The agent products that we know, one module each: which files they read and how these take effect."""

from __future__ import annotations

from vibeaudit.survey.agents import (
    aider,
    claude_code,
    cline,
    codex,
    continue_dev,
    cursor,
    devcontainer,
    gemini_cli,
    kiro,
    openclaw,
    opencode,
    roo,
    skills,
    vscode,
    windsurf,
)
from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCTS: tuple[Product, ...] = tuple(
    module.PRODUCT
    for module in (
        aider, claude_code, cline, codex, continue_dev, cursor, devcontainer, gemini_cli, kiro, openclaw, opencode,
        roo, skills, vscode, windsurf,
    )
)  # fmt: skip

__all__ = ["PRODUCTS", "ConfigFile", "Product"]
