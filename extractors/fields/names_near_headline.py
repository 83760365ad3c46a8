"""Names printed near the headline: an author's by markup, or on a line beside a date."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.dates.relative import is_relative
from extractors.fields.visible import visible_text
from extractors.names.signatures import is_labelled_name, signature, stated_name, unlabelled
from extractors.text import display, is_prose

LEVELS = 5  # ancestors of the headline
SMALL_ELEMENTS = "time, footer, address, span, p, div, li, small, em, i, b, td, h3, h4, h5, h6, a"
MAX_ELEMENTS = 200  # of one ancestor
SHORT_LINE = 80  # characters; a name or a relative date takes no more
_AUTHOR_ELEMENTS = (
    "[rel~=author], [itemprop~=author], a[href*='/author'], a[href*='/writer'], a[href*='/columnist'], "
    "[class*=author], [class*=Author], [class*=byline], [class*=writer]"
)
_AUTHOR_ATTRIBUTE = re.compile(r"author|byline|writer|columnist", re.IGNORECASE)
_LEVELS_ABOVE = 2  # on which a name before the headline is its author's
_MAX_NAMES = 4
_BESIDE = 2  # lines between a name and a date


def names_near(heading: LexborNode, highest: int | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(names, signed, editors) from the nearest ancestor of the headline: names that the markup says are an author's, else those
    on lines beside a date before the first paragraph; of these lines those with a place; the lines that name editors.
    """
    node = heading.parent
    for level in range(LEVELS):
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
    for element in node.css(f"{heading.tag}, {_AUTHOR_ELEMENTS}, {SMALL_ELEMENTS}")[:MAX_ELEMENTS]:
        if element.mem_id == heading.mem_id:
            below = True
            continue
        text = element.text(separator=" ")
        if below and begins_story(element):
            break
        if len(text) > SHORT_LINE or not (below or above):
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


def begins_story(element: LexborNode) -> bool:
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
