"""What the configuration files say that an AI agent may do, and whether anybody is asked."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from vibeaudit.model import AgentSetup, Location, Snapshot, Trace
from vibeaudit.source import SourceFile
from vibeaudit.survey.import_paths import lenient_json

MAX_BYTES = 500_000
# product -> what the agent can do before any setting: all of them read and write the project's files
_USUAL = frozenset(("read", "write"))
_NEVER = re.compile(
    r"bypassPermissions|\"approvalMode\"\s*:\s*\"yolo\"|approval_policy\s*=\s*\"never\"|danger-full-access"
    r"|\"chat\.tools\.(?:global\.)?autoApprove\"\s*:\s*true|alwaysAllowExecute\"\s*:\s*true"
)
_SERVERS = (
    (re.compile(r"postgres|mysql|supabase|sqlite|mongo|redis|database|neon|bigquery", re.IGNORECASE), "query"),
    (re.compile(r"filesystem|/files?\b", re.IGNORECASE), "write"),
    (re.compile(r"fetch|puppeteer|playwright|browser|brave|search|firecrawl|tavily", re.IGNORECASE), "network"),
    (re.compile(r"slack|gmail|mail|discord|twilio|resend|telegram", re.IGNORECASE), "send"),
    (re.compile(r"stripe|paypal", re.IGNORECASE), "pay"),
    (re.compile(r"shell|terminal|desktop-commander|execut", re.IGNORECASE), "run"),
    (re.compile(r"github|gitlab|linear|jira|notion", re.IGNORECASE), "network"),
)


def agent_setups(snapshot: Snapshot, traces: tuple[Trace, ...]) -> tuple[AgentSetup, ...]:
    """One setup a product that is configured here, sorted by product."""
    files: dict[str, list[SourceFile]] = defaultdict(list)
    for trace in traces:
        if file := snapshot.file(trace.evidence.path):
            files[trace.name].append(file)
    return tuple(_setup(product, files[product]) for product in sorted(files))


def _setup(product: str, files: list[SourceFile]) -> AgentSetup:
    capabilities, tools, approval = set(_USUAL), set(), "always"
    place = Location(files[0].path, 1)
    for file in files:
        data = _parsed(file)
        if data is None:
            continue
        place = Location(file.path, 1) if place.path.suffix == ".md" else place
        for name, server in _servers(data):
            tools.add(f"mcp:{name}")
            capabilities |= _of_server(f"{name} {server}")
        allowed = _allowed(data)
        for entry in allowed:
            tools.add(entry)
            capabilities |= _of_permission(entry)
        if allowed:
            approval = "some" if approval == "always" else approval
        if file.holds(_NEVER):
            approval = "never"
            capabilities |= {"run", "delete", "network"}
    return AgentSetup(product, "config", place, frozenset(capabilities), tuple(sorted(tools)), approval)


def _parsed(file: SourceFile) -> dict[str, Any] | None:
    if len(file.data) > MAX_BYTES or file.language not in ("json", "toml"):
        return None
    try:
        data = tomllib.loads(file.text) if file.language == "toml" else json.loads(lenient_json(file.text))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _servers(data: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for key in ("mcpServers", "servers", "mcp_servers"):
        listed = data.get(key)
        if isinstance(listed, dict):
            for name, server in listed.items():
                said = server if isinstance(server, dict) else {}
                yield (
                    name,
                    " ".join(
                        [str(said.get("command", "")), *map(str, said.get("args") or ()), str(said.get("url", ""))]
                    ),
                )


def _of_server(text: str) -> set[str]:
    found = {capability for pattern, capability in _SERVERS if pattern.search(text)}
    return found | {"network"} if "http" in text else found


def _allowed(data: dict[str, Any]) -> list[str]:
    permissions = data.get("permissions")
    allow = permissions.get("allow") if isinstance(permissions, dict) else None
    return [entry[:80] for entry in allow if isinstance(entry, str)] if isinstance(allow, list) else []


def _of_permission(entry: str) -> set[str]:
    found: set[str] = set()
    if entry.startswith("Bash"):
        found.add("run")
        if re.search(r"Bash$|Bash\(\*|\brm\b|git (push|reset|clean)", entry):
            found.add("delete")
        if re.search(r"Bash$|Bash\(\*|curl|wget|\bnc\b|ssh|scp", entry):
            found.add("network")
    elif entry.startswith(("WebFetch", "WebSearch")):
        found.add("network")
    elif entry.startswith("mcp__"):
        found |= _of_server(entry)
    return found
