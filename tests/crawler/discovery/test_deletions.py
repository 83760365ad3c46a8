"""Articles that are deleted or published while pages are walked: none that stays on the site throughout the walk is missed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response

from crawler.discovery.asking import Source
from crawler.discovery.listing import Listing
from crawler.discovery.wordpress import WordPress
from tests.crawler.discovery.asking import HOME, Crawls

FIRST = f"{HOME}/archives/category/online"
LISTINGS = {
    "template": Listing(FIRST, f"{FIRST}/page/{{page}}"),
    "next link": Listing(FIRST),
}
POSTS = WordPress(f"{HOME}/wp-json/wp/v2/posts")
Act = tuple[str, int]
"""(`delete` or `publish`, which of the articles that are listed)."""


@dataclass
class Newsroom:
    """A site of which `size` articles stand on a page, newest first. acts: by number of the request that comes after them.

    validators: pages have an ETag. totals: wp-json says how many posts there are. past: what a page behind the last one is.
    """

    size: int
    acts: dict[int, list[Act]] = field(default_factory=dict)
    validators: bool = False
    totals: bool = False
    past: str = "missing"
    articles: list[int] = field(default_factory=lambda: list(range(30, 0, -1)))
    asked: list[str] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        for act, which in self.acts.get(len(self.asked), []):
            if act == "publish":
                self.articles.insert(0, max(self.articles, default=0) + 100)
            elif self.articles:
                del self.articles[which % len(self.articles)]
        self.asked.append(request.url)
        return self.posts(request) if "/wp-json/" in request.url else self.listing(request)

    def page(self, number: int) -> list[int]:
        return self.articles[(number - 1) * self.size : number * self.size]

    def listing(self, request: Request) -> Response:
        found = re.search(r"/page/(\d+)", request.url)
        number = int(found[1]) if found else 1
        last = max(1, -(-len(self.articles) // self.size))
        if number > last and self.past == "missing":
            return Response(request.url, status=404)
        shown = self.page(last if number > last and self.past == "last" else number)
        etag = f'"{hash(tuple(shown))}"'
        if self.validators and request.headers.get("If-None-Match") == etag.encode():
            return Response(request.url, status=304)
        links = "<a href='/contact'>x</a>" + "".join(f"<a href='/{each}/slug/'>x</a>" for each in shown)
        links += f"<a href='{FIRST}/page/{number + 1}'>next</a>" if number < last else ""
        return Response(request.url, body=links.encode(), headers={"ETag": etag} if self.validators else {})

    def posts(self, request: Request) -> Response:
        number = int(parse_qs(urlsplit(request.url).query)["page"][0])
        shown = self.page(number)
        if not shown and number > 1 and self.past == "missing":
            return Response(request.url, status=400, body=b'{"code": "rest_post_invalid_page_number"}')
        rows = [{"id": each, "link": f"{HOME}/{each}/slug/"} for each in shown]
        headers = {"X-WP-Total": str(len(self.articles)), "X-WP-TotalPages": str(-(-len(self.articles) // self.size))}
        return Response(request.url, body=json.dumps(rows).encode(), headers=headers if self.totals else {})


def at_moments(act: str) -> st.SearchStrategy[dict[int, list[Act]]]:
    """At most two before a request: a page of five or more holds what three requests see deleted."""
    return st.dictionaries(st.integers(0, 25), st.lists(st.tuples(st.just(act), st.integers(0, 40)), max_size=2), max_size=20)


acts = at_moments("delete") | at_moments("publish")


def missed(crawls: Crawls, site: Newsroom) -> list[int]:
    """Articles that stood on the site throughout a crawl and are not known after it."""
    before = set(site.articles)
    site.asked = []
    crawls.crawl(site)
    known = {int(number[0]) for url in crawls.known if (number := re.search(r"\d+", url))}
    return sorted((before & set(site.articles)) - known)


KINDS = st.sampled_from(sorted(LISTINGS))
SIZES = st.integers(5, 9)


@given(acts=acts, kind=KINDS, size=SIZES, validators=st.booleans(), past=st.sampled_from(["missing", "empty", "last"]))
@example(acts={1: [("delete", 0)]}, kind="template", size=5, validators=False, past="missing")
@example(acts={5: [("delete", 0)]}, kind="template", size=6, validators=True, past="missing")
def test_a_walk_through_a_listing_misses_nothing(
    acts: dict[int, list[Act]], kind: str, size: int, validators: bool, past: str
) -> None:
    crawls = Crawls(LISTINGS[kind])
    assert missed(crawls, Newsroom(size, acts, validators, past=past)) == []


@pytest.mark.slow
@given(acts=acts, kind=KINDS, size=SIZES, validators=st.booleans(), news=st.integers(1, 12))
def test_a_poll_of_a_listing_misses_nothing(
    acts: dict[int, list[Act]], kind: str, size: int, validators: bool, news: int
) -> None:
    """After a first walk, with so much that is new."""
    crawls, site = Crawls(LISTINGS[kind]), Newsroom(size, validators=validators)
    assert missed(crawls, site) == []
    site.articles[:0] = range(1000 + news, 1000, -1)
    site.acts = acts
    assert missed(crawls, site) == []


@given(acts=acts, size=SIZES, totals=st.booleans(), past=st.sampled_from(["missing", "empty"]))
@example(acts={1: [("delete", 0)]}, size=29, totals=False, past="missing")
@example(acts={1: [("delete", 0)]}, size=29, totals=True, past="missing")
def test_a_walk_through_posts_misses_nothing(acts: dict[int, list[Act]], size: int, totals: bool, past: str) -> None:
    assert missed(Crawls(POSTS), Newsroom(size, acts, totals=totals, past=past)) == []


@pytest.mark.parametrize("source", [*LISTINGS.values(), POSTS], ids=[*LISTINGS, "posts"])
def test_a_walk_that_is_bounded_misses_nothing_of_what_moves_up_between_two_crawls(source: Source) -> None:
    crawls, site = Crawls(source, bound=5), Newsroom(5, articles=list(range(60, 0, -1)))
    left = missed(crawls, site)
    assert left == list(range(1, 36))
    while left:
        del site.articles[0:3]
        before, left = left, missed(crawls, site)
        assert left == before[: len(left)], "from the newest to the oldest, and none is left out between"
        assert len(left) < len(before)


@pytest.mark.parametrize("validators", [True, False])
def test_a_poll_without_news_asks_for_no_page_twice(validators: bool) -> None:
    crawls, site = Crawls(LISTINGS["template"]), Newsroom(10, validators=validators)
    missed(crawls, site)
    missed(crawls, site)
    assert site.asked == [FIRST, f"{FIRST}/page/2"]
