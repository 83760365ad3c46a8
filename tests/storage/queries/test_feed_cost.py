"""What following the change log costs: what is new, in an archive and in a copy of it; no change is missed or repeated."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.testing.traced_memory import traced_memory
from storage import keys
from storage.queries.change_feed import Change, follow
from storage.queries.feed_position import MARGIN, ReadSketch
from storage.record import to_bytes
from storage.stores.store import Stored
from tests.storage.newsroom import WrappedStore

BEGAN = datetime(2025, 3, 1, tzinfo=UTC)
COPIED = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


class Place:
    """Objects in memory, each with the time that the place gave it. Counts requests as S3 does: a listing by 1,000 keys."""

    uri = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[float, bytes]] = {}
        self.requests: Counter[str] = Counter()

    def write(self, key: str, data: bytes, modified: float) -> None:
        assert key not in self.objects
        self.objects[key] = (modified, data)

    def copied(self, at: float) -> Place:
        """As `cp -r` and `aws s3 sync` leave it: everything has one time."""
        copy = Place()
        copy.objects = {key: (at, data) for key, (_, data) in self.objects.items()}
        return copy

    def get(self, key: str) -> bytes | None:
        self.requests["GET"] += 1
        return self.objects[key][1] if key in self.objects else None

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        self.requests["LIST"] += 1
        found = sorted(key for key in self.objects if key.startswith(prefix) and key > start_after)
        for number, key in enumerate(found):
            self.requests["LIST"] += number > 0 and number % 1000 == 0
            yield Stored(key, len(self.objects[key][1]), self.objects[key][0])


def segment(url: str, n: int) -> bytes:
    texts = {"id": url, "subject": url, "time": "2026-11-22T12:00:00Z"}
    return to_bytes({"type": "article.revised", **texts, "data": {"outlet": "x", "url": url, "content_hash": "", "n": n}})


def watched(place: Place, runs: int, first: int = 0, began: datetime = BEGAN, pace: timedelta = timedelta(minutes=15)) -> None:
    """Polls of a watch, one after another: each tells of an article and ends."""
    for number in range(first, first + runs):
        at = began + number * pace
        run = keys.new_run_id(at)
        place.write(keys.changes(run, 1, at), segment(f"https://x.example/{number}", 1), at.timestamp())
        place.write(keys.changes(run, 2, at), to_bytes({"type": "run.finished", "data": {"run_id": run}}), at.timestamp() + 1)
        place.write(keys.run(run, at), b"{}\n", at.timestamp() + 2)


def cost(place: Place, cursor: str | None) -> tuple[list[Change], Counter[str]]:
    place.requests.clear()
    changes = list(follow(place, cursor))  # type: ignore[arg-type]
    return changes, Counter(place.requests)


@pytest.mark.slow
@pytest.mark.parametrize("runs", [200, 2_000])
def test_a_copied_archive_is_followed_at_the_cost_of_the_original(runs: int) -> None:
    """One GET a segment; what is listed more is runs/ once. Afterwards a poll with news costs what it costs in the original."""
    original = Place()
    watched(original, runs)
    copy = original.copied(COPIED)
    polls = {}
    for name, place, at in (("original", original, BEGAN + runs * timedelta(minutes=15)), ("copy", copy, None)):
        changes, requests = cost(place, None)
        assert len(changes) == 2 * runs
        assert requests["GET"] == 2 * runs
        assert requests["LIST"] <= 2 * (1 + 2 * runs // 1000) + 1 + runs // 1000
        assert all(len(change.cursor) < 2_048 for change in changes[:: max(1, runs // 50)])
        cursor = changes[-1].cursor
        assert len(cursor) < 2_048
        assert cost(place, cursor)[0] == []
        assert place.requests["LIST"] <= 2  # the last week, of two segments a quarter of an hour, in the copy
        watched(place, 3, first=0, began=at or datetime.fromtimestamp(COPIED + 60, UTC))
        changes, polls[name] = cost(place, cursor)
        assert len(changes) == 6
        assert len(changes[-1].cursor) < 2_048
    assert polls["copy"]["GET"] == polls["original"]["GET"]
    assert polls["copy"]["LIST"] <= polls["original"]["LIST"] + 3


def test_a_cursor_is_made_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a position once a segment."""
    place = Place()
    watched(place, 50)
    made: list[int] = []
    monkeypatch.setattr("storage.queries.feed_position.Position.cursor", lambda _: made.append(1) or "")
    changes = list(follow(place))  # type: ignore[arg-type]
    assert made == []
    assert [change.cursor for change in changes[:3]] == ["", "", ""]
    assert len(made) == 3


def test_a_reader_of_a_copy_stops_anywhere_and_goes_on() -> None:
    """All segments have one time: the place in their order is remembered, nothing comes twice."""
    original = Place()
    watched(original, 40)
    copy = original.copied(COPIED)
    log = list(follow(copy))  # type: ignore[arg-type]
    keyed = [change.event["data"] for change in log]
    for at, change in enumerate(log):
        assert [later.event["data"] for later in follow(copy, change.cursor)] == keyed[at + 1 :]  # type: ignore[arg-type]


def test_an_archive_that_is_followed_while_it_is_copied_in_the_order_of_its_keys_is_read_whole() -> None:
    """changes/ comes before runs/: as long as manifests are missing, days are not closed."""
    original = Place()
    watched(original, 400, pace=timedelta(hours=12))
    copy, cursor, read = Place(), None, 0
    for number, key in enumerate(sorted(original.objects)):
        copy.write(key, original.objects[key][1], COPIED + number // 100)
        if number % 37 == 0:
            for change in follow(copy, cursor):  # type: ignore[arg-type]
                read, cursor = read + 1, change.cursor
    read += len(list(follow(copy, cursor)))  # type: ignore[arg-type]
    assert read == 800


def old_cursor(place: Place, read: set[str]) -> str:
    """A cursor as format 1 wrote it, of a reader that has read these segments."""
    watermark = max(place.objects[key][0] for key in read)
    runs: dict[str, list[Any]] = {}
    for key in sorted(read):
        run, n, day = keys.changes_parts(key) or ("", 0, "")
        if place.objects[key][0] >= watermark - MARGIN:
            numbers, first, modified = runs.setdefault(run, [[], day, 0.0])
            runs[run] = [[*numbers, (n, n)], min(first, day), max(modified, place.objects[key][0])]
        elif run in runs:
            runs[run][0].append((n, n))
    told = {"watermark": watermark, "runs": runs, "within": None, "begin": None}
    return "c1." + base64.urlsafe_b64encode(zlib.compress(json.dumps(told, separators=(",", ":")).encode())).decode()


ACT = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(0, 5_000), st.just(0)),
    st.tuples(st.just("read"), st.booleans(), st.just(0)),
)


@settings(max_examples=150, deadline=None)
@given(
    skews=st.lists(st.integers(-20, 20), min_size=1, max_size=4),
    late=st.lists(st.integers(0, int(MARGIN) - 1), min_size=1, max_size=4),
    acts=st.lists(ACT, min_size=1, max_size=40),
    rounded=st.booleans(),
)
def test_no_change_is_missed_or_repeated(
    skews: list[int], late: list[int], acts: list[tuple[str, int, int]], rounded: bool
) -> None:
    """Runs overlap, clocks are up to 20 hours off, segments are dated up to an hour too early; some cursors are old."""
    place, now = Place(), datetime(2026, 3, 1, 22, tzinfo=UTC).timestamp()
    runs = [keys.new_run_id(datetime.fromtimestamp(now + hours * 3600, UTC)) for hours in skews]
    written: Counter[str] = Counter()
    announced: list[tuple[str, int]] = []
    read: list[tuple[str, int]] = []
    cursor: str | None = None
    seen: set[str] = set()

    def take(*, old: bool) -> None:
        nonlocal cursor, seen
        for change in follow(place, cursor):  # type: ignore[arg-type]
            read.append((change.event["data"]["url"], change.event["data"]["n"]))
            cursor = change.cursor
        seen = set(place.objects)
        if old and seen:
            cursor = old_cursor(place, seen)

    for act, number, more in acts:
        if act == "write":
            run = number % len(runs)
            written[runs[run]] += 1
            at = now - late[more % len(late)]
            key = keys.changes(runs[run], written[runs[run]], datetime.fromtimestamp(now + skews[run] * 3600, UTC))
            announced.append((f"https://x.example/{more}/{len(announced)}", 1))
            place.write(key, segment(*announced[-1]), float(int(at)) if rounded else at)
        elif act == "wait":
            now += number + 1
        else:
            take(old=bool(number))
    take(old=False)
    assert sorted(read) == sorted(announced)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2_000), st.integers(0, 60))
@example(1645, 60)  # 33 segments in a bucket, four of them late
def test_a_sketch_names_what_was_not_added(added: int, late: int) -> None:
    """Up to three thousand segments within the margin, whatever their number that came late."""
    names = [f"changes/2026/01/01/{number}-000001.jsonl" for number in range(added + late)]
    sketch = ReadSketch()
    for key in names[:added]:
        sketch.toggle(key)
    assert sketch.missing(lambda: names) == set(names[added:])


def test_a_sketch_that_cannot_be_solved_gives_too_much_and_never_too_little() -> None:
    """Hundreds of segments a bucket, and hundreds that came late."""
    names = [f"changes/2026/01/01/{number}-000001.jsonl" for number in range(30_000)]
    sketch = ReadSketch()
    for key in names[:29_000]:
        sketch.toggle(key)
    assert sketch.missing(lambda: names) >= set(names[29_000:])


def test_the_counting_store_of_the_other_tests_sees_one_listing_when_nothing_is_new() -> None:
    """As `Archive.changes` is asked by a poll."""
    place = Place()
    watched(place, 10)
    (*_, last) = follow(place)  # type: ignore[arg-type]
    counting = WrappedStore(place)  # type: ignore[arg-type]
    assert list(follow(counting, last.cursor)) == []
    assert counting.calls == {"listing": 1}


@pytest.mark.slow
def test_a_day_of_one_time_takes_the_memory_of_an_hour() -> None:
    """As a copy leaves a past that was taken over: what waits for its order waits on disk."""
    peaks = []
    for segments in (30, 300):
        place, run = Place(), keys.new_run_id(BEGAN)
        for number in range(segments):
            lines = b"".join(segment(f"https://x.example/{number}/{each}/{'x' * 200}", 1) for each in range(16))
            place.write(keys.changes(run, number + 1, BEGAN), lines, COPIED)
        followed = partial(lambda place: sum(1 for _ in follow(place)), place)
        assert followed() == 16 * segments
        peaks.append(traced_memory(followed).peak)
    assert peaks[1] < 2 * peaks[0]  # the names of the segments are in memory here, and cost a tenth of their events
