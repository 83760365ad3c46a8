"""What a crawl notes of an outlet costs what it needs: counts of lines grow to half a megabyte, and few crawls use them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.crawl.outlet_notes import OutletNotes
from crawler.crawl.session import Session
from crawler.facts import Facts
from crawler.read.line_frequency import LINE_FREQUENCY, THOROUGH, LineFrequency
from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, ArchiveError, State, keys
from storage.archive import _make
from storage.stores.json_objects import find_json

OUTLET = "enab_baladi"
LARGE = f"GET state/{OUTLET}/chrome.json"


def crawl(store: MeteredStore) -> tuple[OutletNotes, State]:
    """The notes of a crawl that begins."""
    archive = Archive(store)
    state = cache(archive.state)
    store.by_key.clear()
    return OutletNotes(state, archive.state, Facts()), state(OUTLET)


def teach(lines: LineFrequency, first: int, pages: int) -> None:
    for number in range(first, first + pages):
        lines.learn(str(number), ["menu", *(f"{number}-{n}" for n in range(300))])


def test_counts_of_lines_are_read_only_where_a_page_teaches() -> None:
    memory = MemoryStore()
    _make(memory)
    store = MeteredStore(memory)
    notes, state = crawl(store)
    teach(notes.line_frequency(OUTLET), 0, THOROUGH + 10)
    notes.stage()
    state.save()
    for crawls in range(3):
        notes, state = crawl(store)
        lines = notes.line_frequency(OUTLET)
        assert lines.known == {"menu"}
        assert not lines.wants("https://www.enabbaladi.net/archives/1")
        assert store.by_key == {f"GET state/{OUTLET}/notes.json.gz": 1}
        teach(lines, 1_000 + crawls, 1)
        assert store.by_key[LARGE] == 1
        notes.stage()
        state.save()
    found = LINE_FREQUENCY.load(Archive(store).state(OUTLET), Facts())
    assert (found.pages, found.lines["menu"]) == (THOROUGH + 13,) * 2


def test_counts_of_an_earlier_warraq_are_read_once_for_what_follows_from_them() -> None:
    memory = MemoryStore()
    _make(memory)
    store = MeteredStore(memory)
    lines = LineFrequency()
    teach(lines, 0, THOROUGH + 10)
    store.replace(f"state/{OUTLET}/chrome.json", LINE_FREQUENCY.dump(lines.document()))
    for reads in (1, 0):
        notes, state = crawl(store)
        assert notes.line_frequency(OUTLET).known == {"menu"}
        notes.stage()
        state.save()
        assert store.by_key[LARGE] == reads


def test_notes_that_cannot_be_staged_do_not_hold_back_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(load_config(archive=str(tmp_path)))
    session.run.discover(OUTLET, "https://www.enabbaladi.net/archives/1")

    def unreadable(_: OutletNotes) -> None:
        raise ArchiveError("the archive cannot be read")

    monkeypatch.setattr(OutletNotes, "stage", unreadable)
    with pytest.raises(ArchiveError, match="cannot be read"):
        session.close()
    assert session.manifest is not None
    assert find_json(session.archive.store, keys.run(session.run.run_id, session.run.started_at)) == session.manifest
    assert session.close() == session.manifest
