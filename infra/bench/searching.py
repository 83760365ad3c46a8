"""What a search index costs to build, to keep up and to ask, at the size of an archive, and how well it finds."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from infra.bench.tables import cpu_seconds
from infra.bench.texts import FAMILIES, QUERIES, TextArchive, texts_of
from storage.search.index import SearchIndex
from storage.search.query import parse_query
from storage.search.search import search

_MORE = ("الجولاني إدلب", "جولاني -مسؤول", '"الجولاني"', "headline:الجولاني")
"""Questions of other forms, for the times."""


def searching(articles: int) -> dict[str, object]:
    """CPU seconds and bytes of an index of so many articles, of a thousand more; milliseconds of a question with snippets;
    recall and precision over the families of spellings.
    """
    with tempfile.TemporaryDirectory() as folder:
        texts = TextArchive(Path(folder) / "archive")
        figures: dict[str, object] = {"articles": articles}
        figures["generated_cpu_seconds"] = round(cpu_seconds(lambda: texts.add(articles)), 1)
        file = Path(folder) / "index.sqlite"
        with SearchIndex(file, "bench") as index:
            figures["index_cpu_seconds"] = round(cpu_seconds(lambda: index.update(texts.archive)), 1)
            index.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            figures["index_KB_an_article"] = round(file.stat().st_size / articles / 1_000, 2)
            texts.add(1_000)
            figures["a_thousand_more_cpu_seconds"] = round(cpu_seconds(lambda: index.update(texts.archive)), 2)
            for wide in (False, True):
                figures["wide_found" if wide else "found"] = _found(index, range(texts.articles), wide=wide)
                for order in ("best", "newest"):
                    figures[f"{'wide_' if wide else ''}top_20_{order}_first_ms"] = _asked(index, order, wide=wide)
    return figures


def _asked(index: SearchIndex, order: str, *, wide: bool) -> str:
    queries = [*(query for family in QUERIES.values() for query in family), *_MORE]
    took = sorted(_milliseconds(index, query, order, wide=wide) for query in queries for _ in range(5))
    return f"median {statistics.median(took):.1f}, p95 {took[int(len(took) * 0.95)]:.1f}"


def _found(index: SearchIndex, numbers: range, *, wide: bool) -> str:
    right = found = wanted = 0
    for family in FAMILIES:
        expected = set(texts_of(numbers, family))
        for query in QUERIES[family]:
            hits = search(index, parse_query(query, wide=wide), limit=len(numbers))
            answers = {int(hit.id.partition(":")[2]) for hit in hits}
            right, found, wanted = right + len(answers & expected), found + len(answers), wanted + len(expected)
    return f"recall {right / wanted:.3f}, precision {right / found:.3f}"


def _milliseconds(index: SearchIndex, query: str, order: str, *, wide: bool) -> float:
    start = time.perf_counter()
    list(search(index, parse_query(query, wide=wide), order=order))  # type: ignore[arg-type]
    return (time.perf_counter() - start) * 1_000
