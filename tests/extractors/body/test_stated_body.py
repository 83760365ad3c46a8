"""A page that tells its story in its linked data and shows less of it: the lead before a wall, a shell that a script fills."""

from __future__ import annotations

import json

import pytest

from extractors import Article, read
from extractors.reader import explain
from tests.extractors.body.pages import OTHERS, PLACES, STORY, TITLE, body_of, page, paragraphs

STRANGE = "وافتتح في الحي الغربي معرض للكتاب يستمر أسبوعين، وتشارك فيه عشرون دارا للنشر من المحافظات الشمالية كلها."


def _head(text: str, headline: str = TITLE) -> str:
    node = {"@type": "NewsArticle", "headline": headline, "articleBody": text}
    return f"<script type='application/ld+json'>{json.dumps(node, ensure_ascii=False)}</script>"


@pytest.mark.parametrize("place", ["stranger", *(name for name in PLACES if name != "stranger")])
@pytest.mark.parametrize("shown", [0, 1, 2])
@pytest.mark.parametrize("text", ["\n\n".join(STORY), paragraphs(*STORY)], ids=["lines", "markup"])
def test_what_a_page_states_and_does_not_show_is_read(place: str, shown: int, text: str) -> None:
    """Nothing, or the lead and a line about a subscription; the record says who spoke."""
    wall = "<p>للمشتركين فقط</p>" if shown else ""
    made = page(paragraphs(*STORY[:shown]) + wall, place=place, head=_head(text))
    assert body_of(made, place) == list(STORY)
    article = read(made, PLACES[place][1])
    assert isinstance(article, Article)
    assert (article.headline, article.extractor.layout) == (TITLE, "json-ld")


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize(
    "head",
    [
        _head("\n".join(STORY), headline=OTHERS[0]),
        _head("\n".join([STRANGE] * 6)),
        _head("\n".join(STORY[:3])),
        _head(" ".join(STORY)),
    ],
    ids=["of another story", "another text", "hardly more", "as much"],
)
def test_a_page_is_read_from_what_it_shows(place: str, head: str) -> None:
    """As long as its data tell no more of the same story."""
    shown = STORY if head == _head(" ".join(STORY)) else STORY[:2]
    assert body_of(page(paragraphs(*shown), place=place, head=head), place) == list(shown)


def test_the_path_is_explained() -> None:
    told = explain(page(paragraphs(STORY[0]), place="enab_baladi", head=_head("\n".join(STORY))), "enab_baladi")
    assert told.layout == "json-ld"
