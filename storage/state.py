"""What one outlet's next crawl goes by: small files under `state/<outlet>/` that may be lost or stale without harm.

Those that every crawl reads are *notes*. They lie together in `notes.json.gz`, so that a crawl reads them by one request and
writes what it changed by two: {version, notes: {name: text, or null where there is none}, apart: [names]}. A note of more than
MOST_BYTES lies apart, in a file of its own name, as each note of an earlier Warraq does: such a file is read, once, where
`notes.json.gz` says nothing of its name. What is written is put into the file as it then stands, so that nothing is lost of what
others wrote to other notes meanwhile; of one note the last writer wins.
"""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from typing import Final

from storage import keys
from storage.errors import BadKey
from storage.one_line import one_line
from storage.record import to_bytes
from storage.stores.store import Store

NOTES: Final = "notes.json.gz"
VERSION: Final = 1
MOST_BYTES: Final = 131_072
_BROKEN: Final = (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, RecursionError, BadKey)


@dataclass(slots=True)
class _Notes:
    """The file. texts: None where a note is known not to be there. damage: why it could not be understood; it is empty then."""

    texts: dict[str, str | None] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)
    damage: str | None = None


class State:
    """Of one outlet. Thread-safe. Its notes are read when the first is asked for, and are those of that moment."""

    def __init__(self, store: Store, outlet: str) -> None:
        self._store, self._outlet = store, outlet
        self._lock = threading.RLock()
        self._notes: _Notes | None = None
        self._found: dict[str, bytes | None] = {}
        """Notes that lay in files of their own."""
        self._staged: dict[str, bytes] = {}
        self._damage_taken = False

    def get(self, name: str) -> bytes | None:
        """What was put last under this name, or None."""
        return self._store.get(self.key(name))

    def key(self, name: str) -> str:
        """The key of the file of this name."""
        return keys.state(self._outlet, name)

    def put(self, name: str, data: bytes) -> None:
        """Replace what stands under this name."""
        self._store.replace(self.key(name), data)

    def note(self, name: str) -> bytes | None:
        """A note, or None; one that was staged is not told yet."""
        with self._lock:
            if name not in self._found:
                notes = self._read()
                if name in notes.texts:
                    return _bytes(notes.texts[name])
                self._found[name] = self.get(name) if notes.damage is None else None
            return self._found[name]

    def take_damage(self) -> tuple[str, str] | None:
        """(key, reason) where the notes could not be understood, once: they are begun anew."""
        with self._lock:
            if self._notes is None or self._notes.damage is None or self._damage_taken:
                return None
            self._damage_taken = True
            return self.key(NOTES), self._notes.damage

    def stage(self, name: str, data: bytes) -> None:
        """Have a note replaced by the next `save`, unless it is the same."""
        with self._lock:
            if self.note(name) == data:
                self._staged.pop(name, None)
            else:
                self._staged[name] = data

    def write(self, name: str, data: bytes) -> None:
        """Replace a note at once."""
        with self._lock:
            self._write({name: data})
            self._staged.pop(name, None)

    def save(self) -> None:
        """Write what was staged: a GET and a PUT, or nothing. ArchiveError: what is staged stays so."""
        with self._lock:
            if self._staged or self._to_be_moved():
                self._write(self._staged)
                self._staged = {}

    def _to_be_moved(self) -> bool:
        """Whether a note was looked for in a file of its own of which the notes say nothing."""
        notes = self._read()
        return any(name not in notes.apart for name in self._found)

    def _write(self, changed: dict[str, bytes]) -> None:
        """Put notes into the file as it stands now, and those that were found elsewhere, where it says nothing of them."""
        notes = _parsed(self._store.get(self.key(NOTES)))
        new = {name: data for name, data in self._found.items() if name not in notes.texts and name not in notes.apart}
        for name, data in {**new, **changed}.items():
            if data is None or len(data) <= MOST_BYTES:
                notes.texts[name] = None if data is None else data.decode(errors="replace")
                notes.apart.discard(name)
                continue
            if name in changed:
                self.put(name, data)
            notes.texts.pop(name, None)
            notes.apart.add(name)
        document = {"version": VERSION, "notes": notes.texts, "apart": sorted(notes.apart)}
        self._store.replace(self.key(NOTES), gzip.compress(to_bytes(document), 6, mtime=0))
        self._notes, self._found = notes, {name: data for name, data in changed.items() if name in notes.apart}

    def _read(self) -> _Notes:
        if self._notes is None:
            self._notes = _parsed(self._store.get(self.key(NOTES)))
        return self._notes


def _parsed(data: bytes | None) -> _Notes:
    """The file; empty where there is none, and where it cannot be understood."""
    if data is None:
        return _Notes()
    try:
        document = json.loads(gzip.decompress(data))
        texts = {str(name): None if text is None else _text(text) for name, text in document["notes"].items()}
        return _Notes(texts, {keys.checked_key(name) for name in document["apart"]})
    except _BROKEN as error:
        return _Notes(damage=one_line(f"{type(error).__name__}: {error}", 300))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a note is a text, not {type(value).__name__}")
    return value


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode(errors="replace")
