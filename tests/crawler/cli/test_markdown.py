"""Markdown that any CommonMark parser reads back as the blocks of the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crawler.cli.markdown import to_markdown
from extractors.text import display
from tests.crawler.conftest import warraq

STORY = Path(__file__).parents[2] / "pages/enab_baladi/wordpress-2023-file.html"
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(display).filter(bool)
BLOCK = st.one_of(
    st.builds(lambda text: {"type": "paragraph", "level": None, "text": text}, TEXT),
    st.builds(lambda text: {"type": "quote", "level": None, "text": text}, TEXT),
    st.builds(lambda text: {"type": "list_item", "level": 1, "text": text}, TEXT),
    st.builds(lambda level, text: {"type": "heading", "level": level, "text": text}, st.integers(1, 6), TEXT),
)


def _record(headline: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "headline": headline,
        "url": "https://a.example/x_y",
        "date_published": None,
        "authors": [],
        "body": "\n\n".join(block["text"] for block in blocks),
        "blocks": blocks,
    }


def _read_back(markdown: str) -> list[tuple[str, str]]:
    """(kind, text) of every block, by a CommonMark parser."""
    found, around = [], []
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type.endswith("_open"):
            around.append(token.type.removesuffix("_open"))
        elif token.type.endswith("_close"):
            around.pop()
        elif token.type == "inline":
            text = "".join(child.content if child.type != "softbreak" else " " for child in token.children or ())
            kinds = {"heading": "heading", "list_item": "list_item", "blockquote": "quote"}
            found.append((next((kinds[each] for each in around if each in kinds), "paragraph"), text))
        else:
            found.append((token.type, token.content))
    return found


@given(TEXT, st.lists(BLOCK, min_size=1, max_size=6))
def test_every_block_is_read_back_as_what_it_was(headline: str, blocks: list[dict[str, Any]]) -> None:
    """Whatever signs the text has: none of them becomes markup."""
    found = _read_back(to_markdown(_record(headline, blocks)))
    assert [text for _, text in found] == [headline, "https://a.example/x_y", *(block["text"] for block in blocks)]
    assert [kind for kind, _ in found][2:] == [block["type"] for block in blocks]


def test_a_record_of_schema_1_is_told_in_paragraphs() -> None:
    record = _record("عنوان", [{"type": "paragraph", "level": None, "text": "سطر"}])
    del record["blocks"]
    assert _read_back(to_markdown(record))[-1] == ("paragraph", "سطر")


def test_read_writes_the_article_as_markdown() -> None:
    record = json.loads(warraq("read", "--json", str(STORY)).out)
    done = warraq("read", "--markdown", str(STORY))
    assert done.out == to_markdown(record)
    assert "\n- " in done.out
    assert "\n> " in done.out
    assert warraq("read", "--markdown", "--json", str(STORY)).code == 2
