"""Which records go into a WACZ, in a database on disk: 100,000 of them take no more memory than a hundred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from storage.record import Json
from storage.temporary import temporary_database

_TABLES: Final = """
CREATE TABLE wanted (file TEXT, offset INTEGER, length INTEGER, done INTEGER DEFAULT 0, PRIMARY KEY (file, offset)) WITHOUT ROWID;
CREATE TABLE page (
    n INTEGER PRIMARY KEY, file TEXT, offset INTEGER, id TEXT, record TEXT, title TEXT, text TEXT, url TEXT, ts TEXT
);
CREATE INDEX page_at ON page (file, offset);
CREATE TABLE line (line TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE held (url TEXT, at TEXT, file TEXT, offset INTEGER, length INTEGER, PRIMARY KEY (url, at)) WITHOUT ROWID;
"""


class Chosen:
    """The records, pages and index lines of one export."""

    def __init__(self) -> None:
        self.database = temporary_database(_TABLES)

    def choose(self, articles: Iterable[Json]) -> tuple[int, int]:
        """Note the captures of these article records; (articles, those of them that point to no raw bytes)."""
        count = without = 0
        for article in articles:
            count += 1
            warc = article["capture"]["warc"]
            if warc is None:
                without += 1
                continue
            self.want(warc["file"], warc["offset"], warc["length"])
            self.database.execute(
                "INSERT INTO page (file, offset, id, record, title, text) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(warc["file"], warc["offset"], f"{article['id']}#{article['revision']}", warc["record_id"]),
                    *(article["headline"], article["body"]),
                ),
            )
        return count, without

    def want(self, file: str, offset: int, length: int) -> None:
        """A record to be copied, each once."""
        self.database.execute("INSERT OR IGNORE INTO wanted (file, offset, length) VALUES (?, ?, ?)", (file, offset, length))

    def is_left(self) -> bool:
        """Whether something is still to be copied."""
        return bool(self.database.execute("SELECT EXISTS (SELECT 1 FROM wanted WHERE NOT done)").fetchone()[0])

    def left(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """(file, [(offset, length), …]) of what is still to be copied. Each is to be told to `copied` or `drop`."""
        after = ""
        while True:
            row = self.database.execute("SELECT min(file) FROM wanted WHERE file > ? AND NOT done", (after,)).fetchone()
            if row[0] is None:
                return
            after = row[0]
            query = "SELECT offset, length FROM wanted WHERE file = ? AND NOT done ORDER BY offset"
            yield after, self.database.execute(query, (after,)).fetchall()

    def expected(self, file: str, offset: int) -> set[str]:
        """The ids of the records that articles say stand there."""
        found = self.database.execute("SELECT DISTINCT record FROM page WHERE file = ? AND offset = ?", (file, offset))
        return {record for (record,) in found}

    def copied(self, file: str, offset: int, url: str, ts: str, lines: Iterable[str]) -> None:
        """The record is in the package, under these index lines. url, ts: by which a player finds it."""
        self.drop(file, offset)
        self.database.executemany("INSERT OR IGNORE INTO line VALUES (?)", ((line,) for line in lines))
        self.database.execute("UPDATE page SET url = ?, ts = ? WHERE file = ? AND offset = ?", (url, ts, file, offset))

    def drop(self, file: str, offset: int) -> None:
        """Take the record off what is left to copy, whether it was copied or cannot be."""
        self.database.execute("UPDATE wanted SET done = 1 WHERE file = ? AND offset = ?", (file, offset))

    def lines(self) -> Iterator[str]:
        """The index, sorted by bytes."""
        return (line for (line,) in self.database.execute("SELECT line FROM line ORDER BY line"))

    def pages(self) -> Iterator[Json]:
        """The pages, in the order of the articles."""
        query = "SELECT id, url, ts, title, text FROM page WHERE url IS NOT NULL ORDER BY n"
        for id_, url, ts, title, text in self.database.execute(query):
            yield {"id": id_, "url": url, "ts": ts, "title": title, "text": text}

    def close(self) -> None:
        """Free the temporary file."""
        self.database.close()
