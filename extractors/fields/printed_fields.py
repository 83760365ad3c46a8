"""What a page prints for readers beside the story: standfirst, bylines, date lines, sections, tags, sources.

The layout's own selectors speak first, what stands around the headline second.
"""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.dates.candidates import midnight_as_day, stated_texts
from extractors.dates.printed import parse_machine
from extractors.fields.around_headline import Surroundings, read_surroundings
from extractors.fields.visible import visible_text
from extractors.names.bylines import is_editor_line, is_person, names_in, names_of_newsroom
from extractors.names.lone_names import lone_names
from extractors.page.layouts import Match
from extractors.page.linked_data import persons
from extractors.page.metadata import Metadata
from extractors.text import display, matching, squeezed

_LEVELS = 100
_BESIDE = 2  # elements after the story in which its author may be named
_SELECTED = ("standfirst", "byline", "dates", "section", "tags", "source")


@dataclass(slots=True)
class Printed:
    """Lines as printed, by what they tell."""

    standfirst: str | None
    bylines: list[str]
    editors: list[str]
    dates: list[str]
    sections: list[str]
    tags: list[str]
    sources: list[str]
    signed: list[str]


def read_printed(tree: LexborHTMLParser, match: Match | None, heading: LexborNode | None, metadata: Metadata) -> Printed:
    """Collect the lines. With a layout, inside the smallest element that holds headline and story."""
    root = common_root(match.container, heading) if match and heading is not None else tree.root
    each = {name: _texts(root, getattr(match.layout, name), dates=name == "dates") if match else [] for name in _SELECTED}
    if match and not each["section"]:  # a breadcrumb often stands above the element of headline and story
        each["section"] = _texts(tree.root, tuple(one for one in match.layout.section if "breadcrumb" in one), dates=False)
    stated, named = list(stated_texts(metadata)), _names_a_person(metadata)
    # Printed lines can tell more than data without an author or a minute, or with a minute in UTC, whose Z may be false.
    asked = not (each["dates"] and each["byline"]) and not (named and any(map(_tells_minute, stated)))
    around = (
        read_surroundings(heading, root if match else None, undated=not stated, unsigned=not (each["byline"] or named))
        if asked
        else Surroundings()
    )
    editors = [line for line in each["byline"] if is_editor_line(line)]
    bylines = [line for line in each["byline"] if line not in editors] or names_in(list(around.bylines))
    if match and not (bylines or around.signed or named):
        bylines = names_after(match.container, names_of_newsroom(metadata, None))
    return Printed(
        standfirst=next(iter(each["standfirst"]), None),
        bylines=bylines,
        editors=editors or list(around.editors),
        dates=each["dates"] or list(around.dates),
        sections=each["section"],
        tags=each["tags"],
        sources=each["source"],
        signed=list(around.signed),
    )


def common_root(container: LexborNode, heading: LexborNode) -> LexborNode | None:
    """The smallest element that holds headline and story: bylines and dates of other stories stay outside."""
    above: set[int] = set()
    node: LexborNode | None = container
    while node is not None:
        above.add(node.mem_id)
        node = node.parent
    node = heading
    while node is not None and node.mem_id not in above:
        node = node.parent
    return node


def names_after(container: LexborNode, newsroom_names: frozenset[str]) -> list[str]:
    """The names on a line of their own that stands right after the element of the story; none where links stand there."""
    node, seen = container.next, 0
    while node is not None and seen < _BESIDE:
        line = display(node.text(separator=" ")) if node.tag not in {"script", "style", "-comment"} else ""
        if line:
            names = lone_names(line, newsroom_names) if len(node.css("a")) <= 1 else ()
            if names:
                return list(names)
            seen += 1
        node = node.next
    return []


def _texts(root: LexborNode | None, selectors: tuple[str, ...], *, dates: bool) -> list[str]:
    """What the first selector with any text gives."""
    for selector in selectors:
        nodes = root.css(selector) if root else []
        found = [display(visible_text(node, " " if dates else "")) for node in nodes]
        if dates:
            found += [stamp for node in nodes for stamp in _stamps(node)]
        found = [text for text in dict.fromkeys(found) if text]
        if found:
            return found
    return []


def _stamps(node: LexborNode) -> list[str]:
    """The machine-readable times of an element that prints a date, which often prints less."""
    return [stamp for each in node.css("[datetime]") if (stamp := each.attributes.get("datetime"))]


def _tells_minute(text: str) -> bool:
    """Whether a date of the data names a minute and an offset that is not zero."""
    moment = parse_machine(text)
    return moment is not None and bool(moment.offset) and midnight_as_day(moment, None).precision == "minute"


def _names_a_person(metadata: Metadata) -> bool:
    """Whether the data name a person: the site itself as author is nobody."""
    people = persons(metadata.linked)
    if not people:
        return False
    newsroom_names = names_of_newsroom(metadata, None)
    return any(is_person(name) and matching(name) not in newsroom_names for name in people)


def holder_of(body: LexborNode | None, paragraphs: list[str]) -> LexborNode | None:
    """The smallest element that holds the first and the last paragraph; None when none does."""
    ends = [squeezed(text)[:60] for text in (paragraphs[0], paragraphs[-1])]
    holder = body if body is not None and all(end in squeezed(body.text()) for end in ends) else None
    inner = holder
    for _ in range(_LEVELS):
        if inner is None:
            break
        holder = inner
        inner = next((each for each in holder.iter() if all(end in squeezed(each.text()) for end in ends)), None)
    if holder is not None and holder.tag in {"p", "blockquote", "li", "span", "b", "strong"}:
        return holder.parent  # one paragraph: what is set beside it belongs to it
    return holder
