"""Words that stand over a box of links end a story only where nothing of it follows."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import itertools

import pytest

from tests.extractors.body.pages import LINKS, OTHERS, PLACES, STORY, body_of, page, paragraphs

CLOSING = ("مقالات ذات صلة", "مواضيع متعلقة", "أخبار ذات صلة", "قد يعجبك أيضا", "الأكثر قراءة", "المزيد من الأخبار", "التعليقات")
HEADINGS = {
    "p": "<p>{}</p>",
    "strong in p": "<p><strong>{}</strong></p>",
    "bare strong": "<strong>{}</strong><br>",
    "h3": "<h3>{}</h3>",
    "div": "<div class='t'><span>{}</span></div>",
    "with a colon": "<p>{}:</p>",
}
BOXES = {
    "list": LINKS,
    "nothing": "",
    "paragraphs of links": "".join(f"<p><a href='/n/{n}'>{title}</a></p>" for n, title in enumerate(OTHERS)),
    "cards": "<div>" + "".join(f"<div><h4><a href='/n/{t}'>{t}</a></h4><p>{t} {STORY[0]}</p></div>" for t in OTHERS) + "</div>",
}


def assert_ends_no_story(phrase: str, heading: str, box: str, after: int, place: str) -> None:
    """A box under a closing phrase after so many paragraphs: what is told on is kept, the box is not."""
    inset = HEADINGS[heading].format(phrase) + BOXES[box]
    made = page(paragraphs(*STORY[:after]) + inset + paragraphs(*STORY[after:]), place=place)
    assert body_of(made, place) == list(STORY), (phrase, heading, box, after, place)


@pytest.mark.parametrize("number", range(len(HEADINGS)))
@pytest.mark.parametrize("place", PLACES)
def test_a_closing_phrase_among_the_paragraphs_ends_no_story(number: int, place: str) -> None:
    """Whatever stands under it, after the second paragraph or before the last. Each two of phrase, heading, box and place meet."""
    heading = list(HEADINGS)[number]
    for shift, (box, after) in enumerate(itertools.product(BOXES, (2, 5))):
        phrase = CLOSING[(number + list(PLACES).index(place) + shift) % len(CLOSING)]
        assert_ends_no_story(phrase, heading, box, after, place)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("phrase", CLOSING)
def test_every_closing_phrase_among_the_paragraphs_ends_no_story(phrase: str, place: str) -> None:
    for heading, box, after in itertools.product(HEADINGS, BOXES, (2, 5)):
        assert_ends_no_story(phrase, heading, box, after, place)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("phrase", CLOSING)
def test_a_closing_phrase_after_the_story_ends_it(phrase: str, box: str, place: str) -> None:
    made = page(paragraphs(*STORY) + f"<h3>{phrase}</h3>{BOXES[box]}", place=place)
    assert body_of(made, place) == list(STORY)
