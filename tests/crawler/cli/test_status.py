"""`warraq status` where something is wrong: what failed, in plain words, and what to do next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import get_args

import pytest

from crawler.cli.plain_words import CAUSES, CONDITIONS, DOUBTS
from crawler.cli.status import _remarks
from crawler.crawl.source_conditions import NAMES
from crawler.watch.monitor.canaries import ROT
from crawler.watch.monitor.silence import Cause
from extractors.article import Doubt
from storage import open_archive
from storage.seals.sealing import Sealer
from storage.seals.signed_note import SignerKey
from tests.crawler.conftest import warraq
from tests.storage.newsroom import article, keep_all

NO_NETWORK = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "WARRAQ_RETRY_TIMES": "0"}


@pytest.mark.slow
def test_outlets_of_which_nothing_could_be_had_are_told_with_what_failed_and_what_next(tmp_path: Path) -> None:
    """Their runs kept nothing and left no manifest."""
    archive = str(tmp_path / "a")
    crawl = warraq("crawl", "enab_baladi", "al_jazeera", "--archive", archive, **NO_NETWORK)
    assert crawl.code == 1
    warnings = [line for line in crawl.err.splitlines() if "WARNING" in line]
    assert len(warnings) <= 2 * 4, warnings
    shown = warraq("status", "--archive", archive, COLUMNS="80")
    assert "holds no outlet yet" not in shown.out
    for outlet in ("enab_baladi", "al_jazeera"):
        assert f"{outlet}: no articles since " in shown.out
    assert "is this machine on the network (DNS, proxy, clock)?" in shown.out
    assert "`warraq crawl al_jazeera --limit 5` tries again" in shown.out
    told = json.loads(warraq("status", "--archive", archive, "--json").out)
    assert told["enab_baladi"]["articles"] == 0
    assert told["enab_baladi"]["fruitless"]["cause"] == "sources"


@pytest.mark.parametrize("file", ["checkpoint", "runs.jsonl"])
def test_damaged_seals_keep_nobody_from_what_else_there_is_to_tell(file: str, tmp_path: Path) -> None:
    """In words and as JSON, with the exit code of what needs a look."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1))
    Sealer(archive.store, [SignerKey("operator", bytes(range(32)))]).seal()
    (tmp_path / "a/seals/00000001" / file).write_text("{}\n")
    shutil.rmtree(tmp_path / "a/state")  # which has the log as it was
    shown = warraq("status", "--archive", archive.store.uri)
    assert (shown.code, shown.err) == (1, "")
    assert "enab_baladi" in shown.out
    assert "Seals: damaged, " in shown.out
    assert f"seals/00000001/{file} is no " in shown.out
    told = warraq("status", "--archive", archive.store.uri, "--json")
    assert (told.code, told.err) == (1, "")
    assert json.loads(told.out)["enab_baladi"]["articles"] == 1
    assert file in json.loads(told.out)["_sealed"]["problem"]


def test_every_code_has_words() -> None:
    assert set(DOUBTS) == set(get_args(Doubt))
    assert {*get_args(Cause), *ROT} == set(CAUSES)
    assert set(NAMES) - {"absent"} == set(CONDITIONS)


def test_doubts_are_told_in_words() -> None:
    state = {
        "fruitless": None,
        "last_run": {"doubts": {"small-container": 5, "a-later-one": 1}},
        "sources": None,
        "conditions": [],
        "failing": {"pages": 0, "causes": {}, "quarantined": 0},
        "pauses": {},
    }
    (line,) = _remarks({"smart": state})
    assert line == (
        "smart: texts of the last run that may be incomplete: the text is a small part of its page: 5 · a-later-one: 1 "
        "(`warraq read --explain URL` shows why)"
    )
