"""The time that a page takes grows with its length, whatever is repeated, nested or left open on it: pages come from strangers.
And what it takes of memory goes with it.

CPU time of a page and of one four times as long: in proportion it is four times as much, squared sixteen times.
"""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from extractors.page.layouts import DROP, SHARED
from extractors.reader import read
from tests.extractors.newsroom import STORY, TITLE, held, page_of, paragraphs

TIMES = 4
LIMIT = 10  # times as much CPU for a page TIMES as long; squared growth takes 16
NOTICEABLE = 0.08  # seconds; below it what every page costs hides how it grows
ATTEMPTS = 4  # others use the machine too: the smallest ratio counts
LINES = paragraphs(*STORY)
INSIDE = {
    "nothing": "",
    "word": "كلمة",
    "closing": "مقالات ذات صلة",
    "story": LINES,
    "teaser": f"<a href='/x'>عنوان خبر آخر من الموقع</a>{paragraphs(STORY[0])}",
    "date": "نشر في 12 تشرين الثاني 2019",
    "name": "سامر الحموي",
}
SHAPES: dict[str, Callable[[str, str, str, int], str]] = {
    "in a row": lambda start, inside, end, n: LINES + (start + inside + end) * n + LINES,
    "nested": lambda start, inside, end, n: LINES + start * n + inside + end * n + LINES,
    "left open": lambda start, inside, end, n: LINES + (start + inside) * n + LINES,
    "around the story": lambda start, inside, end, n: (start + inside) * n + LINES + end * n,
    "among paragraphs": lambda start, inside, end, n: (start + inside + end + paragraphs(STORY[1])) * n,
}
# What has been slow, or is likely to be: elements that a rule takes, blocks, headings, tables, inline tags.
ELEMENTS = ("div hidden", "template", "div", "h3", "b", "table", "ul", "li", "blockquote", "a href='/x'", "svg", "p", "article")
QUICK = (
    ("template", "teaser", "around the story"),
    ("h3", "closing", "among paragraphs"),
    ("div hidden", "word", "left open"),
    ("div", "teaser", "left open"),
    ("b", "word", "left open"),
    ("svg", "closing", "left open"),
)


def _rules() -> Iterator[str]:
    """An element for each rule that takes elements and each class that holds a story: «div class='social'»."""
    for selector in (*re.split(r",\s*", DROP), *(each.rpartition(" ")[2] for layout in SHARED for each in layout.body)):
        found = re.fullmatch(
            r"(?P<tag>[a-z-]*)(?:\.(?P<name>[\w-]+)|#(?P<id>[\w-]+)|\[class\*='(?P<part>[\w-]+)' i\])?", selector
        )
        if found is not None:
            attributes = {"class": found["name"] or found["part"], "id": found["id"]}
            tag = found["tag"] or "div"
            yield " ".join([tag, *(f"{name}='{value}'" for name, value in attributes.items() if value)])


def _seconds(element: str, inside: str, shape: str, n: int) -> float:
    markup = SHAPES[shape](f"<{element}>", INSIDE[inside], f"</{element.partition(' ')[0]}>", n)
    page = page_of(
        f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{markup}</body></html>", url="https://example.org/a/1"
    )
    started = time.process_time()
    read(page)
    return time.process_time() - started


def _growth(element: str, inside: str, shape: str) -> float:
    """How many times as long the longer page took: the number of repetitions is raised until that can be told."""
    n, short = 100, 0.0
    while (long := _seconds(element, inside, shape, TIMES * n)) < NOTICEABLE:
        if n >= 5_000:
            return 1.0
        n *= 2
    ratios = []
    for _ in range(ATTEMPTS):
        short = _seconds(element, inside, shape, n)
        ratios.append(long / short)
        if ratios[-1] < LIMIT:
            break
        long = _seconds(element, inside, shape, TIMES * n)
    return min(ratios)


@pytest.mark.parametrize(("element", "inside", "shape"), QUICK)
def test_what_was_slow_once_grows_in_proportion(element: str, inside: str, shape: str) -> None:
    assert _growth(element, inside, shape) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("element", ELEMENTS)
def test_no_element_makes_a_page_slower_than_its_length(element: str, shape: str) -> None:
    for inside in INSIDE:
        assert _growth(element, inside, shape) < LIMIT, inside


@pytest.mark.slow
@pytest.mark.parametrize("element", sorted(set(_rules())))
def test_no_rule_makes_a_page_slower_than_its_length(element: str) -> None:
    for shape in SHAPES:
        assert _growth(element, "word", shape) < LIMIT, shape


def test_the_lines_of_a_very_long_page_are_not_kept() -> None:
    """Each of these pages has one paragraph of a megabyte."""
    read(page_of(held(LINES)))
    tracemalloc.start()
    try:
        for n in range(3):
            read(page_of(held(paragraphs(f"{n} {STORY[0]} " * 4_000, STORY[1]))))
        assert tracemalloc.get_traced_memory()[0] < 500_000
    finally:
        tracemalloc.stop()
