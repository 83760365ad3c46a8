"""What is known about a URL, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from storage.ledger import CONTENT
from storage.record import instant


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
    moment: datetime = field(default_factory=lambda: instant(0))
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


def since(micros: int | None) -> datetime | None:
    """The moment, if there is one."""
    return None if micros is None else instant(micros)
