"""A story in numbered parts: the record of each says where it goes on."""

from __future__ import annotations

import pytest

from extractors.reader import explain
from tests.extractors.newsroom import STORY, article_of, body_of, held, page_of, paragraphs

URL = "https://www.enabbaladi.net/archives/810000"


def _stated(head: str = "", inner: str = "") -> list[tuple[str, str]]:
    page = held(paragraphs(*STORY) + inner).replace("</head>", f"{head}</head>")
    article = article_of(page, url=URL)
    assert body_of(article) == STORY
    return [(each.other, each.value) for each in article.disagreements if each.field == "body"]


@pytest.mark.parametrize(
    "href", [f"{URL}/2", f"{URL}/2/", "/archives/810000/page/2/", f"{URL}?page=2", "?paged=2", f"{URL}/page-2"]
)
def test_the_next_part_is_stated(href: str) -> None:
    """By a link of the head, and where it is numbered by one under the story; the line of numbers is no part of it."""
    address = href if href.startswith("http") else f"{URL}{href}" if href[0] == "?" else f"https://www.enabbaladi.net{href}"
    assert _stated(head=f"<link rel='next' href='{href}'>") == [("pagination", address)]
    numbers = f"<p class='post-nav-links'>صفحات: <span>1</span> <a href='{href}'>2</a></p>"
    assert _stated(inner=numbers) == ([] if "?" in href else [("pagination", address)])


@pytest.mark.parametrize(
    "href",
    [
        "/archives/810001", "/archives/810002", f"{URL}/comment-page-2/", "/archives/category/news/page/2", "/2", "http://[bad/2",
        f"{URL}?replytocom=2", "https://new.example/archives/810000/2", "", "#2"
    ],
)  # fmt: skip
def test_another_page_is_no_part(href: str) -> None:
    """The next story, comments, a list."""
    assert _stated(head=f"<link rel='next' href='{href}'>", inner=f"<div><a href='{href}'>2</a></div>") == []


@pytest.mark.parametrize("form", ["{}", "{}/", "page/{}/", "page-{}"])
def test_a_part_in_the_middle_states_the_one_after_it(form: str) -> None:
    """Not the first, which stands beside it in the line of numbers."""
    own, following, first = f"{URL}/{form.format(2)}", f"{URL}/{form.format(3)}", f"<a href='{URL}/'>1</a>"
    page = held(f"{paragraphs(*STORY)}<p class='post-nav-links'>{first} <span>2</span> <a href='{following}'>3</a></p>")
    article = article_of(page, url=own)
    assert (article.next_part_url, article.id) == (following, "enab_baladi:810000-2")
    last = held(f"{paragraphs(*STORY)}<p class='post-nav-links'>{first} <span>2</span></p>")
    assert article_of(last, url=own).next_part_url is None


def test_the_next_part_is_explained() -> None:
    told = explain(page_of(held(f"{paragraphs(*STORY)}<a href='{URL}/2'>2</a>"), url=URL))
    assert told.disagreements == (f"body: page, pagination {URL}/2 (the story goes on there; this is part 1)",)
