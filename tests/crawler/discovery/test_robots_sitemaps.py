"""Which sitemaps of a site are read: named in robots.txt however it writes it, dead, unchanged, many."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.discovery.found import SourceError
from crawler.discovery.sitemap import Sitemap
from tests.crawler.discovery.asking import HOME, NOW, Crawls, Site, asking, find

ROBOTS, USUAL, OTHER = f"{HOME}/robots.txt", f"{HOME}/sitemap_index.xml", f"{HOME}/sitemap.xml"
SOURCE = Sitemap(ROBOTS, (USUAL, OTHER))


def sitemap(*numbers: int, lastmod: str = "") -> bytes:
    stated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<urlset>{''.join(f'<url><loc>{HOME}/{n}/x/</loc>{stated}</url>' for n in numbers)}</urlset>".encode()


def index(children: dict[str, str]) -> bytes:
    rows = (f"<sitemap><loc>{url}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>" for url, at in children.items())
    return f"<sitemapindex>{''.join(rows)}</sitemapindex>".encode()


@pytest.mark.parametrize(
    "robots",
    ["Sitemap: {}", "Site-map: {}", "sitemap:{}", "\ufeffSITEMAP : {} # ours", "Disallow: /\r\nSitemap: {}\r\n",
     "Sitemap: /s.xml", "Sitemap: http://[bad/\nSitemap: {}", f"{'x' * 100_000}\nSitemap: {{}}"],
)  # fmt: skip
def test_robots_may_name_its_sitemaps_in_many_ways(robots: str) -> None:
    """A line that names nothing costs itself."""
    named = f"{HOME}/s.xml"
    site = Site({ROBOTS: robots.format(named).encode("utf-8", "surrogatepass"), named: sitemap(1), USUAL: sitemap(2)})
    assert [found.url for found in find(SOURCE, asking(site))] == [f"{HOME}/1/x/"]


@pytest.mark.parametrize("dead", [None, b"<html>404</html>", b"", b"<urlset"])
def test_where_a_named_sitemap_is_dead_the_usual_places_are_tried(dead: bytes | None) -> None:
    """What is dead is a failure or an absence, by name; the first usual place that answers is read."""
    named, facts = f"{HOME}/dead.xml", []
    bodies = {ROBOTS: f"Sitemap: {named}".encode(), OTHER: sitemap(2), **({named: dead} if dead is not None else {})}
    ask = asking(Site(bodies), fact=lambda fact, **details: facts.append((fact, details.get("url"))))
    assert [found.url for found in find(SOURCE, ask)] == [f"{HOME}/2/x/"]
    assert ("source.absent" if dead is None else "source.failed", named) in facts


def test_where_neither_is_there_nothing_is_named_and_each_is_said() -> None:
    """A usual place that is broken is this source's failure."""
    assert find(SOURCE, asking(Site({}))) == []
    with pytest.raises(SourceError, match=r"sitemap\.xml: is "):
        find(SOURCE, asking(Site({OTHER: b"<html>"})))


def test_a_poll_without_news_asks_conditionally_and_reads_nothing() -> None:
    """robots.txt, index and children: each one request, each answered 304."""
    crawls = Crawls(SOURCE)
    children = {f"{HOME}/{number}.xml": "" for number in range(3)}
    bodies = {ROBOTS: f"Sitemap: {USUAL}".encode(), USUAL: index(children), **{url: sitemap(n) for n, url in enumerate(children)}}
    assert len(crawls.crawl(Site(bodies))) == 3
    crawls.now += timedelta(minutes=10)
    site = Site(bodies)
    assert crawls.crawl(site) == []
    assert site.unchanged == site.asked == [ROBOTS, USUAL, *children]


def test_children_that_the_index_says_are_as_they_were_are_not_asked() -> None:
    """For a day, and where it states the hour; one that it says changed is."""
    crawls = Crawls(SOURCE)
    children = {f"{HOME}/{number}.xml": "2026-11-20T10:00:00Z" for number in range(3)}
    bodies = {ROBOTS: f"Sitemap: {USUAL}".encode(), **{url: sitemap(n) for n, url in enumerate(children)}}
    crawls.crawl(Site({**bodies, USUAL: index(children)}))
    crawls.now += timedelta(hours=1)
    changed = f"{HOME}/1.xml"
    site = Site({**bodies, USUAL: index(children | {changed: "2026-11-22T12:30:00Z"}), changed: sitemap(1, 9)})
    assert crawls.crawl(site) == [f"{HOME}/9/x/"]
    assert site.asked == [ROBOTS, USUAL, changed]
    crawls.now = NOW + timedelta(hours=30)
    site = Site({**bodies, USUAL: index(children)})
    crawls.crawl(site)
    assert len(site.asked) == 5, "after a day it is looked whether the index says the truth"


@pytest.mark.parametrize("lastmod", ["", "2026-11-20", "2026-11-20T10:00:00Z"])
def test_an_index_longer_than_a_crawl_may_read_is_read_in_several(lastmod: str) -> None:
    """Each says that it left some out, and no child is left for ever."""
    crawls = Crawls(SOURCE, bound=10)
    children = {f"{HOME}/{number}.xml": lastmod for number in range(25)}
    bodies = {ROBOTS: f"Sitemap: {USUAL}".encode(), USUAL: index(children), **{url: sitemap(n) for n, url in enumerate(children)}}
    first = crawls.crawl(Site(bodies))
    assert len(first) == 9
    (bounded,) = crawls.of("source.bounded")
    assert (bounded["source"], bounded["left"]) == (SOURCE.name, 16)
    for _ in range(6):
        crawls.now += timedelta(minutes=10)
        crawls.crawl(Site(bodies))
    assert len(crawls.known) == 25


def test_a_child_that_cannot_be_read_costs_itself() -> None:
    """The others are read, and it is named."""
    children = {f"{HOME}/{number}.xml": "" for number in range(3)} | {"http://[bad/": "", "/relative.xml": ""}
    bodies = {ROBOTS: f"Sitemap: {USUAL}".encode(), USUAL: index(children), f"{HOME}/relative.xml": sitemap(7)}
    bodies |= {f"{HOME}/0.xml": sitemap(0), f"{HOME}/1.xml": b"\x1f\x8b\x08 no gzip", f"{HOME}/2.xml": sitemap(2)}
    crawls = Crawls(SOURCE)
    assert crawls.crawl(Site(bodies)) == [f"{HOME}/{number}/x/" for number in (0, 2, 7)]
    assert [details["url"] for details in crawls.of("source.failed")] == [f"{HOME}/1.xml"]
    assert crawls.of("source.dropped") == [{"url": USUAL, "entries": 1}]
