"""Whether a page was truncated: the connection broke inside the story."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.body.story import Story
from extractors.boilerplate import SURE
from extractors.outlet import Catalogue
from extractors.text import display, word_count

_LINE_ENDS = re.compile(r"<(?:/?(?:p|div|li|ul|h\d|section|article|table|tr|td|span)|br)\b[^<>]*>?", re.IGNORECASE)
_BLOCKS = frozenset({"div", "article", "section", "main", "table", "td"})


def is_truncated(source: str, container: LexborNode | None, story: Story) -> bool:
    """Whether the page ends inside the story. Many whole pages lack </html>; a truncated one leaves the story's element open too.

    container: the element that a layout selects. Without one, the story is whole if any text but boilerplate follows it.
    """
    tail = source[-4000:].lower()
    if "</html" in tail or "</body" in tail or not re.search(r"<html|<body|<!doctype", source[:4000], re.IGNORECASE):
        return False
    if not story.kept:
        return True
    if container is not None:
        return _open_at_end(source, str(container.tag), (container.attributes.get("id"), container.attributes.get("class")))
    return tail.rfind("<") > tail.rfind(">") or (_open_at_end(source) and not _is_followed_by_text(source, story))


class _OpenElements(HTMLParser):
    """Counts the elements that are open at the end of a document; with a mark (id and class), only inside that element."""

    def __init__(self, tag: str | None, mark: tuple[str | None, str | None]) -> None:
        super().__init__(convert_charrefs=False)
        self._tags = _BLOCKS if tag is None else frozenset({tag})
        self._mark = None if tag is None else mark
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._tags:
            marked = self._mark is None or (dict(attrs).get("id"), dict(attrs).get("class")) == self._mark
            self.depth += bool(self.depth or marked)

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag in self._tags:
            self.depth -= 1


def _open_at_end(source: str, tag: str | None = None, mark: tuple[str | None, str | None] = (None, None)) -> bool:
    parser = _OpenElements(tag, mark)
    parser.feed(source)
    return parser.depth > 0


def _is_followed_by_text(source: str, story: Story) -> bool:
    """Whether a line that is neither story nor boilerplate follows the last words of the story."""
    if story.lines("closing", "source"):
        return True
    last = story.kept[-1].text.split()[-1]
    rest = source[source.rfind(last) + len(last) :]
    lines = [display(re.sub(r"<[^<>]*>?", "", line)) for line in _LINE_ENDS.split(rest)]
    if any(boilerplate.closing_strength(line, Catalogue()) == SURE for line in lines):
        return True
    if not source.rstrip().endswith(">"):
        lines.pop()  # broken off in the middle: story or not, nobody knows
    known = {
        line.text for line in story.dropped if line.rule in {"furniture", "aside", "link", "caption", "after-story", "headline"}
    }
    return any(line not in known for line in lines if word_count(line) > 1)
