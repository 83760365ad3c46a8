"""The file in the user's cache folder that holds what a command derived from an archive."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

from storage import Archive
from storage.keys import ARCHIVE_JSON


def cache_file(archive: Archive, kind: str) -> tuple[Path, str]:
    """(file, identity) of what a kind of command keeps of an archive; another identity: it is of another archive or program.

    archive.json is made once: its time tells an archive from another that took its place.
    """
    place = archive.uri if archive.uri.startswith("s3://") else str(Path(archive.uri).resolve())
    made = archive.store.stat(ARCHIVE_JSON)
    identity = f"{place} {os.environ.get('AWS_ENDPOINT_URL', '')} {made.modified if made else ''} warraq {version('warraq')}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "warraq" / kind / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.sqlite", identity
