"""Skills and plugins in the form that several agents share. Source: https://code.claude.com/docs/en/skills"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "skills",
    "Agent skills",
    (
        ConfigFile("skill", "markdown", "SKILL.md"),
        ConfigFile("plugin", "json", ".claude-plugin/plugin.json", "mcpServers"),
        ConfigFile("hook", "json", "hooks/hooks.json"),
    ),
)
