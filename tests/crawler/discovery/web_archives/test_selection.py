"""Which captures of an article are asked for, and in which order."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.found import CaptureCandidate
from crawler.discovery.web_archives.captures import IMPOSSIBLE, Captured, Captures
from crawler.discovery.web_archives.seen_captures import SAVE_CAPTURES, SEGMENT, SeenCaptures
from crawler.discovery.web_archives.selection import RESORT, choose, remaining
from extractors import outlets
from storage import open_archive


def capture(day: int, length: int = 9_000, **more: object) -> Captured:
    return replace(Captured(f"201805{day:02}120000", "http://x.example/1", length), **more)  # type: ignore[arg-type]


def shown(candidates: tuple[CaptureCandidate, ...]) -> list[tuple[int, int]]:
    """(slot, day) of each."""
    return [(each.slot, each.memento_at.day) for each in candidates]


def test_the_nearest_to_publication_and_the_latest_are_asked_for() -> None:
    """Each with those that can stand for it, first choice first; slots rise with time, so that revisions come in order."""
    assert shown(choose([capture(day) for day in (4, 1, 3, 2)], None, 2)) == [(1, 1), (1, 2), (2, 4), (2, 3)]
    assert shown(choose([capture(1)], None, 2)) == [(1, 1)]
    assert shown(choose([capture(day) for day in (1, 2)], None, 1)) == [(1, 1), (1, 2)]
    assert [slot for slot, _ in shown(choose([capture(day) for day in range(1, 10)], None, 3))].count(3) == 3


def test_all_of_them_are_asked_for_one_after_the_other() -> None:
    """`--captures all`."""
    assert shown(choose([capture(day) for day in (3, 1, 2)], None, None)) == [(1, 1), (2, 2), (3, 3)]


def test_short_and_cut_captures_are_the_last_resort() -> None:
    """Less than half the size of the largest is likely a challenge or a cut page; what the archive itself cut comes last."""
    captures = [capture(1, 800), capture(2), capture(3, 10_000), capture(4, 20_000, cut=True), capture(5, 4_900)]
    assert shown(choose(captures, None, 2)) == [(1, 2), (2, 3), (RESORT, 5), (RESORT, 1), (RESORT, 4)]
    assert shown(choose([capture(1, 800, cut=True)], None, 2)) == [(RESORT, 1)]


def test_a_capture_from_before_the_article_is_tried_after_the_others() -> None:
    """The address showed something else then: another article with this number, a draft, an earlier site."""
    captures = [capture(day) for day in (1, 10, 20)]
    assert shown(choose(captures, date(2018, 5, 9), 2)) == [(1, 10), (1, 1), (2, 20)]
    assert shown(choose(captures, date(2018, 5, 11), 1)) == [(1, 10), (1, 20), (1, 1)], "an address's day is not UTC's"
    assert shown(choose(captures, date(2019, 1, 1), 2)) == [(1, 1), (1, 10), (2, 20)], "better than nothing"


def test_unknown_sizes_are_no_reason_to_doubt() -> None:
    """An index without lengths."""
    assert shown(choose([capture(1, 0), capture(2, 9_000)], None, 2)) == [(1, 1), (2, 2)]


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 30_000), st.booleans()), max_size=20), st.integers(1, 6))
def test_no_capture_is_asked_for_twice_and_slots_rise_with_time(drawn: list[tuple[int, int, bool]], wanted: int) -> None:
    captures = {day: capture(day, length, cut=cut) for day, length, cut in drawn}
    chosen = choose(captures.values(), None, wanted)
    assert len(set(chosen)) == len(chosen)
    assert bool(chosen) == bool(captures)
    firsts = [each for number, each in enumerate(chosen) if each.slot not in {other.slot for other in chosen[:number]}]
    moments = [each.memento_at for each in firsts if each.slot != RESORT]
    assert moments == sorted(moments)
    assert len(moments) <= wanted


def test_what_was_looked_at_is_not_asked_for_again() -> None:
    """A slot that was served is done with, and the last resort too; captures that were no use leave the others of their slot."""
    chosen = choose([*(capture(day) for day in (1, 2, 3, 4)), capture(5, 100)], None, 2)
    assert shown(remaining(chosen, {chosen[0]: True})) == [(2, 4), (2, 3)]
    assert shown(remaining(chosen, {chosen[0]: False})) == [(1, 2), (2, 4), (2, 3), (RESORT, 5)]
    assert remaining(chosen, dict.fromkeys(chosen, False)) == ()
    assert remaining(chosen, {chosen[1]: True, chosen[2]: True}) == ()


def test_captures_of_one_article_under_five_forms_are_one_article() -> None:
    """And captures with one digest are one capture: the oldest."""
    forms = ("http://geroun.net/archives/7", "https://www.geroun.net/archives/7/", "http://geiroon.com/archives/7?utm_source=x",
             "http://geiroon.net/archives/7/slug", "https://geiroon.net/amp/archives/7")  # fmt: skip
    captures = Captures(outlets()["geiroon"])
    captures.add(Captured(f"2018050{n}120000", url, digest=f"D{n % 4}") for n, url in enumerate(forms, 1))
    captures.add(Captured(f"2018050{n}120000", "http://elsewhere.example/7") for n in (1, 2))
    ((url, found),) = captures.grouped()
    assert url == "https://geiroon.net/archives/7"
    assert [each.timestamp[7] for each in found] == ["1", "2", "3", "4"]
    captures.close()


@pytest.mark.parametrize(
    ("outlet", "url", "captured", "possible"),
    [
        ("smart", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "20180512120000", True),
        ("smart", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "20180501120000", True),
        ("smart", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "20180312120000", False),
        ("smart", "http://smartnews-agency.com/ar/wires/2018-05-12-x", "20260312120000", True),
        ("enab_baladi", "https://www.enabbaladi.net/archives/551039", "20220301000000", True),
        ("enab_baladi", "https://www.enabbaladi.net/archives/551039", "20120301000000", False),
        ("enab_baladi", "https://www.enabbaladi.net/archives/7", "20010301000000", True),  # nothing is known of such a number
    ],
)
def test_a_capture_from_long_before_its_article_is_left_out_and_counted(
    outlet: str, url: str, captured: str, *, possible: bool
) -> None:
    """By the outlet's own facts: the day in the address, or when it gave out such numbers."""
    with closing(Captures(outlets()[outlet])) as captures:
        left_out = captures.add([Captured(captured, url)])
        assert left_out == ({} if possible else {IMPOSSIBLE: 1})
        assert len(list(captures.grouped())) == possible


def test_what_was_looked_at_is_remembered_and_may_be_damaged(tmp_path: Path) -> None:
    """In files that are written once they are full or due; a damaged one costs what it held."""
    state = open_archive(str(tmp_path / "a")).state("smart")
    looked = SeenCaptures(state)
    chosen = [choose([capture(1, original=f"http://x.example/{n}")], None, 1)[0] for n in range(SEGMENT + 10)]
    for number, each in enumerate(chosen):
        looked.mark(each, article=number % 3 == 0)
        assert looked.due == ((number + 1) % SAVE_CAPTURES == 0)
        if looked.due:
            state.put(*looked.unsaved())
    assert looked.changed
    state.put(*looked.unsaved())
    again = SeenCaptures(state)
    assert [again.verdict(each) for each in chosen] == [number % 3 == 0 for number in range(len(chosen))]
    assert again.verdict(choose([capture(2)], None, 1)[0]) is None
    state.put("history/looked-00001.bin", b"damaged")
    assert SeenCaptures(state).verdict(chosen[-1]) is None
    assert SeenCaptures(state).verdict(chosen[0]) is True
