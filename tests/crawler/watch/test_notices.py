"""What goes wrong around the archive is announced once, by the watch, and reaches a person."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crawler.crawl.session import Session
from crawler.demo.running import Running
from crawler.facts import Facts
from crawler.watch.notices import Notices
from storage import Archive, open_archive
from storage.queues import open_queue
from tests.crawler.delivery.test_notifications import Service
from tests.crawler.watch.watching import SELDOM, Watching
from tests.storage.queues.events import one, put


class Place:
    """An archive and a queue, and how often somebody was woken."""

    def __init__(self, folder: Path) -> None:
        self.archive: Archive = open_archive(str(folder / "a"))
        self.queue_path = str(folder / "q.sqlite")
        self.queue = open_queue(self.queue_path, max_attempts=1)
        self.woken = 0

    def notices(self) -> Notices:
        """Those of a watch that has just started."""
        return Notices(self.archive, self.queue, Facts(), self._wake)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [change.event for change in self.archive.changes() if change.event["type"] == kind]

    def bury(self, number: int) -> None:
        put(self.queue, f"url:https://www.enabbaladi.net/archives/{number}", "enab_baladi")
        self.queue.release(one(self.queue), "HTTP 500")

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def place(tmp_path: Path) -> Any:
    made = Place(tmp_path)
    yield made
    made.queue.close()


def test_dead_letters_are_announced_when_there_are_more_of_them(place: Place) -> None:
    """Also after a restart not a second time; after a redrive the next one counts again."""
    place.bury(1)
    place.notices().dead_letters(place.queue.depth().dead)
    place.notices().dead_letters(place.queue.depth().dead)
    (event,) = place.events("work.dead")
    assert event["data"]["dead"] == 1
    assert event["data"]["letters"] == [
        {"outlet": "enab_baladi", "key": "url:https://www.enabbaladi.net/archives/1", "reason": "HTTP 500"}
    ]
    assert place.woken == 1
    place.queue.redrive()
    place.notices().dead_letters(place.queue.depth().dead)
    place.queue.release(one(place.queue), "HTTP 502")
    place.notices().dead_letters(place.queue.depth().dead)
    assert len(place.events("work.dead")) == 2


def test_each_pass_that_found_damage_is_announced_once(place: Place) -> None:
    damaged = {"finished_at": "2026-11-28T02:00:00Z", "damage": 3}
    for passes in ({"full": damaged, "sample": None}, {"full": damaged, "sample": {**damaged, "damage": 0}}):
        place.notices().passes(passes)
    assert [event["data"]["damage"] for event in place.events("archive.damaged")] == [3]
    place.notices().passes({"full": {**damaged, "finished_at": "2026-12-05T02:00:00Z"}, "sample": damaged})
    assert [event["data"]["pass"] for event in place.events("archive.damaged")] == ["full", "full", "sample"]


def test_a_failed_seal_is_announced_until_another_reason_or_a_success(place: Place) -> None:
    for failure in ("no key", "no key", "", "no key", "no clock"):
        place.notices().seal(failure)
    assert [event["data"]["reason"] for event in place.events("seal.failed")] == ["no key", "no key", "no clock"]


def test_a_source_that_goes_on_failing_is_announced_once_a_day(place: Place) -> None:
    def crawl(*lines: str) -> None:
        run = place.archive.begin({"warraq": "test"})
        session = SimpleNamespace(ending=SimpleNamespace(failed_sources=defaultdict(list, smart=list(lines))), run=run)
        place.notices().sources(cast("Session", session), "smart")
        run.finish()

    crawl("https://s.example/feed: HTTP 500")
    crawl("https://s.example/feed: HTTP 502", "https://s.example/map: HTTP 500")
    crawl()
    crawl("https://s.example/feed: HTTP 500")
    assert [event["data"]["sources"] for event in place.events("source.failed")] == [
        ["https://s.example/feed: HTTP 500"],
        ["https://s.example/map: HTTP 500"],
    ]


def test_what_another_version_noted_is_begun_anew(place: Place) -> None:
    """State may be lost or odd: then it is announced once more, never an error."""
    place.archive.state("watch").put("seal_failure.json", b'{"dead": "many"}')
    place.notices().seal("no key")
    assert len(place.events("seal.failed")) == 1


@pytest.mark.slow
def test_a_watch_tells_a_person_of_dead_letters_and_a_seal_without_a_key(served: Running, tmp_path: Path) -> None:
    """From the first minute on; a second start tells neither again."""
    queue = open_queue(str(tmp_path / "q.sqlite"), max_attempts=1)
    put(queue, "url:https://www.enabbaladi.net/archives/1", "enab_baladi")
    queue.release(one(queue), "HTTP 500")
    queue.close()
    service = Service()
    serving = threading.Thread(target=service.serve_forever)
    serving.start()
    settings = {
        "WARRAQ_SINKS": service.uri,
        "WARRAQ_NOTIFY_SECONDS": "0.1",
        "WARRAQ_SEAL_HOURS": "24",
        "no_proxy": "127.0.0.1",
        **SELDOM,
    }
    try:
        with Watching(served, tmp_path, "enab_baladi", **settings) as watch:
            watch.until(lambda: all(words in str(service.messages) for words in ("dead letters", "could not be sealed")))
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        told = len(service.messages)
        with Watching(served, tmp_path, "enab_baladi", **settings) as watch:
            watch.until_worked("enab_baladi")
            watch.until(lambda: watch.of("seal.failed"))
            assert watch.stop() == 0
        assert len(service.messages) == told
        assert "`warraq queue redrive`" in str(service.messages)
    finally:
        service.shutdown()
        serving.join()
        service.server_close()
