"""A source that breaks costs itself: whatever it raises, and wherever, the other sources are asked, and the crawl says so."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.config import load_config
from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.source_loop import SourceLoop
from crawler.crawl.url_walk import UrlWalk
from crawler.crawl.visit_fates import VisitFates
from crawler.demo.running import Running
from crawler.discovery.asking import Ask, Source
from crawler.discovery.found import Document, Found, SourceError
from crawler.facts import Facts
from extractors import outlets
from storage import open_archive
from tests.crawler.conftest import environment

GOOD = "https://www.enabbaladi.net/archives/{}"
ERRORS: list[BaseException] = [
    ValueError("Invalid isoformat string: '0000-00-00 00:00:00'"),
    OverflowError("date value out of range"),
    AttributeError("'NoneType' object has no attribute 'get'"),
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    KeyError("link"),
    StopIteration(),
    StopAsyncIteration(),
    asyncio.CancelledError(),
    TimeoutError(),
    Exception("two\nlines"),
    SourceError("https://www.enabbaladi.net/feed/", "HTTP 500"),
]


class Good:
    """Names two addresses."""

    def __init__(self, first: int) -> None:
        self.name, self._first = f"feed {first}", first

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        ask.answered = True
        document = Document(self.name)
        for number in (self._first, self._first + 1):
            yield Found(url=GOOD.format(number), document=document)
        document.exhausted = True


class Breaks:
    """Raises at a place: `call`, before the first yield, in the middle, or when it is closed."""

    name = "feed https://www.enabbaladi.net/feed/"

    def __init__(self, error: BaseException, place: str) -> None:
        self._error, self._place = error, place

    def find(self, ask: Ask) -> AsyncIterator[Found]:
        if self._place == "call":
            raise self._error
        return self._find()

    async def _find(self) -> AsyncIterator[Found]:
        document = Document(self.name)
        try:
            if self._place == "before":
                raise self._error
            yield Found(url=GOOD.format(100), document=document)
            if self._place == "middle":
                raise self._error
            yield Found(url=GOOD.format(101), document=document)
        finally:
            if self._place == "close":
                raise self._error


class Odd(Good):
    """Names an address that cannot be judged, between two good ones."""

    def __init__(self, **odd: Any) -> None:
        super().__init__(300)
        self._odd = {"url": GOOD.format(310), **odd}

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        document = Document(self.name)
        yield Found(url=GOOD.format(300), document=document)
        yield Found(document=document, **self._odd)
        yield Found(url=GOOD.format(301), document=document)


async def _none(_: Request) -> Response:
    raise AssertionError("no source of these asks anything")


def crawl(archive: Path, *sources: Source, limit: int | None = None) -> tuple[list[str], list[dict[str, Any]], int, str]:
    """(canonical addresses that are visited, facts, exit code, stderr) of a crawl by these sources."""
    out, err = io.StringIO(), io.StringIO()
    session = Session(load_config(archive=str(archive)), Facts(out))
    plan = CrawlPlan(outlet=outlets()["enab_baladi"], sources=sources, limit=limit)

    async def visited() -> list[str]:
        nothing: Callable[..., None] = lambda *_: None  # noqa: E731
        fates = VisitFates(plan, session, on_settled=nothing, on_capture_read=nothing, count=nothing, stop=nothing)
        loop = SourceLoop(plan, session, fates, _none, CaptureVerdicts(session, plan.slug))
        urls = []
        async for visit in loop.visits():
            urls.append(visit.url)
            await fates.settle(visit, "unchanged", "in this test")
        await loop.end()
        return urls

    urls = asyncio.run(visited())
    session.close()
    code = session.ending.report(session.consent, err)
    return urls, [json.loads(line) for line in out.getvalue().splitlines()], code, err.getvalue()


@pytest.mark.parametrize("place", ["call", "before", "middle", "close"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_a_source_raises_the_others_are_asked_and_it_is_said(tmp_path: Path, error: BaseException, place: str) -> None:
    urls, facts, code, err = crawl(tmp_path / "a", Good(1), Breaks(error, place), Good(200))
    named = {"call": [], "before": [], "middle": [100], "close": [100, 101]}[place]
    assert urls == [GOOD.format(number) for number in (1, 2, *named, 200, 201)]
    (failed,) = [fact for fact in facts if fact["fact"] == "source.failed"]
    assert failed["outlet"] == "enab_baladi"
    assert failed["source"] == Breaks.name
    assert failed["url"] == "https://www.enabbaladi.net/feed/"
    assert failed["reason"]
    assert code == 1
    assert err.startswith("warraq: enab_baladi: a source failed: ")
    assert err.count("\n") == 1


def test_a_source_that_is_left_in_the_middle_may_fail_to_close(tmp_path: Path) -> None:
    """The limit was reached; its error is named all the same."""
    urls, facts, code, _ = crawl(tmp_path / "a", Breaks(ValueError("closing"), "close"), Good(200), limit=1)
    assert urls == [GOOD.format(100)]
    assert [fact["reason"] for fact in facts if fact["fact"] == "source.failed"] == ["ValueError: closing"]
    assert code == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"url": "http://[bad/"},
        {"url": "https://www.enabbaladi.net:99999/archives/5"},
        {"url": "https://www.enabbaladi.net/archives/\ud800"},
        {"url": ""},
        {"published": "0000-00-00 00:00:00"},
        {"published": "29/11/2026"},
        {"modified": "wordpress"},
        {"modified": "sitemap 0000-00-00"},
    ],
    ids=lambda odd: ascii(next(iter(odd.values()))),
)
def test_an_odd_entry_costs_itself(tmp_path: Path, odd: dict[str, Any]) -> None:
    urls, _, code, err = crawl(tmp_path / "a", Good(1), Odd(**odd), Good(200))
    wanted = [GOOD.format(number) for number in (1, 2, 300, 301, 200, 201)]
    assert [url for url in urls if url in wanted] == wanted
    assert (code, err) == (0, "")


BREAKING = """
import sys
from crawler.spiders.enab_baladi import EnabBaladi
from tests.crawler.crawl.test_isolation import Breaks
EnabBaladi.sources = (Breaks(OverflowError("date value out of range"), "middle"), *EnabBaladi.sources)
from crawler.cli import main
sys.argv = ["warraq", *sys.argv[1:]]
main()
"""


def test_the_command_keeps_what_the_other_sources_name_and_exits_1(served: Running, tmp_path: Path) -> None:
    """And the crawl of another outlet beside it is not touched."""
    archive = str(tmp_path / "a")
    done = subprocess.run(
        [sys.executable, "-c", BREAKING, "crawl", "enab_baladi", "al_jazeera", "--archive", archive],
        env=environment(served),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fact["error"] for fact in facts if fact["fact"] == "source.failed"] == ["OverflowError"]
    assert done.returncode == 1
    assert "warraq: enab_baladi: a source failed: " in done.stderr
    assert "Traceback" not in done.stderr
    kept = {outlet: sum(1 for _ in open_archive(archive).articles(outlet=outlet)) for outlet in ("enab_baladi", "al_jazeera")}
    assert min(kept.values()) > 5


def test_a_crawl_that_dies_says_so_and_ends_no_other(tmp_path: Path) -> None:
    """Whatever raises outside of a source: fact `crawl.failed`, one line, exit 1, and the verdict `died`."""
    out, err = io.StringIO(), io.StringIO()
    session = Session(load_config(archive=str(tmp_path / "a")), Facts(out))
    plan = CrawlPlan(outlet=outlets()["enab_baladi"], sources=(Good(1),))
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731

    async def walked() -> list[str]:
        walk = UrlWalk(plan, session, download=_none, count=nothing, stop=nothing, callback=nothing, errback=nothing)
        urls = []
        async for request in walk.requests():
            urls.append(request.url)
            session.notes.statistics(plan.slug).fetched = None  # type: ignore[assignment]  # a defect of ours
            walk.fates.lose(request.meta["visit"], "in this test")
        await walk.end()
        return urls

    assert asyncio.run(walked()) == [GOOD.format(1)]
    session.close()
    facts = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [fact["reason"].partition(":")[0] for fact in facts if fact["fact"] == "crawl.failed"] == ["TypeError"]
    assert [fact["cause"] for fact in facts if fact["fact"] == "crawl.fruitless"] == ["died"]
    assert session.ending.report(session.consent, err) == 1
    assert err.getvalue().startswith("warraq: the crawl of enab_baladi died: TypeError: ")
    assert err.getvalue().count("\n") == 1
