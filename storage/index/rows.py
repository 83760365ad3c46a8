"""A URL as a row of the index (SQLite, one file per run) and as a line of the files in `state/`."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any, Final, NamedTuple

from storage import keys
from storage.index.known import Known, KnownArticle, RevisitHints, since
from storage.ledger import LedgerEntry
from storage.record import instant, micros


class IndexRow(NamedTuple):
    """hash: first half of the hash of the URL (16 bytes); content: hash of the last content (32 bytes); article: its key.

    checked_at: RFC 3339; moment, gone_since, published: microseconds since 1970; stands: the entry that the URL stands at.
    url, address, published, validators (JSON): of articles that may be visited again.
    """

    hash: bytes
    n: int
    fate: str
    content: bytes | None
    revision: int
    article: str | None
    id: str | None
    checked_at: str
    hint: str | None
    moment: int
    stands: int
    gone_since: int | None
    url: str | None = None
    address: str | None = None
    published: int | None = None
    validators: str | None = None

    def without_revisit(self) -> IndexRow:
        """The row of an article that is not visited again."""
        return self._replace(url=None, address=None, published=None, validators=None)


_COLUMNS: Final = IndexRow._fields
_NAMES: Final = ", ".join(_COLUMNS)
_VALUES: Final = ", ".join(f":{name}" for name in _COLUMNS)

TABLE: Final = """
CREATE TABLE url (
    outlet TEXT, hash BLOB, n INTEGER, fate TEXT, content BLOB, revision INTEGER, article TEXT,
    id TEXT, checked_at TEXT, hint TEXT, moment INTEGER, stands INTEGER, gone_since INTEGER,
    url TEXT, address TEXT, published INTEGER, validators TEXT,
    listed INTEGER DEFAULT 0, unsure INTEGER DEFAULT 0, used INTEGER, changed INTEGER DEFAULT 0, PRIMARY KEY (outlet, hash)
) WITHOUT ROWID;
CREATE INDEX content ON url (content) WHERE content IS NOT NULL;
CREATE INDEX young ON url (outlet, published) WHERE published IS NOT NULL;
CREATE INDEX used ON url (outlet, used) WHERE used IS NOT NULL;
"""
"""listed: the highest entry that the ledger is said to have. unsure: it may have a later one that nobody spoke of. used: rows of
the recent file, and those asked for since, in the order of use; NULL for the rest. changed: the file of its shard does not have
the row as it is.
"""
# ruff: noqa: S608 - all names are of our columns
SELECT: Final = "SELECT * FROM url WHERE outlet = ? AND hash = ?"
LOAD: Final = f"""
INSERT INTO url (outlet, used, changed, unsure, {_NAMES}) VALUES (:outlet, :used, :changed, :unsure, {_VALUES})
ON CONFLICT DO UPDATE SET used = excluded.used, changed = excluded.changed, unsure = excluded.unsure,
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}
WHERE url.n = 0
"""
UPSERT: Final = f"""
INSERT INTO url (outlet, used, changed, unsure, {_NAMES}) VALUES (:outlet, :used, 1, :unsure, {_VALUES})
ON CONFLICT DO UPDATE SET n = excluded.n, fate = excluded.fate, content = excluded.content,
    revision = excluded.revision, article = excluded.article, id = excluded.id, hint = excluded.hint,
    checked_at = excluded.checked_at, moment = excluded.moment, stands = excluded.stands, gone_since = excluded.gone_since,
    url = coalesce(excluded.url, url.url), address = coalesce(excluded.address, url.address),
    published = coalesce(url.published, excluded.published), validators = coalesce(excluded.validators, url.validators),
    used = excluded.used, changed = 1, unsure = excluded.unsure
WHERE excluded.n >= url.n
"""
OLDER: Final = """
UPDATE url SET n = :n, revision = :revision, content = coalesce(content, :content), article = coalesce(article, :article),
    id = coalesce(id, :id), used = :used, changed = 1, unsure = :unsure
WHERE outlet = :outlet AND hash = :hash AND n < :n
"""
CHECKED: Final = """
UPDATE url SET checked_at = :checked_at, hint = coalesce(:hint, hint), moment = max(moment, :moment),
    address = coalesce(:address, address), url = coalesce(:url, url), published = coalesce(published, :published),
    validators = coalesce(:validators, validators), used = :used, changed = 1
WHERE outlet = :outlet AND hash = :hash AND n > 0
"""
USED: Final = "UPDATE url SET used = ? WHERE outlet = ? AND hash = ? AND n > 0"
LISTED: Final = """
INSERT INTO url (outlet, hash, n, listed) VALUES (?, ?, 0, ?)
ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed)
"""
LAST: Final = "UPDATE url SET listed = 0, unsure = 0 WHERE outlet = ? AND hash = ?"
UNSURE: Final = "UPDATE url SET unsure = 1, changed = 1, used = ? WHERE outlet = ? AND hash = ?"
YOUNG: Final = """
SELECT url, address, checked_at, published, gone_since FROM url
WHERE outlet = ? AND published IS NOT NULL AND url IS NOT NULL AND address IS NOT NULL ORDER BY published DESC
"""
_ARTICLE: Final = """
SELECT hash, id, article, fate, checked_at, hint, gone_since, url, address FROM url
WHERE outlet = ? AND n > 0 AND id IS NOT NULL AND article IS NOT NULL
"""
NAMED: Final = _ARTICLE + "AND hash = ?"
YOUNGEST: Final = _ARTICLE + "AND published IS NOT NULL ORDER BY published DESC LIMIT ?"
BETWEEN: Final = _ARTICLE + "AND hash >= ? AND hash <= ? ORDER BY hash LIMIT ?"
USED_ROWS: Final = f"SELECT {_NAMES}, changed, unsure FROM url WHERE outlet = ? AND used IS NOT NULL AND n > 0 ORDER BY used DESC"
COUNT_USED: Final = "SELECT count(*), coalesce(sum(changed), 0) FROM url WHERE outlet = ? AND used IS NOT NULL AND n > 0"
CHANGED: Final = f"""
SELECT {_NAMES} FROM url WHERE outlet = :outlet AND changed AND n > 0 AND hash >= :first AND hash <= :last AND used <= :used
"""
STANDS: Final = f"SELECT {_NAMES} FROM url WHERE outlet = ? AND hash = ?"
DROP_OLD: Final = """
UPDATE url SET used = NULL WHERE outlet = ?1 AND NOT changed AND used <=
(SELECT used FROM url WHERE outlet = ?1 AND used IS NOT NULL AND n > 0 ORDER BY used DESC LIMIT 1 OFFSET ?2)
"""
OLD_CHANGED: Final = """
SELECT hash, used FROM url WHERE outlet = ? AND used IS NOT NULL AND changed AND n > 0 ORDER BY used DESC LIMIT -1 OFFSET ?
"""
STORED: Final = "UPDATE url SET changed = 0, used = NULL WHERE outlet = ? AND hash = ?"
FORGET: Final = "DELETE FROM url WHERE outlet = ?"


def known(row: sqlite3.Row) -> Known | None:
    """What is known of a row for SELECT, None where only a listing has named the URL."""
    if not row["n"]:
        return None
    return Known(
        n=row["n"],
        fate=row["fate"],
        content_hash=f"sha256:{row['content'].hex()}" if row["content"] else None,
        checked_at=datetime.fromisoformat(row["checked_at"]),
        hint=row["hint"],
        revision=row["revision"],
        key=row["article"],
        id=row["id"],
        moment=instant(row["moment"]),
        standing=row["stands"],
        gone_since=since(row["gone_since"]),
        published=since(row["published"]),
        validators=json.loads(row["validators"] or "{}"),
    )


def article(row: sqlite3.Row) -> KnownArticle:
    """The article of a row for NAMED, YOUNGEST or BETWEEN."""
    return KnownArticle(
        hashed=row["hash"].hex(),
        id=row["id"],
        key=row["article"],
        fate=row["fate"],
        checked_at=datetime.fromisoformat(row["checked_at"]),
        hint=row["hint"],
        gone_since=since(row["gone_since"]),
        url=row["url"],
        address=row["address"],
    )


def of_entry(entry: LedgerEntry, hints: RevisitHints | None) -> IndexRow:
    """What a ledger entry says of its URL."""
    moment = micros(entry.seen_at)
    return IndexRow(
        hash=short(entry.url),
        n=entry.n,
        fate=entry.fate,
        content=packed(entry.content_hash or entry.previous),
        revision=entry.revision,
        article=entry.article,
        id=entry.id,
        checked_at=entry.at,
        hint=entry.hint,
        moment=moment,
        stands=entry.n,
        gone_since=moment if entry.unconfirmed else None,
        **({"url": entry.url, **hint_columns(hints)} if hints else {}),
    )


def hint_columns(hints: RevisitHints | None) -> dict[str, Any]:
    """Address, publication and validators as columns; no validators are told apart from unknown ones."""
    if hints is None:
        return {"address": None, "published": None, "validators": None}
    validators = None if hints.validators is None else json.dumps(hints.validators, sort_keys=True)
    return {"address": hints.address, "published": micros(hints.published), "validators": validators}


def short(url: str) -> bytes:
    """The first half of a URL's hash: what rows are found by."""
    return bytes.fromhex(keys.url_hash(url))[:16]


def packed(content_hash: str | None) -> bytes | None:
    """A content hash as its 32 bytes."""
    return bytes.fromhex(keys.hex_of(content_hash)) if content_hash else None


def to_line(row: IndexRow) -> list[Any]:
    """The row as JSON values: bytes as hex, the columns for a later visit only where there are any."""
    values = [row.hash.hex(), *row[1:3], row.content.hex() if row.content else None, *row[4:]]
    return values if row.published is not None or row.url else values[:12]


def from_line(values: list[Any]) -> IndexRow:
    """The row of a line, as of `to_line`. ValueError or TypeError if it is none."""
    hashed, n, fate, content, *rest = values
    row = IndexRow(bytes.fromhex(hashed), int(n), str(fate), bytes.fromhex(content) if content else None, *rest)
    datetime.fromisoformat(row.checked_at)
    instant(row.moment)
    json.loads(row.validators or "{}")
    return row._replace(revision=int(row.revision), moment=int(row.moment), stands=int(row.stands))
