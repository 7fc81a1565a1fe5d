"""Windsurf. Source: https://docs.windsurf.com/windsurf/cascade/mcp"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "windsurf",
    "Windsurf",
    (
        ConfigFile("mcp", "json", "mcp_config.json", "mcpServers"),
        ConfigFile("rules", "markdown", ".windsurfrules"),
        ConfigFile("rules", "markdown", ".windsurf/rules/**/*.md"),
        ConfigFile("command", "markdown", ".windsurf/workflows/**/*.md"),
    ),
)
