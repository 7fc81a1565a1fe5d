"""A file as the secret scan reads it: one character a byte, so that a match's offset is the file's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from vibeaudit.source import SourceFile

MAX_BYTES = 5_000_000
MAX_LINE_FOR_NAMES = 2_000  # a longer line was made by a tool: only vendors' formats are sought in it
_BINARY = frozenset(
    ".png .jpg .jpeg .gif .webp .ico .avif .bmp .tiff .pdf .zip .gz .tgz .bz2 .xz .7z .rar .jar .war "
    ".woff .woff2 .ttf .otf "
    ".eot .mp3 .mp4 .mov .avi .webm .ogg .wav .flac .wasm .so .dylib .dll .exe .bin .dat .pyc .class .o "
    ".a .onnx .pt .pth "
    ".safetensors .gguf .npy .npz .pkl .parquet .sqlite .sqlite3 .db .psd .ai .sketch .fig .heic .docx "
    ".xlsx .pptx".split()
)
_LOCKFILES = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock "
    "poetry.lock uv.lock pdm.lock "
    "pipfile.lock composer.lock gemfile.lock cargo.lock go.sum flake.lock mix.lock pubspec.lock podfile.lock "
    "packages.lock.json gradle.lockfile .terraform.lock.hcl".split()
)
_TEST = re.compile(
    r"(?i)(?:^|/)(?:tests?|__tests__|specs?|e2e|cypress|playwright|testing|testdata|test[-_](?:data|utils|fixtures|resources|env\w*)|\.?ci|fixtures?|mocks?|"
    r"__mocks__|stubs?|snapshots?|__snapshots__|cassettes?|vcr|benchmarks?)(?:/|$)"
    r"|(?:^|[/._-])(?:tests?|testing|spec|mocks?|stories|e2e|conftest|fixtures?)\.[\w.]+$|(?:^|/)test_[^/]*$|_test\.\w+$|(?:^|/)\.env\.(?:test|ci|e2e)\b"
    r"|(?:^|/)(?:docker-)?compose\.(?:ci|tests?|e2e|cypress)\.ya?ml$"
)
_SAMPLE = re.compile(
    r"(?i)(?:^|/)(?:examples?|samples?|demos?|docs?|documentation|tutorials?)/"
    r"|(?:^|[/._-])(?:example|sample|dummy)(?:[._-]|$)[^/]*$|[._-](?:template|tmpl|dist|tpl)(?:[._-]|$)[^/]*$"
    r"|(?:^|/)(?:env|dotenv)[-._](?:example|sample|template)"
)


_COMMENT_SIGNS = {"python": ("#",)}


@dataclass(frozen=True, slots=True)
class Readable:
    """`text` is Latin-1 over the bytes; `low` is it in ASCII lower case, of the same length."""

    file: SourceFile
    text: str
    low: str
    is_test: bool
    is_sample: bool
    is_lockfile: bool

    def value(self, start: int, end: int) -> str:
        """The characters of a span, as people wrote them."""
        return self.text[start:end].encode("latin-1").decode("utf-8", "replace")

    def line_span(self, at: int) -> tuple[int, int]:
        """Where the line around an offset starts and ends, looking no further than MAX_LINE_FOR_NAMES each way."""
        first, last = max(0, at - MAX_LINE_FOR_NAMES - 1), at + MAX_LINE_FOR_NAMES + 1
        end = self.text.find("\n", at, last)
        return max(first, self.text.rfind("\n", first, at) + 1), min(last, len(self.text)) if end < 0 else end

    def is_commented(self, at: int) -> bool:
        """Whether a line of code around an offset is switched off: its own comment sign comes before anything else."""
        first, _ = self.line_span(at)
        return self.text[first:at].lstrip().startswith(_COMMENT_SIGNS.get(self.file.language, ("//",)))


def read(file: SourceFile) -> Readable | str:
    """The file ready to scan, or why it is not looked at."""
    if file.path.suffix.lower() in _BINARY:
        return "binary"
    data = file.data
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1_000_000} MB"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        file = SourceFile(file.path, data=file.text.encode("utf-8"))
        data = file.data
    if b"\0" in data[:8192]:
        return "binary"
    if file.language == "notebook":
        data = _unescape(data)
    path = str(file.path)
    return Readable(
        file,
        data.decode("latin-1"),
        data.lower().decode("latin-1"),
        bool(_TEST.search(path)),
        is_sample(file.path),
        file.path.name.lower() in _LOCKFILES,
    )


def is_sample(path: PurePosixPath) -> bool:
    """Files that show how to fill something in: .env.example, config.sample.yml, docs/."""
    return bool(_SAMPLE.search(str(path)))


def _unescape(data: bytes) -> bytes:
    """A notebook's code is JSON strings: quotes and line ends without their backslash, byte for byte in place."""
    return data.replace(b"\\\\", b"  ").replace(b'\\"', b' "').replace(b"\\n", b"  ").replace(b"\\t", b"  ")
