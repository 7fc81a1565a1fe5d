"""Pins a tool server's package to one version, so that a new release is a decision and not a surprise."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_span, spanned

# The newest versions of well-known servers, looked up in the registries on this day. Refresh with
# `npm view NAME version` and `pip index versions NAME`.
LOOKED_UP = "2026-11-21"
VERSIONS = {
    "npm": {
        "@21st-dev/magic": "0.2.3",
        "@azure/mcp": "2.0.5",
        "@browsermcp/mcp": "0.1.3",
        "@cloudflare/mcp-server-cloudflare": "0.2.0",
        "@executeautomation/playwright-mcp-server": "1.0.12",
        "@heroku/mcp-server": "1.2.8",
        "@magicuidesign/mcp": "2.0.0",
        "@modelcontextprotocol/server-brave-search": "0.6.2",
        "@modelcontextprotocol/server-everything": "2026.8.31",
        "@modelcontextprotocol/server-filesystem": "2026.8.31",
        "@modelcontextprotocol/server-github": "2025.4.8",
        "@modelcontextprotocol/server-memory": "2026.8.31",
        "@modelcontextprotocol/server-postgres": "0.6.2",
        "@modelcontextprotocol/server-puppeteer": "2025.5.12",
        "@modelcontextprotocol/server-sequential-thinking": "2026.8.31",
        "@modelcontextprotocol/server-slack": "2025.4.25",
        "@neondatabase/mcp-server-neon": "0.6.5",
        "@netlify/mcp": "1.15.1",
        "@notionhq/notion-mcp-server": "2.5.2",
        "@playwright/mcp": "0.0.83",
        "@railway/mcp-server": "0.1.12",
        "@sentry/mcp-server": "0.39.0",
        "@stripe/mcp": "0.3.3",
        "@supabase/mcp-server-supabase": "0.13.0",
        "@upstash/context7-mcp": "4.1.1",
        "@wonderwhy-er/desktop-commander": "0.2.52",
        "chrome-devtools-mcp": "1.11.0",
        "exa-mcp-server": "3.4.1",
        "figma-developer-mcp": "0.13.2",
        "firecrawl-mcp": "3.26.0",
        "linear-mcp-server": "0.1.0",
        "mcp-remote": "0.15.1",
        "mcp-server-sqlite-npx": "0.8.0",
        "next-devtools-mcp": "0.4.0",
        "puppeteer-mcp-server": "0.7.2",
        "task-master-ai": "0.43.1",
        "tavily-mcp": "0.2.22",
    },
    "PyPI": {
        "arxiv-mcp-server": "0.8.2",
        "awslabs.aws-documentation-mcp-server": "1.2.3",
        "browser-use": "0.13.14",
        "duckduckgo-mcp-server": "0.7.0",
        "elevenlabs-mcp": "0.12.2",
        "mcp-proxy": "0.13.0",
        "mcp-server-fetch": "2026.10.24",
        "mcp-server-git": "2026.10.19",
        "mcp-server-qdrant": "0.8.1",
        "mcp-server-sqlite": "2025.4.25",
        "mcp-server-time": "2026.10.19",
        "serena-agent": "2.1.0",
        "workspace-mcp": "2.2.1",
    },
}
_NAME = re.compile(r"^(@[\w.-]+/[\w.-]+|[\w.-]+)(?:@(?:latest|next|\*)?|==\*)?$")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The name, its separator and the version that was current when the table was made."""
    file = bench.flagged(finding)
    written = spanned(file, finding.primary)
    name = _NAME.match(written.strip("\"'"))
    ecosystem = dict(finding.facts).get("ecosystem", "")
    version = VERSIONS.get(ecosystem, {}).get(name[1]) if name else None
    if name is None or version is None:
        return Refusal("look up the version that you use today and write it behind the name")
    pinned = f"{name[1]}{'@' if ecosystem == 'npm' else '=='}{version}"
    return Proposal(
        Text(f"Pin {name[1]} to {version}", f"Fixer {name[1]} à {version}"),
        (replace_span(file, finding.primary, written.replace(name[0], pinned)),),
        Safety.UNSAFE,
        Text(
            f"{version} was current on {LOOKED_UP}: start the server once, and look through what it may do before you "
            "move to another version.",
            f"{version} était la version courante le {LOOKED_UP} : démarrer le serveur une fois, et relire ce qu'il "
            "peut faire avant d'en changer.",
        ),
    )
