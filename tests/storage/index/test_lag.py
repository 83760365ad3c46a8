"""Rows that lag behind the ledger are found out before anything is told by them: no edit is lost by what a run left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import Archive, Capture, LaterVisits, Run, keys
from storage.errors import Damaged
from tests.storage.index.test_index_and_ledger import Killed, Newsroom
from tests.storage.index.test_large_index import OUTLET
from tests.storage.newsroom import NOON, article

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, SECOND = "", "ثان"


@pytest.fixture(params=[False, True], ids=["small", "large"])
def newsroom(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """An archive that has kept nine articles; the run under way is the next one."""
    newsroom = Newsroom(monkeypatch, large=request.param)
    for number in range(9):
        keep(newsroom.run, number, FIRST, newsroom)
    newsroom.act("end", 0, 0)
    return newsroom


def keep(run: Run, number: int, text: str, newsroom: Newsroom) -> str:
    newsroom.at += HOUR
    return run.keep(article(number, text), Capture(fetched_at=newsroom.at, status=200)).fate


def miss(run: Run, number: int, newsroom: Newsroom) -> None:
    newsroom.at += HOUR
    run.settle(OUTLET, article(number).url, "gone", "404", Capture(fetched_at=newsroom.at, status=404))


def last_text(newsroom: Newsroom, number: int) -> str | None:
    """The content hash in the last entry of a URL's ledger, by the ledger alone."""
    hashed = keys.url_hash(article(number).url)
    found = newsroom.memory.listing(f"{keys.ledger_shard(OUTLET, hashed[:2])}{hashed}/")
    newest = max(found, key=lambda each: keys.ledger_parts(each.key)[1])
    content: str | None = Archive(newsroom.memory).get(newest.key)["content_hash"]
    return content


def another(newsroom: Newsroom) -> None:
    """A run that has nothing to do with what the last one was about, and saves what it knows."""
    newsroom.restart()
    keep(newsroom.run, 99, FIRST, newsroom)
    newsroom.act("end", 0, 0)


def test_no_edit_is_lost_by_a_run_that_is_killed_before_any_of_its_writes(newsroom: Newsroom) -> None:
    """A page goes from one text to another, and back: the later run that sees it back tells so wherever the first one died."""
    killed, k = True, 0
    while killed:
        number = k % 9
        before = last_text(newsroom, number)
        newsroom.store.left = k
        killed = False
        try:
            keep(newsroom.run, number, f"{SECOND} {k}", newsroom)
            miss(newsroom.run, (number + 1) % 9, newsroom)
            miss(newsroom.run, (number + 2) % 9, newsroom)
            newsroom.run.finish()
        except Killed:
            killed = True
        newsroom.end(newsroom.run)
        another(newsroom)
        edited = last_text(newsroom, number) != before
        assert newsroom.run.known(OUTLET, article(number + 1 if number < 8 else 0).url)
        newsroom.compare()
        assert keep(newsroom.run, number, FIRST, newsroom) == ("revised" if edited else "unchanged"), k
        for each in ((number + 1) % 9, (number + 2) % 9):
            keep(newsroom.run, each, FIRST, newsroom)
        newsroom.act("end", 0, 0)
        newsroom.compare()
        k += 1
    assert k > 10


def test_no_edit_is_lost_by_a_run_that_is_killed_while_it_mends_what_another_left(newsroom: Newsroom) -> None:
    """Before any of its writes, it and then the next."""
    newsroom.store.left = 7
    keep(newsroom.run, 1, SECOND, newsroom)
    with pytest.raises(Killed):
        keep(newsroom.run, 2, SECOND, newsroom)
    newsroom.end(newsroom.run)
    for k in range(30):
        newsroom.store.left = k
        try:
            newsroom.run = newsroom.start(Archive(newsroom.store))
            newsroom.run.known(OUTLET, article(50).url)
            keep(newsroom.run, 100 + k, FIRST, newsroom)
            newsroom.run.finish()
        except Killed:
            newsroom.alive.clear()
        newsroom.compare()
    another(newsroom)
    newsroom.compare()
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"


def test_no_edit_is_lost_when_an_older_state_is_put_back(newsroom: Newsroom) -> None:
    """As a copy of the archive leaves it that takes what is new and no changed object."""
    newsroom.act("back up", 0, 0)
    for text in ("ب", "ج", SECOND):
        keep(newsroom.run, 1, text, newsroom)
        newsroom.act("end", 0, 0)
    with pytest.raises(Killed):
        newsroom.put_back()
    newsroom.restart()
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"
    newsroom.act("end", 0, 0)
    newsroom.compare()


def test_no_edit_is_lost_when_the_state_that_is_put_back_is_from_amid_the_run(newsroom: Newsroom) -> None:
    """A copy that was made while the run was at work, state/ first: its file of what is in flight is older than its entries."""
    keep(newsroom.run, 2, SECOND, newsroom)
    newsroom.backup = {key: value for key, value in newsroom.memory.objects.items() if key.startswith("state/")}
    keep(newsroom.run, 1, SECOND, newsroom)
    with pytest.raises(Killed):
        newsroom.put_back()
    newsroom.end(newsroom.run)
    another(newsroom)
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"


@pytest.mark.parametrize("first_to_end", ["the editor", "the other"])
def test_no_edit_is_lost_when_another_run_at_work_at_the_same_time_leaves_its_rows(first_to_end: str, newsroom: Newsroom) -> None:
    other = newsroom.start(Archive(newsroom.memory))
    other.known(OUTLET, article(1).url)  # as it is before the edit
    keep(newsroom.run, 1, SECOND, newsroom)
    keep(other, 77, FIRST, newsroom)
    for run in (newsroom.run, other) if first_to_end == "the editor" else (other, newsroom.run):
        run.finish()
        newsroom.end(run)
    newsroom.restart()
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"
    newsroom.act("end", 0, 0)
    newsroom.compare()


def test_no_edit_is_lost_when_a_run_wrote_an_older_row_over_a_later_one_and_was_killed(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the shard of the row, before its recent file, which is that of the run that made the edit."""
    monkeypatch.setattr("storage.index.compaction.RECENT_ROWS", 0)
    monkeypatch.setattr("storage.index.compaction.MOST_RECENT_ROWS", 0)
    newsroom.run.settle(OUTLET, article(1).url, "unchanged", capture=Capture(fetched_at=newsroom.at, status=304))
    other = newsroom.start(Archive(newsroom.memory))
    keep(other, 1, SECOND, newsroom)
    other.finish()
    newsroom.end(other)
    finish_until(newsroom, "known.jsonl.gz")
    newsroom.end(newsroom.run)
    newsroom.restart()
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"


def test_the_row_of_a_day_of_visits_is_not_believed_where_the_ledger_has_a_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run was killed when the row had gone to its shard and was not noted for its day again: there it is as it was before. Who
    asks for it asks the ledger, also in a later run.
    """
    newsroom = Newsroom(monkeypatch, large=True)
    monkeypatch.setattr("tests.storage.index.test_index_and_ledger.LATER", LaterVisits(revisits=(10 * DAY,)))
    newsroom.restart()
    for text, first in ((FIRST, 20), (SECOND, 30)):
        keep(newsroom.run, 1, text, newsroom)
        for number in range(first, first + 9):
            keep(newsroom.run, number, FIRST, newsroom)
        if text == FIRST:
            newsroom.act("end", 0, 0)
        else:
            finish_until(newsroom, "known/due-")
            another(newsroom)
    newsroom.at = NOON + 11 * DAY
    newsroom.restart()
    assert article(1).url in dict(newsroom.run.revisits(OUTLET))
    newsroom.act("end", 0, 0)  # not visited, so it is left as it is
    newsroom.compare()
    newsroom.restart()
    assert article(1).url in dict(newsroom.run.revisits(OUTLET))
    assert keep(newsroom.run, 1, FIRST, newsroom) == "revised"


def finish_until(newsroom: Newsroom, name: str) -> None:
    """The run under way is killed when it is about to replace such a file; the next one begins."""
    before = newsroom.store.before

    def kill(call: str, key: str) -> None:
        if call == "replace" and name in key:
            raise Killed
        before(call, key)

    newsroom.store.before = kill  # type: ignore[method-assign]
    with pytest.raises(Killed):
        newsroom.run.finish()
    newsroom.store.before = before  # type: ignore[method-assign]
    newsroom.end(newsroom.run)


def test_an_entry_of_another_run_at_work_is_not_believed_to_be_the_last(newsroom: Newsroom) -> None:
    """It was found by its number being taken."""
    newsroom.run.known(OUTLET, article(1).url)
    other = newsroom.start(Archive(newsroom.memory))
    keep(other, 1, SECOND, newsroom)
    keep(other, 1, FIRST, newsroom)
    assert keep(newsroom.run, 1, SECOND, newsroom) == "revised"


def test_a_damaged_entry_that_a_killed_run_left_costs_its_own_url_only(newsroom: Newsroom) -> None:
    """Also in later runs."""
    keep(newsroom.run, 1, SECOND, newsroom)
    newsroom.end(newsroom.run)
    newsroom.memory.replace(keys.ledger(OUTLET, keys.url_hash(article(1).url), 2), b"{")
    for _ in range(2):
        newsroom.restart()
        assert keep(newsroom.run, 2, FIRST, newsroom) == "unchanged"
        with pytest.raises(Damaged, match="not a ledger entry"):
            newsroom.run.known(OUTLET, article(1).url)
        newsroom.act("end", 0, 0)


def test_what_a_page_had_that_was_gone_when_it_was_first_seen_is_the_same_by_the_ledger_alone(newsroom: Newsroom) -> None:
    """Of two older captures, the one that was entered first: its text is compared with what comes back, and its key is told."""
    newsroom.act("gone", 12, 0)
    newsroom.act("older", 12, 0)
    newsroom.act("older", 12, 1)
    newsroom.act("end", 0, 0)
    newsroom.compare()
