"""A checkpoint that was kept outside the archive: in a file, at an address, or in a delivered event `archive.sealed`."""

from __future__ import annotations

import json
from pathlib import Path

from urllib3.exceptions import HTTPError

from crawler.config import ConfigError
from crawler.sealing.http_request import ask
from storage.seals.checkpoint import MAX_BYTES, Checkpoint, parse_checkpoint
from storage.seals.signed_note import NoteError, SealKeyError

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
        answer = ask("GET", url, most=_EVENT_BYTES)
    except HTTPError as error:
        raise ConfigError(f"--against {url}: {type(error).__name__}") from None
    if answer.status != 200:
        raise ConfigError(f"--against {url}: HTTP {answer.status}")
    return answer.data
