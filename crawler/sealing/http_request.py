"""One request to a server of the operator's choice: no redirects, no retries, a bound on time and on what is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import urllib3

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0


class HttpAnswer(NamedTuple):
    """data: the body, cut one byte behind what was allowed; content_type: in small letters, without parameters."""

    status: int
    data: bytes
    content_type: str


def ask(method: str, url: str, *, most: int, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """The answer to one request. most: bytes of its body. Raises urllib3.exceptions.HTTPError."""
    timeout = urllib3.Timeout(CONNECT_SECONDS, READ_SECONDS)
    with urllib3.PoolManager(timeout=timeout, retries=False) as pool:
        answer = pool.request(method, url, body=body, headers=headers, redirect=False, preload_content=False)
        data = answer.read(most + 1)
        answer.close()
    return HttpAnswer(answer.status, data, answer.headers.get("Content-Type", "").partition(";")[0].strip().lower())
