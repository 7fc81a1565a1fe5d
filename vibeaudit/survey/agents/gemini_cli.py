"""Gemini CLI. Source: https://github.com/google-gemini/gemini-cli/blob/main/docs/reference/configuration.md"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "gemini-cli",
    "Gemini CLI",
    (
        ConfigFile("settings", "json", ".gemini/settings.json", "mcpServers"),
        ConfigFile("rules", "markdown", "GEMINI.md"),
        ConfigFile("extension", "json", ".gemini/extensions/*/gemini-extension.json", "mcpServers"),
        ConfigFile("extension", "json", "gemini-extension.json", "mcpServers"),
        ConfigFile("environment", "dotenv", ".gemini/.env"),
    ),
)
