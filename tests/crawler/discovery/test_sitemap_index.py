"""Sitemap indexes: which children are asked for, and in which order."""

from __future__ import annotations

import pytest

from crawler.discovery.sitemap import Sitemap
from tests.crawler.discovery.asking import HOME, Site, asking, find

ROBOTS = f"{HOME}/robots.txt"
INDEX = f"{HOME}/sitemap_index.xml"


def index(*children: tuple[str, str | None]) -> bytes:
    """A sitemap index of (file name, lastmod)."""
    stated = "".join(
        f"<sitemap><loc>{HOME}/{name}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</sitemap>"
        for name, lastmod in children
    )
    return f"<sitemapindex>{stated}</sitemapindex>".encode()


@pytest.mark.parametrize("since", [None, "2026-11-01"])
def test_children_without_lastmod_come_first_in_the_order_of_the_index_then_the_newest(since: str | None) -> None:
    """Any of those without may hold the newest article; the order among the others is that of their lastmod, not of the index."""
    children = [
        ("old.xml", "2026-11-03"),
        ("a.xml", None),
        ("new.xml", "2026-11-20T10:00:00Z"),
        ("b.xml", None),
        ("middle.xml", "2026-11-10"),
    ]
    site = Site({ROBOTS: f"Sitemap: {INDEX}".encode(), INDEX: index(*children)})
    find(Sitemap(ROBOTS), asking(site, since))
    assert site.asked[2:] == [f"{HOME}/{name}" for name in ("a.xml", "b.xml", "new.xml", "middle.xml", "old.xml")]
