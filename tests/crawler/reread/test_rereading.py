"""`warraq reread`: today's extractor over stored captures, into a generation beside what was kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.conftest import Done, tree
from tests.crawler.reread.rereadable import BOX, by_older, keep, manifest, recorded, same
from tests.crawler.reread.rereading import breaking, counts, records, reread

Crawled = tuple[Path, Done, Done]


@pytest.mark.slow
def test_an_archive_of_todays_extractor_reads_as_it_was_kept(tmp_path: Path) -> None:
    """Every text equal, no field different, the archive whole."""
    keep(str(tmp_path / "a"))
    done = reread(tmp_path / "a", "--generation", "again")
    assert done.code == 0
    assert counts(done) == {"articles": len(recorded()), "equal": len(recorded())}
    said = manifest(tmp_path / "a", "again")
    assert said["report"]["unchanged"] == len(recorded())
    assert said["report"]["fields"] == {}
    assert open_archive(str(tmp_path / "a")).verify().findings == []


@pytest.mark.slow
def test_what_a_crawl_kept_is_read_again_from_its_captures(crawled: Crawled, tmp_path: Path) -> None:
    """The miniature of the five outlets: nothing is lost, damaged or worse."""
    archive = Path(shutil.copytree(crawled[0], tmp_path / "archive"))
    done = reread(archive)
    found = counts(done)
    assert done.code == 0
    assert found["articles"] == len(list(archive.glob("articles/*/*/*.json")))
    assert found.get("equal", 0) + found.get("no_raw", 0) == found["articles"]
    assert "no_raw" not in found


@pytest.mark.slow
def test_an_older_extractors_mistakes_are_mended_beside_what_was_kept(archive: Path) -> None:
    """The report says what was won; the records of the crawl stay; a reader who pins the generation gets the mended ones."""
    before = tree(archive)
    done = reread(archive, "--generation", "again")
    assert done.code == 0
    assert counts(done) == {"articles": len(recorded()), "better": len(recorded())}
    report = manifest(archive, "again")["report"]
    assert report["fields"]["authors"]["won"] == sum(1 for _, article in recorded() if article.authors)
    assert [report["measures"][f"furniture_{when}"] for when in ("before", "now")] == [len(recorded()), 0]
    assert report["examples"]["better"][0]["diff"] == [f"- {BOX}"]
    assert {key: data for key, data in tree(archive).items() if not key.startswith("generations/")} == before
    kept = {record["id"]: record for record in open_archive(str(archive)).articles()}
    for record in open_archive(str(archive)).articles(generation="again"):
        old = kept.pop(record["id"])
        same_as_kept = ("url", "outlet", "capture", "revision", "previous", "run_id")
        assert [record[name] for name in same_as_kept] == [old[name] for name in same_as_kept]
        assert record["body"] == old["body"].removesuffix(f"\n\n{BOX}")
        assert record["content_hash"] != old["content_hash"]
        assert record["extractor"]["version"] != old["extractor"]["version"] == "1"
    assert kept == {}
    assert open_archive(str(archive)).verify().findings == []


@pytest.mark.slow
def test_a_text_that_loses_paragraphs_is_worse_and_one_that_is_no_article_any_more_is_lost(tmp_path: Path) -> None:
    """Today's reader put in the place of a better one."""
    keep(str(tmp_path / "a"))
    worse, lost = (article.url for _, article in recorded()[:2])
    code = f"""import dataclasses, extractors
        found = read(page, *rest)
        if found.url == {worse!r}: return dataclasses.replace(found, body=found.body.rpartition('\\n\\n')[0], keywords=())
        if found.url == {lost!r}: return extractors.NotAnArticle(reason='no-body', url=found.url)"""
    done = reread(tmp_path / "a", "--generation", "again", **breaking(tmp_path / "hook", code))
    assert counts(done) == {"articles": len(recorded()), "equal": len(recorded()) - 2, "worse": 1, "lost": 1}
    (fact,) = done.of("reread.lost")
    assert (fact["url"], fact["reason"]) == (lost, "no-body")
    pinned = [record["url"] for record in open_archive(str(tmp_path / "a")).articles(generation="again")]
    assert len(pinned) == len(recorded()) - 1
    assert lost not in pinned


@pytest.mark.slow
def test_changed_only_writes_what_differs_and_a_pinned_reader_still_gets_everything(tmp_path: Path) -> None:
    archive = tmp_path / "a"
    some = {article.id for _, article in recorded()[::3]}
    keep(str(archive), reader=lambda article: by_older(article) if article.id in some else same(article))
    assert reread(archive, "--changed-only", "--generation", "again").code == 0
    assert set(records(archive, "again")) == some
    pinned = list(open_archive(str(archive)).articles(generation="again"))
    assert len(pinned) == len(recorded())
    assert not any(BOX in record["body"] for record in pinned)


@pytest.mark.slow
def test_articles_without_raw_bytes_are_counted_and_stand_as_they_were_kept(tmp_path: Path) -> None:
    archive = tmp_path / "a"
    keep(str(archive), recorded()[:4], by_older)
    keep(str(archive), recorded()[4:], by_older, raw=False)
    done = reread(archive, "--generation", "again")
    assert done.code == 0
    assert counts(done) == {"articles": len(recorded()), "better": 4, "no_raw": len(recorded()) - 4}
    pinned = {record["id"]: BOX in record["body"] for record in open_archive(str(archive)).articles(generation="again")}
    assert list(pinned.values()).count(False) == 4
    assert len(pinned) == len(recorded())


@pytest.mark.slow
def test_outlets_and_days_of_publication_are_chosen(archive: Path) -> None:
    of_outlet = [article for _, article in recorded() if article.outlet == "enab_baladi"]
    wanted = [article for article in of_outlet if (article.date_published or "") >= "2021"]
    assert 0 < len(wanted) < len(of_outlet)
    done = reread(archive, "enab_baladi", "--since", "2021-01-01", "--generation", "again")
    assert counts(done)["articles"] == len(wanted)
    assert set(records(archive, "again")) == {article.id for article in wanted}


@pytest.mark.slow
def test_a_date_that_only_the_feed_stated_is_not_lost(tmp_path: Path) -> None:
    """The page shows none; the crawl knew it from the source that named the page."""
    (page, article), *_ = recorded()
    stated = "2019-05-01T10:00:00+03:00"
    dated = replace(article, date_published=stated, date_published_source="feed", date_published_precision="minute")
    keep(str(tmp_path / "a"), [(page, dated)])
    code = "import dataclasses; return dataclasses.replace(read(page, *rest), date_published=None, date_published_source=None)"
    done = reread(tmp_path / "a", "--generation", "again", **breaking(tmp_path / "hook", code))
    assert counts(done) == {"articles": 1, "equal": 1}
    (record,) = open_archive(str(tmp_path / "a")).articles(generation="again")
    assert (record["date_published"], record["date_published_source"]) == (stated, "feed")


@pytest.mark.slow
def test_a_capture_that_repeats_anothers_payload_is_read_from_that_one(tmp_path: Path) -> None:
    """Two addresses answer with the same bytes: the second capture is a `revisit` without a body."""
    (page, article), *_ = recorded()
    twin = replace(article, id=f"{article.outlet}:twin", url=f"{article.url}x", body=f"{article.body} ثان")
    keep(str(tmp_path / "a"), [(page, article), (replace(page, url=twin.url), twin)], a_file=1)
    done = reread(tmp_path / "a", "--generation", "again")
    assert counts(done)["articles"] == 2
    assert set(records(tmp_path / "a", "again")) == {article.id, twin.id}
