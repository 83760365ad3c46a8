"""`warraq reread`: today's extractor over stored captures, into a generation beside what was kept, whatever happens meanwhile."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage import open_archive
from tests.crawler.conftest import Done, environment, tree, warraq
from tests.crawler.rereadable import BOX, by_older, crowd, generation, keep, large, manifest, recorded, same

Crawled = tuple[Path, Done, Done]


def reread(archive: Path, *arguments: str, **env: str) -> Done:
    return warraq("reread", "--archive", str(archive), *arguments, **env)


def counts(done: Done) -> dict[str, int]:
    """What became of the articles, without zeros."""
    # An engine logs on stderr that a result went with the worker that had it, and that it has the share read again.
    said = [line for line in done.err.splitlines() if " - distributed." not in line]
    assert said == [] or done.code in {1, 3}, done.err
    (fact,) = done.of("reread.finished")
    return {name: count for name, count in fact["report"]["counts"].items() if count}


def records(archive: Path, name: str) -> dict[str, dict[str, Any]]:
    """The records in the parts of a generation, by article id."""
    parts = [gzip.decompress(data) for key, data in generation(archive, name).items() if key.endswith(".gz")]
    return {record["id"]: record for part in parts for record in map(json.loads, part.splitlines())}


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded pages as an older extractor read them. Not to be changed."""
    place = tmp_path_factory.mktemp("older") / "archive"
    keep(str(place), reader=by_older)
    return place


@pytest.fixture
def archive(older: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(older, tmp_path / "archive"))


def breaking(folder: Path, code: str) -> dict[str, str]:
    """An environment in which the reader processes run this before they read `page`."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'crawler.reread.child' in sys.orig_argv:\n"
        "    import os, signal, time\n"
        "    import extractors.reader as reader\n"
        "    read = reader.read\n"
        "    def breaking(page, *rest):\n"
        f"        {code}\n"
        "        return read(page, *rest)\n"
        "    reader.read = breaking\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(folder)}


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


def test_outlets_and_days_of_publication_are_chosen(archive: Path) -> None:
    of_outlet = [article for _, article in recorded() if article.outlet == "enab_baladi"]
    wanted = [article for article in of_outlet if (article.date_published or "") >= "2021"]
    assert 0 < len(wanted) < len(of_outlet)
    done = reread(archive, "enab_baladi", "--since", "2021-01-01", "--generation", "again")
    assert counts(done)["articles"] == len(wanted)
    assert set(records(archive, "again")) == {article.id for article in wanted}


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


def test_a_capture_that_repeats_anothers_payload_is_read_from_that_one(tmp_path: Path) -> None:
    """Two addresses answer with the same bytes: the second capture is a `revisit` without a body."""
    (page, article), *_ = recorded()
    twin = replace(article, id=f"{article.outlet}:twin", url=f"{article.url}x", body=f"{article.body} ثان")
    keep(str(tmp_path / "a"), [(page, article), (replace(page, url=twin.url), twin)], a_file=1)
    done = reread(tmp_path / "a", "--generation", "again")
    assert counts(done)["articles"] == 2
    assert set(records(tmp_path / "a", "again")) == {article.id, twin.id}


@pytest.mark.slow
def test_a_truncated_warc_costs_the_captures_that_it_lacks_and_is_named(archive: Path) -> None:
    """Exit code 1; their kept records stand for the generation."""
    (victim, *_) = sorted(archive.glob("warc/outlet=enab_baladi/*/*.warc.gz"))
    victim.write_bytes(victim.read_bytes()[:-500])
    done = reread(archive, "--generation", "again")
    assert done.code == 1
    damaged = done.of("reread.damaged")
    assert len(damaged) == 1
    assert "the file ends before the record does" in damaged[0]["reason"]
    assert str(victim.relative_to(archive)) in damaged[0]["reason"]
    assert counts(done) == {"articles": len(recorded()), "better": len(recorded()) - 1, "damaged": 1}
    assert len(list(open_archive(str(archive)).articles(generation="again"))) == len(recorded())


def test_a_missing_warc_is_named_for_each_of_its_captures(archive: Path) -> None:
    (victim,) = archive.glob("warc/outlet=smart/*/*.warc.gz")
    victim.unlink()
    done = reread(archive, "smart")
    assert done.code == 1
    assert [fact["reason"].rpartition(": ")[2] for fact in done.of("reread.damaged")] == ["there is no such file"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the reader died (signal 11)"),
        ("raise ValueError('no such tag')", "ValueError: no such tag"),
        ("bytearray(1 << 40)", "the reader ran out of its memory"),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); time.sleep(600)", "not read within 2 s"),
    ],
    ids=["crashes", "raises", "bloats", "hangs"],
)
def test_a_page_that_breaks_its_reader_costs_that_page_only(code: str, told: str, archive: Path, tmp_path: Path) -> None:
    """It is named, exit code 1, and its kept record stands for the generation."""
    victim = recorded()[3][1]
    hook = breaking(tmp_path / "hook", f"if page.url == {recorded()[3][0].url!r}: {code}")
    done = reread(archive, "--generation", "again", WARRAQ_READ_TIMEOUT="2", **hook)
    assert done.code == 1
    (named,) = done.of("reread.broken")
    assert named["reason"] == told
    assert named["article"].startswith(f"articles/outlet={victim.outlet}/")
    assert counts(done) == {"articles": len(recorded()), "better": len(recorded()) - 1, "broken": 1}
    pinned = {record["id"]: BOX in record["body"] for record in open_archive(str(archive)).articles(generation="again")}
    assert [article for article, box in pinned.items() if box] == [victim.id]


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """A real one, of some megabytes."""
    keep(str(tmp_path / "a"), [*recorded()[:1], large(4)])
    done = reread(tmp_path / "a", WARRAQ_READ_TIMEOUT="2")
    assert done.code == 1
    assert counts(done) == {"articles": 2, "equal": 1, "broken": 1}


@pytest.mark.slow
def test_a_reader_that_breaks_on_everything_ends_the_work_with_what_is_wrong(tmp_path: Path) -> None:
    """No generation is finished of it; exit code 3."""
    keep(str(tmp_path / "a"), crowd(30), a_file=30)
    done = reread(tmp_path / "a", "--generation", "again", **breaking(tmp_path / "hook", "os._exit(7)"))
    assert done.code == 3
    assert "10 pages broke their reader, the last one: the reader died (exit code 7)" in done.err
    assert "go on with --generation again" in done.err
    assert open_archive(str(tmp_path / "a")).generations() == []


@pytest.fixture(scope="module")
def large_enough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 articles in 20 WARC files of an older extractor. Not to be changed."""
    place = tmp_path_factory.mktemp("crowd") / "archive"
    keep(str(place), crowd(60), by_older)
    return place


SMALL = {"WARRAQ_REREAD_SHARE": "3"}


def interrupted(archive: Path, disturb: Callable[[subprocess.Popen[str], list[int]], None], *arguments: str, **env: str) -> Done:
    """A re-reading that is disturbed when three shares stand: given the process and those of its readers."""
    command = [sys.executable, "-m", "crawler", "reread", "--archive", str(archive), "--generation", "again", "--workers", "2"]
    lines, shares = [], 0
    with subprocess.Popen(
        [*command, *arguments], env=environment(**SMALL, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            lines.append(line)
            shares += '"reread.share"' in line
            if shares == 3:
                shares += 1
                disturb(process, readers(process.pid))
        said = process.stderr.read()
    return Done(process.returncode, "".join(lines), said)


def readers(parent: int) -> list[int]:
    """The reader processes under a process, at any depth."""
    import psutil

    return [each.pid for each in psutil.Process(parent).children(recursive=True) if "crawler.reread.child" in each.cmdline()]


def undisturbed(archive: Path, tmp_path: Path) -> dict[str, bytes]:
    """What the generation comes to when nothing happens."""
    other = Path(shutil.copytree(archive, tmp_path / "undisturbed"))
    assert reread(other, "--generation", "again", **SMALL).code == 0
    return generation(other, "again")


@pytest.mark.slow
def test_a_killed_re_reading_is_taken_up_again_and_comes_out_the_same(large_enough: Path, tmp_path: Path) -> None:
    """SIGKILL of the command: its readers end too, the shares that stand are not read again, the bytes are the same."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    orphans: list[int] = []

    def kill(process: subprocess.Popen[str], children: list[int]) -> None:
        orphans.extend(children)
        process.send_signal(signal.SIGKILL)

    assert interrupted(archive, kill).code == -signal.SIGKILL
    assert len(orphans) == 2
    until = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in orphans):
        assert time.monotonic() < until, "the readers of a killed command live on"
        os.sched_yield()
    done_before = {key: data for key, data in generation(archive, "again").items() if key.endswith(".share.json")}
    assert 3 <= len(done_before) < 20
    assert open_archive(str(archive)).generations() == []
    done = reread(archive, "--generation", "again", **SMALL)
    assert done.code == 0
    assert counts(done) == {"articles": 60, "better": 60}
    assert generation(archive, "again") == undisturbed(large_enough, tmp_path)


@pytest.mark.slow
def test_a_killed_reader_has_its_share_done_again(large_enough: Path, tmp_path: Path) -> None:
    """SIGKILL of a worker of the pool: no page is blamed, nothing is missing, nothing stands twice."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))

    def kill(process: subprocess.Popen[str], children: list[int]) -> None:
        assert len(children) == 2
        for pid in children:
            os.kill(pid, signal.SIGKILL)

    done = interrupted(archive, kill)
    assert done.code == 0, done.err
    assert counts(done) == {"articles": 60, "better": 60}
    assert generation(archive, "again") == undisturbed(large_enough, tmp_path)


@pytest.mark.slow
def test_an_interrupted_re_reading_says_how_to_go_on(large_enough: Path, tmp_path: Path) -> None:
    """Ctrl-C: exit code 130."""
    archive = Path(shutil.copytree(large_enough, tmp_path / "archive"))
    done = interrupted(archive, lambda process, children: process.send_signal(signal.SIGINT))
    assert done.code == 130
    assert done.err == "warraq: interrupted; go on with --generation again\n"
    assert counts(reread(archive, "--generation", "again", **SMALL))["articles"] == 60


@pytest.mark.slow
def test_a_finished_generation_asked_for_again_reads_nothing(archive: Path) -> None:
    first = reread(archive, "--generation", "again")
    before = tree(archive)
    second = reread(archive, "--generation", "again")
    assert second.code == 0
    assert counts(second) == counts(first)
    assert second.of("reread.share") == []
    assert tree(archive) == before


@pytest.mark.slow
def test_export_gives_the_records_of_a_generation_and_names_the_finished_ones_for_another(archive: Path) -> None:
    """Exit code 3 for a name that is none."""
    assert reread(archive, "--generation", "again").code == 0
    exported = [
        json.loads(line) for line in warraq("export", "--generation", "again", "--archive", str(archive)).out.splitlines()
    ]
    assert {record["id"]: record for record in exported} == records(archive, "again")
    done = warraq("export", "--generation", "other", "--archive", str(archive))
    assert (done.code, done.out) == (3, "")
    assert "no finished generation 'other'; finished: again" in done.err


@pytest.mark.slow
def test_two_generations_stand_beside_each_other(archive: Path) -> None:
    """Without a name each gets its own, of the extractor's version and the run."""
    for _ in range(2):
        assert reread(archive).code == 0
    names = [each["name"] for each in open_archive(str(archive)).generations()]
    assert len(set(names)) == 2


def test_the_report_is_one_object_when_asked_for(archive: Path) -> None:
    done = reread(archive, "--json", "--generation", "again")
    assert json.loads(done.out) == manifest(archive, "again")


WRONG = [
    (("--generation", "a b"), 2, "'a b' cannot name a generation"),
    (("--engine", "spark"), 2, "--engine 'spark': local, dask or dask=tcp://scheduler:8786"),
    (("nowhere",), 2, "unknown outlet 'nowhere'"),
    (("--since", "soon"), 2, "--since 'soon' is not a date"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], code: int, message: str, archive: Path) -> None:
    done = reread(archive, *arguments)
    assert (done.code, len(done.err.splitlines())) == (code, 1), done.err
    assert message in done.err


@pytest.mark.skipif(importlib.util.find_spec("distributed") is not None, reason="it is installed here")
def test_an_engine_that_is_not_installed_is_said_with_what_to_install(archive: Path) -> None:
    done = reread(archive, "--engine", "dask")
    assert (done.code, done.err) == (2, "warraq: --engine dask needs the package distributed: pip install 'warraq[dask]'\n")


@pytest.mark.slow
def test_a_generation_is_not_taken_up_with_another_choice_of_articles(archive: Path) -> None:
    assert reread(archive, "smart", "--generation", "again").code == 0
    done = reread(archive, "geiroon", "--generation", "again")
    assert done.code == 2
    assert "was begun with outlets ['smart'], not ['geiroon']" in done.err


@pytest.mark.slow
def test_a_generation_is_not_taken_up_by_another_version(archive: Path) -> None:
    assert reread(archive, "--generation", "again").code == 0
    started = archive / "generations/again/started.json"
    started.write_text(started.read_text(encoding="utf-8").replace('"extractor":"', '"extractor":"0.'), encoding="utf-8")
    done = reread(archive, "--generation", "again")
    assert done.code == 2
    assert "was begun with extractor 0." in done.err
