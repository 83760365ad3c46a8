"""Keeping new articles together comes to what keeping them one by one does."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.article import Article
from storage import Archive, Capture, KeepRequest, Outcome, Run, open_archive
from storage.archive import _make
from storage.errors import NotWritable
from storage.stores.store import ForwardingStore, Store
from tests.storage.newsroom import CAPTURE, NOON, MemoryStore, article, begin
from tests.storage.run.test_killed import in_child


def in_memory() -> Archive:
    store = MemoryStore()
    _make(store)
    return Archive(store)


def requests(*articles: Article, capture: Capture = CAPTURE) -> list[KeepRequest]:
    return [KeepRequest(article=each, capture=capture) for each in articles]


def keep_together(run: Run, asked: list[KeepRequest]) -> list[Outcome]:
    """As a crawl does it."""
    return [outcome or run.keep_one(request) for request, outcome in zip(asked, run.keep_new(asked), strict=True)]


def test_articles_that_are_new_are_kept_together(place: str) -> None:
    """In a folder and in a bucket: one segment announces them; the fates are counted; the next run knows them."""
    archive = open_archive(place)
    run = begin(archive)
    asked = requests(*map(article, range(5)))
    for each in asked:
        run.discover("enab_baladi", each.article.url)
    outcomes = run.keep_new(asked)
    assert [outcome and outcome.fate for outcome in outcomes] == ["kept"] * 5
    assert all(outcome and archive.get(outcome.key or "")["url"] == outcome.url for outcome in outcomes)
    assert run.keep_new(asked) == [None] * 5
    assert [run.keep_one(each).fate for each in asked] == ["unchanged"] * 5
    assert run.finish()["discovered"] == 5
    assert len(list(archive.store.listing("changes/"))) == 2  # theirs, and that the run has finished
    assert archive.verify().findings == []
    assert [begin(archive).keep(each.article, CAPTURE).fate for each in asked] == ["unchanged"] * 5


def test_what_is_not_plainly_new_is_kept_by_itself() -> None:
    """A known address, a known content, two of one address, two of one content, an address that led to another."""
    run = begin(in_memory())
    run.keep(article(1), CAPTURE)
    same = article(2)
    asked = [
        *requests(article(1, "edited"), article(7, url="https://www.enab_baladi.example/archives/elsewhere"), same),
        *requests(
            article(3), article(3, "once more"), article(4, url="https://x.example/a"), article(4, url="https://x.example/b")
        ),
        KeepRequest(article=article(5), capture=CAPTURE, for_url="https://www.enab_baladi.example/short/5"),
        *requests(article(6)),
    ]
    run.keep(article(7), CAPTURE)
    together = [number for number, outcome in enumerate(run.keep_new(asked)) if outcome]
    assert together == [2, 8]
    fates = Counter(run.keep_one(each).fate for number, each in enumerate(asked) if number not in together)
    assert fates == {"revised": 2, "duplicate": 2, "kept": 3}


numbers = st.integers(0, 5)
visits = st.lists(st.tuples(numbers, st.sampled_from(["", "ثان"]), st.sampled_from(["enab_baladi", "smart"])), max_size=12)


@given(st.lists(visits, max_size=3))
@settings(max_examples=40)
def test_together_comes_to_what_one_by_one_does(groups: list[list[tuple[int, str, str]]]) -> None:
    """The same fates, and an archive with the same contents, acknowledgements and announcements."""

    def kept(*, together: bool) -> tuple[Any, ...]:
        archive = in_memory()
        run = begin(archive)
        fates = []
        for group in groups:
            asked = requests(*(article(number, text, outlet=outlet) for number, text, outlet in group))
            # Those that go by themselves come after those that go together, so the order is made the same.
            first = _plain(run, asked)
            asked = [*(asked[n] for n in first), *(each for n, each in enumerate(asked) if n not in first)]
            outcomes = keep_together(run, asked) if together else [run.keep_one(each) for each in asked]
            fates.append([(outcome.fate, outcome.url, outcome.revision, outcome.content_hash) for outcome in outcomes])
        manifest = run.finish()
        assert archive.verify().findings == []
        entries = sorted(
            (entry["url"], entry["n"], entry["fate"], entry["content_hash"], entry["previous"])
            for entry in map(archive.get, (found.key for found in archive.store.listing("urls/")))
        )
        events = sorted(change.event["id"] for change in archive.changes() if change.event["type"].startswith("article."))
        records = sorted((record["url"], record["content_hash"], record["revision"]) for record in archive.articles())
        return fates, manifest["fates"], entries, events, records

    assert kept(together=True) == kept(together=False)


def _plain(run: Run, asked: list[KeepRequest]) -> list[int]:
    return run._keeper._new_ones([run._visit(each) for each in asked])


class FullDisk(ForwardingStore):
    """Takes objects until there are so many of a kind."""

    def __init__(self, beneath: Store, kind: str, most: int) -> None:
        super().__init__(beneath)
        self.kind, self.left = kind, most

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        if key.startswith(self.kind):
            self.left -= 1
            if self.left < 0:
                raise NotWritable(f"the disk is full ({key})")
        return super().create(key, data, content_type)


@pytest.mark.parametrize("kind", ["hashes/", "articles/", "changes/", "urls/"])
def test_a_group_that_fails_is_kept_one_by_one_when_there_is_room(kind: str) -> None:
    """And its objects are in the manifest, whichever attempt made them."""
    store = FullDisk(in_memory().store, kind, 3 if kind != "changes/" else 0)
    archive = Archive(store)
    run = begin(archive)
    asked = requests(*map(article, range(6)))
    assert run.keep_new(asked) == [None] * 6
    for each in asked:
        with suppress(NotWritable):
            run.keep_one(each)
    store.left = 10**6
    assert {run.keep_one(each).fate for each in asked} <= {"kept", "unchanged"}
    run.finish()
    assert archive.verify().findings == []
    assert len(list(archive.articles())) == 6
    ids = [change.event["id"] for change in archive.changes() if change.event["type"] == "article.kept"]
    assert len(set(ids)) == 6


class DeadlyStore(ForwardingStore):
    """Kills the process before its k-th write; a group is written object by object."""

    def __init__(self, beneath: Store, k: int) -> None:
        super().__init__(beneath)
        self._left = k

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1
        return super().create(key, data, content_type)


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_process_killed_before_any_write_of_a_group_leaves_nothing_that_is_not_mended(large: bool, tmp_path: Path) -> None:
    """large: the archive is so large that recovery goes by the file of what was in flight."""
    k = 0
    while True:
        uri = str(tmp_path / str(k))
        open_archive(uri)

        def work(uri: str = uri, k: int = k) -> None:
            run = begin(Archive(DeadlyStore(open_archive(uri).store, k)))
            run._index.is_large = lambda: large  # type: ignore[method-assign]
            run._in_flight._is_large = lambda: large
            keep_together(run, requests(*map(article, range(4))))
            run.finish()

        killed = in_child(work) == signal.SIGKILL
        archive = open_archive(uri)
        assert archive.verify().damaged == []
        begin(archive, NOON.replace(hour=13)).finish()
        assert archive.verify().findings == []
        run = begin(archive, NOON.replace(hour=14))
        keep_together(run, requests(*map(article, range(4))))
        run.finish()
        assert archive.verify().findings == []
        assert len(list(archive.articles())) == 4
        if not killed:
            break
        k += 1
    assert k > 13
