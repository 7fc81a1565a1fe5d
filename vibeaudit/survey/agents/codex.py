"""OpenAI Codex. Project files count in trusted projects. Source: https://developers.openai.com/codex/config-reference"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "codex",
    "Codex",
    (
        ConfigFile("settings", "toml", ".codex/config.toml", "mcp_servers"),
        ConfigFile("rules", "markdown", "AGENTS.md"),
        ConfigFile("rules", "markdown", "AGENTS.override.md"),
        ConfigFile("skill", "markdown", ".agents/skills/**/*.md"),
    ),
)
