"""Markup that is easily read wrong: thousands of wrappers, line breaks, layout tables, paragraphs without a stop."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import json
import time
from html import escape

import pytest

from extractors import Article, read
from tests.extractors.newsroom import (
    LAST,
    LEAD,
    SECOND,
    STORY,
    THIRD,
    TITLE,
    article_of,
    body_of,
    document,
    held,
    page_of,
    paragraphs,
    unheld,
)

BOTH = pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "no layout"])


@pytest.mark.parametrize("depth", [300, 1_200, 4_000])
@pytest.mark.parametrize("tag", ["div", "span", "section"])
def test_thousands_of_wrappers_lose_no_word(tag: str, depth: int) -> None:
    """libxml2 drops what is nested deeper than 256 levels unless told otherwise, Python recurses a thousand."""
    around = f"<{tag}>" * depth, f"</{tag}>" * depth
    assert body_of(article_of(document(f"<h1>{TITLE}</h1>{around[0]}{paragraphs(*STORY)}{around[1]}"))) == STORY


def test_a_text_file_is_read_line_by_line() -> None:
    """text/plain, and HTML without any tag, have their lines for paragraphs."""
    text = "\n".join([TITLE, "", LEAD, SECOND, "", THIRD, LAST, "", "مقالات متعلقة", "سوق جديدة في المدينة"])
    for content_type in ("text/plain; charset=utf-8", "text/html"):
        article = article_of(text, content_type=content_type)
        assert (body_of(article), article.headline) == (STORY, TITLE)


def test_preformatted_text_keeps_its_lines() -> None:
    """<pre> ends a line where its text does."""
    assert body_of(article_of(document(f"<h1>{TITLE}</h1><pre>{chr(10).join(STORY)}</pre>"))) == STORY


@BOTH
@pytest.mark.parametrize("gap", ["<br>", "<br><br>", "<br />&nbsp;<br />", "</div><div>", "</span><br><span>"])
def test_one_block_with_line_breaks_has_its_paragraphs(wrap, gap: str) -> None:  # type: ignore[no-untyped-def]
    """<br>, doubled or with a space between, ends a paragraph; a subhead that ends in a colon is a line of its own."""
    lines = [LEAD, SECOND, "المضخة الجديدة:", THIRD, LAST]
    joined = gap.join(escape(line) for line in lines)
    inner = f"<div>{joined}</div>" if "div" in gap else f"<span>{joined}</span>"
    article = article_of(wrap(inner), url="https://baladi-news.com/ar/articles/131500")
    assert body_of(article) == lines


@pytest.mark.parametrize("wrap", [held, unheld], ids=["layout", "no layout"])
def test_a_story_of_one_paragraph_is_a_story(wrap) -> None:  # type: ignore[no-untyped-def]
    """Breaking news is short."""
    assert body_of(article_of(wrap(paragraphs(LEAD)))) == [LEAD]


def test_amp_pages_are_the_article() -> None:
    """Players of AMP are embeds, its two date lines are one date, its address is the article's."""
    inner = (
        f"<article class='amp-wp-article'><h1 class='amp-wp-title'>{TITLE}</h1><ul class='amp-wp-meta'><li>2026/11/04</li><li>1:09 م</li></ul>"
        f"<div class='amp-wp-article-content'><amp-img src='/a.jpg'></amp-img>{paragraphs(*STORY)}"
        "<amp-youtube data-videoid='AbCdEfGhIjK'></amp-youtube><amp-twitter data-tweetid='99'></amp-twitter></div></article>"
    )
    article = article_of(document(inner), url="https://www.enabbaladi.net/810000/x/?amp=1")
    assert body_of(article) == STORY
    assert article.url == "https://www.enabbaladi.net/archives/810000"
    assert article.date_published == "2026-11-04T13:09:00+03:00"
    assert [embed.url for embed in article.embeds] == ["https://www.youtube.com/watch?v=AbCdEfGhIjK", "https://x.com/i/status/99"]


OLD_MARKUP = {
    "table": f"<table><tr><td><a href='/1'>أخبار</a><br><a href='/2'>رياضة</a></td><td><h1>{TITLE}</h1><br>{'<br><br>'.join(STORY)}</td></tr></table>",
    "font": f"<center><font size=5><b>{TITLE}</b></font></center><font size=3>{'<br><br>'.join(STORY)}</font>",
    "empty paragraphs": f"<h1>{TITLE}</h1>" + "".join(f"<p>&nbsp;</p><p>{line}</p>" for line in STORY),
    "styled spans": f"<h1>{TITLE}</h1>"
    + "".join(f"<p><span><span lang=AR>{line[:40]}</span>{line[40:]}</span></p>" for line in STORY),
    "drop cap": f"<h1>{TITLE}</h1><p><span class=dc>{LEAD[0]}</span>{LEAD[1:]}</p>{paragraphs(*STORY[1:])}",
}


@pytest.mark.parametrize("inner", OLD_MARKUP.values(), ids=OLD_MARKUP)
def test_markup_of_other_times_is_read_too(inner: str) -> None:
    """Layout tables, <font>, empty paragraphs, spans of word processors, drop capitals."""
    assert body_of(article_of(document(inner))) == STORY


UNSTOPPED = [line.rstrip(".") for line in STORY]


@BOTH
@pytest.mark.parametrize("gap", ["</p><p>", "<br>"], ids=["paragraphs", "line breaks"])
@pytest.mark.parametrize(
    "lines", [UNSTOPPED, [UNSTOPPED[0], *STORY[1:]], [*STORY[:-1], UNSTOPPED[-1]]], ids=["none", "lead without", "last without"]
)
def test_paragraphs_need_no_stop(wrap, gap: str, lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    """Many newsrooms end no paragraph with a stop, or forget one after the lead."""
    assert body_of(article_of(wrap(f"<p>{gap.join(escape(line) for line in lines)}</p>"))) == lines


def test_a_book_of_a_page_is_read_in_a_moment() -> None:
    """Work grows with the page, not with its square: four times the paragraphs take far less than sixteen times as long."""
    spent = []
    for count in (1_000, 4_000):
        page = page_of(held("".join(f"<p>{LEAD[:-1]}، رقم {number}.</p>" for number in range(count))))
        tries = []
        for _ in range(3):  # others use the machine too: the least counts
            started = time.process_time()
            result = read(page)
            tries.append(time.process_time() - started)
        spent.append(min(tries))
        assert isinstance(result, Article)
        assert len(body_of(result)) == count
    assert spent[1] < 9 * spent[0]


def test_an_empty_shell_that_tells_its_story_in_its_data_is_read() -> None:
    """A page filled by a script may carry the text as articleBody; a page that shows text is read from what it shows."""
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(STORY)}, ensure_ascii=False)
    script = f"<script type='application/ld+json'>{data}</script>"
    article = article_of(document(f"{script}<div id='app'></div><script src='/app.js'></script>"))
    assert (body_of(article), article.headline, article.extractor.layout) == (STORY, TITLE, "json-ld")
    assert body_of(article_of(held(script + paragraphs(*STORY[:3])))) == STORY[:3]
