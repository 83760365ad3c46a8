"""The five sample texts give exactly their gold bodies, as bare lines and in the outlets' markup. They stay outside the
repository.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from extractors import Article, Page, outlets, read
from infra.eval.markup import BARE, folded, in_layout
from infra.eval.shared_gold import SHARED, URLS, lines_of

GOLD = sorted((SHARED / "gold" / "seeds").glob("*.json"))
pytestmark = pytest.mark.skipif(not GOLD, reason=f"no sample texts at {SHARED}")


def _in_article(lines: list[str]) -> str:
    return f"<html><body><main><article>{BARE['with <br>'](lines)}</article></main></body></html>"


def _inline(lines: list[str]) -> str:
    return "".join(f"<p><span>{escape(line[: len(line) // 2])}</span>{escape(line[len(line) // 2 :])}</p>" for line in lines)


WRAPS = {**BARE, "<br> in an article": _in_article, "half of each line in a span": _inline}


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem[:3])
@pytest.mark.parametrize("known", [True, False], ids=["its outlet", "unknown site"])
@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_text_without_structure_gives_the_gold_body(path: Path, known: bool, wrap: Callable[[list[str]], str]) -> None:
    """Lines in bare paragraphs, divisions or between <br> lose all furniture and no word."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    article = _read(gold, wrap(lines_of(gold)), URLS[gold["outlet"]] if known else "https://news.example.org/a/1")
    assert article.body.split("\n\n") == [folded(text) for text in gold["body"]]
    assert article.headline == folded(gold["headline"])
    assert article.extractor.layout == "generic"


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem[:3])
def test_text_without_structure_gives_the_gold_fields(path: Path) -> None:
    """Dateline, editors, sources and date are read from lines alone."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    article = _read(gold, BARE["in <p>"](lines_of(gold)), URLS[gold["outlet"]])
    dateline = article.dateline
    expected = gold["dateline"]
    assert ((dateline.text, dateline.agency, dateline.place) if dateline else None) == (
        (expected["text"], expected["agency"], expected["place"]) if expected else None
    )
    assert [list(article.authors), list(article.editors), list(article.sources)] == [
        gold["authors"],
        gold["editors"],
        gold["sources"],
    ]
    if gold["date_published"]:
        for name in ("date_published", "date_published_raw", "date_published_precision", "date_published_source"):
            assert getattr(article, name) == gold[name]
    else:
        assert article.date_published_source in {None, "url"}


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem[:3])
def test_text_in_the_markup_of_its_outlet_gives_the_gold_body(path: Path) -> None:
    """In the container that each layout names, with the furniture round it, the body is the same."""
    gold = json.loads(path.read_text(encoding="utf-8"))
    for layout in outlets()[gold["outlet"]].layouts:
        markup = in_layout(layout, gold, lines_of(gold))
        article = _read(gold, markup, URLS[gold["outlet"]])
        assert article.body.split("\n\n") == [folded(text) for text in gold["body"]], layout.name
        assert article.headline == folded(gold["headline"])
        assert article.extractor.layout == layout.name


def _read(gold: dict[str, Any], markup: str, url: str) -> Article:
    result = read(Page(url=url, body=markup.encode(), fetched_at=datetime(2026, 11, 22, tzinfo=UTC)))
    assert isinstance(result, Article), result
    return result
