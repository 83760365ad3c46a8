"""A reader of the change log misses nothing, whatever writers and clocks do, and sees the events of an address in order."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.keys import new_run_id
from storage.queries.change_feed import follow
from storage.queries.feed_position import MARGIN
from storage.run.changes import ChangeLog, event
from storage.stores.folder import FolderStore
from storage.stores.store import Store, Stored
from tests.storage.newsroom import WrappedStore

NOW = datetime.now(UTC)
EVERYTHING = 1_000


class Newsroom(WrappedStore):
    """Writers with clocks of their own announce edits of three addresses; a listing may be overtaken by writes.

    rounded: the place knows whole seconds only, as S3 does.
    """

    def __init__(self, beneath: Store, skews: list[float], *, rounded: bool = False) -> None:
        super().__init__(beneath)
        self._rounded = rounded
        self.overtaking: list[int] = []
        self.announced: list[tuple[str, int]] = []
        self._edits = [0, 0, 0]
        self._writers = [
            ChangeLog(beneath, new_run_id(NOW + timedelta(hours=hours)), lambda hours=hours: NOW + timedelta(hours=hours))
            for hours in skews
        ]

    def write(self, writer: int, address: int) -> None:
        self._edits[address] += 1
        n, url = self._edits[address], f"https://www.example.org/{address}"
        data = {"outlet": "x", "url": url, "content_hash": "", "n": n}
        told = event("article.revised", source="urn:x", subject=url, identity=f"{address}:{n}", at=NOW, data=data)
        self._writers[writer % len(self._writers)].announce(told)
        self.announced.append((url, n))

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        for found in super().listing(prefix, start_after):
            if self.overtaking:
                code = self.overtaking.pop()
                self.write(code // 3, code % 3)
            yield found._replace(modified=float(int(found.modified))) if self._rounded else found


def read(store: Store, cursor: str | None, most: int = EVERYTHING) -> tuple[list[tuple[str, int]], str | None]:
    """(events told, cursor after the last of them), of at most so many."""
    told = []
    for change in follow(store, cursor):
        told.append((change.event["data"]["url"], change.event["data"]["n"]))
        cursor = change.cursor
        if len(told) == most:
            break
    return told, cursor


WRITE = st.tuples(st.just("write"), st.integers(0, 2), st.integers(0, 2))
READ = st.tuples(st.just("read"), st.integers(1, 9), st.lists(st.integers(0, 8), max_size=3))


@settings(max_examples=60, deadline=None)
@given(
    skews=st.lists(st.floats(-20, 20), min_size=1, max_size=3),
    acts=st.lists(st.one_of(WRITE, READ), min_size=1, max_size=25),
    rounded=st.booleans(),
    stops=st.booleans(),
)
def test_every_event_arrives_and_those_of_an_address_in_order(
    skews: list[float], acts: list[tuple[str, int, object]], rounded: bool, stops: bool
) -> None:
    """Writers whose clocks are up to 20 hours off, a reader that stops anywhere, writes that overtake its listing."""
    with tempfile.TemporaryDirectory() as folder:
        room = Newsroom(FolderStore(Path(folder)), skews, rounded=rounded)
        told: list[tuple[str, int]] = []
        cursor: str | None = None
        for act, number, more in acts:
            if act == "write":
                assert isinstance(more, int)
                room.write(number, more)
            else:
                assert isinstance(more, list)
                room.overtaking = more
                some, cursor = read(room, cursor, number if stops else EVERYTHING)
                told += some
        room.overtaking = []
        while some := read(room, cursor)[0]:
            told += some
            cursor = read(room, cursor)[1]
        assert set(told) == set(room.announced)
        first_told = list(dict.fromkeys(told))
        for address in {url for url, _ in told}:
            assert [n for url, n in first_told if url == address] == sorted(n for url, n in first_told if url == address)
        if not stops:  # else events of one moment and one address may come twice
            assert len(told) == len(room.announced)


def test_a_segment_that_a_slow_write_dates_before_the_cursor_is_told(tmp_path: Path) -> None:
    """S3 dates an object by the beginning of its upload."""
    room = Newsroom(FolderStore(tmp_path), [0, -1])
    room.write(0, 0)
    told, cursor = read(room, None)
    room.write(1, 1)
    (late,) = [found.key for found in room.listing("changes/") if "-000001" in found.key and _told_in(room, found.key) == 1]
    earlier = time.time() - MARGIN + 60
    os.utime(tmp_path / late, (earlier, earlier))
    assert read(room, cursor)[0] == [("https://www.example.org/1", 1)]
    assert told == [("https://www.example.org/0", 1)]


def test_a_run_that_is_silent_for_hours_and_then_writes_is_heard(tmp_path: Path) -> None:
    """Its keys sort before everything that was read meanwhile."""
    room = Newsroom(FolderStore(tmp_path), [-9, 0])
    for _ in range(3):
        room.write(1, 0)
    _, cursor = read(room, None)
    room.write(0, 0)
    assert read(room, cursor)[0] == [("https://www.example.org/0", 4)]


def test_a_cursor_of_a_copy_with_later_times_misses_nothing_where_times_are_earlier(tmp_path: Path) -> None:
    """Read from a backup, all of it dated by the copying; then followed in the archive itself, which went on before that."""
    room = Newsroom(FolderStore(tmp_path / "archive"), [0])
    room.write(0, 0)
    room.write(0, 1)
    shutil.copytree(tmp_path / "archive", tmp_path / "copy")
    _, cursor = read(Newsroom(FolderStore(tmp_path / "copy"), []), None)
    for found in list(room.listing("changes/")):
        os.utime(tmp_path / "archive" / found.key, (found.modified - 20 * MARGIN,) * 2)
    before = {found.key for found in room.listing("changes/")}
    room.write(0, 2)
    for found in list(room.listing("changes/")):
        if found.key not in before:
            os.utime(tmp_path / "archive" / found.key, (found.modified - 9 * MARGIN,) * 2)
    told, cursor = read(room, cursor)
    assert ("https://www.example.org/2", 1) in told
    assert read(room, cursor)[0] == []


def test_following_a_long_log_lists_its_last_days_only(tmp_path: Path) -> None:
    """And fetches only what is new; with nothing new it is one listing and no object."""
    room = Newsroom(FolderStore(tmp_path), [-24 * 400, 0])
    room.write(0, 0)
    old = next(room.listing("changes/")).key
    os.utime(tmp_path / old, (time.time() - 400 * 86400,) * 2)
    room.write(1, 1)
    _, cursor = read(room, None)
    room.calls.clear()
    listed: list[str] = []
    beneath = room.beneath.listing
    room.beneath.listing = lambda prefix="", start_after="": (  # type: ignore[method-assign]
        listed.append(found.key) or found for found in beneath(prefix, start_after)
    )
    assert read(room, cursor)[0] == []
    assert room.calls == {"listing": 1}
    assert old not in listed


def _told_in(store: Store, key: str) -> int:
    return int((store.get(key) or b"").split(b'"url":"https://www.example.org/')[1][:1])
