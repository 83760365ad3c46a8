"""A checkpoint that was kept outside the archive: in a file, at an address, or in a delivered event `archive.sealed`."""

from __future__ import annotations

import json
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from crawler.config import ConfigError
from storage.seals.checkpoint import MAX_BYTES, Checkpoint, parse_checkpoint
from storage.seals.signed_note import NoteError, SealKeyError

_SECONDS = 20.0
_EVENT_BYTES = 4 * MAX_BYTES


def held_checkpoint(place: str) -> Checkpoint:
    """The checkpoint in a file or at an http(s) address: the note itself, or an event with it. ConfigError: there is none."""
    data = _fetched(place) if place.startswith(("http://", "https://")) else _read(place)
    try:
        if data.lstrip()[:1] == b"{":
            data = json.loads(data)["data"]["checkpoint"].encode()
        return parse_checkpoint(data)
    except (NoteError, SealKeyError) as error:
        raise ConfigError(f"--against {place}: it {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"--against {place}: it is JSON and no event archive.sealed with a checkpoint") from None


def _read(place: str) -> bytes:
    try:
        with Path(place).open("rb") as file:
            return file.read(_EVENT_BYTES)
    except OSError as error:
        raise ConfigError(f"--against {place}: {error.strerror}") from None


def _fetched(url: str) -> bytes:
    try:
        with urllib3.PoolManager(timeout=_SECONDS, retries=False) as pool:
            answer = pool.request("GET", url, redirect=False, preload_content=False)
            data = answer.read(_EVENT_BYTES)
            answer.close()
    except HTTPError as error:
        raise ConfigError(f"--against {url}: {type(error).__name__}") from None
    if answer.status != 200:
        raise ConfigError(f"--against {url}: HTTP {answer.status}")
    return data
