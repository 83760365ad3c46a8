"""What a search index costs to build, to keep up and to ask, at the size of an archive, and how well it finds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import get_args

from infra.bench.measure import cpu_seconds, median_and_p95, milliseconds
from infra.bench.texts import FAMILIES, QUERIES, TextArchive, texts_of
from storage.search.index import SearchIndex
from storage.search.query import parse_query
from storage.search.search import Order, search

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
                for order in get_args(Order):
                    figures[f"{'wide_' if wide else ''}top_20_{order}_first_ms"] = _asked(index, order, wide=wide)
    return figures


def _asked(index: SearchIndex, order: Order, *, wide: bool) -> str:
    queries = [*(query for family in QUERIES.values() for query in family), *_MORE]
    return median_and_p95(
        milliseconds(lambda query=query: list(search(index, parse_query(query, wide=wide, known=index.has_word), order=order)))  # type: ignore[misc]
        for query in queries
        for _ in range(5)
    )


def _found(index: SearchIndex, numbers: range, *, wide: bool) -> str:
    right = found = wanted = 0
    for family in FAMILIES:
        expected = set(texts_of(numbers, family))
        for query in QUERIES[family]:
            hits = search(index, parse_query(query, wide=wide, known=index.has_word), limit=len(numbers))
            answers = {int(hit.id.partition(":")[2]) for hit in hits}
            right, found, wanted = right + len(answers & expected), found + len(answers), wanted + len(expected)
    return f"recall {right / wanted:.3f}, precision {right / found:.3f}"
