"""OpenClaw, once Clawdbot and Moltbot. Source: https://docs.openclaw.ai/gateway/security"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "openclaw",
    "OpenClaw",
    (
        ConfigFile("settings", "json", "openclaw.json"),
        ConfigFile("rules", "markdown", "SOUL.md"),
        ConfigFile("rules", "markdown", "HEARTBEAT.md"),
    ),
)
