"""How the tests wait for a reader: for what it tells in whichever order, and never without an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.testing.running_reader import running_reader
from storage import Archive
from tests.crawler.conftest import environment
from tests.crawler.run_first import run_first
from tests.crawler.serve.serving import served

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
