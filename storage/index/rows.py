"""What is known about a URL as values, as a row of the index, and as a line of the snapshot in `state/`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from storage import keys
from storage.ledger import CONTENT

VERSION: Final = 2

TABLE: Final = """
CREATE TABLE url (
    outlet TEXT, hash BLOB, n INTEGER, fate TEXT, content BLOB, revision INTEGER, article TEXT,
    id TEXT, checked_at TEXT, hint TEXT, moment INTEGER, stands INTEGER, gone_since INTEGER,
    url TEXT, address TEXT, published INTEGER, validators TEXT, listed INTEGER DEFAULT 0, PRIMARY KEY (outlet, hash)
) WITHOUT ROWID;
CREATE INDEX content ON url (content) WHERE content IS NOT NULL;
CREATE INDEX young ON url (outlet, published) WHERE published IS NOT NULL;
"""
_LEDGER: Final = "n, fate, content, revision, article, id, checked_at, hint, moment, stands, gone_since"
_AGAIN: Final = "url, address, published, validators"
SELECT: Final = f"SELECT {_LEDGER}, published, validators, listed FROM url "  # noqa: S608 - names of columns
ALL: Final = f"SELECT hash, {_LEDGER}, {_AGAIN} FROM url WHERE outlet = ? AND n > 0"  # noqa: S608
UPSERT: Final = f"""
INSERT INTO url (outlet, hash, {_LEDGER}, {_AGAIN}) VALUES ({", ".join("?" * 17)})
ON CONFLICT DO UPDATE SET n = excluded.n, fate = excluded.fate, content = excluded.content,
    revision = excluded.revision, article = excluded.article, id = excluded.id, hint = excluded.hint,
    checked_at = excluded.checked_at, moment = excluded.moment, stands = excluded.stands, gone_since = excluded.gone_since,
    url = coalesce(excluded.url, url.url), address = coalesce(excluded.address, url.address),
    published = coalesce(url.published, excluded.published), validators = coalesce(excluded.validators, url.validators)
WHERE excluded.n >= url.n
"""  # noqa: S608
OLDER: Final = """
UPDATE url SET n = ?, revision = ?, content = coalesce(content, ?), article = coalesce(article, ?), id = coalesce(id, ?)
WHERE outlet = ? AND hash = ? AND n < ?
"""
CHECKED: Final = """
UPDATE url SET checked_at = ?, hint = coalesce(?, hint), moment = max(moment, ?), address = coalesce(?, address),
    url = coalesce(?, url), published = coalesce(published, ?), validators = coalesce(?, validators)
WHERE outlet = ? AND hash = ?
"""
YOUNG: Final = """
SELECT url, address, checked_at, published, gone_since FROM url
WHERE outlet = ? AND published IS NOT NULL AND url IS NOT NULL AND address IS NOT NULL ORDER BY published DESC
"""
_STANDING: Final = """
SELECT hash, id, article, fate, checked_at, hint, gone_since, url, address FROM url
WHERE outlet = ? AND n > 0 AND id IS NOT NULL AND article IS NOT NULL
"""
NAMED: Final = _STANDING + "AND hash = ?"
YOUNGEST: Final = _STANDING + "AND published IS NOT NULL ORDER BY published DESC LIMIT ?"
FOLLOWING: Final = _STANDING + "AND hash > ? ORDER BY hash LIMIT ?"
LISTED: Final = """
INSERT INTO url (outlet, hash, n, listed) VALUES (?, ?, 0, ?)
ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed)
"""
MICROSECOND: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisitHints:
    """What a later visit of an article needs, learnt at a visit.

    address: what to ask for, None where the visit was to a web archive; published: aware, the first capture where the date
    is unknown; validators: of the page, by request header (`If-None-Match`, `If-Modified-Since`); None: as they were.
    """

    address: str | None
    published: datetime
    validators: dict[str, str] | None = None


class RevisitCandidate(NamedTuple):
    """An article that may have to be visited again. gone_since: its removal was seen then, and is not confirmed yet."""

    url: str
    address: str
    checked_at: datetime
    published: datetime
    gone_since: datetime | None


class KnownArticle(NamedTuple):
    """An article by its place in the index. hashed: first half of the hash of its URL, as hex; key: of the last article it had.

    fate, checked_at, hint: as in `Known`; gone_since as in `RevisitCandidate`; url, address: as there, None where it is old.
    """

    hashed: str
    id: str
    key: str
    fate: str
    checked_at: datetime
    hint: str | None
    gone_since: datetime | None
    url: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """The last word on a URL.

    n, fate: number and fate of its last ledger entry (kept · revised · duplicate · not_an_article · gone).
    content_hash, revision, key, id: its last content (also when the URL is gone since), how many contents it had, the
    article that holds the last one, and the URL's own article id; None, 0, None, None if it never had one.
    checked_at: aware; the last look at the URL, as far as state/ knows, at least the last ledger entry.
    hint: what discovery said of the URL at that look (sitemap lastmod, WordPress modified), or None.
    moment: aware; when the URL showed what it stands at, as far as state/ knows the last time: a capture from before that
    is an older one, which adds to the history and replaces nothing. standing: the entry that says what the URL stands at.
    gone_since: aware; when it was first seen gone, until that is confirmed; published, validators: see `RevisitHints`.
    """

    n: int
    fate: str
    content_hash: str | None
    checked_at: datetime
    hint: str | None = None
    revision: int = 0
    key: str | None = None
    id: str | None = None
    moment: datetime = EPOCH
    standing: int = 0
    gone_since: datetime | None = None
    published: datetime | None = None
    validators: dict[str, str] = field(default_factory=dict)

    @property
    def stands(self) -> bool:
        """The URL shows its last content, as far as is known: the last entry is about content, not `gone`."""
        return self.fate in CONTENT

    @property
    def told_gone(self) -> bool:
        """It is gone, confirmed and announced."""
        return self.fate == "gone" and self.gone_since is None


def standing(row: tuple[Any, ...]) -> KnownArticle:
    """The article of a row for NAMED, YOUNGEST or FOLLOWING."""
    hashed, article_id, key, fate, checked_at, hint, gone_since, url, address = row
    looked = datetime.fromisoformat(checked_at)
    return KnownArticle(hashed.hex(), article_id, key, fate, looked, hint, since(gone_since), url, address)


def known(row: tuple[Any, ...]) -> tuple[Known | None, int]:
    """(what is known, the highest entry a listing showed) of a row for SELECT."""
    n, fate, content, revision, article, article_id, checked_at, hint, moment, stands, gone_since, *again, listed = row
    if not n:
        return None, listed
    told = Known(
        n,
        fate,
        f"sha256:{content.hex()}" if content else None,
        datetime.fromisoformat(checked_at),
        hint,
        revision,
        article,
        article_id,
        instant(moment),
        stands,
        since(gone_since),
        since(again[0]),
        json.loads(again[1] or "{}"),
    )
    return told, listed


def short(url: str) -> bytes:
    """The first half of a URL's hash: what rows are found by."""
    return bytes.fromhex(keys.url_hash(url))[:16]


def packed(content_hash: str | None) -> bytes | None:
    """A content hash as its 32 bytes."""
    return bytes.fromhex(keys.hex_of(content_hash)) if content_hash else None


def snapshot_line(value: object) -> bytes:
    """A line of the snapshot."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"


def from_snapshot(outlet: str, line: bytes) -> tuple[Any, ...]:
    """A row for UPSERT. ValueError or TypeError if the line is not one of a snapshot."""
    hashed, n, fate, digest, revision, article, article_id, *told = json.loads(line)
    checked_at, hint, moment, stands, gone_since, *again = told
    datetime.fromisoformat(checked_at)
    instant(moment)
    url, address, published, validators = again or (None,) * 4
    json.loads(validators or "{}")
    return (
        *(outlet, bytes.fromhex(hashed), int(n), fate, bytes.fromhex(digest) if digest else None, int(revision), article),
        *(article_id, checked_at, hint, int(moment), int(stands), gone_since, url, address, published, validators),
    )


def again_columns(again: RevisitHints) -> tuple[str | None, int, str | None]:
    """Address, publication and validators as columns; no validators are told apart from unknown ones."""
    told = None if again.validators is None else json.dumps(again.validators, sort_keys=True)
    return again.address, micros(again.published), told


def micros(moment: datetime) -> int:
    """Microseconds since 1970: they compare as moments do."""
    return (moment - EPOCH) // MICROSECOND


def instant(micros: int) -> datetime:
    """The moment, aware."""
    return EPOCH + micros * MICROSECOND


def since(micros: int | None) -> datetime | None:
    """The moment, if there is one."""
    return None if micros is None else instant(micros)
