"""A crawl of an outlet whose feed, sitemap and API hurt their parsers: the other sources are asked, and each is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.demo.running import serve
from infra.world.hostile_documents import HostileDocumentsWorld
from tests.crawler.conftest import warraq


@pytest.mark.slow
def test_a_crawl_goes_on_beside_documents_that_hurt_their_parsers(tmp_path: Path) -> None:
    """48 MB of nested elements as a feed and as sitemaps, 200,000 brackets as wp-json: exit 1, named, and what listings and the
    other sitemaps name is kept.
    """
    with serve(HostileDocumentsWorld.miniature()) as running:
        done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=running)
    assert done.code == 1
    failed = {fact["url"]: fact["reason"] for fact in done.of("source.failed")}
    named = {url.partition("?")[0].rpartition("net/")[2] for url in failed}
    assert named >= {"feed/", "wp-json/wp/v2/posts", "post-sitemap.xml.gz"}, failed
    assert done.finished["fates"]["kept"] > 0
    assert "Traceback" not in done.err, json.dumps(failed)
