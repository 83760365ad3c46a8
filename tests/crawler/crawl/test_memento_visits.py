"""The past of an outlet out of the Wayback Machine: the real command against an emulated archive over real sockets."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from crawler.demo.running import Running, serve
from crawler.demo.sites import smart
from crawler.demo.sites.wayback import ServedCapture
from infra.testing.waiting import bounded
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.past_web import OTHERS, STORY, PastWorld, captured

URL = smart.url(STORY)
LATER = "وأضاف المصدر في وقت لاحق أن الفرق استكملت عملها في الموقع وأن الحصيلة النهائية صدرت مساء اليوم نفسه."
LATEST = "ثم عادت الوكالة ونشرت تصحيحًا قالت فيه إن الحصيلة السابقة كانت ناقصة وإن عدد القرى بلغ تسع قرى."


def crawl(world: Running, archive: Path, *arguments: str, **env: str) -> Done:
    return warraq("crawl", "smart", *arguments, "--archive", str(archive), world=world, **env)


def replays(world: Running) -> list[str]:
    return [request.url for request in world.requests() if "/web/" in request.url]


def texts(archive: Path) -> list[dict[str, Any]]:
    return sorted(open_archive(str(archive)).articles(), key=lambda record: record["capture"]["memento_at"])


@pytest.mark.slow
def test_captures_with_another_text_become_revisions_in_the_order_of_their_moments(tmp_path: Path) -> None:
    """By default the one nearest to publication and the latest; the address has one fate all the same."""
    captures = [captured(days=1), captured(days=20, text=LATER), captured(days=300, text=LATEST)]
    with serve(PastWorld(captures)) as world:
        done = crawl(world, tmp_path / "a")
        assert done.code == 0, done.err
        assert done.finished["fates"] == {"kept": 1}
        assert [fact["fate"] for fact in done.of("capture.taken")] == ["kept"]
        first, second = texts(tmp_path / "a")
        assert (first["revision"], second["revision"], second["previous"]) == (1, 2, first["content_hash"])
        assert LATEST in second["body"]
        every = crawl(world, tmp_path / "all", "--captures", "all")
        assert every.finished["fates"] == {"kept": 1}
        assert [record["revision"] for record in texts(tmp_path / "all")] == [1, 2, 3]
        one = crawl(world, tmp_path / "one", "--captures", "1")
        assert len(texts(tmp_path / "one")) == 1
        assert one.of("history.estimated")[0]["requests"] == 1
        assert warraq("verify", "--archive", str(tmp_path / "all")).code == 0


@pytest.mark.slow
def test_five_forms_of_one_address_are_one_article(tmp_path: Path) -> None:
    """Under http and https, www, port, a slash at the end: one address is discovered, and its captures are its own."""
    path = URL.partition("//")[2].partition("/")[2]
    forms = [f"http://smartnews-agency.com/{path}", f"https://www.smartnews-agency.com/{path}/", f"http://smartnews-agency.com:80/{path}",
             f"https://smartnews-agency.com/{path}?utm_source=fb", f"https://smartnews-agency.com/{path}#top"]  # fmt: skip
    with serve(PastWorld([captured(days=n, url=form) for n, form in enumerate(forms, 1)])) as world:
        done = crawl(world, tmp_path / "a")
    assert done.finished["discovered"] == 1
    assert done.finished["fates"] == {"kept": 1}


@pytest.mark.slow
def test_pages_of_the_archive_itself_are_no_captures(tmp_path: Path) -> None:
    """Its toolbar with status 200, a way out to the live web: named, and the next capture is tried; nobody leaves the archive."""
    captures = [captured(days=day, text=LATER + str(day)) for day in (1, 2, 3, 4)]
    first, second = captures[0].timestamp, captures[1].timestamp
    with serve(PastWorld(captures, own=(first,), leaving=(second,))) as world:
        done = crawl(world, tmp_path / "a", "--captures", "1")
        asked = [request.url for request in world.requests()]
    reasons = [fact["reason"] for fact in done.of("capture.skipped")]
    assert reasons[0].startswith("archive-toolbar")
    assert "the archive redirects out of itself, to https://smartnews-agency.com/ar/now" in reasons[1]
    (kept,) = texts(tmp_path / "a")
    assert LATER + "3" in kept["body"]
    assert all(url.startswith("https://web.archive.org/") for url in asked)
    assert all("id_/" in url for url in asked if "/web/" in url)


@pytest.mark.slow
def test_a_redirect_between_captures_is_followed_inside_the_archive(tmp_path: Path) -> None:
    """To the raw replay, though the archive points to the one with its toolbar; the memento is the capture that was sent."""
    first, second = captured(days=1), captured(days=3, text=LATER)
    with serve(PastWorld([first, second], moved={first.timestamp: second.timestamp})) as world:
        done = crawl(world, tmp_path / "a", "--captures", "1")
        assert [url[28:45] for url in replays(world)] == [first.timestamp + "id_", second.timestamp + "id_"]
    assert done.finished["fates"] == {"kept": 1}
    (kept,) = texts(tmp_path / "a")
    assert kept["capture"]["memento_at"] == f"{second.moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert kept["fetched_url"].startswith(f"https://web.archive.org/web/{second.timestamp}id_/")


@pytest.mark.slow
def test_an_archive_that_has_had_enough_is_left_alone_and_asked_again(tmp_path: Path) -> None:
    """429 with Retry-After: the capture is asked for again after that time, by nobody before it."""
    captures = [captured(days=1), *(captured(story, days=1) for story in OTHERS[:3])]
    with serve(PastWorld(captures, busy=(captures[0].timestamp,))) as world:
        started = time.monotonic()
        done = crawl(world, tmp_path / "a")
        assert time.monotonic() - started > 1
        assert [request.status for request in world.requests() if captures[0].timestamp in request.url] == [429, 200]
    assert done.finished["fates"] == {"kept": 4}, done.out


@pytest.mark.slow
def test_an_index_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    """What it gave is used; the next run asks at the last resume key, and for nothing that it has read already."""
    captures = [captured(story, days=1) for story in [STORY, *OTHERS]]
    archive = tmp_path / "a"
    with serve(PastWorld(captures, rows_at_once=2, broken_from=3)) as world:
        done = crawl(world, archive)
        before = [request.url for request in world.requests() if "/cdx/" in request.url]
    assert done.code == 1
    assert "the past of smart is known in part, run again to go on" in done.err
    assert done.finished["fates"] == {"kept": 4}
    with serve(PastWorld(captures, rows_at_once=2)) as world:
        again = crawl(world, archive)
        after = [request.url for request in world.requests() if "/cdx/" in request.url]
    assert again.code == 0, again.err
    assert again.finished["fates"] == {"kept": len(captures) - 4, "unchanged": 4}
    assert len(set(before)) == 3
    assert after[0] == before[-1]
    assert not set(after) & set(before[:2])
    third = crawl_offline(archive)
    assert third.finished["fates"] == {"unchanged": len(captures)}, "the index is not asked at all"


def crawl_offline(archive: Path) -> Done:
    with serve(PastWorld([])) as world:
        done = crawl(world, archive)
        assert not world.requests()
    return done


@pytest.mark.slow
def test_what_was_kept_is_not_fetched_again_though_state_is_lost(tmp_path: Path) -> None:
    """The ledger knows which captures were kept; only captures that left no trace there are asked for again."""
    captures = [captured(days=1), captured(days=20, text=LATER), captured(OTHERS[0], days=1)]
    archive = tmp_path / "a"
    with serve(PastWorld(captures)) as world:
        crawl(world, archive)
        asked = len(replays(world))
        rmtree(archive / "state")
        again = crawl(world, archive)
        assert again.finished["fates"] == {"unchanged": 2}
        assert len(replays(world)) == asked


@pytest.mark.slow
def test_captures_that_were_no_use_are_not_asked_for_again(tmp_path: Path) -> None:
    """A challenge, a page of the archive's own: looked at once, unless somebody wants to look again."""
    captures = [captured(days=day, text=LATER + str(day)) for day in (1, 2)]
    with serve(PastWorld(captures, own=tuple(each.timestamp for each in captures))) as world:
        first = crawl(world, tmp_path / "a")
        asked = len(replays(world))
        second = crawl(world, tmp_path / "a")
        assert first.finished["fates"] == second.finished["fates"] == {"failed": 1}
        assert len(replays(world)) == asked == 2
        assert "none is an article" in second.of("failed")[0]["reason"]
        crawl(world, tmp_path / "a", "--refetch")
        assert len(replays(world)) == 2 * asked


@pytest.mark.slow
def test_the_past_of_a_living_outlet_is_read_without_asking_it(tmp_path: Path) -> None:
    """`--via`: the outlet's own hosts are left alone, and `--until` keeps to what was published by then."""
    world = World.miniature()
    own = [story for story in world.stories if story.outlet == "enab_baladi"]
    early, late = (next(story for story in own if story.published.year == year) for year in (2023, 2026))
    from crawler.demo.sites.enab_baladi import EnabBaladiSite

    site = EnabBaladiSite([early, late])
    world.archived = [ServedCapture(story.published, site.url(story), body(site, story)) for story in (early, late)]
    with serve(world) as running:
        options = ("--via", "wayback", "--until", "2025-12-31", "--archive", str(tmp_path / "a"))
        done = warraq("crawl", "enab_baladi", *options, world=running)
        hosts = {request.url.split("/")[2] for request in running.requests()}
    assert done.code == 0, done.err
    assert hosts == {"web.archive.org"}
    (kept,) = texts(tmp_path / "a")
    assert kept["headline"] == early.headline
    assert kept["capture"]["via"] == "wayback"
    assert done.finished["fates"] == {"kept": 1, "refused": 1}


def body(site: Any, story: Any) -> bytes:
    """The page as the site serves it."""
    from crawler.demo.answer import SiteRequest

    path = site.url(story).partition("://")[2].partition("/")[2]
    answer = site.answer(SiteRequest("GET", "https", site.home, f"/{path}"))
    assert answer.status == 200
    return bytes(answer.body)


@pytest.mark.slow
def test_a_wrong_charset_in_a_capture_is_seen_through(tmp_path: Path) -> None:
    """The archive says UTF-8, the bytes are windows-1256: the text is read all the same."""
    good = captured(days=1)
    capture = ServedCapture(good.moment, good.original, good.body.decode().encode("windows-1256", "xmlcharrefreplace"))
    with serve(PastWorld([capture])) as world:
        done = crawl(world, tmp_path / "a")
    assert done.finished["fates"] == {"kept": 1}
    assert texts(tmp_path / "a")[0]["headline"] == STORY.headline


@pytest.mark.slow
def test_what_it_would_cost_is_told_before_and_past_the_bound_it_asks(tmp_path: Path) -> None:
    """Not on a terminal: one fact, one line that says what to do, exit code 2, and no capture is asked for."""
    captures = [captured(story, days=1) for story in OTHERS[:3]]
    with serve(PastWorld(captures)) as world:
        refused = crawl(world, tmp_path / "a", WARRAQ_HISTORY_BOUND="2", WARRAQ_HISTORY_DELAY="0.2")
        assert refused.code == 2
        (line,) = refused.err.splitlines()
        assert "3 requests to web archives" in line
        assert "--yes" in line
        (told,) = refused.of("history.estimated")
        assert (told["captures"], told["articles"], told["requests"], told["index_requests"]) == (3, 3, 3, 1)
        assert told["seconds"] == pytest.approx(0.6)
        assert not replays(world)
        agreed = crawl(world, tmp_path / "a", "--yes", WARRAQ_HISTORY_BOUND="2")
        assert agreed.finished["fates"] == {"kept": 3}
        assert agreed.facts[0]["fact"] == "history.estimated"


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code", "kept"), [("n\n", 2, 0), ("y\n", 0, 3)])
def test_on_a_terminal_it_is_a_question(tmp_path: Path, answer: str, code: int, kept: int) -> None:
    """A short table, then a question that is answered with no unless somebody says yes."""
    captures = [captured(story, days=1) for story in OTHERS[:3]]
    with serve(PastWorld(captures)) as world:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "crawler", "crawl", "smart", "--archive", str(tmp_path / "a")]
        env = environment(world, WARRAQ_HISTORY_BOUND="2", COLUMNS="120", TERM="xterm")
        process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        seen = b""
        while b"[y/N]" not in seen and (chunk := _read(ours)):
            seen += chunk
        os.write(ours, answer.encode())
        while chunk := _read(ours):
            seen += chunk
        assert process.wait(300) == code, seen.decode(errors="replace")
        os.close(ours)
        assert all(word in seen for word in (b"captures", b"requests", b"polite")), "the table may break its heads at the width"
        assert len(replays(world)) == kept


def _read(terminal: int) -> bytes:
    """What the other side writes; nothing when it is gone, or silent for a minute."""
    try:
        if not select.select([terminal], [], [], 60)[0]:
            return b""
        return os.read(terminal, 4096)
    except OSError:
        return b""


@pytest.mark.slow
def test_a_killed_takeover_goes_on_where_it_was(tmp_path: Path) -> None:
    """SIGKILL in the middle of 150 articles: no index is asked again, and of the captures only those that were under way."""
    archive, articles = tmp_path / "a", 150
    world = World.generated(articles=articles, kilobytes=30, archived=True)
    command = [sys.executable, "-m", "crawler", "crawl", "enab_baladi", "--via", "wayback", "--archive", str(archive)]
    with serve(world) as running:
        env = environment(running, WARRAQ_IN_FLIGHT="8")
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
        assert process.stdout is not None
        kept = 0
        with bounded(process, "60 articles"):
            while kept < 60:
                kept += json.loads(process.stdout.readline())["fact"] == "kept"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        before = len(running.requests())
        again = warraq("crawl", "enab_baladi", "--via", "wayback", "--archive", str(archive), world=running)
        assert again.code == 0, again.err
        asked = [request.url for request in running.requests()]
    assert not [url for url in asked[before:] if "/cdx/" in url]
    twice = [url for url, number in Counter(url for url in asked if "/web/" in url).items() if number > 1]
    assert len(twice) <= 16, "more than can have been under way"
    assert again.finished["discovered"] == articles
    assert set(again.finished["fates"]) == {"kept", "unchanged"}
    assert len(texts(archive)) == articles
    assert warraq("verify", "--archive", str(archive)).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(("option", "message"), [("--via=foo", "--via 'foo' is no web archive"), ("--captures=0", "--captures")])
def test_wrong_options_are_named_in_one_line(tmp_path: Path, option: str, message: str) -> None:
    done = warraq("crawl", "smart", option, "--archive", str(tmp_path / "a"))
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert message in done.err
