"""Languages, builders, frameworks, manifests: the traces that they leave."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from vibeaudit.model import Location, Package, Snapshot, Stack, Trace
from vibeaudit.source import SourceFile
from vibeaudit.source.languages import UNREAD

_CODE = frozenset("python javascript typescript tsx sql html css bash vue svelte astro dockerfile".split())
# builder -> (path pattern, content pattern); an empty content pattern means that the path alone tells
_BUILDERS: tuple[tuple[str, str, str], ...] = (
    ("Lovable", r"(^|/)(vite\.config\.[jt]s|package\.json)$", r"lovable-tagger"),
    ("Lovable", r"(^|/)README\.md$", r"lovable\.(dev|app)/projects|https://lovable\.dev"),
    ("Lovable", r"(^|/)index\.html$", r"gptengineer\.js|lovable\.(dev|app)"),
    ("Bolt", r"(^|/)\.bolt/", r""),
    ("Bolt", r"(^|/)README\.md$", r"bolt\.new"),
    ("v0", r"(^|/)README\.md$", r"\bv0\.(dev|app)\b"),
    ("v0", r"(^|/)layout\.[jt]sx$", r"generator:\s*['\"]v0\.(dev|app)"),
    ("Replit", r"(^|/)(\.replit|replit\.nix|replit\.md)$", r""),
    ("Base44", r"(^|/)package\.json$", r"@base44/"),
    ("Base44", r"(^|/)(README\.md|src/api/base44Client\.[jt]s)$", r"base44"),
    ("Firebase Studio", r"(^|/)\.idx/", r""),
    ("Cursor", r"(^|/)(\.cursorrules$|\.cursor/)", r""),
    ("Claude Code", r"(^|/)(CLAUDE\.md$|\.claude/)", r""),
    ("Codex", r"(^|/)\.codex/", r""),
    ("Gemini CLI", r"(^|/)(GEMINI\.md$|\.gemini/)", r""),
    ("Windsurf", r"(^|/)(\.windsurfrules$|\.windsurf/)", r""),
    ("Copilot", r"(^|/)\.github/(copilot-instructions\.md$|instructions/|prompts/)", r""),
    ("Kiro", r"(^|/)\.kiro/", r""),
    ("Tempo", r"(^|/)package\.json$", r"tempo-devtools"),
    ("Create.xyz", r"(^|/)package\.json$", r"@create(dot)?xyz|anything\.com"),
)
_FRAMEWORKS = {
    ("npm", "next"): "Next.js",
    ("npm", "react"): "React",
    ("npm", "vue"): "Vue",
    ("npm", "nuxt"): "Nuxt",
    ("npm", "svelte"): "Svelte",
    ("npm", "@sveltejs/kit"): "SvelteKit",
    ("npm", "@remix-run/react"): "Remix",
    ("npm", "express"): "Express",
    ("npm", "fastify"): "Fastify",
    ("npm", "hono"): "Hono",
    ("npm", "koa"): "Koa",
    ("npm", "@nestjs/core"): "NestJS",
    ("npm", "astro"): "Astro",
    ("npm", "vite"): "Vite",
    ("npm", "expo"): "Expo",
    ("npm", "react-native"): "React Native",
    ("npm", "electron"): "Electron",
    ("npm", "prisma"): "Prisma",
    ("npm", "@prisma/client"): "Prisma",
    ("npm", "drizzle-orm"): "Drizzle",
    ("npm", "mongoose"): "Mongoose",
    ("npm", "@supabase/supabase-js"): "Supabase",
    ("npm", "firebase"): "Firebase",
    ("npm", "tailwindcss"): "Tailwind CSS",
    ("npm", "@trpc/server"): "tRPC",
    ("npm", "langchain"): "LangChain",
    ("npm", "ai"): "Vercel AI SDK",
    ("npm", "@langchain/core"): "LangChain",
    ("PyPI", "django"): "Django",
    ("PyPI", "djangorestframework"): "Django REST framework",
    ("PyPI", "flask"): "Flask",
    ("PyPI", "connexion"): "Connexion",
    ("PyPI", "fastapi"): "FastAPI",
    ("PyPI", "starlette"): "Starlette",
    ("PyPI", "aiohttp"): "aiohttp",
    ("PyPI", "tornado"): "Tornado",
    ("PyPI", "streamlit"): "Streamlit",
    ("PyPI", "gradio"): "Gradio",
    ("PyPI", "sqlalchemy"): "SQLAlchemy",
    ("PyPI", "sqlmodel"): "SQLModel",
    ("PyPI", "langchain"): "LangChain",
    ("PyPI", "langgraph"): "LangGraph",
    ("PyPI", "llama-index"): "LlamaIndex",
    ("PyPI", "crewai"): "CrewAI",
    ("PyPI", "supabase"): "Supabase",
}
_IMPORTED = re.compile(
    rb"^[ \t]*(?:from|import)\s+(flask|fastapi|django|starlette|aiohttp|tornado|streamlit|gradio"
    rb"|langchain|langgraph|crewai)\b",
    re.MULTILINE,
)
_MANIFESTS = frozenset(
    "package.json pyproject.toml Pipfile setup.py setup.cfg environment.yml requirements.txt".split()
)


def stack(
    snapshot: Snapshot, packages: tuple[Package, ...], agent_configs: tuple[Trace, ...], lockfiles: Iterable[str]
) -> Stack:
    """What the app is made with and by."""
    counted = Counter(f.language for f in snapshot.files if f.language in _CODE or f.language in UNREAD)
    known = frozenset(lockfiles)
    return Stack(
        languages=tuple(sorted(counted.items(), key=lambda p: (-p[1], p[0]))),
        builders=_first_of_each(_builders(snapshot)),
        frameworks=_first_of_each(_frameworks(snapshot, packages)),
        agent_configs=agent_configs,
        manifests=tuple(
            f.path
            for f in snapshot.files
            if f.path.name in _MANIFESTS or re.fullmatch(r"requirements[\w.-]*\.txt", f.path.name)
        ),
        lockfiles=tuple(f.path for f in snapshot.files if f.path.name in known),
    )


def _builders(snapshot: Snapshot) -> Iterable[Trace]:
    for file in snapshot.files:
        path = str(file.path)
        for name, where, content in _BUILDERS:
            if re.search(where, path):
                if not content:
                    yield Trace("builder", name, Location(file.path, 0))
                elif len(file.data) < 500_000 and (m := re.search(content, file.text)):
                    yield Trace("builder", name, Location(file.path, file.text.count("\n", 0, m.start()) + 1))


def _frameworks(snapshot: Snapshot, packages: tuple[Package, ...]) -> Iterable[Trace]:
    for package in packages:
        if package.direct and (name := _FRAMEWORKS.get((package.ecosystem, package.name.lower()))):
            yield Trace("framework", name, package.location)
    for file in snapshot.of("python"):
        yield from (
            Trace("framework", _FRAMEWORKS[("PyPI", m[1].decode())], _at(file, m))
            for m in _IMPORTED.finditer(file.data)
        )
    if any("supabase/functions/" in str(f.path) for f in snapshot.files):
        found = next(f for f in snapshot.files if "supabase/functions/" in str(f.path))
        yield Trace("framework", "Supabase Edge Functions", Location(found.path, 0))


def _at(file: SourceFile, m: re.Match[bytes]) -> Location:
    return Location(file.path, file.data.count(b"\n", 0, m.start(1)) + 1)


def _first_of_each(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """One trace a name, at its first place, in order of name."""
    first: dict[str, Trace] = {}
    for trace in sorted(traces):
        first.setdefault(trace.name, trace)
    return tuple(first[name] for name in sorted(first))
