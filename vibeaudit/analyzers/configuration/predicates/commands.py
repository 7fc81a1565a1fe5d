"""What a command line fetches and runs: packages without a version, containers, whole disks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vibeaudit.analyzers.configuration.nodes import Document, Node
    from vibeaudit.analyzers.configuration.paths import Match

    Reason = tuple[str, tuple[tuple[str, str], ...], Node | None]

_NPM_EXACT = re.compile(r"(?:@[^/@]+/)?[^/@]+@v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_PYPI_EXACT = re.compile(r"(?<![\w.-])[\w.-]+(?:\[[^\]]*\])?(?:===?|@)v?\d+[\w.!+-]*")
_COMMIT = re.compile(r"[@#][0-9a-f]{40}\b")
_LOCAL = re.compile(
    r"^(?:\.{1,2}(?:[/\\]|$)|/|~|file:|[A-Za-z]:[\\/]|\$\{?\w*(?:DIR|ROOT|PWD|HOME|workspace))", re.IGNORECASE
)
_WITH_VALUE = frozenset(
    (
        "-p", "--package", "--from", "--with", "--python", "--index-url", "--extra-index-url", "--index", "--directory",
        "--registry", "-c", "--call", "--cache", "--prefix", "-w", "--workspace", "--spec", "--env-file",
        "--refresh-package",
    )
)  # fmt: skip
_NAMES_PACKAGE = frozenset(("-p", "--package", "--from", "--spec"))
_DOCKER_WITH_VALUE = frozenset(
    (
        "-e", "--env", "-v", "--volume", "--mount", "--name", "-p", "--publish", "--network", "--net", "-u", "--user",
        "-w", "--workdir", "--entrypoint", "--env-file", "--platform", "-m", "--memory", "--cpus", "--cap-add",
        "--cap-drop",
        "--security-opt", "-l", "--label", "-h", "--hostname", "--add-host", "--pid", "--ipc", "--tmpfs", "--restart",
        "--pull", "--device", "--gpus", "--runtime", "--shm-size", "--ulimit", "--dns", "--log-driver",
    )
)  # fmt: skip
_HOMES = re.compile(
    r"(?:/|~/?|\$HOME/?|\$\{(?:env:)?HOME\}/?|\$\{userHome\}/?|[A-Za-z]:[\\/]*|/(?:Users|home)(?:/[^/]+)?/?|/root/?|/etc/?"
    r"|[A-Za-z]:[\\/]+Users(?:[\\/]+[^\\/]+)?[\\/]*|%USERPROFILE%[\\/]*)"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command line and the value of the file that holds it."""

    text: str
    node: Node


def words_of(server: Node) -> list[Word]:
    """Command and arguments, unwrapped from `cmd /c`, `env` and `sh -c`."""
    command, args = server.get("command"), server.get("args")
    nodes = [*([command] if command else []), *(args.items if args else ())]
    words = [Word(n.text, n) for n in nodes if n.kind not in ("mapping", "sequence")]
    if words and " " in words[0].text.strip() and len(words) == 1:
        words = _split(words[0])
    return _unwrapped(words)


def program(words: list[Word]) -> str:
    if not words:
        return ""
    name = re.split(r"[/\\]", words[0].text)[-1].lower()
    return re.sub(r"\.(?:cmd|exe|bat|ps1)$", "", name)


def _unwrapped(words: list[Word]) -> list[Word]:
    for _ in range(4):
        name, texts = program(words), [w.text for w in words[1:3]]
        if name == "cmd" and texts[:1] and texts[0].lower() == "/c":
            words = words[2:] if len(words) != 3 else _split(words[2])
        elif name in ("sh", "bash", "zsh") and len(texts) == 2 and re.fullmatch(r"-\w*c", texts[0]):
            words = _split(words[2])
        elif name == "env":
            rest = words[1:]
            while rest and "=" in rest[0].text:
                rest = rest[1:]
            words = rest
        else:
            break
    return words


def _split(word: Word) -> list[Word]:
    try:
        return [Word(t, word.node) for t in shlex.split(word.text)]
    except ValueError:
        return [Word(t, word.node) for t in word.text.split()]


def unpinned_package(match: Match, document: Document) -> list[Reason]:
    """A server whose program is fetched from npm or PyPI at each start in whatever version is newest."""
    words = words_of(match.node)
    ecosystem, rest = _runner(words)
    package = _package(rest) if ecosystem else None
    if package is None or any(w.text in ("--no-install", "--no", "--offline") for w in rest):
        return []
    text = package.text
    if _LOCAL.match(text) or "${" in text or text.startswith("$") or _COMMIT.search(text):
        return []
    if (_NPM_EXACT if ecosystem == "npm" else _PYPI_EXACT).fullmatch(text):
        return []
    return [(text, (("package", text), ("ecosystem", ecosystem)), package.node)]


def _runner(words: list[Word]) -> tuple[str, list[Word]]:
    name, then = program(words), [w.text for w in words[1:3]]
    if name in ("npx", "bunx", "pnpx"):
        return "npm", words[1:]
    if (name, then[:1]) in (("pnpm", ["dlx"]), ("yarn", ["dlx"]), ("npm", ["exec"]), ("bun", ["x"])):
        return "npm", words[2:]
    if name == "uvx":
        return "PyPI", words[1:]
    if name == "pipx" and then[:1] == ["run"]:
        return "PyPI", words[2:]
    if name == "uv" and then == ["tool", "run"]:
        return "PyPI", words[3:]
    return "", []


def _package(words: list[Word]) -> Word | None:
    """The word that names the package: that of `--package` or `--from`, else the first that is no option."""
    first: Word | None = None
    at = 0
    while at < len(words):
        option, _, value = words[at].text.partition("=")
        if option in _NAMES_PACKAGE:
            if value:
                return Word(value, words[at].node)
            return words[at + 1] if at + 1 < len(words) else None
        if words[at].text in _WITH_VALUE:
            at += 1
        elif not words[at].text.startswith("-"):
            first = first or words[at]
            break
        at += 1
    return first


def docker_image(words: list[Word]) -> tuple[list[Word], Word | None]:
    """The options and the image of a `docker run`."""
    if program(words) not in ("docker", "podman") or "run" not in [w.text for w in words[1:3]]:
        return [], None
    at = next(i for i, w in enumerate(words) if w.text == "run") + 1
    start = at
    while at < len(words) and words[at].text.startswith("-"):
        at += 2 if words[at].text in _DOCKER_WITH_VALUE else 1
    return words[start:at], words[at] if at < len(words) else None


def mutable_image(match: Match, document: Document) -> list[Reason]:
    """A server run from an image without a version, or with the tag `latest`."""
    _, image = docker_image(words_of(match.node))
    if image is None or "@sha256:" in image.text or "$" in image.text:
        return []
    tag = image.text.rsplit("/", 1)[-1].partition(":")[2]
    return [(image.text, (("image", image.text),), image.node)] if tag in ("", "latest") else []


def container_without_walls(match: Match, document: Document) -> list[Reason]:
    """`docker run` options that give the container the machine."""
    options, _ = docker_image(words_of(match.node))
    joined = [(w.text if "=" in w.text or i + 1 == len(options) else f"{w.text}={options[i + 1].text}", w)
              for i, w in enumerate(options)]  # fmt: skip
    bad = re.compile(
        r"--privileged\b(?!=false)|(?:-v|--volume)=(?:/|~|\$HOME|\$\{HOME\}|/var/run/docker\.sock):|--mount=.*docker\.sock"
        r"|--(?:network|net|pid)=host|--cap-add=(?:ALL|SYS_ADMIN)|--security-opt=\S*unconfined"
    )
    found: list[Reason] = [(w.text, (), w.node) for text, w in joined if bad.match(text)]
    return found[:1]


def whole_disk(match: Match, document: Document) -> list[Reason]:
    """A file server that is given a home folder, the root or another place full of what is not this project."""
    words = words_of(match.node)
    if not any(re.search(r"filesystem|file-system|desktop-commander", w.text.lower()) for w in words):
        return []
    return [(w.text, (("folder", w.text),), w.node) for w in words[1:] if _HOMES.fullmatch(w.text)]


def shell_script(match: Match, document: Document) -> list[Reason]:
    """A server started through a shell that does more than start one program."""
    command, args = match.node.get("command"), match.node.get("args")
    if command is None:
        return []
    text = " ".join([command.text, *(n.text for n in args.items)] if args else [command.text])
    if not re.search(
        r"(?:^|[/\\])(?:ba|z|da)?sh(?:\.exe)?\s+-\w*c\b|powershell|pwsh|(?:^|[/\\])cmd(?:\.exe)?\s+/[ck]\b", text
    ):
        return []
    if not re.search(
        r"\$\(|`|\|\s*\w|(?:curl|wget|iwr|irm|Invoke-WebRequest|Invoke-Expression|iex)\b|base64\s+(?:-d|--decode)|\beval\b",
        text,
    ):
        return []
    node = next((n for n in (args.items if args else ()) if len(n.text) > 3), command)
    return [(node.text, (), node)]


PREDICATES: dict[str, Callable[[Match, Document], list[Reason]]] = {
    "unpinned-package": unpinned_package,
    "mutable-image": mutable_image,
    "container-without-walls": container_without_walls,
    "whole-disk": whole_disk,
    "shell-script": shell_script,
}
