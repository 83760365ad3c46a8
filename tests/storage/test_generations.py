"""Generations: records read again stand beside the kept ones, whole or not at all, and stay what they are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from extractors.article import Article
from storage import Archive, ArchiveError, Capture, open_archive
from storage.errors import BadKey, Damaged
from storage.generations import Generation, Part
from storage.queries import provenance
from storage.queries.provenance import Provenance
from storage.record import to_bytes
from storage.temporary import temporary_database
from storage.warc.exchange import Exchange
from tests.storage.newsroom import NOON, WrappedStore, article, begin, tree

ASKED = {"outlets": None, "since": None, "until": None, "changed_only": False}


def keep(archive: Archive, files: list[list[Article]], without_raw: tuple[Article, ...] = ()) -> None:
    """A run that keeps the articles of each list from one WARC file."""
    run = begin(archive)
    for articles in files:
        filed = [run.raw.keep(each.outlet, [exchange(each)]) for each in articles]
        run.raw.flush()
        for each, one in zip(articles, filed, strict=True):
            run.keep(each, Capture(fetched_at=NOON, status=200, warc=one.pointer))
    for each in without_raw:
        run.keep(each, Capture(fetched_at=NOON, status=200))
    run.finish()


def exchange(each: Article) -> Exchange:
    body = f"<html>{each.body}</html>".encode()
    return Exchange(url=each.url, at=NOON, status=200, head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", body=body)


def read_again(archive: Archive, name: str = "again", *, size: int = 2, finish: bool = True) -> Generation:
    """A generation in which every text with raw bytes ends with «مرة أخرى»."""
    generation, started = planned(archive, name, size)
    for n in range(1, started["plan"]["enab_baladi"] + 1):
        write(archive, generation, started, n)
    if finish:
        generation.finish(started, {}, NOON)
    return generation


def planned(archive: Archive, name: str = "again", size: int = 2) -> tuple[Generation, dict[str, Any]]:
    generation, origins = Generation(archive.store, name), Provenance(archive.store)
    plan: dict[str, int] = {}
    for outlet, articles in origins.shares(size):
        plan[outlet] = plan.get(outlet, 0) + 1
        generation.plan("run", outlet, plan[outlet], articles)
    said = {"run_id": "run", "started_at": "2026-11-22T12:00:00Z", "versions": {}, "asked": ASKED, "furniture": {}, "plan": plan}
    return generation, generation.begin({**said, "articles": len(origins), "unreadable": []})


def write(archive: Archive, generation: Generation, started: dict[str, Any], n: int, text: str = "مرة أخرى") -> dict[str, Any]:
    part, originals, articles = Part(), [], list(generation.planned(started, "enab_baladi", n))
    for each in articles:
        if each["warc"] is None:
            originals.append(each["article"])
        else:
            kept = archive.get(each["article"])
            part.add(to_bytes({**kept, "body": f"{kept['body']} {text}"}))
    return generation.write("enab_baladi", n, part, {"articles": len(articles), "originals": originals, "lost": [], "report": {}})


def test_a_pinned_reader_gets_the_records_of_the_generation_and_the_kept_ones_where_there_are_no_raw_bytes(place: str) -> None:
    """In a folder and in a bucket; the kept records are not touched, and are what a reader gets who pins nothing."""
    archive = open_archive(place)
    keep(archive, [[article(1), article(2)], [article(3)]], without_raw=(article(4),))
    before = {key: archive.store.get(key) for key in tree(archive.store)}
    read_again(archive)
    bodies = {record["id"]: record["body"].endswith("مرة أخرى") for record in archive.articles(generation="again")}
    assert bodies == {"enab_baladi:1": True, "enab_baladi:2": True, "enab_baladi:3": True, "enab_baladi:4": False}
    assert not any(record["body"].endswith("مرة أخرى") for record in archive.articles())
    assert {key: archive.store.get(key) for key in before} == before
    (manifest,) = archive.generations()
    assert [manifest[name] for name in ("name", "articles", "records", "originals", "lost")] == ["again", 4, 3, 1, 0]


def test_a_pinned_reader_may_ask_for_an_outlet_and_for_days(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    read_again(archive)
    assert len(list(archive.articles("enab_baladi", generation="again"))) == 1
    assert list(archive.articles("smart", generation="again")) == []
    assert list(archive.articles(since=date(2026, 11, 23), generation="again")) == []


def test_what_is_kept_after_a_generation_was_planned_does_not_change_it(tmp_path: Path) -> None:
    """Whoever pins it reads the same today and next year."""
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    read_again(archive)
    first = list(archive.articles(generation="again"))
    run = begin(archive, NOON + timedelta(hours=1))
    run.keep(article(2), Capture(fetched_at=NOON, status=200))
    run.finish()
    assert list(archive.articles(generation="again")) == first
    assert len(list(archive.articles())) == 2


def test_an_unfinished_generation_is_not_there_to_be_read(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    read_again(archive, "first")
    read_again(archive, "second", finish=False)
    assert [manifest["name"] for manifest in archive.generations()] == ["first"]
    with pytest.raises(ArchiveError, match="no finished generation 'second'; finished: first"):
        list(archive.articles(generation="second"))


def test_a_generation_is_not_finished_before_every_share_stands(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)], [article(2)]])
    generation, started = planned(archive, size=1)
    write(archive, generation, started, 1)
    with pytest.raises(Damaged, match="has 1 shares, its plan 2"):
        generation.finish(started, {}, NOON)
    assert generation.manifest() is None


def test_the_same_share_written_twice_stands_once_and_other_records_are_refused(tmp_path: Path) -> None:
    """Two workers that both have the share write the same bytes; a reader of another version is found out."""
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    generation, started = planned(archive)
    first = write(archive, generation, started, 1)
    standing = tree(archive.store)
    assert write(archive, generation, started, 1) == first
    assert tree(archive.store) == standing
    with pytest.raises(Damaged, match="a reader of another version"):
        write(archive, generation, started, 1, "غيره")


class PartOnly(WrappedStore):
    """Killed between the part and its acknowledgement."""

    def before(self, call: str, key: str) -> None:
        if call == "create" and key.endswith(".share.json"):
            raise ArchiveError("killed")


def test_a_part_without_its_acknowledgement_is_written_again_and_stands_once(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    generation, started = planned(archive)
    with pytest.raises(ArchiveError, match="killed"):
        write(archive, Generation(PartOnly(archive.store), "again"), started, 1)
    assert generation.share("enab_baladi", 1) is None
    assert (tmp_path / "generations/again/outlet=enab_baladi/000001.jsonl.gz").exists()
    write(archive, generation, started, 1)
    generation.finish(started, {}, NOON)
    assert len(list(archive.articles(generation="again"))) == 1


def test_of_two_who_begin_a_generation_at_once_the_plan_of_the_first_counts(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    generation = Generation(archive.store, "again")
    first = generation.begin({"run_id": "a", "plan": {"smart": 1}})
    assert generation.begin({"run_id": "b", "plan": {"smart": 2}}) == first


def test_a_part_that_was_changed_is_named(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)]])
    read_again(archive)
    part = tmp_path / "generations/again/outlet=enab_baladi/000001.jsonl.gz"
    part.write_bytes(gzip.compress(gzip.decompress(part.read_bytes()).replace("أخرى".encode(), "ثانية".encode())))
    with pytest.raises(Damaged, match=r"outlet=enab_baladi/000001.jsonl.gz is not what was written"):
        list(archive.articles(generation="again"))


def test_records_have_no_clock_in_them(tmp_path: Path) -> None:
    """Parts and acknowledgements of two archives with the same content, written at different times, are the same bytes."""
    found: list[Iterator[tuple[str, bytes]]] = []
    for name in "ab":
        archive = open_archive(str(tmp_path / name))
        keep(archive, [], without_raw=(article(1),))
        read_again(archive)
        under = tmp_path / name / "generations/again/outlet=enab_baladi"
        found.append(iter([(file.name, file.read_bytes()) for file in sorted(under.iterdir())]))
    assert list(found[0]) == list(found[1])


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "a b", "x" * 81, "جيل"])
def test_a_name_that_cannot_be_a_key_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadKey):
        Generation(open_archive(str(tmp_path)).store, name)


def test_shares_are_whole_files_next_to_each_other_and_articles_without_raw_bytes_come_last(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    files = [[article(n) for n in numbers] for numbers in ((1, 2), (3,), (4, 5, 6, 7), (8,))]
    keep(archive, files, without_raw=(article(9), article(10), article(11)))
    shares = [articles for _, articles in Provenance(archive.store).shares(2)]
    names = [[each["article"].rpartition("/")[2].partition(".")[0] for each in share] for share in shares]
    assert names == [["1", "2"], ["3", "4", "5", "6", "7"], ["8", "10"], ["11", "9"]]
    assert [each["warc"] is None for each in shares[-1]] == [True, True]
    offsets = [each["warc"]["offset"] for each in shares[1][1:]]
    assert offsets == sorted(offsets)


def test_articles_are_chosen_by_outlet_and_day_of_publication(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1)], [article(2, outlet="smart")]])
    assert len(Provenance(archive.store)) == 2
    assert len(Provenance(archive.store, ["smart"])) == 1
    assert len(Provenance(archive.store, since=date(2026, 11, 22), until=date(2026, 11, 22))) == 2
    assert len(Provenance(archive.store, since=date(2026, 11, 23))) == 0
    assert list(Provenance(archive.store, until=date(2026, 11, 21)).shares(10)) == []


def test_an_object_that_is_no_record_is_named_and_the_others_are_planned(tmp_path: Path) -> None:
    archive = open_archive(str(tmp_path))
    keep(archive, [[article(1), article(2)]])
    victim = next(tmp_path.glob("articles/*/*/2.*.json"))
    victim.write_bytes(b'{"id": 1')
    origins = Provenance(archive.store)
    assert len(origins) == 1
    (named,) = origins.unreadable
    assert named["article"] == str(victim.relative_to(tmp_path))
    assert "is no article record" in named["reason"]


def test_captures_with_the_same_payload_are_found_by_an_index() -> None:
    """Without it each of a hundred thousand articles was held against all others."""
    with closing(temporary_database(f"{provenance._TABLE} {provenance._BY_DIGEST}")) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {provenance._SAME_PAYLOAD}", ("sha256:0", "id")).fetchall()
    assert any("USING INDEX by_digest" in step[-1] for step in plan), plan


def test_captures_with_the_same_payload_are_planned_with_each_other(tmp_path: Path) -> None:
    """One of them may be a `revisit`, which holds no body: the reader finds it in the other."""
    archive = open_archive(str(tmp_path))
    run = begin(archive)
    first, second = article(1, "أ"), article(2, "ب")
    body = b"<html>" + b"the same bytes " * 100 + b"</html>"
    for each in (first, second):
        sent = Exchange(url=each.url, at=NOON, status=200, head=b"HTTP/1.1 200 OK\r\n\r\n", body=body)
        filed = run.raw.keep("enab_baladi", [sent])
        run.raw.flush()
        run.keep(each, Capture(fetched_at=NOON, status=200, warc=filed.pointer))
    run.finish()
    ((_, share),) = Provenance(archive.store).shares(10)
    pointers = [each["warc"]["record_id"] for each in share]
    assert [[same["record_id"] for same in each["same"]] for each in share] == [pointers[1:], pointers[:1]]
    assert json.loads(to_bytes(share[0])) == share[0]
