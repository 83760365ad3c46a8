"""Archives in a folder, of any size and with raw captures, kept through storage: for the memory of commands that read them.

Short texts, every fiftieth edited in the run that kept it. Two kinds: `day`, a past of one outlet that was taken over in one run,
all of it captured on one day; `years`, runs of a hundred articles of four outlets in turn, as polls make them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Final, Literal

from extractors.article import Article, Extractor
from infra.bench.texts import made_up_words
from storage import Archive, Capture, Run, open_archive
from storage.run.visit import KeepRequest
from storage.warc.exchange import Exchange

Kind = Literal["day", "years"]
ID: Final = "enab_baladi:100000"
"""Of an article that every such archive has."""
_PAGES: Final = {
    "enab_baladi": "https://www.enabbaladi.net/{}/خبر/",
    "al_jazeera": "https://www.aljazeera.net/news/{}",
    "baladi_news": "https://baladi-news.com/ar/articles/{}",
    "geiroon": "https://geiroon.net/archives/{}",
}
_BEGAN: Final = datetime(2022, 1, 1, 6, tzinfo=UTC)
_APART: Final = timedelta(minutes=25)
_TAKEN_OVER: Final = datetime(2026, 11, 20, 6, tzinfo=UTC)
_RUN: Final = 100
_TOGETHER: Final = 50


def kept_archive(folder: Path, kind: Kind, size: int) -> Archive:
    """An archive of so many articles, a multiple of 50 (`day`) or 400 (`years`); milliseconds each."""
    archive, pages = open_archive(str(folder)), _Pages(kind)
    each = size if kind == "day" else _RUN
    for first in range(0, size, each):
        at, ticks = _TAKEN_OVER if kind == "day" else _BEGAN + first * _APART, count()
        run = archive.begin({"bench": "memory"}, now=lambda at=at, ticks=ticks: at + timedelta(microseconds=next(ticks)))  # type: ignore[misc]
        for number in range(first, first + each, _TOGETHER):
            _keep(run, [pages.page(n) for n in range(number, number + _TOGETHER)], at)
        run.finish()
    return archive


def _keep(run: Run, pages: list[tuple[Article, bytes]], at: datetime) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    filed = []
    for article, html in pages:
        run.discover(article.outlet, article.url)
        filed.append(run.raw.keep(article.outlet, [Exchange(url=article.url, at=at, status=200, head=head, body=html)]))
    run.raw.flush()
    captures = [Capture(fetched_at=at, status=200, warc=each.pointer) for each in filed if each.durable.result() is None]
    run.keep_new([KeepRequest(article=article, capture=each) for (article, _), each in zip(pages, captures, strict=True)])
    edited = replace(pages[0][0], body=f"{pages[0][0].body} تعديل")
    run.keep(edited, Capture(fetched_at=at + timedelta(seconds=1), status=200))


class _Pages:
    def __init__(self, kind: Kind) -> None:
        self._chance = random.Random(3)  # noqa: S311 - the same texts each time
        self._words = list(islice(made_up_words(self._chance), 5_000))
        self._outlets = list(_PAGES)[: 1 if kind == "day" else None]

    def page(self, number: int) -> tuple[Article, bytes]:
        """(the article of this number, the page that it stands on)."""
        outlet = self._outlets[number // _RUN % len(self._outlets)]
        words = self._chance.choices(self._words, k=90)
        headline, parts = " ".join(words[:7]), [" ".join(words[at : at + 20]) for at in range(7, 87, 20)]
        url = _PAGES[outlet].format(100_000 + number)
        article = Article(
            id=f"{outlet}:{100_000 + number}",
            outlet=outlet,
            kind="article",
            language="ar",
            url=url,
            fetched_url=url,
            headline=headline,
            body="\n\n".join(parts),
            date_published=(_BEGAN + number * _APART).isoformat(),
            date_published_precision="minute",
            extractor=Extractor("warraq", "bench", "bench"),
        )
        story = "".join(f"<p>{part}</p>" for part in parts)
        link = f'<link rel="canonical" href="{url}">'
        html = (
            f"<html><head><title>{headline}</title>{link}</head><body><article><h1>{headline}</h1>{story}</article></body></html>"
        )
        return article, html.encode()
