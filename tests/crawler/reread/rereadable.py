"""Archives whose articles were read from recorded pages, with their raw captures, by today's extractor or by an older one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path

from crawler.demo.answer import SiteRequest
from extractors import Article, Page
from extractors.article import Extractor
from extractors.fixture import page_from_fixture
from extractors.outlets import outlets
from extractors.reader import read
from infra.world.worlds import World
from storage import Archive, Capture, open_archive
from storage.text.identity import content_hash
from storage.warc.exchange import Exchange

PAGES = Path(__file__).parents[2] / "pages"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
BOX = "اقرأ أيضًا: عشرات القتلى في قصف على السوق"
"""A box of the page, which an older extractor took for story."""

Read = tuple[Page, Article]


@cache
def recorded() -> tuple[Read, ...]:
    """The recorded pages of the outlets that are articles, as today's extractor reads them; each address and text once."""
    found: dict[str, Read] = {}
    for outlet in outlets():
        for html in sorted((PAGES / outlet).glob("*.html")):
            page, _ = page_from_fixture(html)
            result = read(page, outlet)
            if isinstance(result, Article) and result.url not in {article.url for _, article in found.values()}:
                found.setdefault(content_hash(result.headline, result.body), (page, result))
    return tuple(found.values())


def crowd(count: int, kilobytes: int = 20) -> list[Read]:
    """As many generated pages of one outlet."""
    world = World.generated(articles=count, kilobytes=kilobytes)
    (site,) = world.sites()
    found = []
    for offer in world.offers:
        body = site.answer(SiteRequest("GET", "https", "www.enabbaladi.net", "/" + offer.url.split("/", 3)[3])).body
        page = Page(url=offer.url, body=body, content_type="text/html; charset=utf-8", fetched_at=AT)
        result = read(page, "enab_baladi")
        assert isinstance(result, Article)
        found.append((page, result))
    return found


def by_older(article: Article) -> Article:
    """The same as version 1 would have read it: with a box at its end, without authors and keywords."""
    older = Extractor("warraq", "1", article.extractor.layout)
    return replace(article, body=f"{article.body}\n\n{BOX}", authors=(), keywords=(), extractor=older)


def same(article: Article) -> Article:
    """As it is."""
    return article


def keep(
    uri: str,
    pages: Iterable[Read] | None = None,
    reader: Callable[[Article], Article] = same,
    *,
    raw: bool = True,
    a_file: int = 3,
) -> Archive:
    """An archive with these pages (all recorded ones), as a crawl with that reader keeps them, `a_file` captures a WARC file."""
    archive = open_archive(uri)
    run = archive.begin({"warraq": "test"}, now=lambda: AT)
    every = list(recorded() if pages is None else pages)
    for _, of_outlet in groupby(every, lambda each: each[1].outlet):
        for batch in batched(list(of_outlet), a_file):
            filed = [run.raw.keep(article.outlet, [exchange(page)]) if raw else None for page, article in batch]
            run.raw.flush()
            for (page, article), one in zip(batch, filed, strict=True):
                if one is not None:
                    one.durable.result()
                capture = Capture(page.fetched_at, page.status, page.via, page.memento_at, one.pointer if one else None)
                assert run.keep(reader(article), capture).fate == "kept"
    run.finish()
    return archive


def batched(every: list[Read], size: int) -> list[list[Read]]:
    """So many at once."""
    return [every[n : n + size] for n in range(0, len(every), size)]


def exchange(page: Page) -> Exchange:
    """What the server sent."""
    head = f"HTTP/1.1 {page.status} OK\r\nContent-Type: {page.content_type or 'text/html'}\r\n\r\n".encode()
    return Exchange(url=page.url, at=page.fetched_at, status=page.status, head=head, body=page.body)


def large(megabytes: float) -> Read:
    """A page that takes some seconds to read, and an article that was read from it."""
    _, article = next(each for each in recorded() if each[1].outlet == "enab_baladi")
    url = "https://www.enabbaladi.net/archives/900001"
    paragraph = f"<div><p>{'أعلن المجلس المحلي إعادة فتح السوق القديم في المدينة اليوم بعد توقف طويل.'}</p></div>"
    story = paragraph * int(megabytes * 1_000_000 / len(paragraph.encode()))
    page = Page(
        url=url,
        body=f"<html><head><title>سوق</title></head><body>{story}</body></html>".encode(),
        content_type="text/html; charset=utf-8",
        fetched_at=AT,
    )
    return page, replace(article, id="enab_baladi:900001", url=url, fetched_url=url, body=f"{article.body} 1")


def generation(archive: Path, name: str) -> dict[str, bytes]:
    """What a generation says of the articles: its parts and shares by key."""
    under = archive / "generations" / name
    return {str(file.relative_to(under)): file.read_bytes() for file in sorted(under.glob("outlet=*/**/*")) if file.is_file()}


def manifest(archive: Path, name: str) -> dict[str, object]:
    """generation.json."""
    return dict(json.loads((archive / "generations" / name / "generation.json").read_bytes()))
