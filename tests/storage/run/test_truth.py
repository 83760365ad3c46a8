"""Truth over time: what a revision changed, captures that come late, removals that are confirmed, and coming back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import Archive, Capture, LaterVisits, open_archive
from storage.queries.history import by_moment
from tests.storage.newsroom import NOON, WrappedStore, article, begin, tree

URL = article(1).url


def live(at: datetime) -> Capture:
    return Capture(fetched_at=at, status=200)


def memento(at: datetime, looked: datetime = NOON) -> Capture:
    return Capture(fetched_at=looked, status=200, via="wayback", memento_at=at)


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def see(archive: Archive, text: str, capture: Capture, at: datetime | None = None) -> str:
    """A run that finds this text at the URL; the fate."""
    run = begin(archive, at or capture.fetched_at)
    fate = run.keep(article(1, text), capture).fate
    run.finish()
    return fate


def miss(archive: Archive, at: datetime, fate: Any = "gone") -> str:
    """A run that does not find the URL; the fate."""
    run = begin(archive, at)
    run.settle("enab_baladi", URL, fate, "HTTP 404", Capture(fetched_at=at, status=404))
    return next(iter(run.finish()["fates"]))


def events(archive: Archive) -> list[tuple[str, list[str] | None]]:
    """(type, change) of the article events."""
    told = [change.event for change in archive.changes()]
    return [(event["type"], event["data"]["change"]) for event in told if event["type"].startswith("article.")]


def chain(archive: Archive) -> list[dict[str, Any]]:
    """The ledger of the URL."""
    found = [archive.get(key) for key in tree(archive.store) if key.startswith("urls/")]
    return sorted((entry for entry in found if entry["url"] == URL), key=lambda entry: entry["n"])


def standing(archive: Archive) -> Any:
    run = begin(archive, day(1000))
    known = run.known("enab_baladi", URL)
    run.close()
    return known


def lose_state(place: Path) -> None:
    for path in place.glob("state/*/*"):
        path.unlink()


# --- what changed


def test_a_revision_says_what_changed_in_the_ledger_and_in_its_event(place: str) -> None:
    """From the text that stood to the new one; a first text has nothing to say."""
    archive = open_archive(place)
    see(archive, "قتل ثلاثة.", live(day(0)))
    see(archive, "قتل خمسة.", live(day(1)))
    assert [entry["change"] for entry in chain(archive)] == [None, ["number"]]
    assert events(archive) == [("article.kept", None), ("article.revised", ["number"])]
    assert archive.verify().findings == []


def test_a_text_before_that_cannot_be_read_leaves_the_change_unsaid(tmp_path: Path) -> None:
    """The revision is kept all the same; what is wrong with the article is for verify to say."""
    archive = open_archive(str(tmp_path))
    see(archive, "أول", live(day(0)))
    next(tmp_path.glob("articles/*/*/*.json")).write_text("broken")
    assert see(archive, "ثان", live(day(1))) == "revised"
    assert chain(archive)[1]["change"] is None


# --- captures that come late


def test_an_older_capture_adds_to_the_history_and_replaces_nothing(place: str) -> None:
    """It is a revision marked `older`, announced with the moment of its capture; the next visit finds what stood, unchanged."""
    archive = open_archive(place)
    assert see(archive, "الآن", live(day(0))) == "kept"
    assert see(archive, "قبل عامين", memento(day(-700)), day(1)) == "revised"
    assert see(archive, "الآن", live(day(2))) == "unchanged"
    older = chain(archive)[1]
    assert (older["older"], older["revision"], older["stands"]) == (True, 2, 1)
    told = [change.event["data"] for change in archive.changes() if change.event["type"] == "article.revised"]
    assert [(data["older"], data["memento_at"]) for data in told] == [(True, "2024-12-22T12:00:00Z")]
    assert [entry.revision for entry in by_moment(archive.store, "enab_baladi", URL)] == [2, 1]
    assert archive.verify().findings == []


def test_an_older_capture_of_a_known_text_writes_nothing(tmp_path: Path) -> None:
    """Not of the text that stands, nor of one from before."""
    archive = open_archive(str(tmp_path))
    see(archive, "أول", live(day(0)))
    see(archive, "ثان", live(day(1)))
    before = [key for key in tree(archive.store) if not key.startswith("changes/")]
    assert see(archive, "ثان", memento(day(-1)), day(2)) == "unchanged"
    assert see(archive, "أول", memento(day(-2)), day(2)) == "unchanged"
    assert [key for key in tree(archive.store) if not key.startswith("changes/")] == before


def test_an_older_capture_does_not_bring_back_what_is_gone(tmp_path: Path) -> None:
    """A page that is gone today and was captured years ago is kept, and stays gone."""
    archive = open_archive(str(tmp_path))
    miss(archive, day(0))
    assert see(archive, "قديم", memento(day(-700)), day(0)) == "kept"
    known = standing(archive)
    assert (known.fate, known.n, known.standing) == ("gone", 2, 1)
    assert miss(archive, day(2)) == "gone"
    assert [kind for kind, _ in events(archive)] == ["article.kept", "article.gone"]
    assert archive.verify().findings == []


def test_an_older_capture_without_an_article_is_not_a_removal(tmp_path: Path) -> None:
    """It was there later."""
    archive = open_archive(str(tmp_path))
    see(archive, "أول", live(day(0)))
    run = begin(archive, day(1))
    run.settle("enab_baladi", URL, "gone", "404", Capture(fetched_at=day(1), status=404, via="wayback", memento_at=day(-9)))
    run.finish()
    assert len(chain(archive)) == 1


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shown=st.lists(st.sampled_from("ABCD"), min_size=1, max_size=6), data=st.data())
def test_captures_in_any_order_give_the_same_history(
    shown: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same contents, the same standing content, and no revision at a visit that finds it."""
    place = tmp_path_factory.mktemp("order")
    archive = open_archive(str(place))
    order = data.draw(st.permutations(range(len(shown))))
    for arrival, number in enumerate(order):
        see(archive, shown[number], memento(day(number - 100)), day(arrival))
    assert see(archive, shown[-1], live(day(50))) == "unchanged"
    newest = next(kept for kept in archive.articles() if kept["body"].endswith(shown[-1]))
    known = standing(archive)
    assert known.content_hash == newest["content_hash"]
    assert known.key is not None
    assert {kept["body"][-1] for kept in archive.articles()} == set(shown)
    assert {entry["content_hash"] for entry in chain(archive)} == {kept["content_hash"] for kept in archive.articles()}
    lose_state(place)
    assert see(archive, shown[-1], live(day(51))) == "unchanged"
    assert archive.verify().findings == []


def test_an_older_text_that_another_url_holds_is_still_new_to_this_one(tmp_path: Path) -> None:
    """Held elsewhere, it is entered once and kept no second time."""
    archive = open_archive(str(tmp_path))
    run = begin(archive, day(0))
    run.keep(article(1, "للجميع", url="https://www.enab_baladi.example/archives/99"), live(day(0)))
    run.finish()
    see(archive, "الآن", live(day(1)))
    assert see(archive, "للجميع", memento(day(-5)), day(2)) == "revised"
    assert see(archive, "للجميع", memento(day(-6)), day(3)) == "unchanged"
    assert [entry["older"] for entry in chain(archive)] == [False, True]
    assert len(list(archive.articles())) == 2
    assert archive.verify().findings == []


# --- gone


@pytest.mark.slow
def test_a_removal_is_announced_when_a_later_visit_confirms_it(place: str) -> None:
    """Seen once it is in the ledger with what shows it; seen again too soon it is nothing new; then it is announced, once."""
    archive = open_archive(place)
    see(archive, "نص", live(day(0)))
    for hours, told in ((24, 0), (30, 0), (49, 1), (99, 1)):
        assert miss(archive, NOON + timedelta(hours=hours)) == "gone"
        assert [kind for kind, _ in events(archive)].count("article.gone") == told, hours
    first, second = chain(archive)[1:]
    assert (first["confirmed"], second["confirmed"]) == (False, True)
    assert (first["reason"], first["capture"]["status"]) == ("HTTP 404", 404)
    assert archive.verify().findings == []


def test_an_old_capture_of_a_removal_read_again_confirms_nothing(tmp_path: Path) -> None:
    """Only a capture that is a day younger does: what counts is when the page was gone, not when that was read."""
    archive = open_archive(str(tmp_path))
    see(archive, "نص", memento(day(-400)))
    for captured, read, told in ((-300, 0, 0), (-300, 2, 0), (-299.5, 3, 0), (-200, 4, 1)):
        run = begin(archive, day(read))
        run.settle("enab_baladi", URL, "gone", "404", Capture(fetched_at=day(read), status=404, memento_at=day(captured)))
        run.finish()
        assert [kind for kind, _ in events(archive)].count("article.gone") == told, captured
    assert archive.verify().findings == []


def test_how_long_a_removal_waits_is_a_setting(tmp_path: Path) -> None:
    """LaterVisits says it."""
    archive = open_archive(str(tmp_path))
    see(archive, "نص", live(day(0)))
    for hours in (1, 3):
        at = NOON + timedelta(hours=hours)
        run = archive.begin({}, now=lambda at=at: at, later=LaterVisits(confirm_gone_after=timedelta(hours=2)))  # type: ignore[misc]
        run.settle("enab_baladi", URL, "gone", "410", Capture(fetched_at=at, status=410))
        run.finish()
    assert [kind for kind, _ in events(archive)] == ["article.kept", "article.gone"]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize(
    ("seen", "text", "fate", "told"),
    [
        (1, "نص", "unchanged", None),
        (2, "نص", "revised", ["returned"]),
        (1, "نص آخر", "revised", ["wording"]),
        (2, "نص آخر", "revised", ["returned", "wording"]),
    ],
)
def test_coming_back_is_recorded(seen: int, text: str, fate: str, told: list[str] | None, lost: bool, tmp_path: Path) -> None:
    """Who was told that an article is gone is told that it is back; who was not is told what changed, if anything."""
    archive = open_archive(str(tmp_path))
    see(archive, "نص", live(day(0)))
    for number in range(1, seen + 1):
        miss(archive, day(number * 2))
    if lost:
        lose_state(tmp_path)
    assert see(archive, text, live(day(9))) == fate
    assert see(archive, text, live(day(10))) == "unchanged"
    assert len(chain(archive)) == seen + 2
    assert chain(archive)[-1]["fate"] == ("returned" if told is None else "revised")
    assert chain(archive)[-1]["revision"] == (1 if told is None else 2)
    assert events(archive)[1 + (seen == 2) :] == ([] if told is None else [("article.revised", told)])
    assert archive.verify().findings == []


def test_a_url_that_comes_and_goes_is_announced_only_when_an_absence_lasts(tmp_path: Path) -> None:
    """A server that errs every other night tells nobody anything, and the count of confirmation begins anew each time."""
    archive = open_archive(str(tmp_path))
    see(archive, "نص", live(day(0)))
    for number in range(1, 9, 2):
        miss(archive, day(number))
        assert see(archive, "نص", live(day(number + 1))) == "unchanged"
    assert [kind for kind, _ in events(archive)] == ["article.kept"]
    assert standing(archive).revision == 1
    assert archive.verify().findings == []


def test_an_entry_of_an_earlier_version_says_what_it_said(tmp_path: Path) -> None:
    """Removals were announced at once then; moments were the capture's."""
    from storage.ledger import parse

    entry = parse(
        "k",
        b'{"n":2,"outlet":"x","url":"u","fate":"gone","id":null,"content_hash":null,"article":null,"revision":1,'
        b'"previous":"sha256:aa","at":"2026-01-01T00:00:00Z","run_id":"r"}',
    )
    assert not entry.unconfirmed
    assert entry.seen_at.year == 2026


# --- verify


@pytest.mark.parametrize(
    ("number", "change", "says"),
    [
        (2, {"stands": 2}, "does not name the entry that stands (1)"),
        (2, {"older": False, "stands": None}, "is not linked to the content before"),
        (4, {"content_hash": "sha256:" + "0" * 64}, "returned, and the content before was not missing, or is another one"),
        (3, {"fate": "not_an_article", "confirmed": None}, None),
        (3, {"confirmed": True}, "was acknowledged but never announced"),
        (5, {"confirmed": True}, "was acknowledged but never announced"),
        (6, {"confirmed": False}, "no ledger entry in urls/ records this change"),
        (4, {"fate": "revised"}, "is not linked to the content before"),
    ],
)
def test_verify_knows_what_a_chain_may_hold(number: int, change: dict[str, Any], says: str | None, tmp_path: Path) -> None:
    """Kept, an older one, gone and back unannounced, gone and confirmed: sound as it is, and not when one link is another."""
    archive = open_archive(str(tmp_path))
    see(archive, "الآن", live(day(0)))
    see(archive, "قديم", memento(day(-9)), day(1))
    miss(archive, day(2))
    see(archive, "الآن", live(day(3)))
    miss(archive, day(4))
    miss(archive, day(6))
    assert [entry["fate"] for entry in chain(archive)] == ["kept", "revised", "gone", "returned", "gone", "gone"]
    assert archive.verify().findings == []
    (path,) = tmp_path.glob(f"urls/*/*/*/{number}.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change) + "\n")
    problems = [f.problem for f in archive.verify().findings if "says was written" not in f.problem]
    assert (says is None and not problems) or any(says is not None and says in problem for problem in problems), problems


# --- requests


def test_an_older_capture_costs_few_requests(tmp_path: Path) -> None:
    """New: one GET to see that nobody has it, and those of a revision. Known to the URL: the claim and the entries."""
    archive = open_archive(str(tmp_path))
    see(archive, "أول", live(day(0)))
    see(archive, "ثان", live(day(1)))
    store = WrappedStore(archive.store)
    run = begin(Archive(store), day(2))
    run.known("enab_baladi", URL)
    store.calls.clear()
    run.keep(article(1, "أول"), memento(day(-9)))
    assert store.calls == {"get": 2}
    store.calls.clear()
    run.keep(article(1, "جديد"), memento(day(-9)))
    assert store.calls == {"get": 2, "create": 5}
    run.close()
