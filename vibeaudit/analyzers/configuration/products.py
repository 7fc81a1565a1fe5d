"""Which files belong to which product, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from vibeaudit.analyzers.configuration import dockerfiles, firebase, jsonc, plain, tomls, workflow_files, yamls
from vibeaudit.analyzers.configuration.nodes import Document
from vibeaudit.source import SourceFile
from vibeaudit.survey.agents import PRODUCTS as AGENTS
from vibeaudit.survey.agents.product import ConfigFile, Product, glob

READERS: Mapping[str, Callable[[SourceFile], list[Document]]] = {
    "json": jsonc.documents,
    "yaml": yamls.documents,
    "toml": tomls.documents,
    "dotenv": plain.dotenv,
    "ini": plain.ini,
    "markdown": plain.front_matter,
    "dockerfile": dockerfiles.documents,
    "firebase-rules": firebase.documents,
}

_HOSTING = (
    Product(
        "github-workflow",
        "GitHub Actions",
        (
            ConfigFile("workflow", "yaml", "/.github/workflows/*.yml"),
            ConfigFile("workflow", "yaml", "/.github/workflows/*.yaml"),
        ),
        workflow_files.effective,
    ),
    Product(
        "github-action",
        "GitHub composite action",
        tuple(ConfigFile("action", "yaml", g) for g in ("action.yml", "action.yaml")),
    ),
    Product(
        "docker-compose",
        "Docker Compose",
        tuple(
            ConfigFile("compose", "yaml", f"{name}.{end}")
            for name in ("docker-compose", "docker-compose.*", "docker-compose-*", "compose", "compose.*")
            for end in ("yml", "yaml")
        ),
    ),
    Product(
        "dockerfile",
        "Docker",
        tuple(
            ConfigFile("dockerfile", "dockerfile", g)
            for g in ("Dockerfile", "Containerfile", "Dockerfile.*", "*.dockerfile", "*.Dockerfile")
        ),
    ),
    Product("vercel", "Vercel", (ConfigFile("project", "json", "vercel.json"),)),
    Product("netlify", "Netlify", (ConfigFile("project", "toml", "netlify.toml"),)),
    Product("fly", "Fly.io", (ConfigFile("project", "toml", "fly.toml"),)),
    Product(
        "wrangler",
        "Cloudflare Workers",
        (
            ConfigFile("project", "toml", "wrangler.toml"),
            ConfigFile("project", "json", "wrangler.json"),
            ConfigFile("project", "json", "wrangler.jsonc"),
        ),
    ),
    Product(
        "render",
        "Render",
        (ConfigFile("project", "yaml", "render.yaml"), ConfigFile("project", "yaml", "render.yml")),
    ),
    Product("supabase", "Supabase", (ConfigFile("project", "toml", "supabase/config.toml"),)),
    Product(
        "firebase",
        "Firebase",
        (
            ConfigFile("rules", "firebase-rules", "*.rules"),
            ConfigFile("database", "json", "database.rules.json"),
            ConfigFile("database", "json", "*database*.rules.json"),
            ConfigFile("project", "json", "firebase.json"),
        ),
    ),
    Product("npm", "npm", (ConfigFile("package", "json", "package.json"), ConfigFile("npmrc", "ini", ".npmrc"))),
    Product(
        "nginx",
        "nginx",
        (ConfigFile("server", "text", "nginx*.conf"), ConfigFile("server", "text", "nginx/**/*.conf"),
         ConfigFile("server", "text", "*.nginx")),
    ),
    Product(
        "script",
        "scripts",
        tuple(
            ConfigFile("script", "text", g)
            for g in ("*.sh", "*.bash", "*.zsh", "Makefile", "makefile", "justfile", "Justfile", "Taskfile.yml",
                      "package.json", "Dockerfile", "Dockerfile.*", "devcontainer.json", ".envrc", "Procfile",
                      ".gitlab-ci.yml", "/.github/workflows/*.yml", "/.github/workflows/*.yaml", "action.yml",
                      ".husky/*", ".vscode/tasks.json")
        ),
    ),
)  # fmt: skip
PRODUCTS: Mapping[str, Product] = {p.name: p for p in (*AGENTS, *_HOSTING)}


def files_of(files: Iterable[SourceFile], globs: Iterable[str]) -> list[SourceFile]:
    """The files whose path fits one of the globs, in order."""
    fits = [glob(g) for g in globs]
    return [f for f in files if any(g.fullmatch(str(f.path)) for g in fits)]


def files_of_any(files: Iterable[SourceFile]) -> list[SourceFile]:
    """The files that any product reads, in one look at each path."""
    globs = sorted({entry.glob for product in PRODUCTS.values() for entry in product.files})
    anything = re.compile("|".join(f"(?:{glob(g).pattern})" for g in globs), re.DOTALL)
    return [f for f in files if anything.fullmatch(str(f.path))]
