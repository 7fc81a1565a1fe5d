"""Where in the HTML each tag of a template stands: a small reading of HTML that takes those tags as opaque."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vibeaudit.pages.page import Hole

_URLS = {
    ("a", "href"), ("area", "href"), ("form", "action"), ("button", "formaction"), ("input", "formaction"),
    ("iframe", "src"), ("frame", "src"), ("embed", "src"), ("object", "data"), ("base", "href"), ("script", "src"),
}  # fmt: skip
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)|<!--")
_IN_TAG = re.compile(r"\s+|/|>|[^\s\"'>/=]+|=|.", re.DOTALL)
_SCRIPT = re.compile(r"</script\s*>|//[^\n]*|/\*.*?\*/|[\"'`\\]|[^\"'`\\/<]+|.", re.DOTALL | re.IGNORECASE)
_DATA_SCRIPT = re.compile(
    r"type\s*=\s*[\"']?(?:text/(?:x-)?(?:template|html|handlebars|ng)|application/(?:ld\+)?json)", re.I
)


class Reader:
    """Reads a page from its first byte; `place` is where the reading stands."""

    def __init__(self) -> None:
        self.mode = "text"
        self.element = ""
        self.attribute = ""
        self.quote = ""
        self.string = ""  # the quote of the JavaScript string that is open
        self._before = ""
        self._tag_text = ""
        self._fresh = True  # nothing of the attribute's value was read yet

    @property
    def place(self) -> str:
        if self.mode == "tag":
            return "unquoted" if self._before == "=" else "tag"
        if self.mode == "value":
            return self._of_attribute()
        if self.mode == "script":
            return {"": "script", "`": "script-template"}.get(self.string, "script-string")
        return self.mode

    def _of_attribute(self) -> str:
        if self.attribute.startswith(("on", "@", "x-on:", "v-on:")) and not self.attribute.startswith("on-"):
            return "handler"
        if not self.quote:
            return "unquoted"
        if self._fresh and (self.element, self.attribute) in _URLS:
            return "url"
        return "style" if self.attribute == "style" else "attribute"

    def hole(self, output: bool) -> None:
        """Passes a tag of the template language."""
        if not output:
            return
        self._fresh = False
        if self.mode == "tag" and self._before == "=":
            self.mode, self.quote = "value", ""
        elif self.mode == "tag":
            self._before = "name"

    def feed(self, text: str) -> None:
        """Reads on."""
        at = 0
        while at < len(text):
            at = getattr(self, f"_{self.mode}")(text, at)

    def _text(self, text: str, at: int) -> int:
        found = _TAG.search(text, at)
        if found is None:
            return len(text)
        if not found[2]:
            self.mode = "comment"
        else:
            self.mode, self.element, self._before = "tag", found[1] + found[2].lower(), ""
            self._tag_text = ""
        return found.end()

    def _comment(self, text: str, at: int) -> int:
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self.mode = "text"
        return end + 3

    def _tag(self, text: str, at: int) -> int:
        found = _IN_TAG.match(text, at)
        assert found is not None
        token = found[0]
        self._tag_text += token
        if token == ">":
            self._leave_tag()
        elif token == "=":
            self._before = "="
        elif token in "\"'" and self._before == "=":
            self.mode, self.quote, self._fresh = "value", token, True
        elif token.isspace() or token == "/":
            self._before = self._before if self._before == "=" and token != "/" else ""
        elif self._before == "=":
            self.mode, self.quote, self._fresh = "value", "", True
            return at
        else:
            self.attribute = token.lower() if self._before != "name" else self.attribute + token.lower()
            self._before = "name"
        return found.end()

    def _leave_tag(self) -> None:
        self._before = ""
        if self.element == "script" and not _DATA_SCRIPT.search(self._tag_text):
            self.mode, self.string = "script", ""
        elif self.element == "style":
            self.mode = "style"
        else:
            self.mode = "text"

    def _value(self, text: str, at: int) -> int:
        if self.quote:
            end = text.find(self.quote, at)
        else:
            end = next((i for i in range(at, len(text)) if text[i].isspace() or text[i] == ">"), -1)
        taken = text[at:] if end < 0 else text[at:end]
        self._fresh = self._fresh and not taken.strip()
        self._tag_text += taken + self.quote
        if end < 0:
            return len(text)
        self.mode, self._before = "tag", ""
        return end + len(self.quote)

    def _style(self, text: str, at: int) -> int:
        end = text.lower().find("</style", at)
        if end < 0:
            return len(text)
        self.mode, self.element, self._before = "tag", "/style", ""
        return end + 7

    def _script(self, text: str, at: int) -> int:
        if self.string:
            return self._in_string(text, at)
        found = _SCRIPT.match(text, at)
        assert found is not None
        token = found[0]
        if token.lower().startswith("</script"):
            self.mode = "text"
        elif token in "\"'`":
            self.string = token
        return found.end()

    def _in_string(self, text: str, at: int) -> int:
        while at < len(text):
            if text[at] == "\\":
                at += 2
                continue
            if text[at] == self.string or (text[at] == "\n" and self.string != "`"):
                self.string = ""
                return at + 1
            if text[at] == "<" and text[at : at + 9].lower() == "</script>":
                self.string = ""
                return at
            at += 1
        return at


def places(text: str, holes: Iterable[Hole]) -> dict[int, tuple[str, str]]:
    """The place and the element of each output, by where it starts."""
    reader, at = Reader(), 0
    found: dict[int, tuple[str, str]] = {}
    for hole in holes:
        if hole.start < at:
            continue
        reader.feed(text[at : hole.start])
        if hole.kind == "output":
            found[hole.start] = (reader.place, reader.element)
        reader.hole(hole.kind == "output")
        at = hole.end
    return found
