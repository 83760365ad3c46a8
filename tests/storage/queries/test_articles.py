"""The articles of some days are read at the cost of those days, from a bucket many at once, and none is left out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import Archive, Capture, open_archive
from storage.errors import Damaged
from storage.queries.articles import published
from storage.record import schema
from storage.stores.ask_ahead import IN_FLIGHT
from tests.storage.newsroom import NOON, MemoryStore, WrappedStore, article, begin, keep_all

DAY = timedelta(days=1)


def kept(archive: Archive, days: int, a_day: int = 2) -> None:
    """Articles of two outlets, published and captured on so many days up to NOON."""
    for day in range(days):
        at = NOON - day * DAY
        run = begin(archive, at)
        for number in range(a_day):
            for outlet in ("enab_baladi", "smart"):
                page = replace(article(day * a_day + number, outlet=outlet), date_published=at.isoformat())
                run.keep(page if outlet == "smart" else replace(page, body=page.body + " نص"), Capture(at, 200))
        run.finish()


@pytest.mark.slow
@pytest.mark.parametrize("days", [30, 90])
def test_the_articles_of_three_days_cost_the_same_however_many_there_are(days: int) -> None:
    """A GET for each that was captured since, three days more for clocks; a listing or two for each outlet."""
    archive = Archive(MemoryStore())
    kept(archive, days)
    store = WrappedStore(archive.store)
    since = (NOON - 2 * DAY).date()
    found = list(Archive(store).articles(since=since))
    assert len(found) == 3 * 4
    assert store.calls["get"] <= (3 + 3) * 4
    assert store.calls["listing"] <= 5


@settings(max_examples=60, deadline=None)
@given(
    pages=st.lists(
        st.tuples(st.integers(0, 400), st.integers(-1, 900), st.sampled_from(["live", "wayback"]), st.booleans()), max_size=12
    ),
    since=st.integers(-5, 1_300),
    until=st.integers(-5, 1_300),
)
def test_what_is_found_is_what_reading_everything_finds(pages: list[tuple[int, int, str, bool]], since: int, until: int) -> None:
    """Captured live or from web archives, of known dates and unknown, dated up to a day ahead of the capture."""
    archive = Archive(MemoryStore())
    run = begin(archive)
    for number, (captured, older, via, dated) in enumerate(pages):
        at = NOON - captured * DAY
        shown = at - max(older, 0) * DAY
        page = replace(article(number), date_published=(at - older * DAY).isoformat() if dated else None)
        run.keep(page, Capture(at, 200) if via == "live" else Capture(at, 200, "wayback", shown))
    run.finish()
    first, last = ((NOON - days * DAY).date() for days in (since, until))

    def day(record: dict[str, object]) -> str:
        return str(record["date_published"] or record["capture"]["fetched_at"])[:10]  # type: ignore[index]

    everything = [record for record in archive.articles() if first.isoformat() <= day(record) <= last.isoformat()]
    assert list(archive.articles(since=first, until=last)) == everything


class Slow(WrappedStore):
    """A bucket: every GET takes a while. Remembers how many were asked for at once."""

    def __init__(self, beneath: MemoryStore) -> None:
        super().__init__(beneath)
        self.uri = "s3://bucket"
        self._lock, self._now, self.most = threading.Lock(), 0, 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.002)
        try:
            return self.beneath.get(key)
        finally:
            with self._lock:
                self._now -= 1


def test_a_bucket_is_asked_for_many_at_once_and_the_order_stays() -> None:
    """Up to 32 in flight, also when the reader stops early."""
    archive = Archive(MemoryStore())
    kept(archive, 20)
    store = Slow(archive.store)  # type: ignore[arg-type]
    assert list(published(store, None, None, None)) == list(archive.articles())
    assert 2 <= store.most <= IN_FLIGHT
    some: Iterator[dict[str, object]] = published(store, None, None, None)
    next(some)
    some.close()  # type: ignore[attr-defined]
    assert threading.active_count() < IN_FLIGHT


def test_a_record_that_is_damaged_is_named_in_its_place(tmp_path: Path) -> None:
    """Nothing after it is given as if nothing had happened."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1), article(2))
    (first, _) = sorted(tmp_path.glob("articles/*/*/*.json"))
    first.write_bytes(b"{")
    with pytest.raises(Damaged, match=first.name):
        list(archive.articles(since=date(2020, 1, 1)))


def test_a_day_before_all_days_is_no_error() -> None:
    """`--since 0001-01-01`."""
    archive = Archive(MemoryStore())
    kept(archive, 1)
    assert len(list(archive.articles(since=date.min, until=date.max))) == 4


def test_a_record_in_which_a_name_or_value_is_not_what_it_was_is_damaged(tmp_path: Path) -> None:
    """As a flipped bit of a disk leaves it: still JSON. Who reads it is told which object it is, not of a KeyError."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    (path,) = tmp_path.glob("articles/*/*/*.json")
    record = json.loads(path.read_text())
    names = json.loads(schema(1))["required"]
    broken = [{name if name != lost else f"{name[:-1]}~": record[name] for name in record} for lost in names]
    broken += [{**record, name: 5} for name in ("id", "url", "headline", "body", "date_published", "authors", "capture")]
    broken += [{}, {**record, "capture": {}}, {**record, "capture": {"fetched_at": None, "warc": None}}]
    for value in broken:
        path.write_text(json.dumps(value))
        for read in (lambda: list(archive.articles()), lambda: archive.get(str(path.relative_to(tmp_path)))):
            with pytest.raises(Damaged, match=r"articles/outlet=enab_baladi/.*\.json is no article record"):
                read()
    with pytest.raises(Damaged, match="is no article record"):
        archive.history("enab_baladi:1")


@pytest.mark.parametrize("half", ["\\ud800", "\\uDFFF", "\udabc"])
def test_half_a_character_in_a_record_is_damage_and_a_whole_one_is_none(half: str, tmp_path: Path) -> None:
    """As an escape or as bytes: Python's JSON reads it, and nothing can write it out again."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, replace(article(1), headline="قال \\ud83d و😀"))
    (path,) = tmp_path.glob("articles/*/*/*.json")
    (record,) = archive.articles()
    assert record["headline"] == "قال \\ud83d و😀"
    path.write_bytes(path.read_bytes().replace("😀".encode(), rb"\ud83d\ude00"))
    assert list(archive.articles()) == [record]
    path.write_bytes(path.read_bytes().replace(rb"\ud83d\ude00", half.encode(errors="surrogatepass")))
    with pytest.raises(Damaged, match="half a surrogate pair"):
        list(archive.articles())
