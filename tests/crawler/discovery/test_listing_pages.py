"""Which page of a listing follows another, in the forms in which sites say it; and links that are no anchors."""

from __future__ import annotations

import pytest

from crawler.discovery.documents.links import read_links
from crawler.discovery.documents.text import RawDocument
from crawler.discovery.listing import Listing
from crawler.discovery.listing_pages import is_numbered, next_by_number, number_of
from tests.crawler.discovery.asking import HOME, Crawls, Site

FIRST = f"{HOME}/archives/category/online"


def numbered(urls: list[str]) -> list[int]:
    return sorted(int(url.split("/")[3]) for url in urls)


def walk(addresses: list[str], pager: str, source: Listing | None = None, bound: int = 31) -> list[list[int]]:
    """What two crawls find of a listing of three articles a page; pager: the link to the next page, of {url}."""
    bodies = {}
    for place, address in enumerate(addresses):
        articles = "".join(f'<a href="/{3 * place + n}/slug/">x</a>' for n in (1, 2, 3))
        following = pager.format(url=addresses[place + 1]) if place + 1 < len(addresses) else ""
        bodies[address] = f"<html><body>{articles}{following}</body></html>".encode()
    crawls = Crawls(source or Listing(FIRST), bound=bound)
    return [numbered(crawls.crawl(Site(bodies))) for _ in range(2)]


@pytest.mark.parametrize(
    "later",
    ["?page={n}", "/page/{n}", "/page/{n}/", "?paged={n}", "?PAGE={n}", "?order=new&page={n}", "?start={offset}",
     "?offset={offset}", "?limitstart={offset}", "?updated-max=2026-11-01T10:00:00Z&max-results=3&start={offset}&by-date=false"],
)  # fmt: skip
def test_the_next_page_is_known_by_its_number_or_offset(later: str) -> None:
    addresses = [FIRST, *(FIRST + later.format(n=n, offset=3 * (n - 1)) for n in (2, 3, 4))]
    found = walk(addresses, '<a href="{url}">more</a>')
    assert found == [list(range(1, 13)), []]


@pytest.mark.parametrize(
    "pager",
    ['<link rel="next" href="{url}">', '<a rel="nofollow NEXT" href="{url}">›</a>', '<a href="{url}" rel=next>2</a>'],
)
def test_what_rel_next_names_is_followed_whatever_its_address(pager: str) -> None:
    addresses = [FIRST, *(f"{FIRST}?cursor={key}" for key in ("b7", "q1", "zz"))]
    assert walk(addresses, pager) == [list(range(1, 13)), []]


def test_rel_next_beats_the_number_where_pages_are_counted_from_0() -> None:
    """Drupal: `?page=1` is the second page, and the first one links to the third too."""
    addresses = [FIRST, *(f"{FIRST}?page={n}" for n in (1, 2, 3))]
    pager = f'<a rel="next" href="{{url}}">›</a><a href="{FIRST}?page=3">4</a><a href="{FIRST}?page=2">3</a>'
    assert walk(addresses, pager) == [list(range(1, 13)), []]


@pytest.mark.parametrize("next_url", ["https://elsewhere.example/2", f"{HOME}/77/slug/", FIRST, "mailto:x@y.example"])
def test_rel_next_to_strangers_to_an_article_and_to_itself_is_not_followed(next_url: str) -> None:
    """Themes mark the next article so. The number is looked for instead."""
    pager = f'<link rel="next" href="{next_url}"><a href="{{url}}">2</a>'
    assert walk([FIRST, f"{FIRST}?page=2"], pager)[0] == [1, 2, 3, 4, 5, 6]


def test_a_listing_that_leads_back_ends() -> None:
    """Although each of its pages names something that was not there before."""
    count = iter(range(1, 1000))
    pages = {FIRST: f"{FIRST}?cursor=b", f"{FIRST}?cursor=b": FIRST}

    class Growing(Site):
        async def __call__(self, request):  # type: ignore[no-untyped-def]  # as `Site` has it
            link = '<a href="/{}/s/"></a><a rel=next href="{}"></a>'
            self.bodies = {url: link.format(next(count), to).encode() for url, to in pages.items()}
            return await super().__call__(request)

    site = Growing({})
    Crawls(Listing(FIRST)).crawl(site)
    assert site.asked.count(f"{FIRST}?cursor=b") <= 2, "it, and once more for what moved up"


@pytest.mark.parametrize("following", [f"{FIRST}-{{page}}.html", f"{FIRST}/p{{index}}"])
def test_a_bounded_walk_of_a_template_of_its_own_comes_to_the_end(following: str) -> None:
    """The number of the page where it goes on stands in its address."""
    addresses = [FIRST, *(following.format(page=n, index=n - 1) for n in range(2, 21))]
    bodies = {url: f'<a href="/{n}/slug/">x</a>'.encode() for n, url in enumerate(addresses, 1)}
    crawls = Crawls(Listing(FIRST, following), bound=6)
    for _ in range(8):
        crawls.crawl(Site(bodies))
    assert len(crawls.known) == 20


def test_numbers_of_other_listings_are_not_taken() -> None:
    links = [
        f"{HOME}/other?page=2",
        f"{HOME}/?cat=4&page=2",
        f"{HOME}/?cat=3&page=3",
        "https://other.example/?cat=3&page=2",
        f"{HOME}/?cat=3&page=two",
    ]
    assert next_by_number(f"{HOME}/?cat=3", f"{HOME}/?cat=3", links, 2) is None
    assert next_by_number(f"{HOME}/", f"{HOME}/", [f"{HOME}/?cat=4&page=2", f"{HOME}/?page=2"], 2) == f"{HOME}/?page=2"
    mine = "https://enabbaladi.net/%D9%82%D8%B3%D9%85/?page=2"
    assert next_by_number(f"{HOME}/قسم", f"{HOME}/قسم", [mine], 2) == mine, "with www and without, encoded and not"


def test_an_offset_is_the_least_beyond_the_present_one() -> None:
    links = [f"{FIRST}?start={n}" for n in (60, 0, 20, 40)]
    assert next_by_number(FIRST, FIRST, links, 2) == f"{FIRST}?start=20"
    assert next_by_number(FIRST, f"{FIRST}?start=20", links, 3) == f"{FIRST}?start=40"
    assert next_by_number(FIRST, f"{FIRST}?start=60", links, 5) is None


@pytest.mark.parametrize(
    ("url", "following", "number"),
    [
        (f"{FIRST}?page=7", None, 7),
        (f"{FIRST}/page/7/", None, 7),
        (f"{FIRST}?start=60", None, 2),
        (f"{FIRST}/p6", f"{FIRST}/p{{index}}", 7),
        (f"{FIRST}-7.html", f"{FIRST}-{{page}}.html", 7),
        (FIRST, f"{FIRST}-{{page}}.html", 2),
    ],
)
def test_a_walk_goes_on_with_the_number_of_its_page(url: str, following: str | None, number: int) -> None:
    assert number_of(url, following, 2) == number


def test_later_pages_are_no_sections() -> None:
    later = ["?page=2", "/page/3", "?paged=2", "?start=20", "?a=b&offset=10"]
    assert all(is_numbered(FIRST + each) for each in later)
    assert not any(is_numbered(FIRST + each) for each in ("", "?page=all", "/pages/2", "?restart=20", "/page/about"))


@pytest.mark.parametrize(
    "markup",
    [
        '<div data-href="/7/slug/">x</div>',
        '<li data-url="7/slug/">x</li>',
        "<table><tr onclick=\"location.href='/7/slug/'\"><td>x</td></tr></table>",
        "<div onclick='window.location = \"/7/slug/\"; return false'>x</div>",
        "<div onclick=\"window.open('/7/slug/', '_blank')\">x</div>",
        "<a href='javascript:void(0)' onclick=\"document.location.assign('/7/slug/')\">x</a>",
        '<svg><a xlink:href="/7/slug/"><text>x</text></a></svg>',
        '<svg><a href="/7/slug/#top"><text>x</text></a></svg>',
        '<map><area href="/7/slug/"></map>',
    ],
)
def test_what_a_click_follows_is_a_link(markup: str) -> None:
    assert read_links(RawDocument(f"{HOME}/", markup.encode())).links == (f"{HOME}/7/slug/",)


@pytest.mark.parametrize(
    "markup",
    [
        "<i data-url='facebook'></i>",
        "<i data-href></i>",
        "<i onclick=\"share('/7/slug/')\"></i>",
        "<i onclick='location.reload()'></i>",
    ],
)
def test_what_leads_nowhere_is_none(markup: str) -> None:
    assert read_links(RawDocument(f"{HOME}/", markup.encode())).links == ()
