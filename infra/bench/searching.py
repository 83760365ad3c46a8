"""What a search index costs to build, to keep up and to ask, at the size of an archive."""

from __future__ import annotations

import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.bench.requests import article
from storage import Archive, Capture, open_archive
from storage.search.index import SearchIndex
from storage.search.query import parse_query
from storage.search.search import search

_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
_SPELLINGS = ("الجولاني", "الجولانى", "والجولاني", "للجولاني", "إدلب", "ادلب", "بإدلب", "مسؤول", "مسئول", "المعارضة", "المعارضه")
_QUERIES = ("الجولاني", "ادلب", "مسئول", "المعارضة", "الجولاني إدلب", "جولاني -مسؤول", '"الجولاني"', "headline:خبر الجولاني")


def searching(articles: int, words: int = 250) -> dict[str, object]:
    """CPU seconds and bytes of an index of so many articles, of a thousand more, and milliseconds of a question with snippets."""
    chance = random.Random(7)  # noqa: S311  # the same texts each time
    vocabulary = ["".join(chance.choices(_LETTERS, k=chance.randint(3, 8))) for _ in range(20_000)]
    with tempfile.TemporaryDirectory() as folder:
        archive = open_archive(str(Path(folder) / "archive"))
        _fill(archive, range(articles), words, vocabulary, chance)
        file = Path(folder) / "index.sqlite"
        with SearchIndex(file, "bench") as index:
            built = _cpu(lambda: index.update(archive))
            index.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            size = file.stat().st_size
            _fill(archive, range(articles, articles + 1_000), words, vocabulary, chance)
            more = _cpu(lambda: index.update(archive))
            figures: dict[str, object] = {
                "articles": articles,
                "index_cpu_seconds": round(built, 2),
                "index_KB_an_article": round(size / articles / 1_000, 2),
                "a_thousand_more_cpu_seconds": round(more, 2),
            }
            for order in ("best", "newest"):
                took = sorted(_milliseconds(index, query, order) for query in _QUERIES for _ in range(5))
                figures[f"top_20_{order}_first_ms"] = (
                    f"median {statistics.median(took):.1f}, p95 {took[int(len(took) * 0.95)]:.1f}"
                )
    return figures


def _fill(archive: Archive, numbers: range, words: int, vocabulary: list[str], chance: random.Random) -> None:
    began = datetime.now(UTC)
    run = archive.begin({"warraq": "bench"})
    weights = [1 / (n + 10) for n in range(len(vocabulary))]
    for number in numbers:
        text = chance.choices(vocabulary, weights, k=words)
        if number % 100 < len(_SPELLINGS):
            text[chance.randrange(words)] = _SPELLINGS[number % 100]
        made = article(number, text=" ".join(text))
        run.keep(made, Capture(fetched_at=began + timedelta(milliseconds=number), status=200))
    run.finish()


def _cpu(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _milliseconds(index: SearchIndex, query: str, order: str) -> float:
    start = time.perf_counter()
    list(search(index, parse_query(query), order=order))  # type: ignore[arg-type]
    return (time.perf_counter() - start) * 1_000
