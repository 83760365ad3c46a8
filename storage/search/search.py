"""Asking the index."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from storage.search.index import SearchIndex
from storage.search.query import Query, QueryError
from storage.text.folding import folded_words
from storage.text.identity import identity

Order = Literal["best", "newest"]
MAX_SECONDS: Final = 20.0
_WINDOW: Final = 24
"""Words in a snippet."""
_BEGINNING: Final = 1_000
"""Characters that hold so many words."""
_TEXT: Final = (
    "SELECT key, id, revision, outlet, kind, url, headline, body, authors, published, precision, seen_at, newest, gone_at"
    " FROM article JOIN body USING (row) WHERE row = ?"
)
_ORDERS: Final[dict[str, str]] = {
    "best": "bm25(text, 4.0, 1.0, 2.0), newest DESC",
    "newest": "coalesce(published, seen_at) DESC, newest DESC",
}


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


@dataclass(frozen=True, slots=True)
class Filters:
    """Which texts may answer. outlets: none = all; since, until: first and last day of publication (UTC), what has no known day
    is left out then; section: a part of its name as printed; edited: of articles with several texts; gone: of those whose page
    is gone.
    """

    outlets: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    section: str = ""
    edited: bool = False
    gone: bool = False

    def clauses(self) -> tuple[list[str], list[str]]:
        """(conditions of SQL on the columns of `article`, their values)."""
        clauses: list[str] = []
        values: list[str] = []
        if self.outlets:
            clauses.append(f"outlet IN ({','.join('?' * len(self.outlets))})")
            values += self.outlets
        if self.since:
            clauses.append("published >= ?")
            values.append(self.since.isoformat())
        if self.until:
            clauses.append("published < ?")
            values.append((self.until + timedelta(days=1)).isoformat() if self.until < date.max else "9999-12-32")
        if self.section:
            clauses.append("instr(section, ?) > 0")
            values.append(self.section)
        if self.edited:
            clauses.append("EXISTS (SELECT 1 FROM article AS other WHERE other.id = article.id AND other.row <> article.row)")
        if self.gone:
            clauses.append("gone_at IS NOT NULL")
        return clauses, values


EVERYTHING: Final = Filters()


def search(
    index: SearchIndex,
    query: Query | None,
    filters: Filters = EVERYTHING,
    *,
    order: Order = "best",
    limit: int = 20,
    offset: int = 0,
    seconds: float = MAX_SECONDS,
) -> Iterator[SearchHit]:
    """The texts that answer, one for each article in the order of its first: its newest text if that answers too, else the first.
    QueryError: it takes longer than `seconds`.

    query: None = every text, the newest first. offset: so many articles are passed over.
    """
    clauses, values = filters.clauses()
    if query is None:
        source, rank, order = "article", "0.0", "newest"
    else:
        # CROSS: the words first, whatever the filters are; the other way round each article would be asked for the words.
        source, rank = "text CROSS JOIN article ON article.row = text.rowid", "bm25(text, 4.0, 1.0, 2.0)"
        clauses, values = ["text MATCH ?", *clauses], [query.match, *values]
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    sql = f"SELECT article.row, id, newest, {rank} FROM {source} {where}ORDER BY {_ORDERS[order]}"  # noqa: S608  # our own words
    seen: set[str] = set()
    with bounded(index.database, seconds) as (database, in_time):
        for row, id_, newest, score in database.execute(sql, values):
            if id_ in seen:
                continue
            in_time()
            (text,) = database.execute(_TEXT, (row,))
            if query is not None and not is_exact(query, *text[6:9]):
                continue
            seen.add(id_)
            if len(seen) > offset:
                yield _found(text if newest else _newest(database, id_, query, filters) or text, -score, query)
            if len(seen) >= offset + limit:
                return


def _newest(database: sqlite3.Connection, id_: str, query: Query | None, filters: Filters) -> tuple[Any, ...] | None:
    """The newest text of an article, if it answers."""
    clauses, values = filters.clauses()
    sql = f"SELECT row FROM article WHERE {' AND '.join([*clauses, 'id = ?', 'newest'])}"  # noqa: S608  # our own words
    for (row,) in database.execute(sql, [*values, id_]):
        if query is not None:
            found = database.execute("SELECT 1 FROM text WHERE text MATCH ? AND rowid = ?", (query.match, row)).fetchone()
            if not found:
                return None
        text: tuple[Any, ...] = database.execute(_TEXT, (row,)).fetchone()
        return text if query is None or is_exact(query, *text[6:9]) else None
    return None


@contextmanager
def bounded(database: sqlite3.Connection, seconds: float) -> Iterator[tuple[sqlite3.Connection, Callable[[], None]]]:
    """(the database, whose statements are broken off after so many seconds; a check for what is done between them). QueryError
    then.
    """
    deadline = time.monotonic() + seconds
    late = QueryError(f"the question takes more than {seconds:g} seconds: ask for more or rarer words")

    def in_time() -> None:
        if time.monotonic() > deadline:
            raise late

    database.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        yield database, in_time
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise late from None
        raise
    finally:
        database.set_progress_handler(None, 0)


def is_exact(query: Query, headline: str, body: str, authors: str) -> bool:
    """Whether a text has the phrases of a query in their exact spelling, and none of those that must not be there."""
    if not query.exact and not query.absent:
        return True
    texts = {"headline": identity(headline), "body": identity(body), "author": identity(authors)}
    texts[""] = "\n".join(texts.values())
    present = all(phrase in texts[field] for field, phrase in query.exact)
    return present and not any(phrase in texts[field] for field, phrase in query.absent)


def _found(text: tuple[Any, ...], score: float, query: Query | None) -> SearchHit:
    key, id_, revision, outlet, kind, url, headline, body, authors, published, precision, seen_at, newest, gone_at = text
    snippet, marked = snippet_of(body, query.forms if query else frozenset())
    return SearchHit(
        *(key, id_, revision, outlet, kind, url, headline, authors, published, precision, seen_at, bool(newest), gone_at),
        *(score, snippet, marked),
    )


def snippet_of(body: str, forms: frozenset[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """(a stretch of a text where most of the words stand near each other, places of them in it). forms: folded; none: its
    beginning.
    """
    words = folded_words(body if forms else body[:_BEGINNING])
    hits = [n for n, (_, _, word) in enumerate(words) if word in forms]
    if not words:
        return "", ()
    first = max(0, min(_densest(words, hits) - 4, len(words) - _WINDOW))
    last = min(len(words), first + _WINDOW) - 1
    start, end = words[first][0], words[last][1]
    text = body[start:end]
    lead, tail = ("… " if first else ""), (" …" if last + 1 < len(words) else "")
    shift = len(lead) - start
    marked = tuple((words[n][0] + shift, words[n][1] + shift) for n in hits if first <= n <= last)
    return f"{lead}{text}{tail}".replace("\n", " "), marked


def _densest(words: list[tuple[int, int, str]], hits: list[int]) -> int:
    """The first of the hits from which on most different words stand in a window; 0 for none. One pass."""
    inside: Counter[str] = Counter()
    best, most, end = 0, 0, 0
    for first in hits:
        while end < len(hits) and hits[end] < first + _WINDOW:
            inside[words[hits[end]][2]] += 1
            end += 1
        if len(inside) > most:
            best, most = first, len(inside)
        word = words[first][2]
        inside[word] -= 1
        if not inside[word]:
            del inside[word]
    return best
