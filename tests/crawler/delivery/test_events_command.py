"""`warraq events` from the command line: shown, delivered, killed and gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage import Archive
from tests.crawler.conftest import environment, warraq
from tests.crawler.delivery.conftest import SECRET, Receiver, ids
from tests.storage.newsroom import article, keep_all


@pytest.mark.slow
def test_shown_events_are_the_log_line_by_line(news: Archive, tmp_path) -> None:
    """With a cursor file, the next call shows what is new."""
    noted = str(tmp_path / "cursor")
    first = warraq("events", "show", "--cursor", noted, "--archive", news.uri.removeprefix("file:"))
    assert [json.loads(line)["id"] for line in first.out.splitlines()] == ids(news)
    keep_all(news, article(9))
    second = warraq("events", "show", "--cursor", noted, "--archive", news.uri.removeprefix("file:"))
    assert [json.loads(line)["id"] for line in second.out.splitlines()] == ids(news)[8:]
    assert (first.code, second.code) == (0, 0)


def test_a_day_without_news_shows_nothing(news: Archive) -> None:
    """`--since` a day after the newsroom's."""
    shown = warraq("events", "show", "--since", "2027-01-01", "--archive", news.uri.removeprefix("file:"))
    assert (shown.code, shown.out) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", [signal.SIGKILL, signal.SIGTERM])
def test_a_courier_that_ends_midway_loses_nothing(news: Archive, receiver: Receiver, name: signal.Signals) -> None:
    """The receiver had three and is silent on the fourth when it ends; the next delivery brings the rest."""
    receiver.answers = [(200, {})] * 3 + [(503, {"Retry-After": "300"})]
    command = [sys.executable, "-m", "crawler", "events", "deliver", "--to", receiver.url, "--archive", news.uri]
    running = subprocess.Popen(
        command, env=environment(WARRAQ_WEBHOOK_SECRET=SECRET), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    for _ in range(4):
        assert receiver.called.acquire(timeout=300)
    running.send_signal(name)
    running.communicate(timeout=300)
    done = warraq("events", "deliver", "--to", receiver.url, "--archive", news.uri, WARRAQ_WEBHOOK_SECRET=SECRET)
    assert done.code == 0, done.err
    assert list(dict.fromkeys(str(event["id"]) for event in receiver.events)) == ids(news)
    if name is signal.SIGTERM:
        assert len(receiver.events) == 8


@pytest.mark.slow
def test_what_is_wrong_is_said_in_one_line(news: Archive) -> None:
    """Exit code 2, and the setting that is missing."""
    done = warraq("events", "deliver", "--to", "https://hooks.example.org/x?key=hidden", "--archive", news.uri)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("warraq: https://hooks.example.org: set WARRAQ_WEBHOOK_SECRET")
    assert len(done.err.splitlines()) == 1
    assert "hidden" not in done.err


@pytest.mark.slow
def test_half_a_surrogate_pair_in_the_log_ends_neither_showing_nor_delivering(news: Archive, receiver: Receiver) -> None:
    """It has no UTF-8, and JSON can write it: whoever reads the line gets what stands in the log. In state/ it is "?"."""
    place = Path(news.uri.removeprefix("file:"))
    for segment in (place / "changes").rglob("*.jsonl"):
        segment.write_bytes(segment.read_bytes().replace(b'"data":{', b'"data":{"odd":"\\ud800",', 1))
    shown = warraq("events", "show", "--archive", str(place))
    assert shown.code == 0, shown.err
    assert "\ud800" in {json.loads(line)["data"].get("odd") for line in shown.out.splitlines()}
    receiver.answers = [(400, {})] * 8
    there = {"WARRAQ_WEBHOOK_SECRET": SECRET}
    done = warraq("events", "deliver", "--to", receiver.url, "--archive", str(place), **there)
    assert (done.code, done.err.splitlines()[-1]) == (1, "0 events delivered, 8 put aside")
    dead = warraq("events", "dead", "--to", receiver.url, "--archive", str(place), **there)
    assert dead.code == 0, dead.err
    assert "?" in {json.loads(line)["event"]["data"].get("odd") for line in dead.out.splitlines()}
