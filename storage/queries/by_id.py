"""Articles by their ids, in `state/by-id/`: made and kept by those who ask, so that it costs a crawl nothing.

`index.json.gz` says up to where the change log was read (its cursor), and holds the keys that were announced since the shards
were made; `<prefix>.jsonl.gz` hold the others by the hash of outlet and name. An id that they have costs two GETs, one that they
do not have the reading of what was announced since. First made by listing the articles, a request for every 1,000.

A key here is a hint: who finds one reads the article. A shard of another token was left by a maker who was killed or overtaken:
then all is made anew. Where nothing can be written, each question lists the outlet's articles.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, groupby
from typing import Any, Final

from storage import keys
from storage.errors import ArchiveError
from storage.index.shards import BROKEN, packed, unpacked
from storage.queries.change_feed import follow, latest
from storage.record import article_from_bytes
from storage.stores.ask_ahead import ask_ahead
from storage.stores.store import Store
from storage.temporary import temporary_database

VERSION: Final = 1
INDEX: Final = keys.state("by-id", "index.json.gz")
MOST_ROWS: Final = 1_000
"""Keys of a shard (some 80 KB before compression), on the average."""
MOST_RECENT: Final = 5_000
"""Keys that the index holds itself; of more, all shards are written anew."""
_LEFT_AFTER: Final = 20
"""Events that each question reads again before they are noted: readers should write seldom."""
_SMALL: Final = 2_000
"""Articles of an outlet that are listed rather than an index be made."""


@dataclass(slots=True)
class _Index:
    """What `index.json.gz` says. depth: hexadecimal digits of a shard's prefix; recent: name of an article → its key."""

    cursor: str | None
    depth: int = 0
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    recent: dict[str, str] = field(default_factory=dict)
    rows: int = 0


def key_of(store: Store, article_id: str) -> str | None:
    """The key of an article with this id (`<outlet>:<native id>`), None if there is none. Damaged: an article or a segment is."""
    outlet, _, native = article_id.partition(":")
    names = [f"{keys.checked_slug(outlet)}/{name}" for name in (native, keys.url_hash(article_id)[:16])]
    index = _read(store)
    try:
        if index is None:
            listed = _few(store, outlet)
            if listed is not None:
                return _held(store, article_id, (key for key in listed if _name(key) in names))
            index = _make(store)
        found = _find(store, index, names)
        if found is None:  # of another maker
            index = _make(store)
            found = _find(store, index, names) or []
        return _held(store, article_id, found) or _held(store, article_id, _announced(store, index, names))
    except _NotKeptError:
        every = (each.key for each in store.listing(keys.articles(outlet)))
        return _held(store, article_id, (key for key in every if _name(key) in names))


class _NotKeptError(Exception):
    """Nothing can be written under state/."""


class _LostShardError(Exception):
    """A shard is not there, or not this index's."""


def _held(store: Store, article_id: str, found: Iterable[str]) -> str | None:
    """The first of these keys whose article has the id. Damaged: an article that cannot be read."""
    for key in found:
        data = store.get(key)
        if data is not None and article_from_bytes(f"{store.uri}: {key}", data)["id"] == article_id:
            return key
    return None


def _few(store: Store, outlet: str) -> list[str] | None:
    """The article keys of an outlet that has few."""
    listed = []
    for each in store.listing(keys.articles(outlet)):
        listed.append(each.key)
        if len(listed) > _SMALL:
            return None
    return listed


def _find(store: Store, index: _Index, names: list[str]) -> list[str] | None:
    """The keys of these names that the index has; None if a shard is not its own."""
    found = [index.recent[name] for name in names if name in index.recent]
    for name in names if not found else ():
        rows = _shard(store, index, _prefix(name, index.depth))
        if rows is None:
            return None
        found += [rows[name]] if name in rows else []
    return found


def _announced(store: Store, index: _Index, names: list[str]) -> list[str]:
    """The keys of these names among what was announced since; notes it all if it is much."""
    events = 0
    for change in follow(store, index.cursor):
        events += 1
        key = change.event["data"].get("key")
        name = _name(key) if isinstance(key, str) else None
        if name is not None:
            index.recent[name] = key
        last = change
    found = [index.recent[name] for name in names if name in index.recent]
    if events >= _LEFT_AFTER:
        index.cursor = last.cursor
        if len(index.recent) > MOST_RECENT:
            _merge(store, index)
        else:
            _write(store, index)
    return found


def _make(store: Store) -> _Index:
    """All of it, by listing the articles. The cursor is taken first: what is announced meanwhile is read again."""
    index = _Index(latest(store))
    listed = ((name, each.key) for each in store.listing(keys.articles()) if (name := _name(each.key)) is not None)
    _write_shards(store, index, listed)
    return index


def _merge(store: Store, index: _Index) -> None:
    """Shards that have the recent keys too. Where one is lost, or of another maker, all is made anew."""

    def standing(prefix: str) -> Iterable[tuple[str, str]]:
        rows = _shard(store, index, prefix)
        if rows is None:
            raise _LostShardError
        return rows.items()

    old = [_digits(number, index.depth) for number in range(16**index.depth)]
    merged = _Index(index.cursor)
    try:
        _write_shards(store, merged, chain(chain.from_iterable(ask_ahead(store, standing, old)), index.recent.items()))
    except _LostShardError:
        merged = _make(store)
    index.cursor, index.token, index.depth, index.rows, index.recent = merged.cursor, merged.token, merged.depth, merged.rows, {}


def _write_shards(store: Store, index: _Index, rows: Iterable[tuple[str, str]]) -> None:
    """All shards, then the index."""
    with closing(temporary_database("CREATE TABLE row (hash TEXT, name TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID")) as database:
        database.execute("BEGIN")
        hashed = ((_hash(name), name, key) for name, key in rows)
        database.executemany("INSERT OR REPLACE INTO row VALUES (?, ?, ?)", hashed)
        database.execute("COMMIT")
        (index.rows,) = database.execute("SELECT count(*) FROM row").fetchone()
        while index.rows > MOST_ROWS << 4 * index.depth:
            index.depth += 1
        found = database.execute("SELECT hash, name, key FROM row ORDER BY hash")
        parts: Iterator[tuple[str, list[Any]]] = (
            (prefix, [[name, key] for _, name, key in part]) for prefix, part in groupby(found, lambda row: row[0][: index.depth])
        )

        def write(part: tuple[str, list[Any]]) -> str:
            _replace(store, _shard_key(part[0]), [_header(index), *part[1]])
            return part[0]

        done = set(ask_ahead(store, write, parts))
        missing = {_digits(number, index.depth) for number in range(16**index.depth)} - done
        deque(ask_ahead(store, lambda prefix: write((prefix, [])), sorted(missing)), maxlen=0)
    _write(store, index)


def _write(store: Store, index: _Index) -> None:
    about = {**_header(index), "cursor": index.cursor, "depth": index.depth, "rows": index.rows}
    _replace(store, INDEX, [about, *(list(row) for row in index.recent.items())])


def _replace(store: Store, key: str, values: list[Any]) -> None:
    try:
        store.replace(key, packed(values))
    except ArchiveError as error:
        raise _NotKeptError from error


def _read(store: Store) -> _Index | None:
    try:
        about, *recent = unpacked(store.get(INDEX) or b"")
        if about["version"] != VERSION:
            return None
        return _Index(about["cursor"], int(about["depth"]), str(about["token"]), dict(recent), int(about["rows"]))
    except BROKEN:
        return None


def _shard(store: Store, index: _Index, prefix: str) -> dict[str, str] | None:
    """Name → key; None for a shard of another index."""
    try:
        about, *rows = unpacked(store.get(_shard_key(prefix)) or b"")
        return dict(rows) if about == _header(index) else None
    except BROKEN:
        return None


def _header(index: _Index) -> dict[str, Any]:
    return {"version": VERSION, "token": index.token}


def _shard_key(prefix: str) -> str:
    return keys.state("by-id", f"{prefix or 'all'}.jsonl.gz")


def _prefix(name: str, depth: int) -> str:
    return _hash(name)[:depth]


def _digits(number: int, depth: int) -> str:
    return f"{number:0{depth}x}" if depth else ""


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:16]


def _name(key: str) -> str | None:
    """Outlet and native id (or what stands for it) of an article's key."""
    parts = keys.article_parts(key)
    return f"{parts[0]}/{parts[2]}" if parts else None
