"""Continue. Its MCP servers are a list. Source: https://docs.continue.dev/cli"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "continue",
    "Continue",
    (
        ConfigFile("settings", "yaml", ".continue/config.yaml", "mcpServers"),
        ConfigFile("mcp", "yaml", ".continue/mcpServers/*.yaml", "mcpServers"),
        ConfigFile("rules", "markdown", ".continue/rules/**/*.md"),
        ConfigFile("permissions", "yaml", ".continue/permissions.yaml"),
    ),
)
