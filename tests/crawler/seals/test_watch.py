"""A watch seals by a setting, and what it seals leaves the house with its sinks."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing import waiting
from storage.seals.checkpoint import parse_checkpoint
from storage.seals.signed_note import SignerKey
from tests.crawler.watch.watching import SELDOM, Watching

pytestmark = pytest.mark.slow
KEY = SignerKey("operator", bytes(range(32)))


def test_a_watch_seals_at_its_start_and_says_so(served: Running, tmp_path: Path) -> None:
    env = {**SELDOM, "WARRAQ_SEAL_HOURS": "24", "WARRAQ_SEAL_KEY": KEY.secret, "WARRAQ_READERS": "1"}
    with Watching(served, tmp_path, "geiroon", **env) as watch:
        waiting.until(lambda: watch.of("archive.sealed"), watch.last_words)
        (fact,) = watch.of("archive.sealed")
        assert parse_checkpoint(fact["checkpoint"].encode()).signers([KEY.verifier])
        assert (tmp_path / "a/seals/00000001/checkpoint").read_text() == fact["checkpoint"]
        assert watch.stop() == 0
    assert KEY.secret not in watch.last_words()


def test_a_watch_without_a_key_goes_on_and_says_what_is_missing(served: Running, tmp_path: Path) -> None:
    with Watching(served, tmp_path, "geiroon", **SELDOM, WARRAQ_SEAL_HOURS="24", WARRAQ_READERS="1") as watch:
        waiting.until(lambda: watch.of("seal.failed"), watch.last_words)
        assert "WARRAQ_SEAL_KEY" in watch.of("seal.failed")[0]["reason"]
        assert watch.stop() == 0
