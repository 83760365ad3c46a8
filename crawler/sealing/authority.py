"""The interface of an authority that time-stamps checkpoints, whatever its protocol."""

from __future__ import annotations

import re
from typing import Final, Protocol
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from crawler.sealing.http_request import ask

ANSWER_BYTES: Final = 65_536
_NOT_IN_KEY: Final = re.compile(r"[^A-Za-z0-9.-]+")


class StampError(Exception):
    """The authority gave no time stamp over these bytes; it is asked again with the next seal. One line, names the authority."""


class Authority(Protocol):
    """An authority. name: of the object that its answer is kept in, `checkpoint.<…>`."""

    name: str

    def stamp(self, data: bytes) -> bytes:
        """The answer over these bytes, as it came. StampError."""
        ...


def host_of(url: str) -> str:
    """The host (and port, where one is named) as a part of a key. StampError: the URL names none, or is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StampError(f"{url!r} is no address of an authority (https://…)")
    return _NOT_IN_KEY.sub("-", parts.netloc.rpartition("@")[2])


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, str]:
    """(answer, its media type). No redirect is followed, no more than ANSWER_BYTES are read. StampError."""
    name = host_of(url)
    try:
        answer = ask("POST", url, most=ANSWER_BYTES, body=body, headers=headers)
    except HTTPError as error:
        raise StampError(f"{name}: {type(error).__name__}") from error
    if answer.status != 200:
        raise StampError(f"{name}: HTTP {answer.status}")
    if len(answer.data) > ANSWER_BYTES:
        raise StampError(f"{name}: an answer of more than {ANSWER_BYTES:,} bytes")
    return answer.data, answer.content_type
