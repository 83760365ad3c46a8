"""`warraq crawl --from`: WARC files of anyone's as a source."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from extractors import locate
from storage import open_archive
from storage.record import Pointer
from storage.warc.reader import record_at
from tests.crawler.conftest import Done, tree
from tests.crawler.from_warc.conftest import at_the_place, crawl, kept
from tests.crawler.from_warc.foreign import AT, WRITERS, Seen, by_heritrix
from tests.storage.warc.inputs import read

Crawled = tuple[Path, Done, Done]
READ = ("id", "url", "kind", "language", "headline", "description", "body", "dateline", "authors", "editors", "section")
READ += ("keywords", "sources", "date_modified", "images", "embeds", "links", "content_hash")
STATED = {"feed", "sitemap", "rest", "news-sitemap"}
FEW = ("zstd.warc.zst",)


@pytest.mark.parametrize("name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in WRITERS])
def test_a_file_of_any_writer_gives_the_articles_of_a_live_crawl(
    name: str, seen: list[Seen], crawled: Crawled, tmp_path: Path
) -> None:
    file, archive = tmp_path / name, tmp_path / "archive"
    file.write_bytes(WRITERS[name](seen))
    done = crawl(file, archive)
    assert (done.code, done.err) == (0, "")
    live = {digest: each for digest, each in kept(crawled[0]).items() if locate(each["url"])}
    ours = kept(archive)
    assert set(live) <= set(ours)
    times = {(at_the_place(each.url), each.at.replace(tzinfo=None).isoformat()) for each in seen if locate(each.url)}
    for digest, article in live.items():
        other = ours[digest]
        if other["url"] == article["url"]:  # of two pages with one text either may be the duplicate
            assert {name: other[name] for name in READ} == {name: article[name] for name in READ}
        if article["date_published_source"] not in STATED and other["url"] == article["url"]:
            assert other["date_published"] == article["date_published"]
        capture = other["capture"]
        assert (capture["via"], capture["fetched_at"], capture["status"]) == ("warc", capture["memento_at"], 200)
        assert (other["url"], capture["memento_at"][:19]) in times
    finished = done.finished
    assert sum(finished["fates"].values()) == finished["discovered"]


def test_the_record_is_in_our_archive_as_it_was(from_wget: tuple[Path, Path, Done]) -> None:
    file, archive, _ = from_wget
    theirs = {each.record_id: each for each in read(file.read_bytes())[0]}
    opened = open_archive(str(archive))
    articles = list(opened.articles())
    assert articles
    for article in articles:
        ours = record_at(opened.store, Pointer(**article["capture"]["warc"]))
        assert ours.raw == theirs[ours.record_id].raw
        assert ours.at.isoformat().replace("+00:00", "Z") == article["capture"]["fetched_at"]


@pytest.mark.slow
def test_a_file_read_twice_changes_nothing(from_wget: tuple[Path, Path, Done]) -> None:
    file, archive, first = from_wget
    before = tree(archive)
    done = crawl(file, archive)
    assert done.code == 0
    assert done.finished["discovered"] == first.finished["discovered"]
    assert set(done.finished["fates"]) <= {"unchanged", "not_an_article", "gone"}
    new = {key for key, data in tree(archive).items() if before.get(key) != data and not key.startswith(("state/", "runs/"))}
    assert all(json.loads(archive.joinpath(key).read_bytes())["type"].endswith("run.finished") for key in new), new


def test_every_address_has_one_fate_however_many_captures_it_has(from_wget: tuple[Path, Path, Done]) -> None:
    done = from_wget[2]
    fates = ("kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed")
    told = Counter(fact["fact"] for fact in done.facts if fact["fact"] in fates)
    assert dict(told) == {fate: number for fate, number in done.finished["fates"].items() if number}
    assert len({fact["url"] for fact in done.of(*fates)}) == done.finished["discovered"]
    assert any(fact["captures"] > 1 for fact in done.of("kept"))


@pytest.mark.slow
def test_one_article_under_five_addresses_is_one_article(enab: list[Seen], tmp_path: Path) -> None:
    number = at_the_place(enab[0].url).rsplit("/", 1)[1]
    page, host = enab[0], "www.enabbaladi.net"
    forms = [
        f"http://enabbaladi.net/archives/{number}",
        f"https://{host}/archives/{number}/",
        f"https://{host}/archives/{number}?amp=1",
        f"https://{host}/archives/{number}?utm_source=x&fbclid=y",
        f"https://{host}:443/archives/{number}#top",
    ]
    later = [replace(page, url=url, at=AT + timedelta(days=n)) for n, url in enumerate(forms)]
    file = tmp_path / "forms.warc.gz"
    file.write_bytes(by_heritrix(later))
    done = crawl(file, tmp_path / "a")
    assert (done.finished["discovered"], done.finished["fates"]) == (1, {"kept": 1})
    (article,) = kept(tmp_path / "a").values()
    assert article["capture"]["memento_at"] == "2026-11-21T03:04:05Z"
