"""A reader of the change log resumes where it stopped and misses nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Archive, LaterVisits, open_archive
from storage.errors import Damaged
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, keep_all


@pytest.mark.slow
def test_a_reader_resumes_at_its_cursor(place: str) -> None:
    """After every line; the rest is what comes from there, also what is announced later."""
    archive = open_archive(place)
    for day in range(3):
        keep_all(archive, article(day), article(day + 10), at=NOON + timedelta(days=day))
    log = list(archive.changes())
    events = [change.event for change in log]
    assert Counter(event["type"] for event in events) == {"article.kept": 6, "run.finished": 3}
    for place_in_log, change in enumerate(log):
        assert [later.event for later in archive.changes(change.cursor)] == events[place_in_log + 1 :]
    keep_all(archive, article(50), at=NOON + timedelta(days=3))
    assert [change.event["type"] for change in archive.changes(log[-1].cursor)] == ["article.kept", "run.finished"]


def test_events_are_cloudevents_that_name_what_they_tell_of(place: str) -> None:
    """The required attributes of CloudEvents 1.0, and everything a consumer needs to fetch the article."""
    archive = open_archive(place)
    run = archive.begin({}, now=lambda: NOON, later=LaterVisits(confirm_gone_after=timedelta()))
    outcome = run.keep(article(1), CAPTURE)
    for _ in ("seen", "confirmed"):
        run.settle("enab_baladi", article(1).url, "gone", "410", CAPTURE)
    run.finish()
    kept, gone, finished = (change.event for change in archive.changes())
    for event in (kept, gone, finished):
        assert {"specversion", "id", "source", "type", "time", "subject", "data"} <= event.keys()
    assert kept["data"]["key"] == outcome.key
    assert archive.get(kept["data"]["key"])["content_hash"] == kept["data"]["content_hash"] == outcome.content_hash
    assert gone["data"]["key"] == outcome.key
    assert finished["data"]["fates"] == {"gone": 1}
    assert len({event["id"] for event in (kept, gone, finished)}) == 3


def test_the_log_is_listed_from_the_cursor_on(tmp_path) -> None:
    """A reader of a long log does not list it whole: the store is told where to begin."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    cursor = list(archive.changes())[-1].cursor
    keep_all(archive, article(2), at=NOON + timedelta(days=1))
    store = WrappedStore(archive.store)
    assert len(list(Archive(store).changes(cursor))) == 2
    assert store.calls["get"] == 2  # the two new segments, none of those that are read


@pytest.mark.parametrize("cursor", ["nonsense", "changes/2026/11/22/x.jsonl#1", "c1.", "c1.eJw=", "c1.eJyrVkrLz1eyUqgFABRmA9k="])
def test_a_cursor_that_is_none_is_said(cursor: str, tmp_path) -> None:
    """Not taken for the beginning of the log."""
    with pytest.raises(Damaged, match="is not a cursor"):
        list(open_archive(str(tmp_path)).changes(cursor))


@pytest.mark.parametrize("line", ["{}", "[1]", "null", '{"type":"article.kept","data":null}', '{"data":{}}', "lacking"])
def test_a_line_that_is_json_and_no_event_is_damage_that_is_named(line: str, tmp_path: Path) -> None:
    """Whoever follows the log is told the segment and the line, as for one that is no JSON."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    segment = min(path for path in tmp_path.glob("changes/*/*/*/*.jsonl") if "article.kept" in path.read_text())
    told = next(each for each in map(json.loads, segment.read_text().splitlines()) if each["type"] == "article.kept")
    for name in ("subject", "time", "url", "content_hash", "n") if line == "lacking" else (None,):
        event = {key: value for key, value in told.items() if key != name}
        event["data"] = {key: value for key, value in told["data"].items() if key != name}
        segment.write_text((json.dumps(event) if line == "lacking" else line) + "\n")
        with pytest.raises(Damaged, match=rf"{segment.name}: line 1 is no event"):
            list(archive.changes())
