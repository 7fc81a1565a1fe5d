"""Dev containers, in which agents work. Source: https://containers.dev/implementors/json_reference/"""

from __future__ import annotations

from vibeaudit.survey.agents.product import ConfigFile, Product

PRODUCT = Product(
    "devcontainer",
    "Dev container",
    (
        ConfigFile("container", "json", ".devcontainer/devcontainer.json"),
        ConfigFile("container", "json", ".devcontainer/*/devcontainer.json"),
        ConfigFile("container", "json", ".devcontainer.json"),
    ),
)
