"""Kiro. Deny, then ask, then allow. Source: https://kiro.dev/docs"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "kiro",
    "Kiro",
    (
        ConfigFile("mcp", "json", ".kiro/settings/mcp.json", "mcpServers"),
        ConfigFile("rules", "markdown", ".kiro/steering/**/*.md"),
        ConfigFile("hook", "json", ".kiro/hooks/*.kiro.hook"),
    ),
)
