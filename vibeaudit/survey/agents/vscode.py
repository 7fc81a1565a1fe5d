"""VS Code with Copilot. Source: https://code.visualstudio.com/docs/agents/run/approvals"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "vscode",
    "VS Code and GitHub Copilot",
    (
        ConfigFile("settings", "json", ".vscode/settings.json", "mcp.servers"),
        ConfigFile("workspace", "json", "*.code-workspace", "settings.mcp.servers"),
        ConfigFile("mcp", "json", ".vscode/mcp.json", "servers"),
        ConfigFile("tasks", "json", ".vscode/tasks.json"),
        ConfigFile("rules", "markdown", ".github/copilot-instructions.md"),
        ConfigFile("rules", "markdown", ".github/instructions/**/*.md"),
        ConfigFile("rules", "markdown", ".github/prompts/**/*.md"),
        ConfigFile("agent", "markdown", ".github/agents/**/*.md"),
        ConfigFile("agent", "markdown", ".github/chatmodes/**/*.md"),
        ConfigFile("skill", "markdown", ".github/skills/**/*.md"),
    ),
)
