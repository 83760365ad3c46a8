"""Which hub a feed names, and under which name of its own it is subscribed to."""

from __future__ import annotations

import pytest

from crawler.discovery.documents.feed import read_feed
from crawler.discovery.documents.text import RawDocument
from crawler.discovery.hub import MOST_HUBS, Topic, hub_address, topic_of

URL = "https://www.enabbaladi.net/feed/"
HUB = "https://hub.example.org/"


def links(body: str) -> list[tuple[str, str]]:
    return list(read_feed(RawDocument(URL, body.encode())).links)


def rss(inside: str, item: str = "") -> list[tuple[str, str]]:
    return links(
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>x</title>{inside}'
        f"<item><title>y</title><link>https://www.enabbaladi.net/1</link>{item}</item></channel></rss>"
    )


NAMED = f'<atom:link rel="hub" href="{HUB}"/><atom:link rel="self" href="https://www.enabbaladi.net/feed"/>'


@pytest.mark.parametrize(
    "found",
    [
        rss(NAMED),
        links(
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="hub" href="{HUB}"/>'
            f'<link rel="self" href="/feed"/><link href="/"/></feed>'
        ),
    ],
)
def test_a_hub_is_named_in_rss_and_in_atom(found: list[tuple[str, str]]) -> None:
    """With the feed's own name for itself, which may be relative."""
    assert topic_of(URL, [], found) == Topic("https://www.enabbaladi.net/feed", (HUB,))


@pytest.mark.parametrize(
    "headers",
    [
        ['<https://h.example.org/>; rel="hub", <https://www.enabbaladi.net/self>; rel="self"'],
        ["<https://h.example.org/>; rel=hub", "</self>; title=x; rel=SELF"],
        ['<https://h.example.org/>;rel="preload hub"', '<https://www.enabbaladi.net/self>; rel="self"; type="a,b"'],
    ],
)
def test_what_the_header_says_comes_before_what_the_feed_says(headers: list[str]) -> None:
    """In one header or in several."""
    assert topic_of(URL, headers, rss(NAMED)) == Topic("https://www.enabbaladi.net/self", ("https://h.example.org/",))


def test_a_feed_without_a_name_of_its_own_is_called_by_its_address() -> None:
    """Though the recommendation wants one."""
    assert topic_of(
        URL, ['<https://www.enabbaladi.net/1>; rel="shortlink"'], rss(f'<atom:link rel="hub" href="{HUB}"/>')
    ) == Topic(URL, (HUB,))


def test_an_entry_names_no_hub_for_the_feed() -> None:
    """Its text may be anybody's."""
    assert topic_of(URL, [], rss("", item=f'<atom:link rel="hub" href="{HUB}"/>')) is None
    assert topic_of(URL, ["nonsense", "<>; rel=hubbub", "<x"], rss("")) is None


def test_of_many_hubs_the_first_are_taken() -> None:
    """Each once."""
    named = "".join(f'<atom:link rel="hub" href="https://h{number // 2}.example.org/"/>' for number in range(100))
    topic = topic_of(URL, [], rss(named))
    assert topic is not None
    assert topic.hubs == tuple(f"https://h{number}.example.org/" for number in range(MOST_HUBS))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("http://hub.example.org", "https://hub.example.org/"),
        ("http://hub.example.org:80/x?y=1#z", "https://hub.example.org/x?y=1"),
        ("https://hub.example.org:8443/", "https://hub.example.org:8443/"),
        ("//hub.example.org/", "https://hub.example.org/"),
        ("/hub", "https://www.enabbaladi.net/hub"),
        ("https://user:word@hub.example.org/", None),
        ("https://hub.example.org:port/", None),
        ("https://[hub/", None),
        ("ftp://hub.example.org/", None),
        ("javascript:alert(1)", None),
        ("https://hub.example.org/" + "x" * 3000, None),
    ],
)
def test_a_hub_is_asked_by_https_or_not_at_all(written: str, asked: str | None) -> None:
    """It is told a secret."""
    assert hub_address(URL, written) == asked
