"""Every distinct text is kept once, every URL ends in one fate, and both are told in a folder as in a bucket."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from storage import Archive, Capture, KeepRequest, open_archive
from storage.record import schema, to_bytes
from tests.storage.newsroom import CAPTURE, NOON, WrappedStore, article, begin, keep_all, tree

Expected = tuple[str, int, str | None]


def entries(archive: Archive) -> list[tuple[str, int]]:
    """(fate, revision) of the ledger, entry by entry."""
    found = [archive.get(key) for key in tree(archive.store) if key.startswith("urls/")]
    return sorted((entry["fate"], entry["revision"]) for entry in found)


def announced(archive: Archive) -> list[tuple[str, int]]:
    """(type, revision) of the change log."""
    return [(change.event["type"], change.event["data"].get("revision", 0)) for change in archive.changes()]


@pytest.mark.parametrize("place", ["folder", pytest.param("s3", marks=pytest.mark.slow)], indirect=True)
def test_a_new_article_is_claimed_archived_announced_and_entered(place: str) -> None:
    """Four objects that name each other; the record has the published schema and the bytes of its claim."""
    jsonschema = pytest.importorskip("jsonschema")
    archive = open_archive(place)
    run = begin(archive)
    run.discover("enab_baladi", article(7).url, hint="2026-11-22")
    outcome = run.keep(article(7), CAPTURE)
    assert (outcome.fate, outcome.revision) == ("kept", 1)
    assert outcome.content_hash
    assert outcome.key
    hash16 = outcome.content_hash[7:23]
    assert outcome.key == f"articles/outlet=enab_baladi/captured=2026-11-22/7.{hash16}.json"
    kept = archive.get(outcome.key)
    jsonschema.Draft202012Validator(json.loads(schema())).validate(kept)
    assert list(kept)[:5] == ["schema_version", "id", "outlet", "kind", "language"]
    assert kept["run_id"] == run.run_id
    assert kept["body"] == article(7).body
    claim = archive.get(f"hashes/{outcome.content_hash[7:9]}/{outcome.content_hash[7:]}.json")
    assert claim["article"] == outcome.key
    assert to_bytes(claim["record"]) == archive.store.get(outcome.key)
    assert [change.event["subject"] for change in archive.changes()] == ["enab_baladi:7"]
    assert entries(archive) == [("kept", 1)]
    known = run.known("enab_baladi", article(7).url)
    assert known is not None
    assert (known.n, known.fate, known.content_hash, known.hint) == (1, "kept", outcome.content_hash, "2026-11-22")
    run.finish()
    assert archive.verify().findings == []


@pytest.mark.parametrize(
    ("visits", "fates", "events"),
    [
        (["A", "A"], ["kept", "unchanged"], 1),
        (["A", "B"], ["kept", "revised"], 2),
        (["A", "B", "A"], ["kept", "revised", "revised"], 3),
        (["A", "B", "A", "A"], ["kept", "revised", "revised", "unchanged"], 3),
        (["A", "gone"], ["kept", "gone"], 1),
        (["A", "gone", "gone"], ["kept", "gone", "gone"], 2),
        (["A", "gone", "gone", "gone"], ["kept", "gone", "gone", "gone"], 2),
        (["A", "gone", "A"], ["kept", "gone", "unchanged"], 1),
        (["A", "gone", "B"], ["kept", "gone", "revised"], 2),
        (["A", "gone", "gone", "A", "A"], ["kept", "gone", "gone", "revised", "unchanged"], 3),
        (["A", "gone", "gone", "B"], ["kept", "gone", "gone", "revised"], 3),
        (["gone", "A"], ["gone", "kept"], 1),
        (["gone", "gone", "A", "gone", "gone"], ["gone", "gone", "kept", "gone", "gone"], 2),
        (["not_an_article", "not_an_article", "A", "B"], ["not_an_article", "not_an_article", "kept", "revised"], 2),
        (["A", "not_an_article", "B"], ["kept", "not_an_article", "revised"], 2),
        (["A", "not_an_article", "A"], ["kept", "not_an_article", "unchanged"], 1),
        (["A", "not_an_article", "gone", "gone"], ["kept", "not_an_article", "gone", "gone"], 2),
        (["held"], ["duplicate"], 0),
        (["held", "held"], ["duplicate", "unchanged"], 0),
        (["held", "A"], ["duplicate", "revised"], 1),
        (["A", "held"], ["kept", "revised"], 2),
        (["A", "held", "A"], ["kept", "revised", "revised"], 3),
        (["held", "gone", "held"], ["duplicate", "gone", "unchanged"], 0),
        (["held", "gone", "gone", "held"], ["duplicate", "gone", "gone", "revised"], 2),
    ],
)
@pytest.mark.parametrize("state", ["state kept", "state lost"])
def test_every_history_of_a_url_is_recorded(visits: list[str], fates: list[str], events: int, state: str, tmp_path) -> None:
    """Each visit in a run of its own, a day after the last; with state/ or without, the ledger gives the same fates, and the
    archive is sound.
    """
    archive = open_archive(str(tmp_path))
    holder = article(1, "held")
    keep_all(archive, holder)
    for day, (visit, fate) in enumerate(zip(visits, fates, strict=True)):
        if state == "state lost":
            for path in tmp_path.glob("state/*/*"):
                path.unlink()
        at = NOON + timedelta(days=day)
        capture = Capture(fetched_at=at, status=200)
        run = begin(archive, at)
        url = article(2).url
        run.discover("enab_baladi", url)
        if visit in ("gone", "not_an_article"):
            outcome = run.settle("enab_baladi", url, visit, "404", capture, {"status": 404})  # type: ignore[arg-type]
        else:
            text = article(2, visit)
            if visit == "held":
                text = article(1, "held", url=url)
            changes, before = run.would_change(text, capture), len(tree(archive.store))
            outcome = run.keep(text, capture)
            assert changes == (len(tree(archive.store)) > before)
        assert outcome.fate == fate
        manifest = run.finish()
        assert manifest["fates"] == {fate: 1}
    told = [kind for kind, _ in announced(archive) if kind.startswith("article.")]
    assert len(told) == events + 1
    assert archive.verify().findings == []
    assert len([key for key in tree(archive.store) if key.startswith("articles/")]) == len({*visits, "held"} & {"A", "B", "held"})


def test_an_edit_is_a_revision_linked_to_the_text_before(place: str) -> None:
    """Both texts stay; the later names the earlier by its hash."""
    archive = open_archive(place)
    keep_all(archive, article(1, "أول"))
    keep_all(archive, article(1, "ثان"))
    first, second = sorted(archive.articles(), key=lambda kept: kept["revision"])
    assert (first["revision"], first["previous"]) == (1, None)
    assert (second["revision"], second["previous"]) == (2, first["content_hash"])
    assert archive.verify().findings == []


def test_the_same_text_on_another_outlet_is_kept_once(place: str) -> None:
    """The copy gets a ledger entry that names the first article, and no change."""
    archive = open_archive(place)
    keep_all(archive, article(1))
    run = begin(archive)
    outcome = run.keep(article(1, outlet="smart"), CAPTURE)
    assert outcome.fate == "duplicate"
    assert outcome.key is not None
    assert outcome.key.startswith("articles/outlet=enab_baladi/")
    run.finish()
    assert len(list(archive.articles())) == 1
    assert [kind for kind, _ in announced(archive)].count("article.kept") == 1
    assert archive.verify().findings == []


def test_a_page_that_was_reached_by_another_address_settles_that_address(place: str) -> None:
    """A redirect: both URLs are known from now on, the discovered one has the fate, and nothing is kept twice."""
    archive = open_archive(place)
    run = begin(archive)
    short = "https://enab.example/?p=5"
    run.discover("enab_baladi", short)
    outcome = run.keep_one(KeepRequest(article=article(5), capture=CAPTURE, for_url=short))
    assert (outcome.fate, outcome.url) == ("kept", short)
    run.discover("enab_baladi", article(5).url)
    assert run.keep(article(5), CAPTURE).fate == "unchanged"
    assert run.finish()["fates"] == {"kept": 1, "unchanged": 1}
    run = begin(archive)
    assert run.known("enab_baladi", short) is not None
    assert run.keep_one(KeepRequest(article=article(5), capture=CAPTURE, for_url=short)).fate == "unchanged"
    run.finish()
    assert entries(archive) == [("duplicate", 1), ("kept", 1)]
    assert archive.verify().findings == []


def test_a_claim_without_its_article_is_completed_with_the_very_same_record(place: str) -> None:
    """Whoever meets the content, on whichever URL, writes the article that the claim promised."""
    archive = open_archive(place)
    keep_all(archive, article(1))
    (key,) = [key for key in tree(archive.store) if key.startswith("articles/")]
    claim_key = next(key for key in tree(archive.store) if key.startswith("hashes/"))
    claim, kept = archive.store.get(claim_key), archive.store.get(key)
    assert claim is not None
    other = open_archive(place + "2") if not place.startswith("s3") else open_archive(place.replace("news", "other"))
    other.store.create(claim_key, claim)
    assert keep_all(other, article(1, outlet="smart"))["fates"] == {"duplicate": 1}
    assert other.store.get(key) == kept


def test_the_requests_for_each_kind_of_article_are_few(tmp_path) -> None:
    """New 4 (claim, article, change, ledger), duplicate 1, revised 5 (the text before is read), unchanged 0; once per run a few
    more.
    """
    archive = open_archive(str(tmp_path))
    store = WrappedStore(archive.store)
    archive = Archive(store)

    def requests(*kept: object) -> float:
        run = begin(archive)
        run.known("enab_baladi", "https://x.example/unknown")  # the listing of the ledger, once per run
        store.calls.clear()
        for one in kept:
            run.keep(one, CAPTURE)  # type: ignore[arg-type]
        count = store.calls.total()
        run.finish()
        return count / len(kept)

    some = range(50)
    started = 1 / len(some)  # the run's start marker
    assert requests(*(article(n) for n in some)) == 4 + started
    assert requests(*(article(n) for n in some)) == 0
    assert requests(*(article(n, "ثان") for n in some)) == 5 + started
    assert requests(*(article(n, "ثان", url=f"https://x.example/{n}") for n in some)) == 1 + started
    assert requests(*(article(n) for n in some)) == 5 + started  # back to an old text: claim and article stand


def test_a_run_that_finds_nothing_new_writes_two_objects(tmp_path) -> None:
    """The end of the run in the change log, and its manifest."""
    archive = open_archive(str(tmp_path))
    keep_all(archive, article(1))
    before = {found.key for found in archive.store.listing()}
    run = begin(archive)
    run.discover("enab_baladi", article(1).url)
    run.settle("enab_baladi", article(1).url, "unchanged", "known")
    run.finish()
    added = {found.key for found in archive.store.listing()} - before
    assert sorted(key.partition("/")[0] for key in added if ".started." not in key) == ["changes", "runs"]
