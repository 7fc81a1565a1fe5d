"""Whether what a template prints can carry somebody's script."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vibeaudit.model import Location, Route
from vibeaudit.pages import properties, words
from vibeaudit.pages.dialects import Engines
from vibeaudit.pages.embedded import embedded
from vibeaudit.pages.model_fields import plain_fields
from vibeaudit.pages.origin_judge import Judge
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.page import Output, Page, Path, last_name
from vibeaudit.pages.renders import Given, Render, renders, stem
from vibeaudit.pages.sandboxes import is_sandboxed
from vibeaudit.survey.project import Project

_MAIL = re.compile(r"e-?mails?\b|_e?mail|(^|/)mails?/", re.IGNORECASE)
_TAG = re.compile(rb"<\s*/?[a-zA-Z]")
_OFF = re.compile(rb"\{%-?\s*autoescape\s+(?:off|false)\b")
_MARKUP = re.compile(
    rb"<(?:a\s+[^>]*href|br|p|div|table|body|html|h[1-6]|strong|span|b|style)\b[^<>@]*>", re.IGNORECASE
)
MAX_FAMILY = 60
_FLASHES = frozenset(
    ("flash", "messages.success", "messages.error", "messages.info", "messages.warning", "messages.add_message")
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`prints`: unescaped, or misplaced. `trace`: where the value was handed over."""

    output: Output
    prints: str
    origin: Origin
    trace: tuple[Location, ...] = ()

    @property
    def root(self) -> str:
        """The record that is shown, when all comes from one; else nothing that equals another."""
        return ".".join(self.output.paths[0][:-1]) if self.output.marked and self.output.paths else ""

    @property
    def rank(self) -> tuple[int, bool, int]:
        return (int(self.origin), self.prints == "unescaped", -self.output.start)


def _switched_off(page: Page) -> bool:
    """Whether a page that says HTML switches escaping off for a part of itself: text mails do, and have no markup."""
    data = page.file.data
    return _OFF.search(data) is not None and _MARKUP.search(data) is not None


class Bench:
    """The templates of an app, and who renders them with what."""

    def __init__(self, project: Project, pages: Sequence[Page], routes: Iterable[Route], engines: Engines) -> None:
        self._project = project
        self._judge = Judge(project, handlers(routes))
        inside = list(embedded(project, "jinja" in engines.unescaped))
        self.pages = (*pages, *(p for p, _ in inside))
        found, self._everywhere = renders(project)
        self._by_page = _assigned([*found, *(r for _, r in inside)], [p.name for p in self.pages])
        self._users: dict[str, set[str]] = defaultdict(set)  # by whom a template is included or extended
        for page in self.pages:
            for name in page.needs:
                self._users[stem(name).rsplit("/", 1)[-1]].add(page.name)
        self._plain = plain_fields(project)
        self._memory: dict[tuple[str, Path, bool], tuple[Origin, tuple[Location, ...]]] = {}
        self._renders: dict[str, list[Render]] = {}

    def verdict(self, page: Page, output: Output) -> Verdict | None:
        """What is wrong with an output; None when nothing is."""
        if output.place == "comment" and not output.raw:
            return None
        if self._made_safe(output):
            return None
        if not output.raw:
            return self._misplaced(page, output)
        origin, trace = self._worst(page, output)
        if origin is Origin.OWN or (origin is Origin.UNKNOWN and not self._worth_asking(page, output)):
            return None
        mail = _MAIL.search(str(page.file.path)) and not _switched_off(page)
        if not output.marked and (mail or re.search(r"\bdefault\(\s*\d", output.text)):
            return None
        return Verdict(output, "unescaped", origin, trace)

    @staticmethod
    def _worth_asking(page: Page, output: Output) -> bool:
        """Whether a value of which nothing is known is worth a word: where this very place switches escaping off, in
        a page, for something that is called what people's texts are called."""
        if not (output.marked or _switched_off(page)) or any(words.makes_json(c) for c in output.calls):
            return False
        mail = _MAIL.search(page.name) is not None
        if not (_MARKUP if mail else _TAG).search(page.file.data):
            return False
        return any(words.prose_like(last_name(p)) for p in output.paths)

    @staticmethod
    def _made_safe(output: Output) -> bool:
        calls = set(output.calls)
        if any(words.makes_json(c) for c in calls) and "tojson" not in calls:
            return False
        return any(words.last(c) in words.SAFE or words.own_call(c) for c in calls)

    def _misplaced(self, page: Page, output: Output) -> Verdict | None:
        if output.place not in ("unquoted", "tag", "script", "script-template", "handler", "url"):
            return None
        origin, trace = self._worst(page, output)
        if origin < Origin.STORED:
            return None
        if output.place == "handler" and all(words.picture_like(last_name(p)) for p in output.paths):
            return None
        if output.place == "url" and not self._whole_address(output, origin):
            return None
        return Verdict(output, "misplaced", origin, trace)

    @staticmethod
    def _whole_address(output: Output, origin: Origin) -> bool:
        lasts = [last_name(p) for p in output.paths]
        return bool(lasts) and (origin is Origin.CALLER or any(words.address_like(n) for n in lasts))

    def _worst(self, page: Page, output: Output) -> tuple[Origin, tuple[Location, ...]]:
        leading = output.place == "url" and not output.raw
        judged = [self._path(page, p, leading) for p in output.paths if p]
        return max(judged, key=lambda j: j[0], default=(Origin.OWN, ()))

    def _path(self, page: Page, path: Path, leading: bool) -> tuple[Origin, tuple[Location, ...]]:
        key = (page.name, path, leading)
        if key not in self._memory:
            self._memory[key] = self._judged(page, path, leading)
        return self._memory[key]

    def _judged(self, page: Page, path: Path, leading: bool) -> tuple[Origin, tuple[Location, ...]]:
        root, last = path[0], last_name(path)
        if root == "@flash":
            return self._flashed()
        if not root or last in ("length", "size"):
            return Origin.OWN, ()
        if (
            root == "request"
            and len(path) > 2
            and path[1]
            in ("args", "form", "GET", "POST", "query_params", "values", "cookies", "query", "body", "params")
        ):
            return Origin.CALLER, ()
        if len(path) > 1 and last == "data" and root.lower().endswith("form"):
            return Origin.CALLER, ()
        named, objects, spreads = self._given(page, root)
        if not named and words.of_framework(root):
            return Origin.OWN, ()
        if named and all(is_sandboxed(g.module, g.node) for g in named):
            return Origin.OWN, ()
        start = self._judge.start
        judged = [(Origin.STORED if g.row else start(g.module, g.node, path[1:], leading), g) for g in named]
        judged += [(start(g.module, g.node, path, leading), g) for g in objects]
        fields = [(start(g.module, g.node, path, leading), g) for g in spreads]
        judged += [j for j in fields if not named or j[0] is Origin.CALLER]  # a record may have no such field
        origin = self._unknown(path)
        at: tuple[Location, ...] = ()
        if judged:
            origin, worst = max(judged, key=lambda j: j[0])
            at = (worst.module.file.locate(worst.node, note=".".join(path)),)
        if origin < Origin.CALLER and (
            words.number_like(last) or last in self._plain or properties.is_address(self._project, path)
        ):
            return Origin.OWN, ()
        if origin is Origin.UNKNOWN and words.of_framework(root):
            return Origin.OWN, ()
        return origin, at

    @staticmethod
    def _unknown(path: Path) -> Origin:
        """Of what nobody is seen to hand over."""
        return (
            Origin.STORED
            if path[0] in ("current_user", "user", "session", "request") and len(path) > 1
            else Origin.UNKNOWN
        )

    def _given(self, page: Page, root: str) -> tuple[list[Given], list[Given], list[Given]]:
        """The values given by this name, the objects handed over as a whole, and those spread among the values."""
        renderings = [*self._rendering(page), self._everywhere]
        named = [g for r in renderings for g in r.values.get(root, ())]
        return named, [g for r in renderings for g in r.objects], [g for r in renderings for g in r.spreads]

    def _rendering(self, page: Page) -> list[Render]:
        """The renderings of a template, and of those that include or extend it."""
        path = page.name
        if path not in self._renders:
            family, waiting = {path}, [path]
            while waiting and len(family) < MAX_FAMILY:
                name = stem(waiting.pop()).rsplit("/", 1)[-1]
                fresh = self._users.get(name, set()) - family
                family |= fresh
                waiting += fresh
            self._renders[path] = [r for p in sorted(family) for r in self._by_page.get(p, ())]
        return self._renders[path]

    def _flashed(self) -> tuple[Origin, tuple[Location, ...]]:
        """The worst of what the app says in flashed messages."""
        worst: tuple[Origin, tuple[Location, ...]] = (Origin.OWN, ())
        for module in self._project.hinted(re.compile(rb"flash\(|messages\."), "python"):
            for call in module.calls:
                if call.name in _FLASHES and call.args:
                    said = (
                        call.args[1]
                        if call.last in ("success", "error", "info", "warning") and len(call.args) > 1
                        else call.args[0]
                    )
                    origin = self._judge.start(module, said, ())
                    if origin > max(worst[0], Origin.UNKNOWN):
                        worst = (origin, (module.file.locate(said),))
        return worst


def handlers(routes: Iterable[Route]) -> dict[tuple[str, int], Route]:
    """The routes by the line where their handler starts."""
    found: dict[tuple[str, int], Route] = {}
    for route in routes:
        for at in (route.body, route.location):
            if at is not None:
                found.setdefault((str(at.path), at.line), route)
    return found


def _assigned(found: Iterable[Render], paths: Sequence[str]) -> dict[str, list[Render]]:
    """The renderings of each template. Of several files with one name, those nearest to the code that renders."""
    stems: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        stems[stem(path).rsplit("/", 1)[-1]].append(path)
    by_page: dict[str, list[Render]] = defaultdict(list)
    for render in found:
        fitting = [
            p
            for p in stems.get(render.template.rsplit("/", 1)[-1], ())
            if stem(p) == render.template or stem(p).endswith("/" + render.template)
        ]
        near = max((_shared(p, render.path) for p in fitting), default=0)
        for path in fitting:
            if _shared(path, render.path) == near:
                by_page[path].append(render)
    return by_page


def _shared(first: str, second: str) -> int:
    """How many folders two paths share from the root."""
    pairs = zip(first.split("/")[:-1], second.split("/")[:-1], strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(first.count("/"), second.count("/")))
