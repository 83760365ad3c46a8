"""Where things lie that a command needs: the archive, what was derived from it in the user's cache folder, the queue."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from crawler.config import load_config
from storage import Archive, open_archive
from storage.keys import ARCHIVE_JSON


def existing_archive(uri: str | None) -> Archive:
    """The archive of the option, or of the settings; one that is not there is an error, not a new one."""
    return open_archive(load_config(archive=uri).archive, create=False)


def cache_file(archive: Archive, kind: str) -> tuple[Path, str]:
    """(file, identity) of what a kind of command keeps of an archive; another identity: it is of another archive or program.

    archive.json is made once: its time tells an archive from another that took its place.
    """
    from importlib.metadata import version  # noqa: PLC0415 - a command that only asks for a queue does without

    place = archive.uri if archive.uri.startswith("s3://") else str(Path(archive.uri).resolve())
    made = archive.store.stat(ARCHIVE_JSON)
    identity = f"{place} {os.environ.get('AWS_ENDPOINT_URL', '')} {made.modified if made else ''} warraq {version('warraq')}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return cache / "warraq" / kind / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.sqlite", identity


def is_queue_there(uri: str) -> bool:
    """False: a local queue that nobody has made yet."""
    return "://" in uri or Path(uri.removeprefix("sqlite:")).exists()
