"""The parts of a draft: containers, numbering, zones, and text that is safe to be a file."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.survey.article_routes import RouteDraft
from crawler.survey.containers import Sample, container_of, element_with
from crawler.survey.drafting import Draft, Stated
from crawler.survey.job import slug_of
from crawler.survey.layout import zone_of_difference, zone_of_offsets
from crawler.survey.numbering import numbering_of
from crawler.survey.page import look_at
from crawler.survey.sources import SourceDraft
from crawler.survey.writing import outlet_file
from extractors.article import Page
from extractors.outlet import Route

STORY = tuple(f"فقرة رقم {n} من نص طويل بما يكفي لأن تكون قصة." for n in range(5))


def sample(before: str, after: str) -> Sample:
    text = "".join(f"<p>{each}</p>" for each in STORY)
    return Sample(LexborHTMLParser(f"<html><body><header>قائمة</header>{before}{text}{after}</body></html>"), STORY)


@pytest.mark.parametrize(
    ("before", "selector"),
    [
        ('<div class="news-text">', "div.news-text"),
        ('<div id="story">', "#story"),
        ('<div class="post-{n} body-of-it">', "div.body-of-it"),
        ('<div class="wrap-it"><div>', "div.wrap-it"),
        ('<section itemprop="articleBody">', 'section[itemprop="articleBody"]'),
        ('<table><tr><td width="80%">', 'td[width="80%"]'),
    ],
)
def test_a_container_is_named_by_what_stays_the_same(before: str, selector: str) -> None:
    found = container_of([sample(before.format(n=n), "</div></div></td></tr></table></section>") for n in (11, 22, 33)])
    assert found is not None
    assert (found.selector, found.pages, found.of) == (selector, 3, 3)


def test_pages_that_have_nothing_in_common_have_no_container() -> None:
    assert container_of([sample(f'<div class="{name}">', "</div>") for name in ("aa", "bb", "cc")]) is None


def test_what_holds_much_besides_the_story_is_not_its_container() -> None:
    other = "<ul>" + "<li>خبر آخر من أخبار اليوم</li>" * 60 + "</ul>"
    assert container_of([sample('<div class="page">', f"{other}</div>") for _ in range(3)]) is None


def test_a_date_is_found_by_its_element() -> None:
    trees = [LexborHTMLParser(f'<p>خبر</p><span class="when">نشر: {day} أيار 2018</span>') for day in (5, 6, 7)]
    found = element_with([(tree, f"{day} أيار 2018") for tree, day in zip(trees, (5, 6, 7), strict=True)])
    assert found is not None
    assert found.selector == "span.when"


@pytest.mark.parametrize(
    ("links", "numbering"),
    [
        ({"2": "/news?page=2", "3": "/news?page=3"}, "?page={page}"),
        ({"2": "/news?page=1", "3": "/news?page=2"}, "?page={index}"),
        ({"1": "/news?page=1", "2": "/news?page=2"}, "?page={page}"),
        ({"٢": "/news/p2.html", "٣": "/news/p3.html"}, "/p{page}.html"),
        ({"2": "/news?start=20", "3": "/news?start=40"}, None),
        ({"2": "/other/2"}, None),
        ({"خبر": "/news/2"}, None),
        ({"التالي »": "/news/2"}, "/{page}"),
        ({"Next page": "/news?c=3&PageIndex=2"}, "?c=3&PageIndex={page}"),
        ({"›": "/news/page-1.html"}, "/page-{index}.html"),
        ({"التالي": "/news/2024/2"}, None),
        ({"التالي": "/news/15"}, None),
    ],
)
def test_pages_of_a_listing_are_numbered_as_their_links_say(links: dict[str, str], numbering: str | None) -> None:
    anchors = "".join(f'<a href="{href}">{label}</a>' for label, href in links.items())
    page = Page(
        url="https://news.example/news", body=f"<html><body>{anchors}</body></html>".encode(), fetched_at=datetime.now(UTC)
    )
    assert numbering_of(look_at(page)) == numbering


def test_a_zone_is_that_of_the_offsets_in_summer_and_winter() -> None:
    """Damascus kept summer time until 2022."""
    assert zone_of_offsets(["2018-01-05T10:00:00+02:00", "2018-07-05T10:00:00+03:00"]) == "Asia/Damascus"
    assert zone_of_offsets(["2018-01-05T10:00:00+03:00", "2018-07-05T10:00:00+03:00"]) == "Asia/Riyadh"
    assert zone_of_offsets(["2018-01-05T10:00:00+00:00"]) is None
    assert zone_of_offsets([]) is None


def test_a_zone_is_what_lies_between_printed_hours_and_the_feed() -> None:
    pairs = [("2018-01-05T10:00:00", "2018-01-05T08:01:00+00:00"), ("2018-07-05T10:00:00", "2018-07-05T06:59:00+00:00")]
    assert zone_of_difference(pairs) == "Asia/Damascus"


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://furatpost.example", "furatpost"),
        ("https://www.a-b.example/ar", "a_b"),
        ("https://ar.news.example", "ar_news"),
        ("https://xn--mgbh0fb.example", "xn__mgbh0fb"),
    ],
)
def test_a_name_comes_from_the_host(url: str, slug: str) -> None:
    assert slug_of(url) == slug


_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


@given(_TEXT, _TEXT, st.lists(_TEXT, max_size=4))
def test_whatever_a_page_says_the_file_says_the_same(name: str, why: str, listed: list[str]) -> None:
    """Quotes, line breaks, control characters and comment signs of pages neither break out nor change."""
    draft = Draft("about", doubts=[why])
    draft.top = {"name": Stated(name, why), "hosts": Stated(listed, why)}
    draft.routes = [RouteDraft(Route("article", name), why)]
    draft.catalogue = {"furniture": Stated(listed, why)}
    draft.sources = [SourceDraft({"kind": "feed", "url": name}, why)]
    data = tomllib.loads(outlet_file(draft))
    assert (data["name"], data["hosts"], data["catalogue"]["furniture"]) == (name, listed, listed)
    assert (data["routes"], data["sources"]) == ([{"kind": "article", "path": name}], [{"kind": "feed", "url": name}])
    assert replace(draft.routes[0]).route.path == name
