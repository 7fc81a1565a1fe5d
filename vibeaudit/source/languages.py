"""Which language a file is written in, by its name, else by its first bytes."""

from __future__ import annotations

from pathlib import PurePosixPath

_BY_NAME = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "makefile": "make",
    "pipfile": "toml",
    "pipfile.lock": "json",
    "poetry.lock": "toml",
    "uv.lock": "toml",
    "pdm.lock": "toml",
    "yarn.lock": "text",
    ".bashrc": "bash",
    ".bash_profile": "bash",
    ".profile": "bash",
    ".zshrc": "bash",
    "firestore.rules": "firebase-rules",
    "storage.rules": "firebase-rules",
    ".cursorrules": "markdown",
    ".windsurfrules": "markdown",
    ".clinerules": "markdown",
    ".babelrc": "json",
    ".eslintrc": "json",
    ".prettierrc": "json",
    ".roomodes": "json",
}
_BY_SUFFIX = {
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".json": "json",
    ".jsonc": "json",
    ".json5": "json",
    ".code-workspace": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".sql": "sql",
    ".html": "html",
    ".htm": "html",
    ".jinja": "html",
    ".jinja2": "html",
    ".j2": "html",
    ".ejs": "html",
    ".hbs": "html",
    ".handlebars": "html",
    ".mustache": "html",
    ".njk": "html",
    ".nunjucks": "html",
    ".twig": "html",
    ".swig": "html",
    ".liquid": "html",
    ".eta": "html",
    ".dust": "html",
    ".mako": "html",
    ".tpl": "html",
    ".xhtml": "html",
    ".pug": "pug",
    ".jade": "pug",
    ".css": "css",
    ".scss": "css",
    ".sh": "bash",
    ".bash": "bash",
    ".zsh": "bash",
    ".dockerfile": "dockerfile",
    ".md": "markdown",
    ".mdx": "markdown",
    ".mdc": "markdown",
    ".ipynb": "notebook",
    ".vue": "vue",
    ".svelte": "svelte",
    ".astro": "astro",
    ".prisma": "prisma",
    ".graphql": "graphql",
    ".gql": "graphql",
    ".tf": "hcl",
    ".ini": "ini",
    ".cfg": "ini",
    ".conf": "ini",
    ".properties": "ini",
    ".xml": "xml",
    ".rules": "firebase-rules",
    # Named so that the audit can say what it does not read.
    ".java": "java",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".scala": "scala",
    ".groovy": "groovy",
    ".clj": "clojure",
    ".go": "go",
    ".rb": "ruby",
    ".php": "php",
    ".cs": "c#",
    ".fs": "f#",
    ".vb": "visual-basic",
    ".rs": "rust",
    ".swift": "swift",
    ".dart": "dart",
    ".ex": "elixir",
    ".exs": "elixir",
    ".erl": "erlang",
    ".hs": "haskell",
    ".lua": "lua",
    ".pl": "perl",
    ".pm": "perl",
    ".c": "c",
    ".cc": "c++",
    ".cpp": "c++",
    ".cxx": "c++",
    ".hpp": "c++",
    ".sol": "solidity",
    ".cfm": "coldfusion",
    ".cfc": "coldfusion",
}
# Languages of programs that no analyzer reads, and how people write their names.
UNREAD = {
    "java": "Java",
    "kotlin": "Kotlin",
    "scala": "Scala",
    "groovy": "Groovy",
    "clojure": "Clojure",
    "go": "Go",
    "ruby": "Ruby",
    "php": "PHP",
    "c#": "C#",
    "f#": "F#",
    "visual-basic": "Visual Basic",
    "rust": "Rust",
    "swift": "Swift",
    "dart": "Dart",
    "elixir": "Elixir",
    "erlang": "Erlang",
    "haskell": "Haskell",
    "lua": "Lua",
    "perl": "Perl",
    "c": "C",
    "c++": "C++",
    "solidity": "Solidity",
    "coldfusion": "ColdFusion",
}
_BY_INTERPRETER = {
    "python": "python",
    "node": "javascript",
    "bun": "typescript",
    "deno": "typescript",
    "sh": "bash",
    "bash": "bash",
    "zsh": "bash",
}


def language_of(path: PurePosixPath, head: bytes = b"") -> str:
    """A language's name such as "python" or "tsx"; "dotenv" for .env files; "text" when nothing tells."""
    name = path.name.lower()
    if name == ".env" or name.startswith(".env.") or name.endswith(".env"):
        return "dotenv"
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith("dockerfile."):
        return "dockerfile"
    if suffix := _BY_SUFFIX.get(path.suffix.lower()):
        return suffix
    return _by_shebang(head) if head.startswith(b"#!") else "text"


def _by_shebang(head: bytes) -> str:
    words = head.split(b"\n", 1)[0][2:200].decode("ascii", "replace").split()
    if not words:
        return "text"
    program = words[0].rsplit("/", 1)[-1]
    if program == "env":
        rest = [w for w in words[1:] if not w.startswith("-") and "=" not in w]
        program = rest[0].rsplit("/", 1)[-1] if rest else ""
    return _BY_INTERPRETER.get(program.rstrip("0123456789."), "text")
