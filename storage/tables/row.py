"""The columns of the table, and the row of a record. Every column is described in `infra/DATA.md`, which a test compares."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from storage.record import Json, moment, rfc3339
from storage.text.folding import fold

SCHEMA: Final[dict[str, str]] = {
    "id": "VARCHAR",
    "revision": "INTEGER",
    "newest": "BOOLEAN",
    "outlet": "VARCHAR",
    "kind": "VARCHAR",
    "language": "VARCHAR",
    "url": "VARCHAR",
    "headline": "VARCHAR",
    "description": "VARCHAR",
    "body": "VARCHAR",
    "search": "VARCHAR",
    "place": "VARCHAR",
    "authors": "VARCHAR[]",
    "editors": "VARCHAR[]",
    "section": "VARCHAR[]",
    "keywords": "VARCHAR[]",
    "sources": "VARCHAR[]",
    "published": "TIMESTAMPTZ",
    "published_precision": "VARCHAR",
    "published_raw": "VARCHAR",
    "published_source": "VARCHAR",
    "modified": "TIMESTAMPTZ",
    "seen_at": "TIMESTAMPTZ",
    "fetched_at": "TIMESTAMPTZ",
    "gone_at": "TIMESTAMPTZ",
    "via": "VARCHAR",
    "images": "INTEGER",
    "links": "VARCHAR[]",
    "content_hash": "VARCHAR",
    "previous": "VARCHAR",
    "warc_file": "VARCHAR",
    "warc_offset": "BIGINT",
    "warc_length": "BIGINT",
    "layout": "VARCHAR",
    "run_id": "VARCHAR",
}
"""Name → type, as DuckDB and Parquet have them, in the order of the file. (id, content_hash) names a row."""
CHANGING: Final = ("newest", "seen_at", "gone_at")
"""The columns that a later event may change; all others are those of the record, which never changes."""


def row(record: Json) -> Json:
    """The row of an article record, without `newest` and `gone_at`, which the change log tells. Times are RFC 3339, UTC; unknown
    is null.
    """
    capture, dateline = record["capture"], record["dateline"] or {}
    fetched = _instant(capture["fetched_at"])
    warc = capture["warc"] or {}
    same = ("id", "revision", "outlet", "kind", "language", "url", "headline", "description", "body", "authors", "editors")
    lists = ("section", "keywords", "sources", "links", "content_hash", "previous", "run_id")
    return {
        **{name: record[name] for name in (*same, *lists)},
        "search": f"{fold(record['headline'])}\n{fold(record['body'])}",
        "place": dateline.get("place"),
        "published": _instant(record["date_published"]),
        "published_precision": record["date_published_precision"],
        "published_raw": record["date_published_raw"],
        "published_source": record["date_published_source"],
        "modified": _instant(record["date_modified"]),
        "seen_at": _instant(capture["memento_at"]) if capture["memento_at"] else fetched,
        "fetched_at": fetched,
        "via": capture["via"],
        "images": len(record["images"]),
        "warc_file": warc.get("file"),
        "warc_offset": warc.get("offset"),
        "warc_length": warc.get("length"),
        "layout": record["extractor"]["layout"],
    }


def _instant(stamp: str | None) -> str | None:
    """RFC 3339 in UTC; a day or month alone is its first instant there; None for what is no date."""
    if not stamp:
        return None
    if (found := moment(stamp)) is not None:
        return rfc3339(found)
    try:
        day = date.fromisoformat(f"{stamp}-01"[:10] if len(stamp) == 7 else stamp)
    except ValueError:
        return None
    return rfc3339(datetime(day.year, day.month, day.day, tzinfo=UTC))
