"""Date lines and bylines printed near the headline, for pages whose layout is not known.

The nearest ancestor of the headline that holds a date is read, so that the clock of the page header and the dates of other
stories are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.dates.choose import TIME_ALONE
from extractors.dates.printed import parse_machine
from extractors.dates.relative import is_relative
from extractors.fields.combined_lines import dated_part
from extractors.fields.names_near_headline import LEVELS, MAX_ELEMENTS, SHORT_LINE, SMALL_ELEMENTS, begins_story, names_near
from extractors.text import display, is_prose, word_count

_DATE_ELEMENTS = (
    "time, [datetime], [itemprop~=datePublished], [class*=date], [class*=Date], "
    "[class*=time], [class*=meta], [class*=author], [class*=byline], [class*=writer], .published[title], [title*=GMT]"
)
_MAX_DAYS = 2  # dates of more days are of other stories
_MAX_CHARACTERS = 300  # of a line with a date


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Lines near the headline. dates: as printed, or the machine-readable form of the same element; bylines: with an author;
    editors: with an editor; signed: with a reporter and a place.
    """

    dates: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


def read_surroundings(heading: LexborNode | None, top: LexborNode | None, *, undated: bool, unsigned: bool) -> Surroundings:
    """The lines of the nearest ancestor of the headline with a date: by elements named for dates, else by all small elements.

    top: the element of headline and story. undated: the page states no date elsewhere, so ancestors of `top` and relative dates
    («منذ 3 ساعات») are read too. unsigned: nothing else names an author.
    """
    surroundings = _dated_surroundings(heading, top, undated=undated)
    if surroundings.bylines or not unsigned or heading is None:
        return surroundings
    names, signed, editors = names_near(heading, top.mem_id if top is not None else None)
    return replace(surroundings, bylines=names, signed=signed, editors=surroundings.editors or editors)


def _dated_surroundings(heading: LexborNode | None, top: LexborNode | None, *, undated: bool) -> Surroundings:
    highest = top.mem_id if top is not None and not undated else None
    surroundings = Surroundings()
    # Before the first paragraph first: boxes inside the story date other stories.
    for with_story in (False, True) if undated else (False,):
        for selector in (_DATE_ELEMENTS, SMALL_ELEMENTS):
            surroundings = _nearest_with_date(heading, selector, highest, with_story=with_story)
            if surroundings.dates:
                return surroundings
    return surroundings if not undated else replace(surroundings, dates=_relative_dates(heading))


def _relative_dates(heading: LexborNode | None) -> tuple[str, ...]:
    """«منذ 3 ساعات» between the headline and the first paragraph, if there is one such line only."""
    node = heading.parent if heading is not None else None
    for _ in range(LEVELS):
        if node is None or node.tag in {"html", "body"} or heading is None:
            break
        lines: dict[str, None] = {}
        below = False
        for element in node.css(f"{heading.tag}, {SMALL_ELEMENTS}")[:MAX_ELEMENTS]:
            below = below or element.mem_id == heading.mem_id
            text = element.text(separator=" ")
            if below and (is_prose(text) and element.tag == "p"):
                break
            if below and len(text) <= SHORT_LINE and is_relative(display(text)):
                lines[display(text)] = None
        if lines:
            return tuple(lines) if len(lines) == 1 else ()
        node = node.parent
    return ()


def _nearest_with_date(heading: LexborNode | None, selector: str, highest: int | None, *, with_story: bool) -> Surroundings:
    """The lines of the nearest ancestor with a date, up to the element with the ID `highest`; with_story: also those after the
    first paragraph.
    """
    dates: list[str] = []
    bylines: list[str] = []
    editors: list[str] = []
    node = heading.parent if heading is not None else None
    for level in range(LEVELS):
        if node is None or heading is None or node.tag == "html" or (with_story and node.tag == "body"):
            break
        elements = node.css(f"{heading.tag}, {selector}" if with_story else f"{heading.tag}, p, {selector}")[:MAX_ELEMENTS]
        if (level or node.tag == "body") and not _is_article(node):
            # Above the headline stand the clock of the page and tickers; only its own block and <article> may date it.
            place = next((n for n, element in enumerate(elements) if element.mem_id == heading.mem_id), 0)
            elements = elements[place:]
        for element in elements if with_story else _before_story(elements, heading):
            _add_line(element, dates, bylines, editors)
        if not _is_article(node) and len({day for line in dates if (day := _day(line))}) > _MAX_DAYS:
            dates.clear()
        if dates or node.mem_id == highest:
            break
        node = node.parent
    return Surroundings(tuple(dict.fromkeys(dates)), tuple(dict.fromkeys(bylines)), tuple(dict.fromkeys(editors)))


def _before_story(elements: list[LexborNode], heading: LexborNode) -> Iterator[LexborNode]:
    """The elements up to the first paragraph after the headline."""
    below = False
    for element in elements:
        below = below or element.mem_id == heading.mem_id
        if below and begins_story(element):
            return
        yield element


def _is_article(node: LexborNode) -> bool:
    return node.tag == "article" or "article" in (node.attributes.get("class") or "").lower()


def _day(line: str) -> str | None:
    """The local day of a machine-readable date, as ISO 8601."""
    moment = parse_machine(line)
    return moment.wall.date().isoformat() if moment else None


def _add_line(element: LexborNode, dates: list[str], bylines: list[str], editors: list[str]) -> None:
    """Add what an element tells to the list it belongs to."""
    text = element.text(separator=" ")
    if len(text) > _MAX_CHARACTERS:
        return
    line = display(text)
    title = display(element.attributes.get("title") or "")
    stamp = element.attributes.get("datetime") or element.attributes.get("content") or title
    if stamp and stamp[:2] in {"19", "20"} and (not dates or _day(stamp) == _day(dates[0])):
        dates.append(display(stamp))
    elif title and title != line and boilerplate.is_date_line(title):
        dates += [title, *([line] if boilerplate.is_date_line(line) else [])]  # «17:27 GMT …» over «17:27 …»
    elif line and boilerplate.is_date_line(line):
        if dates or not TIME_ALONE.fullmatch(line):  # an hour alone («0:00» of a player) tells only beside a date
            dates.append(line)
    elif line and (dated := dated_part(line)):
        dates.append(dated[0])
        bylines += dated[1]
    elif boilerplate.EDITOR.fullmatch(line):
        editors.append(line)
    elif line and word_count(line) <= 8 and boilerplate.BYLINE.fullmatch(line):
        bylines.append(line)
