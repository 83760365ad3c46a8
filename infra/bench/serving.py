"""How long the reader takes for a page, at the size of an archive: the real server, asked over HTTP on loopback."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from infra.bench.measure import median_and_p95, milliseconds
from infra.bench.texts import OUTLETS, QUERIES, TextArchive
from infra.testing.running_reader import running_reader

_ASKED = 100
_INDEX_SECONDS = 3600.0


def serving(articles: int) -> dict[str, object]:
    """Milliseconds, median, 95th percentile and of the first, for a search (page with snippets and counts by month; JSON; edited
    articles only), the start page, an article, its history, and the feed of a question. Seconds until all is in the index.
    """
    chance = random.Random(7)  # noqa: S311  # the same questions each time
    words = [query for family in QUERIES.values() for query in family]
    with tempfile.TemporaryDirectory() as folder:
        texts = TextArchive(Path(folder) / "archive")
        texts.add(articles)
        began = time.perf_counter()
        log, environment = Path(folder) / "facts.jsonl", {**os.environ, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
        with running_reader(texts.archive.uri, log, environment=environment, seconds=_INDEX_SECONDS) as url:
            figures: dict[str, object] = {
                "articles": articles,
                "started_and_indexed_seconds": round(time.perf_counter() - began, 1),
            }
            connection = HTTPConnection(urlsplit(url).netloc, timeout=_INDEX_SECONDS)
            numbers = [chance.randrange(articles) for _ in range(_ASKED)]
            ids = [f"{OUTLETS[number % len(OUTLETS)]}:{number}" for number in numbers]
            questions = [f"q={quote(chance.choice(words))}" for _ in range(_ASKED)]
            paths: dict[str, Callable[[int], str]] = {
                "search_page": lambda n: f"/?{questions[n]}",
                "search_json": lambda n: f"/api/search?{questions[n]}",
                "start_page": lambda _: "/",
                "article_page": lambda n: f"/a/{ids[n]}",
                "edited": lambda n: f"/?edited=1&{questions[n]}",
                "history": lambda n: f"/a/{ids[n]}/history",
                "feed": lambda n: f"/feed.atom?{questions[n]}",
            }
            for name, path in paths.items():
                took = [milliseconds(lambda path=path, n=n: _ask(connection, path(n))) for n in range(_ASKED)]  # type: ignore[misc]
                figures[f"{name}_ms"] = f"{median_and_p95(took)}, first {took[0]:.1f}"
    return figures


def _ask(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
