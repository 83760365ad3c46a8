"""The WordPress API as servers really answer: capped pages, missing and odd headers, notices, shifting pages, bad marks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.discovery.found import SourceError
from crawler.discovery.memory import FILE
from crawler.discovery.wordpress import WordPress
from tests.crawler.discovery.asking import HOME, NOW, Crawls, asking, find

ENDPOINT = f"{HOME}/wp-json/wp/v2/posts"
SOURCE = WordPress(ENDPOINT)


def post(number: int, modified: str = "2026-11-20T10:00:00") -> dict[str, Any]:
    return {"id": number, "link": f"{HOME}/{number}/slug/", "date_gmt": "2026-11-20T09:00:00", "modified_gmt": modified}


class Api:
    """posts: newest first; cap: most posts of one page; headers: whether X-WP-Total and X-WP-TotalPages are sent, and what else
    they say; route: only `?rest_route=` works; dress: changes the body; after: called after each answer.
    """

    def __init__(self, posts: list[Any], *, cap: int = 100, headers: dict[str, str] | None = None, route: bool = False) -> None:
        self.posts, self.cap, self.headers, self.route = posts, cap, headers, route
        self.dress: Callable[[bytes], bytes] = lambda body: body
        self.after: Callable[[], None] = lambda: None
        self.asked: list[dict[str, str]] = []

    async def __call__(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        if self.route != ("rest_route" in query):
            return Response(request.url, status=404)
        self.asked.append(query)
        posts = self.posts
        if "modified_after" in query:
            posts = [post for post in posts if post["modified_gmt"] > query["modified_after"]]
        size, page = min(self.cap, int(query["per_page"])), int(query["page"])
        pages = max(1, -(-len(posts) // size))
        if page > pages:
            return Response(request.url, status=400, body=b'{"code": "rest_post_invalid_page_number"}')
        body = self.dress(json.dumps(posts[(page - 1) * size : page * size]).encode())
        right = {"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)}
        answer = Response(request.url, body=body, headers=right if self.headers is None else self.headers)
        self.after()
        return answer


def numbers(urls: list[str]) -> list[int]:
    return [int(urlsplit(url).path.split("/")[1]) for url in urls]


@pytest.mark.parametrize(
    "headers",
    [None, {}, {"X-WP-TotalPages": "1, 1"}, {"X-WP-TotalPages": "many"}, {"X-WP-TotalPages": "9" * 5_000},
     {"X-WP-TotalPages": "-1"}, {"X-WP-TotalPages": "0", "X-WP-Total": "x"},
     {"X-WP-TotalPages": "1", "X-WP-Total": "95"}, {"X-WP-TotalPages": "٣"}],
)  # fmt: skip
@pytest.mark.parametrize("cap", [10, 100])
def test_all_posts_are_named_whatever_the_server_says_of_pages(headers: dict[str, str] | None, cap: int) -> None:
    """A capped `per_page` without headers has more pages, until there is none."""
    api = Api([post(number) for number in range(950_000, 950_095)], cap=cap, headers=headers)
    assert sorted(numbers([found.url for found in find(SOURCE, asking(api))])) == list(range(950_000, 950_095))


@pytest.mark.parametrize(
    "odd",
    [None, 7, "x", [], {}, {"link": 5},
     {"link": "http://[bad/"}, {"link": None}, {"link": "https://h:99999/"}, {"link": "\ud800"},
     {"link": f"{HOME}/5/x/", "date_gmt": {"a": 1}, "modified_gmt": {"b": 2}},
     {"link": f"{HOME}/5/x/", "date_gmt": "0000-00-00T00:00:00", "modified_gmt": 5},
     {"link": f"{HOME}/5/x/", "id": int("9" * 4_000)}],
)  # fmt: skip
def test_an_odd_post_costs_itself(odd: Any) -> None:
    """The others are named, and later crawls ask for what was modified since."""
    crawls = Crawls(SOURCE)
    named = crawls.crawl(Api([post(812_001), odd, post(812_002)]))
    assert numbers([url for url in named if "/8" in url]) == [812_001, 812_002]
    api = Api([post(812_003, "2026-11-21T10:00:00"), post(812_001)])
    assert numbers(crawls.crawl(api)) == [812_003]
    assert api.asked[0]["modified_after"] == "2026-11-20T09:50:00"


NOTICE = b"<br />\n<b>Notice</b>: Undefined offset: [0] {x} in <b>f.php</b> on line <b>5</b><br />\n"


@pytest.mark.parametrize(
    "dress",
    [lambda body: NOTICE + body, lambda body: body + b"\n<!-- Cached page, 1.2 s -->", lambda body: b"\xef\xbb\xbf" + body,
     lambda body: NOTICE + body + b"<!-- x -->", lambda body: body.replace(b'"id"', b'"t": "a\x01\n", "id"')],
)  # fmt: skip
def test_what_php_and_caches_add_to_json_does_not_matter(dress: Callable[[bytes], bytes]) -> None:
    """Before it, after it, or within."""
    api = Api([post(812_001), post(812_002)])
    api.dress = dress
    assert numbers([found.url for found in find(SOURCE, asking(api))]) == [812_001, 812_002]


def test_a_cut_answer_names_what_is_whole_and_is_asked_again() -> None:
    """It is no reason to ask for less the next time."""
    crawls, api = Crawls(SOURCE), Api([post(812_001), post(812_002)])
    api.dress = lambda body: body[:-40]
    assert numbers(crawls.crawl(api)) == [812_001]
    assert crawls.of("source.truncated")
    api.dress = lambda body: body
    assert numbers(crawls.crawl(api)) == [812_002]


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b"<html><script>[{}]</script></html>", b"[{}, 5]", b"", b'{"code": "x"}', b"5", b'"x"']
)
def test_what_is_no_list_of_posts_is_named(body: bytes) -> None:
    """Nesting without end is no crash."""
    api = Api([post(1)])
    api.dress = lambda _: body
    with pytest.raises(SourceError, match="wp-json"):
        find(SOURCE, asking(api))


def test_where_only_rest_route_works_it_is_found_and_remembered() -> None:
    """Sites without pretty permalinks."""
    crawls, api = Crawls(SOURCE), Api([post(812_001)], route=True)
    assert numbers(crawls.crawl(api)) == [812_001]
    assert api.asked[0]["rest_route"] == "/wp/v2/posts"
    assert crawls.crawl(Api([post(812_001)], route=True)) == []
    assert numbers(crawls.crawl(Api([post(812_002)]))) == [812_002], "and back again"


def test_a_post_deleted_while_pages_are_walked_lets_none_slip() -> None:
    """It moves one from the page to come to the page that was read."""
    api = Api([post(number) for number in range(812_030, 812_000, -1)], cap=10)
    api.after = lambda: api.posts.pop(0) if len(api.asked) == 1 else None
    assert sorted(numbers([found.url for found in find(SOURCE, asking(api))])) == list(range(812_001, 812_031))


def test_a_walk_that_is_bounded_goes_on_in_the_next_crawl_and_says_so() -> None:
    """News come first; then from where it was broken off, until all is walked and only changes are asked for."""
    crawls = Crawls(SOURCE, bound=3)
    posts = [post(number) for number in range(812_100, 812_000, -1)]
    assert len(crawls.crawl(Api(posts, cap=10))) == 30
    assert crawls.of("source.bounded") == [{"source": SOURCE.name, "bound": 3, "next": 4}]
    posts = [post(812_101), *posts]
    assert 812_101 in numbers(crawls.crawl(Api(posts, cap=10)))
    for _ in range(8):
        api = Api(posts, cap=10)
        crawls.crawl(api)
        if "modified_after" in api.asked[0]:
            break
    assert len(crawls.known) == 101
    assert api.asked[0]["modified_after"] == "2026-11-20T09:50:00"
    assert not crawls.of("source.bounded")


@pytest.mark.parametrize(
    "mark",
    [
        "zzzz",
        "0000-00-00T00:00:00",
        "2099-01-01T00:00:00",
        "2026-11-22T23:00:00",
        "",
        5,
        None,
        ["x"],
        "9999-12-31T23:59:59-03:00",
        "\ud800",
    ],
)
def test_a_mark_that_cannot_be_one_hides_and_kills_nothing(mark: Any) -> None:
    """It is begun anew, and said."""
    crawls = Crawls(SOURCE)
    crawls.state = json.dumps({"validators": {}, "marks": {SOURCE.name: mark}}).encode()
    if mark == "\ud800":
        crawls.state = crawls.state.replace(b"\\ud800", b"?")
    api = Api([post(812_001)])
    assert numbers(crawls.crawl(api)) == [812_001]
    assert "modified_after" not in api.asked[0]
    assert crawls.of("state.reset")
    assert FILE.parse(crawls.state).marks[SOURCE.name] == "2026-11-20T10:00:00"


@pytest.mark.parametrize(
    "stamp", ["zzzz", "0000-00-00T00:00:00", "2099-01-01T00:00:00", "2026-11-22T23:00:00", "0001-01-01T00:00:00"]
)
def test_a_stamp_that_cannot_be_true_becomes_no_mark(stamp: str) -> None:
    """The largest of the others does."""
    crawls = Crawls(SOURCE)
    assert numbers(crawls.crawl(Api([post(812_001, stamp), post(812_002)]))) == [812_001, 812_002]
    assert FILE.parse(crawls.state or b"").marks[SOURCE.name] == "2026-11-20T10:00:00"


def test_what_failed_is_met_again() -> None:
    """The mark stays where it was until all that was named has its fate."""
    crawls = Crawls(SOURCE)
    crawls.failing = {f"{HOME}/812001/slug/"}
    api = Api([post(812_001), post(812_002)])
    crawls.crawl(api)
    crawls.failing, crawls.now = set(), NOW + timedelta(hours=1)
    assert numbers(crawls.crawl(api)) == [812_001]
