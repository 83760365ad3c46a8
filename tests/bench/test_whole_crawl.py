"""A whole crawl that keeps one new article: at most 20 requests to its archive and 1 MB, with its raw capture and without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.running import serve
from infra.bench.crawling import UNPACED
from infra.bench.whole_crawl import polls
from infra.testing.servers import environment, make_bucket, moto
from infra.world.worlds import World
from tests.crawler.conftest import warraq

MOST_REQUESTS, MOST_BYTES = 20, 1_000_000


class Counting:
    """Counts the requests for objects of an S3 server, with the bytes that were sent and got."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.requests: Counter[str] = Counter()
        self.bytes = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.requests[f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"] += 1
        answer = list(self._app(environ, start_response))
        self.bytes += int(environ.get("CONTENT_LENGTH") or 0) + sum(map(len, answer))
        return answer


@pytest.mark.slow
@pytest.mark.parametrize("raw", ["articles", "none"])
def test_on_s3_in_a_process_of_its_own(raw: str) -> None:
    """Opening the archive and proving that the bucket honours create-only writes included."""
    counting: list[Counting] = []

    def around(app: Any) -> Counting:
        counting.append(Counting(app))
        return counting[0]

    with moto(around) as url, serve(World.generated(articles=60, kilobytes=20), log=False) as world:
        make_bucket(url, "news")
        (store,) = counting
        for articles in (60, 61, 62):  # of the last one
            world.serve_anew(World.generated(articles=articles, kilobytes=20))
            store.requests.clear()
            store.bytes = 0
            env = {**environment(url), **UNPACED, "WARRAQ_RAW": raw}
            done = warraq("crawl", "enab_baladi", "--archive", f"s3://news/{raw}", world=world, cwd=None, **env)
            assert done.code == 0, done.err
        assert len(done.of("kept")) == 1
        assert store.requests.total() <= MOST_REQUESTS, store.requests
        assert store.bytes <= MOST_BYTES


@pytest.mark.slow
def test_in_a_large_archive(tmp_path: Path) -> None:
    """Rows lie in shards, and the run says before it claims a text that it will. The first poll meets an address that was not
    used for long.
    """
    for asked in polls(tmp_path, 1_500, "articles", "articles", "articles", "none", kilobytes=2)[1:]:
        assert asked.requests.total() <= MOST_REQUESTS, asked.requests
        assert asked.bytes <= MOST_BYTES
