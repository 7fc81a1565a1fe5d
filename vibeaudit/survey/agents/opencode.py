"""OpenCode. The last rule that fits wins. Source: https://opencode.ai/docs/permissions/"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "opencode",
    "OpenCode",
    (
        ConfigFile("settings", "json", "opencode.json", "mcp"),
        ConfigFile("settings", "json", "opencode.jsonc", "mcp"),
        ConfigFile("settings", "json", ".opencode/opencode.json", "mcp"),
        ConfigFile("agent", "markdown", ".opencode/agent/**/*.md"),
        ConfigFile("command", "markdown", ".opencode/command/**/*.md"),
    ),
)
