"""How the tests wait for a reader: for what it tells in whichever order, and never without an end. What a person is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.cli.plain_words import READER_TROUBLES
from crawler.cli.serve import _ServeMessages
from crawler.cli.watch_table import TROUBLES
from infra.testing.running_reader import running_reader
from storage import Archive
from tests.crawler.conftest import environment
from tests.crawler.run_first import run_first
from tests.crawler.serve.serving import served

SERVE = Path(__file__).parents[3] / "crawler" / "serve"
INDEX_FIRST = """
import sys
if "serve" in sys.orig_argv:
    from crawler.serve.follower import IndexFollower

    start = IndexFollower.start

    def started(follower):
        start(follower)
        assert follower.wait(120)

    IndexFollower.start = started
"""


def test_an_index_that_is_complete_before_the_reader_has_its_address_is_not_waited_for_again(
    archive: Archive, tmp_path: Path
) -> None:
    with served(archive.uri, tmp_path, **run_first(tmp_path / "code", INDEX_FIRST)) as running:
        told = [fact["fact"] for fact in running.facts]
        assert told.index("index.complete") < told.index("serve.opened")
        assert running.get("/").status == 200


def test_a_reader_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"ended with code 3 before it told serve\.opened"),
        running_reader(str(tmp_path / "none"), tmp_path / "facts", environment=environment()),
    ):
        pytest.fail("there is no archive")


def test_every_trouble_of_a_reader_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """By `serve` on a terminal in one line each, and in the table of a watch that has the reader at its door."""
    source = "".join((SERVE / name).read_text("utf-8") for name in ("follower.py", "reader.py"))
    facts = set(re.findall(r'"((?:index|serve)\.[a-z_]+)"', source)) - {"index.complete"}
    assert len(facts) == 5
    assert facts == set(READER_TROUBLES)
    assert facts <= set(TROUBLES)
    for fact in sorted(facts):
        _ServeMessages()(fact, path="/a/x", reason="a key\nthat is damaged")
        assert capsys.readouterr().err == f"warraq: {READER_TROUBLES[fact]}: /a/x: a key that is damaged\n"
