"""Cline. Source: https://docs.cline.bot"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "cline",
    "Cline",
    (
        ConfigFile("mcp", "json", "cline_mcp_settings.json", "mcpServers"),
        ConfigFile("rules", "markdown", ".clinerules"),
        ConfigFile("rules", "markdown", ".clinerules/**/*"),
    ),
)
