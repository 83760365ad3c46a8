"""What stands around the headline and is printed for readers: date lines, bylines. For pages whose layout is not known.

The nearest ancestor of the headline that shows a date wins, so that the clock of the page header and the dates of other
stories stay away.
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

_LEVELS = 5
_DATED_ELEMENTS = (
    "time, [datetime], [itemprop~=datePublished], [class*=date], [class*=Date], "
    "[class*=time], [class*=meta], [class*=author], [class*=byline], [class*=writer], .published[title], [title*=GMT]"
)
_NAMED = (
    "[rel~=author], [itemprop~=author], a[href*='/author'], a[href*='/writer'], a[href*='/columnist'], "
    "[class*=author], [class*=Author], [class*=byline], [class*=writer]"
)
_SAYS_AUTHOR = re.compile(r"author|byline|writer|columnist", re.IGNORECASE)
_SMALL = "time, footer, address, span, p, div, li, small, em, i, b, td, h3, h4, h5, h6, a"
_LIMIT = 200
_MANY = 2
_MANY_NAMES = 4
_ABOVE = 2  # levels on which a name above the headline is its author's
_BESIDE = 2
_SHORT = 80


@dataclass(frozen=True, slots=True)
class Surroundings:
    """dates: printed lines, or the machine-readable form of the same element; bylines, editors: lines that name one;
    signed: lines that name a reporter and a place.
    """

    dates: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


def look_around(heading: LexborNode | None, top: LexborNode | None, *, undated: bool, unsigned: bool) -> Surroundings:
    """Climb from the headline until a line with a date shows: first among elements whose names promise one, then among all.

    undated: the page states no date elsewhere, so that «منذ 3 ساعات» is worth looking for, and so is what stands above `top`,
    the element of headline and story. unsigned: nothing else names an author.
    """
    found = _look_around(heading, top, undated=undated)
    if found.bylines or not unsigned or heading is None:
        return found
    names, signed, editors = names_near(heading, top.mem_id if top is not None else None)
    return replace(found, bylines=names, signed=signed, editors=found.editors or editors)


def _look_around(heading: LexborNode | None, top: LexborNode | None, *, undated: bool) -> Surroundings:
    highest = top.mem_id if top is not None and not undated else None
    found = Surroundings()
    for late in (False, True) if undated else (False,):  # beside the headline first: boxes inside the story date other stories
        for selector in (_DATED_ELEMENTS, _SMALL):
            found = _climb(heading, selector, highest, late=late)
            if found.dates:
                return found
    return found if not undated else replace(found, dates=_relative(heading))


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


def _climb(heading: LexborNode | None, selector: str, highest: int | None, *, late: bool) -> Surroundings:
    dates: list[str] = []
    bylines: list[str] = []
    editors: list[str] = []
    node = heading.parent if heading is not None else None
    for level in range(_LEVELS):
        if node is None or heading is None or node.tag == "html" or (late and node.tag == "body"):
            break
        elements = node.css(f"{heading.tag}, {selector}" if late else f"{heading.tag}, p, {selector}")[:_LIMIT]
        if (level or node.tag == "body") and not _is_article(node):
            # Above the headline stand the clock of the page and tickers; only its own block and <article> may date it.
            place = next((n for n, element in enumerate(elements) if element.mem_id == heading.mem_id), 0)
            elements = elements[place:]
        for element in elements if late else _before_story(elements, heading):
            _note(element, dates, bylines, editors)
        if not _is_article(node) and len({day for line in dates if (day := _day(line))}) > _MANY:
            dates.clear()  # of other stories
        if dates or node.mem_id == highest:
            break
        node = node.parent
    return Surroundings(tuple(dict.fromkeys(dates)), tuple(dict.fromkeys(bylines)), tuple(dict.fromkeys(editors)))


def _before_story(elements: list[LexborNode], heading: LexborNode) -> Iterator[LexborNode]:
    below = False
    for element in elements:
        below = below or element.mem_id == heading.mem_id
        if below and _begins_story(element):
            return
        yield element


def _begins_story(element: LexborNode) -> bool:
    """Whether an element is a paragraph of the story and no standfirst, which stands in <header> or is all emphasis."""
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
    """Names that the markup says are an author's, else names of persons on lines beside a date, between headline and first
    paragraph; the lines that tell a place too; and the lines that name editors.
    """
    node = heading.parent
    for level in range(_LEVELS):
        if node is None or node.tag == "html":
            break
        signed, plain, editors = _names_in(node, heading, above=level < _ABOVE and node.tag != "body")
        found = signed or plain
        if editors or (found and len(found) <= _MANY_NAMES):
            return tuple(found), tuple(dict.fromkeys(line for line in found.values() if line)), tuple(editors)
        if node.mem_id == highest:
            break
        node = node.parent
    return (), (), ()


def _names_in(node: LexborNode, heading: LexborNode, *, above: bool) -> tuple[dict[str, str], dict[str, str], dict[str, None]]:
    """By name, the line if it tells a place too: those that the markup names and those beside a date; and editors' lines."""
    signed: dict[str, str] = {}
    lines: list[str] = []
    editors: dict[str, None] = {}
    below = False
    for element in node.css(f"{heading.tag}, {_NAMED}, {_SMALL}")[:_LIMIT]:
        if element.mem_id == heading.mem_id:
            below = True
            continue
        text = element.text(separator=" ")
        if below and _begins_story(element):
            break
        if len(text) > _SHORT or not (below or above):
            continue
        line = display(text)
        if _says_author(element) and (name := _stated_name(element, line := display(visible_text(element, " ")))):
            signed[name] = line if (signature(line) or ("", None))[1] else ""
        elif below and boilerplate.EDITOR.fullmatch(line):
            editors[line] = None
        elif below and line and lines[-1:] != [line] and not any(line in each for each in editors):
            lines.append(line)
    # The element round a name tells his trade too: «س ع محررة مجتمع» beside «س ع».
    signed = {name: line for name, line in signed.items() if not any(name.startswith(f"{other} ") for other in signed)}
    return signed, {} if signed else _beside_dates(lines), editors


def _stated_name(element: LexborNode, line: str) -> str | None:
    """The name in an author's element, which may tell his trade in another element beside it."""
    return stated_name(line) or next(
        (name for part in element.iter() if (name := stated_name(display(visible_text(part))))), None
    )


def _beside_dates(lines: list[str]) -> dict[str, str]:
    dated = [n for n, line in enumerate(lines) if boilerplate.is_date_line(line) or is_relative(line)]
    found: dict[str, str] = {}
    for n, line in enumerate(lines):
        signed = signature(line)
        if signed and (signed[1] or any(abs(n - each) <= _BESIDE for each in dated)):
            found[signed[0]] = line if signed[1] else ""
        elif is_labelled_name(line):
            found[unlabelled(line)] = ""
    return found


def _says_author(element: LexborNode) -> bool:
    attributes = element.attributes
    return any(_SAYS_AUTHOR.search(attributes.get(name) or "") for name in ("class", "rel", "itemprop", "href"))


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
    title = display(element.attributes.get("title") or "")
    machine = element.attributes.get("datetime") or element.attributes.get("content") or title
    if machine and machine[:2] in {"19", "20"} and (not dates or _day(machine) == _day(dates[0])):
        dates.append(display(machine))
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
