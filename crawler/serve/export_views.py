"""The articles that answer a query, for download: their records as JSON Lines, as CSV, as Parquet."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Final

from crawler.serve.collection import Collection
from crawler.serve.page_request import PageRequest
from crawler.serve.response import RequestError, Response
from crawler.serve.search_request import SearchRequest
from crawler.serve.search_views import find
from storage.record import Json
from storage.tables.comma_separated import write_csv

MOST_ARTICLES: Final = 1_000
"""Of one answer. `warraq export` and `warraq table` have no such bound."""
_AT_ONCE: Final = 16


def export(collection: Collection, request: PageRequest) -> Response:
    """`/export.jsonl`, `/export.csv`, `/export.parquet`. The header `X-Truncated: 1` says that more articles answer."""
    search_request = SearchRequest.parse(request.query)
    found = find(collection, search_request.on_page(1), size=MOST_ARTICLES, counting=False)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="serve-export") as pool:
        records = list(pool.map(collection.record, [hit.key for hit in found.hits]))
    form = request.parts["form"]
    body, kind = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[form](records)
    headers = {"X-Truncated": "1"} if found.more else {}
    return Response(body, kind, filename=f"articles.{form}", headers=headers)


def _jsonl(records: list[Json]) -> tuple[bytes, str]:
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return "".join(lines).encode(errors="replace"), "application/x-ndjson"


def _csv(records: list[Json]) -> tuple[bytes, str]:
    out = StringIO(newline="")
    write_csv(records, out)
    return out.getvalue().encode(errors="replace"), "text/csv; charset=utf-8"


def _parquet(records: list[Json]) -> tuple[bytes, str]:
    from storage.tables.errors import TableError  # noqa: PLC0415
    from storage.tables.parquet import Filter, write_parquet  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="warraq-") as folder:
        file = Path(folder) / "articles.parquet"
        try:
            write_parquet(iter(records), file, Filter())
        except TableError as error:
            raise RequestError(404, "parquet", str(error)) from None
        return file.read_bytes(), "application/vnd.apache.parquet"
