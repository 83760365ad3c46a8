"""What stands around the headline and is printed for readers: date lines, bylines. For pages whose layout is not known.

The nearest ancestor of the headline that shows a date wins, so that the clock of the page header and the dates of other
stories stay away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.dates import parse_machine
from extractors.dating import TIME_ALONE
from extractors.relative import is_relative
from extractors.text import display, is_prose, word_count

_LEVELS = 5
_TELLING = (
    "time, [datetime], [itemprop~=datePublished], [class*=date], [class*=Date], "
    "[class*=time], [class*=meta], [class*=author], [class*=byline], [class*=writer]"
)
_SMALL = "time, span, p, div, li, small, em, i, b, td, h3, h4, h5, h6, a"
_LIMIT = 200
_MANY = 2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """dates: printed lines, or the machine-readable form of the same element; bylines, editors: lines that name one."""

    dates: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()


def look_around(heading: LexborNode | None, top: LexborNode | None, *, undated: bool) -> Surroundings:
    """Climb from the headline until a line with a date shows: first among elements whose names promise one, then among all.

    undated: the page states no date elsewhere, so that «منذ 3 ساعات» is worth looking for, and so is what stands above `top`,
    the element of headline and story.
    """
    highest = top.mem_id if top is not None and not undated else None
    found = _climb(heading, _TELLING, highest)
    if found.dates:
        return found
    found = _climb(heading, _SMALL, highest)
    return found if found.dates or not undated else replace(found, dates=_relative(heading))


def _relative(heading: LexborNode | None) -> tuple[str, ...]:
    """«منذ 3 ساعات» between the headline and the first paragraph, if nothing else of the kind stands there."""
    node = heading.parent if heading is not None else None
    for _ in range(_LEVELS):
        if node is None or node.tag in {"html", "body"} or heading is None:
            break
        lines: dict[str, None] = {}
        below = False
        for element in node.css(f"{heading.tag}, {_SMALL}")[:_LIMIT]:
            below = below or element.mem_id == heading.mem_id
            text = element.text(separator=" ")
            if below and (is_prose(text) and element.tag == "p"):
                break
            if below and len(text) <= 80 and is_relative(display(text)):
                lines[display(text)] = None
        if lines:
            return tuple(lines) if len(lines) == 1 else ()
        node = node.parent
    return ()


def _climb(heading: LexborNode | None, selector: str, highest: int | None) -> Surroundings:
    dates: list[str] = []
    bylines: list[str] = []
    editors: list[str] = []
    node = heading.parent if heading is not None else None
    for level in range(_LEVELS):
        if node is None or node.tag in {"html", "body"} or heading is None:
            break
        elements = node.css(f"{heading.tag}, {selector}")[:_LIMIT]
        if level and not _is_article(node):
            # Above the headline stand the clock of the page and tickers; only its own block and <article> may date it.
            place = next((n for n, element in enumerate(elements) if element.mem_id == heading.mem_id), 0)
            elements = elements[place:]
        for element in elements:
            _note(element, dates, bylines, editors)
        if not _is_article(node) and len({day for line in dates if (day := _day(line))}) > _MANY:
            dates.clear()  # of other stories
        if dates or node.mem_id == highest:
            break
        node = node.parent
    return Surroundings(tuple(dict.fromkeys(dates)), tuple(dict.fromkeys(bylines)), tuple(dict.fromkeys(editors)))


def _is_article(node: LexborNode) -> bool:
    return node.tag == "article" or "article" in (node.attributes.get("class") or "").lower()


def _day(line: str) -> str | None:
    moment = parse_machine(line)
    return moment.wall.date().isoformat() if moment else None


def _note(element: LexborNode, dates: list[str], bylines: list[str], editors: list[str]) -> None:
    text = element.text(separator=" ")
    if len(text) > 300:
        return
    line = display(text)
    machine = element.attributes.get("datetime") or element.attributes.get("content")
    if machine and machine[:2] in {"19", "20"} and not dates:
        dates.append(display(machine))
    elif line and boilerplate.is_date_line(line):
        if dates or not TIME_ALONE.fullmatch(line):  # an hour alone («0:00» of a player) tells only beside a date
            dates.append(line)
    elif boilerplate.EDITOR.fullmatch(line):
        editors.append(line)
    elif line and word_count(line) <= 8 and boilerplate.BYLINE.fullmatch(line):
        bylines.append(line)
