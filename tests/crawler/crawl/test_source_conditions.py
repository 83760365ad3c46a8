"""What is wrong with sources and lasts is remembered from crawl to crawl, exported as metrics and shown by `warraq status`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from typer.testing import CliRunner

from crawler.cli.app import app
from crawler.config import load_config
from crawler.crawl.capture_verdicts import CaptureVerdicts
from crawler.crawl.failing import CAUSES, FAILING, FailingPage, FailingPages
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.source_conditions import CONDITIONS, NAMES, SourceConditions
from crawler.crawl.source_loop import SourceLoop
from crawler.crawl.visit_fates import VisitFates
from crawler.discovery.asking import Source
from crawler.discovery.feed import Feed
from crawler.discovery.listing import Listing
from crawler.discovery.sitemap import Sitemap
from crawler.facts import Facts
from crawler.read.quarantine import quarantine
from crawler.watch.metrics import Metrics
from extractors import Page, outlets
from storage import open_archive
from tests.crawler.discovery.asking import HOME, Site

NOW = datetime.now(UTC)
FEED = Feed(f"{HOME}/feed/")
SITEMAP = Sitemap(f"{HOME}/robots.txt", (f"{HOME}/sitemap.xml",))
LISTING = Listing(f"{HOME}/news", following=f"{HOME}/news/page/{{page}}")


def article(number: int) -> str:
    return f"{HOME}/{812_000 + number}/story/"


def feed(*numbers: int, extra: str = "", end: str = "</channel></rss>") -> bytes:
    items = "".join(f"<item><link>{article(number)}</link></item>" for number in numbers)
    return f"<rss><channel>{items}{extra}{end}".encode()


def sitemap(numbers: int, at: datetime) -> bytes:
    urls = (f"<url><loc>{article(each)}</loc><lastmod>{at.isoformat()}</lastmod></url>" for each in range(numbers))
    return f"<urlset>{''.join(urls)}</urlset>".encode()


def page(number: int) -> bytes:
    return f"<a href='{article(number)}'>x</a>".encode()


def crawl(archive: Path, site: Site, *sources: Source, bound: int = 31) -> dict[tuple[str, str], int]:
    """Counts of conditions by (kind of source, condition), zeros left out, as the metrics of a watch have them."""
    session = Session(load_config(archive=str(archive)).model_copy(update={"discovery_bound": bound}))
    plan = CrawlPlan(outlet=outlets()["enab_baladi"], sources=sources)
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731

    async def crawled() -> None:
        fates = VisitFates(plan, session, on_settled=nothing, on_capture_read=nothing, count=nothing, stop=nothing)
        loop = SourceLoop(plan, session, fates, site, CaptureVerdicts(session, plan.slug))
        async for visit in loop.visits():
            await fates.settle(visit, "unchanged", "in this test")
        await loop.end()

    asyncio.run(crawled())
    counts = session.notes.conditions("enab_baladi").counts()
    metrics = Metrics()
    metrics.troubles("enab_baladi", counts, {})
    exposed = generate_latest(metrics.registry).decode()
    for (kind, name), number in counts.items():
        line = f'warraq_source_condition{{condition="{name}",outlet="enab_baladi",source="{kind}"}} {number:.1f}'
        assert line in exposed
    session.close()
    return {place: number for place, number in counts.items() if number}


def status(archive: Path) -> tuple[dict[str, Any], str]:
    """(what `status --json` says of the outlet, the lines of `status`)."""
    runner = CliRunner()
    as_json = runner.invoke(app, ["status", "--json", "--archive", str(archive)])
    plain = runner.invoke(app, ["status", "--archive", str(archive)])
    assert (as_json.exit_code, plain.exit_code) == (0, 0), as_json.output + plain.output
    return json.loads(as_json.stdout)["enab_baladi"], plain.stdout


@pytest.mark.slow
def test_what_lasts_is_shown_until_the_source_is_mended(tmp_path: Path) -> None:
    archive, site = tmp_path / "a", Site({FEED.url: feed(1, 2, extra="<item><title>x</title></item><item/>")})
    assert crawl(archive, site, FEED) == {("feed", "dropped"): 2}
    crawl(archive, site, FEED)
    assert site.unchanged == [FEED.url], "the second poll is conditional"
    shown, lines = status(archive)
    (condition,) = shown["conditions"]
    assert condition["source"] == FEED.name
    assert (condition["condition"], condition["count"], condition["documents"]) == ("dropped", 2, {FEED.url: 2})
    assert f"enab_baladi: {FEED.name}: entries that could not be used: 2 since " in lines
    since = condition["since"]
    site.bodies[FEED.url] = feed(1, 2, 3, extra="<item/>")
    assert crawl(archive, site, FEED) == {("feed", "dropped"): 1}
    assert status(archive)[0]["conditions"][0]["since"] == since
    site.bodies[FEED.url] = feed(1, 2, 3, 4)
    assert crawl(archive, site, FEED) == {}
    assert status(archive)[0]["conditions"] == []


def test_a_poll_without_news_changes_nothing(tmp_path: Path) -> None:
    archive, site = tmp_path / "a", Site({FEED.url: feed(1, 2, extra="<item/>")})
    crawl(archive, site, FEED)
    stored = (archive / "state/enab_baladi/notes.json.gz").stat()
    crawl(archive, site, FEED)
    found = (archive / "state/enab_baladi/notes.json.gz").stat()
    assert (found.st_ino, found.st_mtime_ns) == (stored.st_ino, stored.st_mtime_ns)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "before", "during", "after", "expected"),
    [
        (FEED, {FEED.url: feed(1)}, {FEED.url: feed(1, 2, end="<item><link>")}, {FEED.url: feed(1, 2)}, ("feed", "truncated")),
        (FEED, {FEED.url: feed(1)}, {FEED.url: b"<html>down</html>"}, {FEED.url: feed(1)}, ("feed", "failed")),
        (FEED, {FEED.url: feed(1)}, {FEED.url: b""}, {FEED.url: feed(1, 2)}, ("feed", "failed")),
        (FEED, {FEED.url: feed(1)}, {}, {FEED.url: feed(1, 2)}, ("feed", "absent")),
        (
            SITEMAP,
            {SITEMAP.usual[0]: sitemap(5, NOW - timedelta(hours=3)), SITEMAP.robots: b"x"},
            {SITEMAP.usual[0]: sitemap(5, NOW - timedelta(hours=2)), SITEMAP.robots: b"x"},
            {SITEMAP.usual[0]: sitemap(3, NOW - timedelta(hours=1)), SITEMAP.robots: b"x"},
            ("sitemap", "distrusted"),
        ),
        (
            LISTING,
            {LISTING.first: b"x"},
            {LISTING.first: page(1), f"{HOME}/news/page/2": page(2), f"{HOME}/news/page/3": page(3)},
            {LISTING.first: page(1), f"{HOME}/news/page/2": page(2)},
            ("listing", "bounded"),
        ),
    ],
    ids=["truncated", "html", "empty", "absent", "distrusted", "bounded"],
)  # fmt: skip
def test_each_condition_comes_and_goes(  # a row of the table
    tmp_path: Path,
    source: Source,
    before: dict[str, bytes],
    during: dict[str, bytes],
    after: dict[str, bytes],
    expected: tuple[str, str],
) -> None:
    archive, bound = tmp_path / "a", 2 if source is LISTING else 31
    crawl(archive, Site(before), source, bound=bound)
    assert expected in crawl(archive, Site(during), source, bound=bound)
    crawl(archive, Site(after), source, bound=5 * bound)
    assert expected not in crawl(archive, Site(after), source, bound=5 * bound)


@pytest.mark.slow
def test_gaps_are_added_up_and_stand_for_a_week(tmp_path: Path) -> None:
    archive, site = tmp_path / "a", Site({FEED.url: feed(1, 2)})
    assert crawl(archive, site, FEED) == {}
    for count, numbers in enumerate([(10, 11), (20, 21)], start=1):
        site.bodies[FEED.url] = feed(*numbers)
        assert crawl(archive, site, FEED) == {("feed", "gap"): count}
    site.bodies[FEED.url] = feed(21, 22)
    assert crawl(archive, site, FEED) == {("feed", "gap"): 2}
    assert "times: 2 since " in status(archive)[1]
    state = open_archive(str(archive)).state("enab_baladi")
    stored = CONDITIONS.load(state, Facts())
    old = stored[FEED.name]["gap"].model_copy(update={"at": NOW - timedelta(days=8), "since": NOW - timedelta(days=9)})
    CONDITIONS.save(state, {FEED.name: {"gap": old}})
    site.bodies[FEED.url] = feed(21, 22, 23)
    assert crawl(archive, site, FEED) == {}


def test_conditions_of_a_source_that_is_no_more_are_dropped(tmp_path: Path) -> None:
    archive, site = tmp_path / "a", Site({FEED.url: feed(1, extra="<item/>"), f"{HOME}/other": feed(2)})
    assert crawl(archive, site, FEED)
    assert crawl(archive, site, Feed(f"{HOME}/other")) == {}


def test_status_counts_pages_that_fail_and_those_put_aside(tmp_path: Path) -> None:
    archive, site = tmp_path / "a", Site({FEED.url: feed(1)})
    crawl(archive, site, FEED)
    state = open_archive(str(archive)).state("enab_baladi")
    failing = FailingPages({})
    reasons = ["challenge: cloudflare", "HTTP 500", "reader-timeout: not read within 5 s", "no full answer in time", "HTTP 503"]
    for number, reason in enumerate(reasons):
        failing.failed(article(number), article(number), reason, None, NOW - timedelta(hours=number))
    FAILING.save(state, failing.pages)
    quarantine(state, Page(url=article(1), fetched_url=article(1), body=b"<", status=200, fetched_at=NOW), "x", max_bytes=9)
    shown, lines = status(archive)
    assert shown["failing"]["causes"] == {"challenge": 1, "http": 2, "reader": 1, "other": 1}
    assert (shown["failing"]["pages"], shown["failing"]["quarantined"]) == (5, 1)
    assert "enab_baladi: 5 pages fail again and again, the first since " in lines
    assert "enab_baladi: 1 pages that broke their reader lie in quarantine/" in lines


@given(st.text(max_size=300))
def test_every_reason_has_a_cause(reason: str) -> None:
    assert FailingPage(address="u", since=NOW, at=NOW, reason=reason).cause in CAUSES


DETAILS = st.dictionaries(
    st.sampled_from(["url", "source", "reason", "entries", "left", "bound"]),
    st.none() | st.integers() | st.text() | st.floats() | st.binary() | st.just("\ud800"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "note", "end", "unread"]), st.sampled_from([*NAMES, "x"]), DETAILS), max_size=30
)


@given(STEPS)
@example([("note", "bounded", {"left": 10**18})])
@example([("note", "dropped", {"entries": 10**18 - 1})] * 2)
def test_whatever_facts_state_the_file_can_be_stored_and_read_again(steps: list[tuple[str, str, dict[str, Any]]]) -> None:
    conditions = SourceConditions({})
    for step, name, details in steps:
        if step == "begin":
            conditions.begin(f"feed {name}")
        elif step == "end":
            conditions.end([str(details.get("url"))], NOW)
        else:
            conditions.note("entry.failed" if name == "entry_failed" else f"source.{name}", details, NOW)
    assert CONDITIONS.parse(CONDITIONS.dump(conditions.stored)) == conditions.stored
    assert all(number >= 0 for number in conditions.counts().values())


def test_a_clock_that_is_set_back_during_a_crawl_ends_nothing() -> None:
    """What the program noted before is later than the clock says now; only what stands in a file is judged."""
    conditions = SourceConditions({})
    conditions.begin("feed")
    conditions.note("source.failed", {"reason": "boom"}, datetime.now(UTC) + timedelta(days=3))
    assert conditions.stored["feed"]["failed"].count == 1
