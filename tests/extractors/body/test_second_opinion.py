"""A second reader is asked where something gives reason to doubt, and its text is taken by the stated rule only."""

from __future__ import annotations

from datetime import date

import pytest

from extractors import Article, NotAnArticle, read
from extractors.article import Doubt, TextBlock
from extractors.body import finding
from extractors.body.blocks import Block
from extractors.body.second_opinion import LIMIT, MUCH, doubts_of, second_opinion
from extractors.body.story import Story
from extractors.explanation import Dropped
from extractors.reader import explain
from tests.extractors.body.pages import STORY, body_of, page, paragraphs

# A known class on the box of the author, the story in an element that nobody knows: our layouts are taken in by it.
MISLED = (
    "<div class='article-body'><p>سامر الحموي صحفي من سرمدا يكتب عن الخدمات والطرق في ريف إدلب الشمالي منذ عشر سنوات.</p></div>"
    f"</div><div class='y'><h2>كلفة الأعمال</h2>{paragraphs(*STORY)}"
)


def _story(words: int, **cut: int) -> Story:
    from lxml.html import fromstring

    story = Story(kept=[Block("كلمة " * words, "p", 0, 0, fromstring("<p>x</p>"))] if words else [])
    story.dropped = [Dropped("كلمة " * number, rule.replace("_", "-")) for rule, number in cut.items()]
    return story


@pytest.mark.parametrize(
    ("story", "own_layout", "characters", "raised", "doubts"),
    [
        (_story(200), True, 900, set(), ()),
        (_story(200), False, 900, set(), ("no-layout",)),
        (_story(100, closing=70), True, 500, set(), ("much-cut-off",)),
        (_story(400, closing=70), True, 500, set(), ()),
        (_story(100), True, 5_000, set(), ("small-container",)),
        (_story(100), True, 500, {"element-dropped"}, ("element-dropped",)),
    ],
)
def test_each_doubt_has_its_reason(
    story: Story, own_layout: bool, characters: int, raised: set[Doubt], doubts: tuple[Doubt, ...]
) -> None:
    assert doubts_of(story, own_layout=own_layout, page_characters=characters, raised=raised) == doubts


def test_where_we_keep_less_than_half_the_better_text_is_taken() -> None:
    article = read(page(MISLED))
    assert isinstance(article, Article)
    assert article.extractor.layout == "trafilatura"
    assert article.reading.doubts == ("no-layout", "small-container")
    assert article.reading.second is not None
    assert article.reading.second.words >= MUCH
    assert 0 <= article.reading.second.agreement < 0.5
    assert [block.text for block in article.blocks if block.text in STORY] == list(STORY)
    assert TextBlock("heading", "كلفة الأعمال", 2) in article.blocks


def test_both_texts_are_shown_to_who_asks_why() -> None:
    told = explain(page(MISLED))
    assert told.doubts == ("no-layout", "small-container")
    assert any("سامر الحموي صحفي" in line for line in told.ours)
    assert any(STORY[0] in line for line in told.second)


def test_a_page_of_the_outlets_own_layout_costs_no_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_given: object) -> None:
        raise AssertionError

    monkeypatch.setattr(finding, "second_opinion", asked)
    article = read(page(paragraphs(*STORY), place="enab_baladi"), "enab_baladi")
    assert isinstance(article, Article)
    assert article.reading.doubts == ()
    short = read(page(paragraphs(*STORY)))
    assert isinstance(short, Article), "where the page holds hardly more than we kept, nobody finds twice as much"
    assert short.reading.doubts == ("no-layout",)
    assert short.reading.second is None


def test_a_second_reader_makes_no_article_of_a_page_that_says_it_is_none() -> None:
    """No body of ours and no declaration: nobody is asked; a page without any text stays one."""
    assert isinstance(read(page("")), NotAnArticle)


def test_a_page_too_long_is_not_read_twice() -> None:
    assert second_opinion("<p>" + "x" * LIMIT, [], date(2026, 1, 1)) is None
    assert second_opinion("", [], date(2026, 1, 1)) is None


@pytest.mark.parametrize("wrapper", ["<ul><li>", "<div>", "<blockquote>", "<table><tr><td>", "<dl><dd>", "<b>"])
@pytest.mark.parametrize("levels", [110, 125, 600])
def test_a_page_nested_deeper_than_trafilatura_recurses_is_read_by_both(wrapper: str, levels: int) -> None:
    markup = wrapper * levels + paragraphs(*STORY)
    assert body_of(page(markup)) == list(STORY)
    opinion = second_opinion(markup, [], date(2026, 1, 1))
    assert opinion is not None
    assert opinion.reading.words >= sum(len(text.split()) for text in STORY)
