"""Late parts of a page that React streams are read where its script puts them."""

from __future__ import annotations

import pytest

from extractors.page.streamed import in_place
from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, paragraphs

URL = "https://www.example.org/news/4711/water"


def _streamed(shell: str, parts: dict[str, str], calls: list[tuple[str, str]]) -> str:
    hidden = "".join(f"<div hidden id='{name}'>{inside}</div>" for name, inside in parts.items())
    script = "<script>" + ";".join(f'$RC("{place}","{part}")' for place, part in calls) + "</script>"
    return f"<html><head><title>{TITLE}</title></head><body>{shell}{hidden}{script}</body></html>"


WAITING = (
    "<!--$?--><template id='B:{}'></template><p>يرجى الانتظار قليلا ريثما يكتمل تحميل بقية هذا الخبر من الخادم.</p><!--/$-->"
)
PAGES = {
    "the whole story late": _streamed(
        f"<main>{WAITING.format(0)}</main>", {"S:0": f"<article><h1>{TITLE}</h1>{paragraphs(*STORY)}</article>"}, [("B:0", "S:0")]
    ),
    "the second half late": _streamed(
        f"<article><h1>{TITLE}</h1>{paragraphs(*STORY[:2])}{WAITING.format(0)}</article>",
        {"S:0": paragraphs(*STORY[2:])},
        [("B:0", "S:0")],
    ),
    "parts within parts, the last first": _streamed(
        f"<article><h1>{TITLE}</h1>{WAITING.format(0)}{WAITING.format(1)}</article>",
        {"S:1": paragraphs(*STORY[3:]), "S:0": paragraphs(*STORY[:2]) + WAITING.format(2), "S:2": paragraphs(STORY[2])},
        [("B:1", "S:1"), ("B:0", "S:0"), ("B:2", "S:2")],
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_late_parts_stand_in_their_place(name: str) -> None:
    assert body_of(article_of(PAGES[name], url=URL)) == STORY


@pytest.mark.parametrize(
    "markup",
    [
        "<p>x</p>",
        "<p>$RC(</p>",
        "<p>x</p><script>$RC('B:0','S:0')</script>",
        "<template id='B:0'></template><script>$RC('B:0','S:0')</script>",
    ],
)
def test_a_page_without_them_comes_back_as_the_same_object(markup: str) -> None:
    assert in_place(markup) is markup
