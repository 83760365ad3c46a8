"""Listing pages: pinned articles, conditional requests, sections that are none, walks that are longer than a crawl."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scrapy import Request
from scrapy.http import Response
from twisted.internet.error import DNSLookupError

from crawler.discovery.listing import Listing
from tests.crawler.discovery.asking import HOME, Crawls, Site

FIRST = f"{HOME}/archives/category/online"
SOURCE = Listing(FIRST, f"{FIRST}/page/{{page}}")


def page(*numbers: int, more: str = "") -> bytes:
    links = "".join(f'<li><a href="/{number}/slug/">x</a></li>' for number in numbers)
    return f"<html><body><a href='http://[bad/'>x</a><a href>y</a><ul>{links}</ul>{more}</body></html>".encode()


def pages(*of: list[int]) -> dict[str, bytes]:
    return {FIRST if number == 1 else f"{FIRST}/page/{number}": page(*shown) for number, shown in enumerate(of, start=1)}


def numbers(urls: list[str]) -> list[int]:
    return sorted(int(url.split("/")[3]) for url in urls)


def test_news_behind_a_first_page_of_pinned_articles_are_found() -> None:
    """The first page is known from end to end, and unchanged."""
    crawls = Crawls(SOURCE)
    crawls.crawl(Site(pages([1, 2, 3], [4, 5], [6])))
    assert numbers(crawls.crawl(Site(pages([1, 2, 3], [7, 4], [5, 6])))) == [7]
    assert numbers(crawls.crawl(Site(pages([3, 2, 1], [8, 7], [4, 5, 6])))) == [8]


def test_a_poll_without_news_is_two_requests_and_both_are_conditional() -> None:
    """Page one and, behind what may be pinned there, page two."""
    crawls = Crawls(SOURCE)
    bodies = pages([1, 2, 3], [4, 5], [6])
    crawls.crawl(Site(bodies))
    for _ in range(2):
        site = Site(bodies)
        assert crawls.crawl(site) == []
        assert site.asked == site.unchanged == [FIRST, f"{FIRST}/page/2"]


def test_a_page_whose_article_failed_is_read_again() -> None:
    """Its validators are not kept."""
    crawls = Crawls(SOURCE)
    crawls.failing = {f"{HOME}/5/slug/"}
    bodies = pages([1, 2, 3], [4, 5], [6])
    crawls.crawl(Site(bodies))
    crawls.failing = set()
    assert numbers(crawls.crawl(Site(bodies))) == [5]


def test_a_walk_that_is_bounded_goes_on_in_the_next_crawl_and_says_so() -> None:
    """News of the first pages come first."""
    crawls = Crawls(SOURCE, bound=4)
    shown = [[number] for number in range(100, 90, -1)]
    assert numbers(crawls.crawl(Site(pages(*shown)))) == [97, 98, 99, 100]
    assert crawls.of("source.bounded")
    shown = [[101], *shown]
    assert 101 in numbers(crawls.crawl(Site(pages(*shown))))
    for _ in range(9):
        crawls.crawl(Site(pages(*shown)))
    assert len(crawls.known) == 11
    site = Site(pages(*shown))
    crawls.crawl(site)
    assert not crawls.of("source.bounded")
    assert len(site.asked) == 2


def test_pages_that_list_no_article_are_no_sections_for_a_week() -> None:
    """`/about` and `/contact` are links like any other; sections are asked once a poll, conditionally."""
    source = Listing(FIRST, sections=True)
    links = "".join(f'<a href="/{name}">x</a>' for name in ("politics", "about", "contact"))
    bodies = {FIRST: page(1, 2, more=links), f"{HOME}/politics": page(3), f"{HOME}/about": page(), f"{HOME}/contact": page()}
    crawls = Crawls(source)
    assert numbers(crawls.crawl(Site(bodies))) == [1, 2, 3]
    site = Site(bodies)
    assert crawls.crawl(site) == []
    assert site.asked == site.unchanged == [FIRST, f"{HOME}/politics"]
    crawls.now += timedelta(days=8)
    site = Site({**bodies, f"{HOME}/about": page(9)})
    assert numbers(crawls.crawl(site)) == [9]


def test_an_older_mark_is_understood_and_one_that_cannot_be_is_begun_anew() -> None:
    """`true` is what earlier versions wrote of a walk that came to its end."""
    bodies = pages([1, 2, 3], [4, 5], [6], [7])
    for mark, requests in (("true", 2), ('{"walked": "yes"}', 4), ("[1]", 4), ('{"empty": {"x": "0000-00-00"}}', 4)):
        crawls = Crawls(SOURCE)
        crawls.state = b'{"validators": {}, "marks": {"%s": %s}}' % (SOURCE.name.encode(), mark.encode())
        crawls.known = {f"{HOME}/archives/{number}" for number in range(1, 8)}
        site = Site(bodies)
        crawls.crawl(site)
        assert len([url for url in site.asked if site.bodies.get(url)]) == requests
        resets = crawls.of("state.reset")
        assert bool(resets) == (mark != "true")
        assert not any("pydantic" in reset["reason"] for reset in resets)


def test_what_is_wrong_with_all_documents_of_a_host_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """As where a name is not resolved; another reason, and another poll, are told again. The facts tell each."""

    async def down(request: Request) -> Response:
        if request.url == FIRST:
            return Response(FIRST, body=page(1, more="".join(f'<a href="/s{n}">x</a>' for n in range(9))))
        raise DNSLookupError("s9 is late" if request.url.endswith("s8") else "no address")

    crawls = Crawls(Listing(FIRST, sections=True))
    for _ in range(2):
        caplog.clear()
        crawls.crawl(down)
        assert len(crawls.of("source.failed")) == 9
        assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2
