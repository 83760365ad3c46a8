"""Generations that `warraq reread` made: asked for again, exported, beside each other, refused."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.conftest import tree, warraq
from tests.crawler.reread.rereadable import manifest
from tests.crawler.reread.rereading import counts, records, reread


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


@pytest.mark.slow
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
