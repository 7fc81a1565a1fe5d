"""Roo Code. Source: https://github.com/RooCodeInc/Roo-Code/blob/main/packages/types/src/global-settings.ts"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "roo",
    "Roo Code",
    (
        ConfigFile("mcp", "json", ".roo/mcp.json", "mcpServers"),
        ConfigFile("settings", "json", "roo-code-settings.json"),
        ConfigFile("rules", "markdown", ".roo/rules*/**/*.md"),
        ConfigFile("modes", "yaml", ".roomodes"),
    ),
)
