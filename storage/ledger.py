"""The ledger of a URL: `urls/<outlet>/ab/<url hash>/<n>.json`, entries 1, 2, 3, …, each created once.

The number settles races: of two workers that saw the same entry last, one creates the next and the other, told that
it exists, reads it and decides anew. The entry is the acknowledgement of a unit of work, so it is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from storage import keys
from storage.errors import Damaged
from storage.record import Json, to_bytes
from storage.stores.store import NewObject, Store

LedgerFate = Literal["kept", "revised", "duplicate", "returned", "not_an_article", "gone"]
REVISIONS: Final = frozenset({"kept", "revised", "duplicate"})
"""Entries that count as one more content of their URL."""
CONTENT: Final = REVISIONS | {"returned"}
"""Entries at which the URL showed content."""

LED_TO: Final = "led to "
"""How the reason of an alias begins; the URL it led to follows."""


class LedgerPlace(NamedTuple):
    """Where an entry stands, or is to stand: number n of the URL with this hash (64 hex digits)."""

    outlet: str
    url_hash: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What became of a URL at one visit.

    fate: `kept · revised · duplicate` are a content each; `returned`: the last content is back after a removal that was
    never announced (or after a page that was no article), so nothing happened that anybody was told of.
    id: the URL's article id (`<outlet>:…`), None if it never was an article.
    content_hash: what the URL showed; None for `gone` and `not_an_article`.
    previous: hash of the content that stood before, or None. revision: how many contents it has shown so far (the same
    content after another or after an announced `gone` counts again). article: key of the article with the content (for
    `gone` and `not_an_article`: of the last one it had), whichever URL that article is filed under.
    at: when it was entered; moment: when the URL showed it (capture of a web archive or fetch); RFC 3339 both.
    older: it was captured before what is known already: the URL goes on standing at entry `stands`.
    change: what a revision changed (`storage.text.difference.CLASSES`, and `returned` after an announced `gone`), from the
    earlier text to the later: of an `older` one, from it to the content that stands. None: first content, or not known.
    confirmed: a `gone` that was still gone at a later visit, and was announced then. None for other fates.
    hint: what discovery said of the URL. evidence: why it is gone, when more than the capture shows it.
    """

    n: int
    outlet: str
    url: str
    fate: LedgerFate
    id: str | None
    content_hash: str | None
    article: str | None
    revision: int
    previous: str | None
    at: str
    run_id: str
    reason: str | None = None
    hint: str | None = None
    capture: Json | None = None
    evidence: Json | None = None
    moment: str | None = None
    older: bool = False
    stands: int | None = None
    change: list[str] | None = None
    confirmed: bool | None = None

    @property
    def seen_at(self) -> datetime:
        """When the URL showed this (aware)."""
        return datetime.fromisoformat(self.moment or self.at)

    @property
    def seen_at_utc(self) -> str:
        """The same as RFC 3339 in UTC, to the second."""
        return f"{self.seen_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    @property
    def unconfirmed(self) -> bool:
        """A removal seen once: not announced yet."""
        return self.fate == "gone" and self.confirmed is False

    @property
    def is_alias(self) -> bool:
        """The URL led to another one, which is the article's."""
        return self.fate == "duplicate" and (self.reason or "").startswith(LED_TO)

    def to_json(self) -> Json:
        """What a history shows of it."""
        names = ("n", "fate", "id", "revision", "older", "change", "confirmed", "content_hash", "article", "reason", "capture")
        return {"moment": self.seen_at_utc, **{name: getattr(self, name) for name in names}}

    @property
    def place(self) -> LedgerPlace:
        """Where the entry stands."""
        return LedgerPlace(self.outlet, keys.url_hash(self.url), self.n)

    @property
    def key(self) -> str:
        """The key of the entry."""
        return keys.ledger(*self.place)


def chain(store: Store, outlet: str, url_hash: str) -> list[LedgerEntry]:
    """All entries of a URL, by their numbers. One listing, one GET each. Damaged if one cannot be read."""
    listed = store.listing(f"{keys.ledger_shard(outlet, url_hash[:2])}{url_hash}/")
    numbers = sorted(n for n in (keys.ledger_parts(found.key)[1] for found in listed) if n)
    entries = (read_entry(store, outlet, url_hash, n) for n in numbers)
    return [entry for entry in entries if entry is not None]


def append(store: Store, entry: LedgerEntry) -> LedgerEntry | None:
    """Write the entry. None: it stands. Else the entry that has its number already; decide anew with that one known."""
    new = new_entry(entry)
    standing = store.create(*new)
    return None if standing == new.data else parse(entry.key, standing)


def new_entry(entry: LedgerEntry) -> NewObject:
    """The entry as the object to be created."""
    return NewObject(entry.key, to_bytes({name: getattr(entry, name) for name in _FIELDS}))


def read_entry(store: Store, outlet: str, url_hash: str, n: int) -> LedgerEntry | None:
    """Entry n of a URL, None if there is none. Damaged if it cannot be read."""
    key = keys.ledger(outlet, url_hash, n)
    data = store.get(key)
    return None if data is None else parse(key, data)


def places(found: Iterable[str]) -> Iterator[LedgerPlace]:
    """The later entries, n from 2, among these keys."""
    for key in found:
        url_hash, n = keys.ledger_parts(key)
        outlet = key.split("/")[1] if n > 1 else ""
        if keys.is_slug(outlet):
            yield LedgerPlace(outlet, url_hash, n)


def parse(key: str, data: bytes) -> LedgerEntry:
    """The entry in these bytes. Damaged if they are none. Fields of later versions are left out."""
    try:
        values = json.loads(data)
        return LedgerEntry(**{name: values[name] for name in _FIELDS if name in values})
    except (ValueError, TypeError) as error:
        raise Damaged(f"{key} is not a ledger entry ({error})") from error


_FIELDS: Final = tuple(field.name for field in fields(LedgerEntry))
