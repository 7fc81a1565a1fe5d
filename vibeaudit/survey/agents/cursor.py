"""Cursor. Deny rules win; the run mode lives in its user interface. Source: https://cursor.com/docs/reference/permissions"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "cursor",
    "Cursor",
    (
        ConfigFile("mcp", "json", ".cursor/mcp.json", "mcpServers"),
        ConfigFile("cli", "json", ".cursor/cli.json"),
        ConfigFile("cli", "json", ".cursor/cli-config.json"),
        ConfigFile("sandbox", "json", ".cursor/sandbox.json"),
        ConfigFile("permissions", "json", ".cursor/permissions.json"),
        ConfigFile("environment", "json", ".cursor/environment.json"),
        ConfigFile("rules", "markdown", ".cursor/rules/**/*.mdc"),
        ConfigFile("rules", "markdown", ".cursorrules"),
        ConfigFile("ignore", "text", ".cursorignore"),
    ),
)
