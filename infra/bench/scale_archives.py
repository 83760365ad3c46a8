"""Archives of any size in memory, kept through storage: for what operations cost in them (`infra.bench.scale`).

Runs of a hundred articles of one outlet, as polls of five outlets in turn make them, each kept alone: four objects an article.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from extractors.article import Article
from infra.bench.requests import article
from infra.bench.stores import MemoryStore
from storage import Archive, Capture, Run

OUTLETS: Final = ("enab_baladi", "al_jazeera", "baladi_news", "smart", "geiroon")
BEGAN: Final = datetime(2021, 11, 22, 12, tzinfo=UTC)
RUN: Final = 100
"""Articles of a run; a run every six hours, so 400 a day."""
LEAST: Final = RUN * len(OUTLETS)
"""Articles of the smallest archive: a run of each outlet."""


def filled(size: int) -> Archive:
    """An archive of so many articles, a multiple of `LEAST`, up to `moment_of(size)`."""
    archive = Archive(MemoryStore())
    for first in range(0, size, RUN):
        archive.store.clock = moment_of(first).timestamp()  # type: ignore[attr-defined]
        run = begin(archive, moment_of(first))
        for number in range(first, first + RUN):
            keep(run, number, moment_of(first))
        run.finish()
    return archive


def killed(archive: Archive, number: int, at: datetime) -> None:
    """A run that dies after it kept an article: its process is not there any more."""
    assert isinstance(archive.store, MemoryStore)
    archive.store.clock = at.timestamp()
    run = begin(archive, at)
    keep(run, number, at)
    run.close()
    (key,) = (each for each in archive.store.objects if each.endswith(f"{run.run_id}.started.json"))
    marker = json.loads(archive.store.objects[key][0]) | {"process": "0@0"}
    archive.store.objects[key] = (json.dumps(marker).encode(), archive.store.objects[key][1])


def poll(archive: Archive, number: int, at: datetime) -> None:
    """Thirty addresses of a feed, one of them new: the article of this number, which the archive does not have."""
    run = begin(archive, at)
    newest = (number // RUN - len(OUTLETS) + 1) * RUN
    for known in range(newest - 29, newest):
        run.known(outlet_of(number), article_of(known).url)
    keep(run, number, at)
    run.finish()


def begin(archive: Archive, at: datetime) -> Run:
    """A run whose clock moves by a microsecond whenever it is read."""
    ticks = count()
    return archive.begin({"bench": "scale"}, now=lambda: at + timedelta(microseconds=next(ticks)))


def keep(run: Run, number: int, at: datetime) -> None:
    """Discover and keep the article of this number."""
    page = replace(article_of(number), date_published=at.isoformat())
    run.discover(page.outlet, page.url)
    run.keep(page, Capture(fetched_at=at, status=200))


def article_of(number: int) -> Article:
    """The article of this number."""
    outlet = outlet_of(number)
    page = article(number, f"https://www.{outlet}.example/archives/{number}", f"نص المادة {number} من {outlet}")
    return replace(page, id=f"{outlet}:{number}", outlet=outlet)


def outlet_of(number: int) -> str:
    """The outlet whose run has the article of this number."""
    return OUTLETS[number // RUN % len(OUTLETS)]


def moment_of(number: int) -> datetime:
    """When the article of this number was kept."""
    return BEGAN + number // RUN * timedelta(hours=6)
