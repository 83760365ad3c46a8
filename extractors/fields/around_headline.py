"""Date lines and bylines printed near the headline, for pages whose layout is not known.

The nearest ancestor of the headline that holds a date is read, so that the clock of the page header and the dates of other
stories are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.dates.choose import TIME_ALONE
from extractors.dates.printed import parse_machine
from extractors.dates.relative import is_relative
from extractors.fields.combined_lines import dated_part
from extractors.fields.visible import visible_text
from extractors.names.signatures import is_labelled_name, signature, stated_name, unlabelled
from extractors.text import display, is_prose, word_count

_LEVELS = 5  # ancestors of the headline
_DATE_ELEMENTS = (
    "time, [datetime], [itemprop~=datePublished], [class*=date], [class*=Date], "
    "[class*=time], [class*=meta], [class*=author], [class*=byline], [class*=writer], .published[title], [title*=GMT]"
)
_AUTHOR_ELEMENTS = (
    "[rel~=author], [itemprop~=author], a[href*='/author'], a[href*='/writer'], a[href*='/columnist'], "
    "[class*=author], [class*=Author], [class*=byline], [class*=writer]"
)
_AUTHOR_ATTRIBUTE = re.compile(r"author|byline|writer|columnist", re.IGNORECASE)
_SMALL_ELEMENTS = "time, footer, address, span, p, div, li, small, em, i, b, td, h3, h4, h5, h6, a"
_MAX_ELEMENTS = 200  # of one ancestor
_MAX_DAYS = 2  # dates of more days are of other stories
_MAX_NAMES = 4
_LEVELS_ABOVE = 2  # on which a name before the headline is its author's
_BESIDE = 2  # lines between a name and a date
_MAX_CHARACTERS = 300  # of a line with a date
_SHORT_LINE = 80  # characters; a name or a relative date takes no more


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
        for selector in (_DATE_ELEMENTS, _SMALL_ELEMENTS):
            surroundings = _nearest_with_date(heading, selector, highest, with_story=with_story)
            if surroundings.dates:
                return surroundings
    return surroundings if not undated else replace(surroundings, dates=_relative_dates(heading))


def _relative_dates(heading: LexborNode | None) -> tuple[str, ...]:
    """«منذ 3 ساعات» between the headline and the first paragraph, if there is one such line only."""
    node = heading.parent if heading is not None else None
    for _ in range(_LEVELS):
        if node is None or node.tag in {"html", "body"} or heading is None:
            break
        lines: dict[str, None] = {}
        below = False
        for element in node.css(f"{heading.tag}, {_SMALL_ELEMENTS}")[:_MAX_ELEMENTS]:
            below = below or element.mem_id == heading.mem_id
            text = element.text(separator=" ")
            if below and (is_prose(text) and element.tag == "p"):
                break
            if below and len(text) <= _SHORT_LINE and is_relative(display(text)):
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
    for level in range(_LEVELS):
        if node is None or heading is None or node.tag == "html" or (with_story and node.tag == "body"):
            break
        elements = node.css(f"{heading.tag}, {selector}" if with_story else f"{heading.tag}, p, {selector}")[:_MAX_ELEMENTS]
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
        if below and _begins_story(element):
            return
        yield element


def _begins_story(element: LexborNode) -> bool:
    """Whether an element is a paragraph and no standfirst, which stands in <header> or is all emphasis."""
    if element.tag != "p" or not is_prose(element.text(separator=" ")):
        return False
    child = element.first_child
    if child is not None and child.tag in {"em", "i"} and child.text(strip=True) == element.text(strip=True):
        return False
    node = element.parent
    while node is not None and node.tag not in {"article", "main", "body"}:
        if node.tag == "header":
            return False
        node = node.parent
    return True


def names_near(heading: LexborNode, highest: int | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(names, signed, editors) from the nearest ancestor of the headline: names that the markup says are an author's, else those
    on lines beside a date before the first paragraph; of these lines those with a place; the lines that name editors.
    """
    node = heading.parent
    for level in range(_LEVELS):
        if node is None or node.tag == "html":
            break
        marked, beside_dates, editors = _names_in(node, heading, above=level < _LEVELS_ABOVE and node.tag != "body")
        names = marked or beside_dates
        if editors or (names and len(names) <= _MAX_NAMES):
            return tuple(names), tuple(dict.fromkeys(line for line in names.values() if line)), tuple(editors)
        if node.mem_id == highest:
            break
        node = node.parent
    return (), (), ()


def _names_in(node: LexborNode, heading: LexborNode, *, above: bool) -> tuple[dict[str, str], dict[str, str], dict[str, None]]:
    """(marked, beside dates, editors): by name its line if that tells a place too, else ""; and the lines of editors.

    above: names before the headline count too.
    """
    marked: dict[str, str] = {}
    lines: list[str] = []
    editors: dict[str, None] = {}
    below = False
    for element in node.css(f"{heading.tag}, {_AUTHOR_ELEMENTS}, {_SMALL_ELEMENTS}")[:_MAX_ELEMENTS]:
        if element.mem_id == heading.mem_id:
            below = True
            continue
        text = element.text(separator=" ")
        if below and _begins_story(element):
            break
        if len(text) > _SHORT_LINE or not (below or above):
            continue
        line = display(text)
        if _says_author(element) and (name := _stated_name(element, line := display(visible_text(element, " ")))):
            marked[name] = line if (signature(line) or ("", None))[1] else ""
        elif below and boilerplate.EDITOR.fullmatch(line):
            editors[line] = None
        elif below and line and lines[-1:] != [line] and not any(line in editor for editor in editors):
            lines.append(line)
    # An element round a name may tell the trade too: «س ع محررة مجتمع» beside «س ع».
    marked = {name: line for name, line in marked.items() if not any(name.startswith(f"{other} ") for other in marked)}
    return marked, {} if marked else _beside_dates(lines), editors


def _stated_name(element: LexborNode, line: str) -> str | None:
    """The name in an author's element, whole or in one of its children, where another tells the trade."""
    return stated_name(line) or next(
        (name for part in element.iter() if (name := stated_name(display(visible_text(part))))), None
    )


def _beside_dates(lines: list[str]) -> dict[str, str]:
    """Names on lines with a place, near a line with a date, or after a label: by name its line if that tells a place, else ""."""
    dated = [n for n, line in enumerate(lines) if boilerplate.is_date_line(line) or is_relative(line)]
    names: dict[str, str] = {}
    for n, line in enumerate(lines):
        signed = signature(line)
        if signed and (signed[1] or any(abs(n - date) <= _BESIDE for date in dated)):
            names[signed[0]] = line if signed[1] else ""
        elif is_labelled_name(line):
            names[unlabelled(line)] = ""
    return names


def _says_author(element: LexborNode) -> bool:
    attributes = element.attributes
    return any(_AUTHOR_ATTRIBUTE.search(attributes.get(name) or "") for name in ("class", "rel", "itemprop", "href"))


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
