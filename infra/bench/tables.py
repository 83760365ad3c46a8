"""What a Parquet file and a Delta table cost to build, to keep up and to ask, at the size of an archive."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from infra.bench.measure import cpu_seconds, milliseconds
from infra.bench.texts import TextArchive
from storage.tables.parquet import Filter, write_parquet
from storage.tables.update import update_table

_MAY = "published >= '2018-05-01T00:00:00Z' AND published < '2018-06-01T00:00:00Z'"


def tables(articles: int) -> dict[str, object]:
    """Rows a CPU second, bytes an article, and milliseconds of questions; a thousand articles more; compaction."""
    import deltalake  # noqa: PLC0415 - an extra

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        texts = TextArchive(place / "archive")
        generated = cpu_seconds(lambda: texts.add(articles))
        archive, file, table = texts.archive, place / "articles.parquet", str(place / "table")
        figures: dict[str, object] = {"articles": articles, "generated_cpu_seconds": round(generated, 1)}

        took = cpu_seconds(
            lambda: write_parquet(archive.articles(), file, Filter(), (change.event for change in archive.changes()))
        )
        figures |= _built("parquet", articles, took, file.stat().st_size) | _asked("parquet", f"'{file}'")

        def of_table() -> tuple[int, str]:
            files = deltalake.DeltaTable(table).file_uris()
            return sum(Path(each).stat().st_size for each in files), f"read_parquet({files})"

        took = cpu_seconds(lambda: update_table(archive, table, print))
        size, source = of_table()
        figures |= _built("delta", articles, took, size) | _asked("delta", source)
        figures["delta_polars_may_2018_ms"] = _polars(table)
        figures["delta_opened_and_asked_ms"] = _milliseconds(lambda: duckdb.execute(_question(of_table()[1])).fetchall())
        texts.add(1_000)
        figures["delta_a_thousand_more_cpu_seconds"] = round(cpu_seconds(lambda: update_table(archive, table, print)), 2)
        figures["delta_compact_cpu_seconds"] = round(cpu_seconds(lambda: update_table(archive, table, print, compact=True)), 1)
        size, source = of_table()
        figures["delta_compacted_KB_an_article"] = round(size / articles / 1_000, 2)
        figures |= _asked("delta_compacted", source)
    return figures


def _built(name: str, articles: int, seconds: float, size: int) -> dict[str, object]:
    rate = f"{articles / seconds:,.0f}"
    return {f"{name}_articles_a_CPU_second": rate, f"{name}_KB_an_article": round(size / articles / 1_000, 2)}


def _question(source: str) -> str:
    return f"SELECT id, headline, url FROM {source} WHERE newest AND {_MAY}"  # noqa: S608 - our own words


def _asked(name: str, source: str) -> dict[str, object]:
    newest = f"SELECT count(*) FROM {source} WHERE newest"  # noqa: S608 - our own words
    mentions = f"SELECT id FROM {source} WHERE newest AND contains(search, 'الجولاني')"  # noqa: S608 - our own words
    questions = {"may_2018": _question(source), "newest": newest, "mentions": mentions}
    return {f"{name}_{key}_ms": _milliseconds(lambda q=sql: duckdb.execute(q).fetchall()) for key, sql in questions.items()}  # type: ignore[misc]


def _polars(table: str) -> str:
    import polars  # noqa: PLC0415 - a judge of the tests

    first, last = (polars.lit(f"2018-{month}-01T00:00:00Z").str.to_datetime(time_zone="UTC") for month in ("05", "06"))

    def ask() -> Any:
        found = polars.scan_delta(table).filter(polars.col("newest") & (polars.col("published") >= first))
        return found.filter(polars.col("published") < last).select("id", "headline", "url").collect()

    return _milliseconds(ask)


def _milliseconds(ask: Callable[[], object]) -> str:
    """Of a question asked nine times, after once."""
    ask()
    took = [milliseconds(ask) for _ in range(9)]
    return f"median {statistics.median(took):.0f}, worst {max(took):.0f}"
