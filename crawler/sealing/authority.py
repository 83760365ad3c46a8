"""Asking an authority that time-stamps checkpoints, whatever its protocol."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from crawler.sealing.http_request import HttpAnswer, ask

ANSWER_BYTES: Final = 65_536
_NOT_IN_KEY: Final = re.compile(r"[^A-Za-z0-9.-]+")


class StampError(Exception):
    """The authority gave no time stamp over these bytes; it is asked again with the next seal. One line, names the authority."""


def host_of(url: str) -> str:
    """The host (and port, where one is named) as a part of a key. StampError: the URL names none, or is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StampError(f"{url!r} is no address of an authority (https://…)")
    return _NOT_IN_KEY.sub("-", parts.netloc.rpartition("@")[2])


def answer_of(url: str, headers: dict[str, str], body: bytes | None = None) -> HttpAnswer | None:
    """The answer to a POST of the body, else to a GET; None where a GET is answered 404. No redirect is followed, no more than
    ANSWER_BYTES are read. StampError.
    """
    name = host_of(url)
    try:
        answer = ask("GET" if body is None else "POST", url, most=ANSWER_BYTES, body=body, headers=headers)
    except HTTPError as error:
        raise StampError(f"{name}: {type(error).__name__}") from error
    if answer.status == 404 and body is None:
        return None
    if answer.status != 200:
        raise StampError(f"{name}: HTTP {answer.status}")
    if len(answer.data) > ANSWER_BYTES:
        raise StampError(f"{name}: an answer of more than {ANSWER_BYTES:,} bytes")
    return answer
