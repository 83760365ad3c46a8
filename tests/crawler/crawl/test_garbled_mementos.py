"""Web archives that garble what they hold, refuse, and answer something else: nothing of that becomes a fact about an article."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import brotli
import pytest
import zstandard

from crawler.crawl.memento_visits import odd_moment
from crawler.demo.answer import Answer, SiteRequest, page, redirect
from crawler.demo.running import Running, serve
from crawler.demo.sites.site import Site
from crawler.demo.sites.wayback import ServedCapture
from infra.world.commoncrawl import CommonCrawlSite
from storage import open_archive
from tests.crawler.conftest import Done, warraq
from tests.crawler.past_web import OTHERS, STORY, LiveSite, PastWorld, TroubledWayback, captured

Change = Callable[[Answer], Answer]


def coded(code: Callable[[bytes], bytes], *named: str) -> Change:
    """The body coded, the header fields as given."""

    def change(answer: Answer) -> Answer:
        headers = tuple(("Content-Encoding", name) for name in named)
        return replace(answer, body=code(answer.body), headers=(*answer.headers, *headers))

    return change


READABLE: dict[str, Change] = {
    "gzip left, no header": coded(gzip.compress),
    "gzip left, a blank header": coded(gzip.compress, ""),
    "gzip twice, named once": coded(lambda body: gzip.compress(gzip.compress(body)), "gzip"),
    "gzip once, named twice": coded(gzip.compress, "gzip", "gzip"),
    "gzip in name only": coded(lambda body: body, "gzip"),
    "brotli in name only": coded(lambda body: body, "br"),
    "brotli left": coded(brotli.compress),
    "zstd called gzip": coded(zstandard.compress, "gzip"),
    "an unknown coding": coded(lambda body: body, "none"),
}
"""What a reader can see through."""

GARBLED: dict[str, Change] = {
    "empty": lambda answer: replace(answer, body=b""),
    "noise": lambda answer: replace(answer, body=bytes(range(256)) * 40),
    "noise called gzip": coded(lambda _: bytes(range(200)), "gzip"),
    "half of a gzip stream": coded(lambda body: gzip.compress(body)[: len(gzip.compress(body)) // 2], "gzip"),
    "a form to log in": lambda _: page("<html><title>Log in</title><form>user</form></html>"),
    "a limit of requests": lambda _: page("<html><h1>Too many requests</h1></html>"),
    "sent to log in": lambda _: redirect("https://archive.org/account/login", 302),
    "overloaded": lambda _: Answer(status=503, body=b"", lasting=False),
    "broken": lambda _: Answer(status=500, body=b"", lasting=False),
}
"""What nobody can read, this time."""


class GarblingWorld(PastWorld):
    """Replays are changed, each by its timestamp."""

    def __init__(self, captures: list[ServedCapture], changes: dict[str, str]) -> None:
        """changes: by timestamp, the name of what happens to the replay."""
        super().__init__(captures)
        self.changes = changes

    def sites(self) -> list[Site]:
        wayback = GarblingWayback(self.captures, own=(), leaving=(), busy=())
        wayback.changes = self.changes
        return [wayback, CommonCrawlSite([], []), LiveSite(())]


class GarblingWayback(TroubledWayback):
    changes: Mapping[str, str] = {}

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        name = self.changes.get(re.sub(r"^/web/(\d+).*", r"\1", asked.target, flags=re.DOTALL))
        if name is None or answer.status != 200:
            return answer
        return replace((READABLE | GARBLED | ASKING)[name](answer), lasting=False)


ASKING = {"leave us alone": lambda _: Answer(status=429, body=b"", headers=(("Retry-After", "3600"),), lasting=False)}


def crawl(world: Running, archive: Path, *arguments: str, **env: str) -> Done:
    return warraq("crawl", "smart", *arguments, "--archive", str(archive), world=world, **env)


def a_capture_each(changes: dict[str, Change]) -> tuple[list[ServedCapture], dict[str, str]]:
    """A story for each change, and the change's name by the timestamp of its only capture."""
    stories = [replace(STORY, id=f"g{n}", published=STORY.published + timedelta(days=n)) for n in range(len(changes))]
    texts = [
        f"وقالت الوكالة في خبرها رقم {n} إن الطريق فتح بعد ساعات من إغلاقه وإن الحركة عادت إليه كما كانت قبل ذلك"
        for n in range(20)
    ]
    captures = [captured(story, text=text) for story, text in zip(stories, texts, strict=False)]
    assert len({each.original for each in captures}) == len(changes)
    return captures, dict(zip([each.timestamp for each in captures], changes, strict=True))


def test_a_replay_of_another_moment_or_of_the_future_is_not_the_capture_asked_for() -> None:
    """By what the archive states itself; one that states nothing is taken at its address."""
    asked = datetime(2018, 5, 12, 12, tzinfo=UTC)
    assert odd_moment(None, asked) is None
    assert odd_moment(asked + timedelta(hours=3), asked) is None
    assert odd_moment(asked + timedelta(days=3), asked) == "the archive sent the capture of 2018-05-15 12:00:00"
    future = datetime.now(UTC) + timedelta(days=400)
    assert odd_moment(future, future) == f"the archive dates it {future:%Y-%m-%d}, in the future"


@pytest.mark.slow
def test_a_body_is_read_by_what_it_is_and_not_by_what_its_header_says(tmp_path: Path) -> None:
    captures, changes = a_capture_each(READABLE)
    with serve(GarblingWorld(captures, changes)) as world:
        done = crawl(world, tmp_path / "a")
    assert (done.code, done.finished["fates"]) == (0, {"kept": len(READABLE)}), done.out
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_what_an_archive_garbles_has_failed_is_said_and_asked_again(tmp_path: Path) -> None:
    """Exit code 1; nothing of it stands in the archive; when the archive is well again, all of it is kept."""
    captures, changes = a_capture_each(GARBLED)
    archive = tmp_path / "a"
    with serve(GarblingWorld(captures, changes)) as world:
        done = crawl(world, archive, WARRAQ_RETRY_TIMES="1")
    assert (done.code, done.finished["fates"]) == (1, {"failed": len(GARBLED)}), done.out
    assert f"{len(GARBLED)} addresses without a capture that can be read, run again to go on" in done.err
    assert not list((archive / "urls").rglob("*.json"))
    with serve(PastWorld(captures)) as world:
        again = crawl(world, archive)
    assert (again.code, again.finished["fates"]) == (0, {"kept": len(GARBLED)}), again.out


@pytest.mark.slow
def test_a_capture_that_is_garbled_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    captures = [captured(days=1), captured(days=3, text="نص آخر من الوكالة عن الموضوع نفسه بعد يومين من نشره للمرة الأولى")]
    with serve(GarblingWorld(captures, {captures[0].timestamp: "noise"})) as world:
        done = crawl(world, tmp_path / "a", "--captures", "1")
    assert done.finished["fates"] == {"kept": 1}
    assert [fact["reason"] for fact in done.of("capture.skipped")] == ["binary"]


class RefusingCrawl(CommonCrawlSite):
    """Its files are refused with 403 the first time: Common Crawl's way to say «slow down»."""

    refusals = 1
    seen: ClassVar[Counter[str]] = Counter()

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.host == "data.commoncrawl.org" and "range" in asked.headers:
            self.seen[asked.headers["range"]] += 1
            if self.seen[asked.headers["range"]] <= self.refusals:
                return Answer(status=403, body=b"<Error><Code>AccessDenied</Code></Error>", lasting=False)
        return super().answer(asked)


class ClosedCrawl(RefusingCrawl):
    refusals = 1_000


class CrawlWorld(PastWorld):
    def __init__(self, captures: list[ServedCapture], site: type[CommonCrawlSite]) -> None:
        super().__init__([])
        self.crawled, self.site = captures, site

    def sites(self) -> list[Site]:
        return [self.site(self.crawled, []), LiveSite(())]


@pytest.mark.slow
def test_a_host_of_files_that_refuses_is_asked_again_after_a_pause(tmp_path: Path) -> None:
    """In the same crawl; where it refuses all the time, in the next one."""
    captures = [captured(story, days=1) for story in OTHERS[:3]]
    with serve(CrawlWorld(captures, RefusingCrawl)) as world:
        done = crawl(world, tmp_path / "a", "--via", "commoncrawl")
    assert (done.code, done.finished["fates"]) == (0, {"kept": 3}), done.out

    with serve(CrawlWorld(captures, ClosedCrawl)) as world:
        done = crawl(world, tmp_path / "b", "--via", "commoncrawl", WARRAQ_RETRY_TIMES="1")
    assert (done.code, done.finished["fates"]) == (1, {"failed": 3})
    assert "3 × busy (HTTP 403)" in done.err
    with serve(CrawlWorld(captures, CommonCrawlSite)) as world:
        done = crawl(world, tmp_path / "b", "--via", "commoncrawl")
    assert (done.code, done.finished["fates"]) == (0, {"kept": 3})


@pytest.mark.slow
def test_a_pause_that_an_archive_asked_for_holds_for_every_outlet_and_process(tmp_path: Path) -> None:
    """An hour: what is left fails now, a second outlet in another process asks nothing, and the archive keeps the moment."""
    captures, _ = a_capture_each(READABLE)
    archive = tmp_path / "a"
    with serve(GarblingWorld(captures, dict.fromkeys([each.timestamp for each in captures], "leave us alone"))) as world:
        done = crawl(world, archive, WARRAQ_HISTORY_DELAY="0.3")
        assert (done.code, done.finished["fates"]) == (1, {"failed": len(captures)})
        assert sum("/web/" in request.url for request in world.requests()) < len(captures), "those on their way, no more"
        (paused,) = done.of("host.paused")
        assert (paused["host"], paused["seconds"]) == ("web.archive.org", 3600)
    assert set(json.loads(open_archive(str(archive)).state("web_archives").note("pauses.json") or b"")) == {"web.archive.org"}
    with serve(PastWorld(captures)) as world:
        other = warraq("crawl", "geiroon", "--archive", str(archive), world=world)
        assert not [request.url for request in world.requests() if "web.archive.org" in request.url]
    assert other.code == 1
    assert "web.archive.org asks to be left alone until" in other.err


class CirclingWayback(TroubledWayback):
    """Its resume keys lead back: from the third page on to the second."""

    rows_at_once = 2

    def __init__(self, captures: list[ServedCapture]) -> None:
        super().__init__(captures, own=(), leaving=(), busy=())
        self.keys: list[str] = []

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        if asked.path != "/cdx/search/cdx":
            return answer
        rows: list[Any] = json.loads(answer.body)
        if len(rows) > 2 and rows[-2] == []:
            self.keys.append(rows[-1][0])
            rows[-1] = [self.keys[-1] if len(self.keys) < 3 else self.keys[0]]
        return replace(answer, body=json.dumps(rows).encode())


class CirclingWorld(PastWorld):
    def sites(self) -> list[Site]:
        return [CirclingWayback(self.captures), LiveSite(())]


@pytest.mark.slow
def test_an_index_that_leads_in_circles_is_known_in_part(tmp_path: Path) -> None:
    captures, _ = a_capture_each(READABLE)
    with serve(CirclingWorld(captures)) as world:
        done = crawl(world, tmp_path / "a")
        asked = sum("/cdx/" in request.url for request in world.requests())
    assert asked == 3
    assert done.code == 1
    assert "the past of smart is known in part, run again to go on: " in done.err
    assert "leads back to where the index was" in done.err
    assert done.finished["fates"] == {"kept": 6}


PARKED = (
    b"<html><head><title>smartnews-agency.com</title></head><body><h1>This domain is for sale!</h1><p>Buy this domain now.</p>"
)


@pytest.mark.slow
def test_a_parked_domain_is_passed_over_for_the_capture_before_it(tmp_path: Path) -> None:
    """The newest capture of a dead site is what its domain became: named, and an earlier one serves in its place."""
    good = [
        captured(days=1),
        captured(days=20, text="وأضافت الوكالة في تحديث لاحق أن الطريق أعيد فتحه بعد أيام من الإغلاق الكامل"),
    ]
    noise = random.Random(1).randbytes(4000).hex().encode()  # as large as a page, or it would be the last resort anyway
    parked = [
        ServedCapture(STORY.published + timedelta(days=days), good[0].original, PARKED + b"<!-- %d %b -->" % (days, noise))
        for days in (900, 950)
    ]
    with serve(PastWorld([*good, *parked])) as world:
        done = crawl(world, tmp_path / "a")
    assert (done.code, done.finished["fates"]) == (0, {"kept": 1}), done.out
    assert {fact["reason"] for fact in done.of("capture.skipped")} == {"parked"}
    assert "أعيد فتحه" in "".join(file.read_text() for file in (tmp_path / "a" / "articles").rglob("*.json"))
