"""The agents that an app's code builds: which tools they hold, and what these can do."""

from __future__ import annotations

from pathlib import Path

from vibeaudit.acquire.folder import snapshot_of
from vibeaudit.config import Config
from vibeaudit.model import AgentSetup
from vibeaudit.survey import survey

TOOLS = """
import subprocess
import requests
from langchain_core.tools import tool

@tool
def run(command: str) -> str:
    return helper(command)

def helper(line):
    return subprocess.run(line, shell=True).stdout

@tool
def page(url: str) -> str:
    return requests.get(url).text

@tool
def status() -> str:
    return requests.get("https://status.example/").text
"""


def agents(root: Path, code: str) -> list[AgentSetup]:
    (root / "tools.py").write_text(TOOLS, "utf-8")
    (root / "main.py").write_text(code, "utf-8")
    return [a for a in survey(snapshot_of(root, Config())).agents if a.origin == "code"]


def test_a_tool_can_do_what_its_helpers_do(tmp_path: Path) -> None:
    code = "from langchain.agents import create_agent\nfrom tools import run\nagent = create_agent('m', [run])\n"
    (found,) = agents(tmp_path, code)
    assert found.tools == ("run",)
    assert "run" in found.capabilities
    assert "network" not in found.capabilities


def test_a_fixed_address_is_no_way_in_for_strangers(tmp_path: Path) -> None:
    code = "from langchain.agents import create_agent\nimport tools\nagent = create_agent('m', [tools.status])\n"
    (found,) = agents(tmp_path, code)
    assert "network" not in found.capabilities


def test_tools_are_followed_through_a_function_under_another_name(tmp_path: Path) -> None:
    code = (
        "from crewai import Agent as Worker\nfrom tools import page, run\n"
        "def both():\n    return [page, *more()]\n"
        "def more():\n    return [run]\n"
        "worker = Worker(role='r', tools=both())\n"
    )
    (found,) = agents(tmp_path, code)
    assert found.product == "CrewAI"
    assert found.tools == ("page", "run")
    assert found.location.line == 4
    assert found.approval == "never"


def test_a_class_of_the_app_that_is_called_agent_is_none(tmp_path: Path) -> None:
    code = "from langchain.agents import tool\nfrom estate import Agent\nfrom tools import run\nAgent(tools=[run])\n"
    assert agents(tmp_path, code) == []


def test_an_endless_chain_of_names_ends(tmp_path: Path) -> None:
    code = (
        "from langchain.agents import create_agent\n"
        "def a():\n    return b()\ndef b():\n    return a()\nx = y\ny = x\n"
        "create_agent('m', a())\ncreate_agent('m', x)\n"
    )
    assert agents(tmp_path, code) == []
