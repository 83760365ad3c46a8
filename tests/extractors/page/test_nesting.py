"""Markup nested too deep loses tags, never text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from extractors.page.nesting import LEVELS, flattened
from tests.extractors.newsroom import STORY, article_of, body_of
from tests.extractors.newsroom import paragraphs as paragraphs_of

_PIECES = st.sampled_from(
    [
        "<div>", "</div>", "<span class='x'>", "</span>", "<p>", "</p>", "<ul><li>", "</ul>", "<b>", "</b>", "<table><tr><td>",
        "</table>", "<br>", "<!-- <div> -->", "<script>'<div>'</script>", "نص ", "text ", "<DIV>", "<", "</", "<!--", "<script>"
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60), st.integers(0, 8))
def test_only_tags_go(pieces: list[str], levels: int) -> None:
    """What is left is the markup without some of its tags, and flattening it again takes nothing more."""
    markup = "".join(pieces)
    flat = flattened(markup, levels)
    assert re.sub(r"<[^<>]*>", "", flat) == re.sub(r"<[^<>]*>", "", markup)
    assert flattened(flat, levels) == flat


def test_a_page_as_real_ones_are_comes_back_as_the_same_object() -> None:
    markup = "<div>" * LEVELS + "x" + "</div>" * LEVELS
    assert flattened(markup) is markup


@pytest.mark.parametrize("name", ["div", "span", "b", "blockquote", "table", "ul", "section"])
@pytest.mark.parametrize("end", ["", "</{}>"])
def test_no_tree_is_deeper_than_the_levels(name: str, end: str) -> None:
    markup = f"<{name}>x" * 3_000 + end.format(name) * 3_000
    tree = html.document_fromstring(flattened(markup), parser=html.HTMLParser(huge_tree=True))
    assert max(sum(1 for _ in each.iterancestors()) for each in tree.iter()) <= LEVELS + 3


def test_a_story_below_thousands_of_open_elements_is_read() -> None:
    markup = "<html><body><h1>حملة أهلية تعيد الماء إلى القرى</h1>" + "<div>" * 60_000 + paragraphs_of(*STORY) + "</body></html>"
    assert body_of(article_of(markup, url="https://example.org/a/1")) == STORY
