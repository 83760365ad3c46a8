"""Asking the index."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from storage.search.index import SearchIndex
from storage.search.query import Query, QueryError
from storage.text.folding import folded_words
from storage.text.identity import identity

Order = Literal["best", "newest"]
MAX_SECONDS: Final = 20.0
_WINDOW: Final = 24
"""Words in a snippet."""
_COLUMNS: Final = (
    "article.row, key, id, revision, outlet, kind, url, article.headline, article.body, authors, published, precision, seen_at,"
    " newest, gone_at"
)
_ORDERS: Final[dict[str, str]] = {"best": "bm25(text, 4.0, 1.0, 2.0)", "newest": "coalesce(published, seen_at) DESC"}


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A text that answers. snippet: of the text as it is written, marked: (start, end) of the words in it that were asked for.

    published: RFC 3339 in UTC, or a day or month; None if unknown. score: the higher the better. gone_at: when the page was
    seen gone.
    """

    key: str
    id: str
    revision: int
    outlet: str
    kind: str
    url: str
    headline: str
    authors: str
    published: str | None
    precision: str | None
    seen_at: str
    newest: bool
    gone_at: str | None
    score: float
    snippet: str
    marked: tuple[tuple[int, int], ...]


def search(
    index: SearchIndex,
    query: Query,
    *,
    outlets: list[str] | None = None,
    since: date | None = None,
    until: date | None = None,
    order: Order = "best",
    limit: int = 20,
) -> Iterator[SearchHit]:
    """The texts that answer, one for each article: the first of its texts in this order. QueryError: it takes too long.

    since, until: first and last day of publication (UTC); what has no known day is left out then.
    """
    clauses, values = ["text MATCH ?"], [query.match]
    if outlets:
        clauses.append(f"outlet IN ({','.join('?' * len(outlets))})")
        values += outlets
    if since:
        clauses.append("published >= ?")
        values.append(since.isoformat())
    if until:
        clauses.append("published < ?")
        values.append((until + timedelta(days=1)).isoformat())
    sql = (
        f"SELECT {_COLUMNS}, bm25(text, 4.0, 1.0, 2.0) FROM text JOIN article ON article.row = text.rowid "  # noqa: S608  # our own words
        f"WHERE {' AND '.join(clauses)} ORDER BY {_ORDERS[order]}"
    )
    seen: set[str] = set()
    for row in _bounded(index.database, sql, values):
        if row[2] in seen or not _exactly(query, row):
            continue
        seen.add(row[2])
        yield _found(row, query)
        if len(seen) >= limit:
            return


def _bounded(database: sqlite3.Connection, sql: str, values: list[str]) -> Iterator[tuple]:  # type: ignore[type-arg]
    deadline = time.monotonic() + MAX_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        yield from database.execute(sql, values)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise QueryError(f"the question takes more than {MAX_SECONDS:g} seconds: ask for more or rarer words") from None
        raise
    finally:
        database.set_progress_handler(None, 0)


def _exactly(query: Query, row: tuple) -> bool:  # type: ignore[type-arg]
    if not query.exact and not query.absent:
        return True
    texts = {"headline": identity(row[7]), "body": identity(row[8]), "author": identity(row[9])}
    texts[""] = "\n".join(texts.values())
    present = all(phrase in texts[field] for field, phrase in query.exact)
    return present and not any(phrase in texts[field] for field, phrase in query.absent)


def _found(row: tuple, query: Query) -> SearchHit:  # type: ignore[type-arg]
    _, key, id_, revision, outlet, kind, url, headline, body, authors, published, precision, seen_at, newest, gone_at, rank = row
    snippet, marked = snippet_of(body, query.forms)
    return SearchHit(
        *(key, id_, revision, outlet, kind, url, headline, authors, published, precision, seen_at, bool(newest), gone_at),
        *(-rank, snippet, marked),
    )


def snippet_of(body: str, forms: frozenset[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """(a stretch of a text where most of the words stand near each other, places of them in it)."""
    words = folded_words(body)
    hits = [n for n, (_, _, word) in enumerate(words) if word in forms]
    if not words:
        return "", ()
    best = max(hits, key=lambda first: len({words[n][2] for n in hits if first <= n < first + _WINDOW}), default=0)
    first = max(0, min(best - 4, len(words) - _WINDOW))
    last = min(len(words), first + _WINDOW) - 1
    start, end = words[first][0], words[last][1]
    text = body[start:end]
    lead, tail = ("… " if first else ""), (" …" if last + 1 < len(words) else "")
    shift = len(lead) - start
    marked = tuple((words[n][0] + shift, words[n][1] + shift) for n in hits if first <= n <= last)
    return f"{lead}{text}{tail}".replace("\n", " "), marked
