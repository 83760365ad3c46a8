"""One sitemap a day behind an index: odd days cost themselves, old days come in turn, polls without news are conditional."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from crawler.discovery.daily_sitemap import DailySitemap
from tests.crawler.discovery.asking import HOME, NOW, Crawls, Site

INDEX = f"{HOME}/sitemap.xml"
SOURCE = DailySitemap(INDEX, f"{INDEX}?yyyy=%Y&mm=%m&dd=%d")


def daily(day: date) -> str:
    return day.strftime(f"{INDEX}?yyyy=%Y&mm=%m&dd=%d")


def bodies(days: int, *odd: str) -> dict[str, bytes]:
    """The newest so many days, each with one article, and an index that lists them after what is odd."""
    urls = [daily((NOW - timedelta(days=back)).date()) for back in range(days)]
    listed = "".join(f"<sitemap><loc>{url.replace('&', '&amp;')}</loc></sitemap>" for url in (*odd, *urls))
    pages = {url: f"<urlset><url><loc>{HOME}/{n + 1}/x/</loc></url></urlset>".encode() for n, url in enumerate(urls)}
    return {INDEX: f"<sitemapindex>{listed}</sitemapindex>".encode(), **pages}


ODD = [
    f"{INDEX}?yyyy=0000&mm=00&dd=00",
    f"{INDEX}?yyyy=9999&mm=12&dd=31",
    f"{INDEX}?yyyy=1&mm=1&dd=1",
    f"{INDEX}?yyyy=x",
    "http://[b/",
]


def test_days_that_are_none_cost_themselves() -> None:
    """The others are asked for."""
    assert len(Crawls(SOURCE).crawl(Site(bodies(5, *ODD, f"{INDEX}?yyyy={'9' * 5_000}&mm=1&dd=1")))) == 5


def test_days_over_the_bound_come_in_the_next_crawls() -> None:
    """It is said as long as some are left."""
    crawls, site = Crawls(SOURCE, bound=10), Site(bodies(35))
    assert len(crawls.crawl(site)) == 10
    assert crawls.of("source.bounded")[0]["left"] == 25
    for _ in range(5):
        crawls.crawl(site)
    assert len(crawls.known) == 35
    assert not crawls.of("source.bounded")


def test_a_poll_without_news_asks_for_the_index_and_the_days_that_may_still_grow() -> None:
    """All conditionally."""
    crawls, documents = Crawls(SOURCE), bodies(10)
    crawls.crawl(Site(documents))
    crawls.crawl(Site(documents))
    site = Site(documents)
    assert crawls.crawl(site) == []
    assert site.asked == site.unchanged
    assert len(site.asked) == 5  # the index, today and three days


@pytest.mark.parametrize("mark", [["0000-00-00"], ["x"], "2026-11-22", [5], {"a": 1}, [None]])
def test_a_mark_that_cannot_be_one_is_begun_anew(mark: object) -> None:
    """And said."""
    crawls = Crawls(SOURCE)
    crawls.state = json.dumps({"marks": {SOURCE.name: mark, f"{SOURCE.name} listed": mark}}).encode()
    assert len(crawls.crawl(Site(bodies(5)))) == 5
    assert crawls.of("state.reset")
