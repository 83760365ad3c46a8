"""The index says what the ledger says, whatever became of the runs before and of what they left in state/."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.article import Article
from infra.bench.stores import MemoryStore
from storage import Archive, Capture, Run
from storage.archive import _make
from tests.storage.index.test_large_index import LATER, OUTLET, known_at_hand
from tests.storage.newsroom import NOON, WrappedStore, article

URLS = 14
SAME = ("n", "fate", "content_hash", "revision", "key", "id", "standing", "gone_since")
TINY = {
    "index.compaction.RECENT_ROWS": 4,
    "index.compaction.MOST_RECENT_ROWS": 8,
    "index.ledger_survey.SURVEY_KEYS": 3,
    "index.ledger_survey.SINGLE_LOOKUPS": 3,
    "index.shards.MOST_ROWS": 3,
    "run.in_flight.MOST_ENTRIES": 2,
}
"""So that an archive of a few URLs is large, and their rows move to their shards at every end."""


class Killed(BaseException):
    """The process is gone: nothing of it is run any more."""


class DeadlyMemory(WrappedStore):
    """Takes so many more writes, and then none: whoever writes is dead."""

    left = 10**9

    def before(self, call: str, key: str) -> None:
        if call in {"create", "replace"}:
            if self.left <= 0:
                raise Killed
            self.left -= 1


class Newsroom:
    """An archive and a run in it, which may be killed."""

    def __init__(self, patch: pytest.MonkeyPatch, *, large: bool) -> None:
        for name, value in TINY.items() if large else ():
            patch.setattr(f"storage.{name}", value)
        self.alive: set[str] = set()
        patch.setattr("storage.liveness.state_of", lambda marker: "alive" if marker["run_id"] in self.alive else "dead")
        self.memory = MemoryStore()
        _make(self.memory)
        self.store = DeadlyMemory(self.memory)
        self.at = NOON
        self.backup: dict[str, tuple[bytes, float]] = {}
        self.run = self.start(Archive(self.store))

    def start(self, archive: Archive) -> Run:
        ticks = iter(range(10**9))
        run = archive.begin({}, now=lambda: self.at + timedelta(milliseconds=next(ticks)), later=LATER)
        self.alive.add(run.run_id)
        return run

    def act(self, kind: str, number: int, text: int) -> None:
        """One act of the run under way, or of others; a killed run is followed by another."""
        self.at += timedelta(hours=7)
        try:
            self._act(kind, number, text)
        except Killed:
            self.end(self.run)
            self.restart()

    def _act(self, kind: str, number: int, text: int) -> None:
        run, page = self.run, article(number, "أب" * text)
        if kind in TROUBLE:
            self._trouble(kind, number, text)
        elif kind == "ask":
            at_hand = known_at_hand(run, page.url)
            known = run.known(OUTLET, page.url)
            assert at_hand in (known, "not at hand")
            assert known_at_hand(run, page.url) == known
        elif kind == "visits":
            list(run.revisits(OUTLET))
        elif kind == "end":
            run.finish()
            self.end(run)
            self.restart()
        else:
            self._see(kind, page, NOON - timedelta(days=1 + 9 * text + number))

    def _see(self, kind: str, page: Article, before: datetime) -> None:
        """A visit of the page, or a capture from before the archive."""
        run, url = self.run, page.url
        if kind == "keep":
            run.keep(page, Capture(fetched_at=self.at, status=200))
        elif kind == "look":
            if run.known(OUTLET, url):
                run.settle(OUTLET, url, "unchanged", capture=Capture(fetched_at=self.at, status=304))
        elif kind == "gone":
            run.settle(OUTLET, url, "gone", "404", Capture(fetched_at=self.at, status=404))
        elif kind == "not_an_article":
            run.settle(OUTLET, url, "not_an_article", "a list", Capture(fetched_at=self.at, status=200))
        else:
            run.keep(page, Capture(fetched_at=self.at, status=200, via="wayback", memento_at=before))

    def _trouble(self, kind: str, number: int, text: int) -> None:
        if kind == "die soon":
            self.store.left = number + 8 * text
        elif kind == "back up":
            self._act("end", 0, 0)
            self.backup = {key: value for key, value in self.memory.objects.items() if key.startswith("state/")}
        elif kind == "restore":
            self.put_back()
        else:
            other = self.start(Archive(self.memory))
            other.keep(article(number, "أب" * text), Capture(fetched_at=self.at, status=200))
            other.finish()
            self.end(other)

    def put_back(self) -> None:
        """An older state/ in the place of this one, and the run, which began with this one, is killed."""
        if self.backup:
            self.memory.drop("state/")
            for key, (data, _) in self.backup.items():
                self.memory.replace(key, data)
            raise Killed

    def end(self, run: Run) -> None:
        run.close()
        self.alive.discard(run.run_id)

    def restart(self) -> None:
        """The next run, which is not killed while it begins."""
        self.store.left = 10**9
        self.run = self.start(Archive(self.store))

    def compare(self) -> None:
        """What a run is told with state/ and without."""
        with_state = self.start(Archive(self.memory))
        known = {number: with_state.known(OUTLET, article(number).url) for number in range(URLS)}
        self.end(with_state)
        bare = self.memory.copied(self.memory.clock)
        bare.drop("state/")
        without = self.start(Archive(bare))
        for number, each in known.items():
            ledger = without.known(OUTLET, article(number).url)
            assert (each is None) == (ledger is None)
            if each and ledger:
                assert [getattr(each, name) for name in SAME] == [getattr(ledger, name) for name in SAME]
                assert each.checked_at >= ledger.checked_at
        self.end(without)


KINDS = ("keep", "keep", "keep", "older", "look", "gone", "not_an_article", "ask", "visits", "end", "end")
TROUBLE = ("die soon", "die soon", "back up", "restore", "another run")
ACTS = st.lists(st.tuples(st.sampled_from(KINDS + TROUBLE), st.integers(0, URLS - 1), st.integers(0, 2)), min_size=5, max_size=60)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, large=st.booleans())
def test_the_index_says_what_the_ledger_says(
    acts: list[tuple[str, int, int]], large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs end, are killed before any write, overlap; state/ is put back as it was."""
    with monkeypatch.context() as patch:
        newsroom = Newsroom(patch, large=large)
        for act in acts:
            newsroom.act(*act)
        newsroom.store.left = 10**9
        newsroom.act("end", 0, 0)
        newsroom.end(newsroom.run)
        newsroom.compare()
        assert Archive(newsroom.memory).verify().findings == []
