"""The ledger of a URL: `urls/<outlet>/ab/<url hash>/<n>.json`, entries 1, 2, 3, …, each created once.

The number settles races: of two workers that saw the same entry last, one creates the next and the other, told that
it exists, reads it and decides anew. The entry is the acknowledgement of a unit of work, so it is written last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Final, Literal

from storage import keys
from storage.errors import Damaged
from storage.record import Json, to_bytes
from storage.store import Store

LedgerFate = Literal["kept", "revised", "duplicate", "not_an_article", "gone"]
CONTENT: Final = frozenset({"kept", "revised", "duplicate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of a URL at one visit.

    id: the URL's article id (`<outlet>:…`), None if it never was an article.
    content_hash: what the URL showed; None for `gone` and `not_an_article`.
    previous: hash of the last content it showed before, or None. revision: how many contents it has shown so far (the
    same content after another or after `gone` counts again). article: key of the article with the content (for `gone`
    and `not_an_article`: of the last one it had), whichever URL that article is filed under.
    at: RFC 3339. hint: what discovery said of the URL. evidence: why it is gone, when it is.
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

    @property
    def key(self) -> str:
        """Where the entry stands."""
        return keys.ledger(self.outlet, keys.url_hash(self.url), self.n)


def append(store: Store, entry: Entry) -> Entry | None:
    """Write the entry. None: it stands. Else the entry that has its number already; decide anew with that one known."""
    data = to_bytes({name: getattr(entry, name) for name in _FIELDS})
    standing = store.create(entry.key, data)
    return None if standing == data else parse(entry.key, standing)


def read_entry(store: Store, outlet: str, url_hash: str, n: int) -> Entry | None:
    """Entry n of a URL, None if there is none. Damaged if it cannot be read."""
    key = keys.ledger(outlet, url_hash, n)
    data = store.get(key)
    return None if data is None else parse(key, data)


def parse(key: str, data: bytes) -> Entry:
    """The entry in these bytes. Damaged if they are none. Fields of later versions are left out."""
    try:
        values = json.loads(data)
        return Entry(**{name: values[name] for name in _FIELDS if name in values})
    except (ValueError, TypeError) as error:
        raise Damaged(f"{key} is not a ledger entry ({error})") from error


_FIELDS: Final = tuple(field.name for field in fields(Entry))
