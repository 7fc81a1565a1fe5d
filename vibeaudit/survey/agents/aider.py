"""Aider. Source: https://aider.chat/docs/config/options.html"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "aider",
    "Aider",
    (
        ConfigFile("settings", "yaml", ".aider.conf.yml"),
        ConfigFile("rules", "markdown", "CONVENTIONS.md"),
        ConfigFile("ignore", "text", ".aiderignore"),
    ),
)
