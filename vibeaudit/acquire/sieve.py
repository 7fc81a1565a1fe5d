"""Which of the files that exist are the app's own, and why the others are not looked at."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from vibeaudit.config import Limits
from vibeaudit.source.languages import language_of

NOT_OWN = "not the app's own code"
LIBRARY = "a copy of a published library"
VENDORED = frozenset(
    (
        ".git", ".hg", ".svn", "node_modules", "bower_components", "jspm_packages", "site-packages", ".venv",
        "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".next", ".nuxt", ".output",
        ".svelte-kit", ".turbo", ".parcel-cache", ".yarn", ".pnpm-store", ".gradle", ".terraform", ".vercel",
        ".netlify", ".expo", ".cache", ".idea", ".nyc_output", "vibeaudit-report",
    )
)  # fmt: skip
LOCKFILES = frozenset(
    (
        "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "poetry.lock",
        "uv.lock", "pdm.lock", "Pipfile.lock",
    )
)  # fmt: skip
LOCKFILE_BYTES = 40_000_000
_MINIFIED_NAME = re.compile(r"[.-]min\.(?:js|mjs|css)$|\.bundle\.js$|\.chunk\.js$", re.IGNORECASE)
_GENERATED_NAME = re.compile(r"_pb2(?:_grpc)?\.py$|\.pb\.go$|\.map$|\.snap$")
_LIBRARY_BYTES = 1500
_LIBRARY_HEAD = re.compile(r"\s*/\*{1,2}!|\s*/\*\*?(?:[^*]|\*(?!/))*@license\b")
_SERVED = re.compile(
    r"(?:^|/)(?:public|static\w*|assets|vendors?|wwwroot|plugins|third_party|cdn|dist)/", re.IGNORECASE
)
_LICENCE_VERSION = re.compile(r"licen[sc]e,?\s*version\s*\d[.\d]*|versions?\s*\d[.\d]*\s*licen[sc]", re.IGNORECASE)
_LIBRARY_SIGNS = (
    re.compile(r"\bv?\d{1,3}\.\d{1,3}(?:\.\d{1,3})?\b"),
    re.compile(r"\blicen[sc]ed?\b|permission is hereby granted", re.IGNORECASE),
    re.compile(r"copyright\b.{0,60}\b(?:19|20)\d\d|\(c\)|©|\bcontributors\b|\bfoundation\b", re.IGNORECASE),
)
# what the compiler of TypeScript writes at the head of a module, in a folder for what it writes
_COMPILED = re.compile(
    rb'^\s*"use strict";[\s\S]{0,6000}?\bObject\.defineProperty\(exports, "__esModule", \{ value: true \}\);'
)
_OUTPUT = re.compile(r"(?:^|/)(?:lib|dist|build|out)/")
_PACKABLE = frozenset((".js", ".mjs", ".cjs", ".css", ".html", ".svg"))
_BINARY_SUFFIXES = frozenset(
    """
    .png .jpg .jpeg .gif .webp .avif .ico .bmp .tiff .psd .pdf .woff .woff2 .ttf .otf .eot .mp3 .mp4 .mov .avi
    .webm .ogg .wav .zip .gz .tgz .bz2 .xz .7z .rar .jar .war .whl .so .dll .dylib .exe .o .a .class .pyc .wasm
    .bin .dat .pkl .npy .npz .parquet .onnx .pt .gguf .safetensors .xlsx .docx .pptx
    """.split()
)


def unfit_name(path: PurePosixPath, limits: Limits) -> str:
    """Why a file of this name is not looked at, or an empty string."""
    text = str(path)
    if len(text) > limits.path_length:
        return f"path longer than {limits.path_length} characters"
    if len(path.parts) > limits.path_depth:
        return f"nested deeper than {limits.path_depth} folders"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "its name is not valid UTF-8"
    if path.suffix.lower() in _BINARY_SUFFIXES:
        return "binary"
    if _MINIFIED_NAME.search(path.name):
        return "minified"
    if _GENERATED_NAME.search(path.name):
        return "generated"
    return ""


def unfit_size(path: PurePosixPath, size: int, limits: Limits) -> str:
    """Why a file of this many bytes is not looked at, or an empty string."""
    cap = max(limits.file_bytes, LOCKFILE_BYTES) if path.name in LOCKFILES else limits.file_bytes
    return f"larger than {cap // 1_000_000} MB" if size > cap else ""


def unfit_content(path: PurePosixPath, head: bytes, size: int) -> str:
    """Why a file that starts like this is not looked at, or an empty string. `head` is its first 64 kB."""
    nuls = 0 if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head[:8192].count(0)
    known = language_of(path) != "text"
    if nuls > (len(head[:8192]) // 10 if known else 0):  # a stray NUL must not hide a source file
        return "binary"
    if path.suffix.lower() in _PACKABLE and len(head) > 20_000 and len(head) / (head.count(b"\n") + 1) > 1000:
        return "minified"
    if path.suffix.lower() in (".js", ".mjs") and _SERVED.search(str(path)) and _is_library(head[:_LIBRARY_BYTES]):
        return LIBRARY
    if path.suffix.lower() in (".js", ".cjs") and _OUTPUT.search(str(path)) and _COMPILED.match(head):
        return "generated"
    return ""


def _is_library(head: bytes) -> bool:
    """Whether a script that pages load says at its head which release it is, whose, and under which licence: a library
    that was copied into the repository. An app's own scripts do not say all three."""
    text = head.decode("utf-8", "replace")
    comment = _LICENCE_VERSION.sub("", text.partition("*/")[0])
    return bool(_LIBRARY_HEAD.match(text)) and all(sign.search(comment) for sign in _LIBRARY_SIGNS)


def printable(name: str) -> str:
    """A name as it may be shown: undecodable bytes and control characters escaped."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)
