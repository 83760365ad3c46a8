"""What travels between the crawler and the raw layer: one request with its answer, as far as they are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """What a web archive's replay stands for: the page's own URL and when the archive captured it (aware)."""

    url: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer.

    url: the absolute URI that was asked; at: aware, when it was fetched.
    request: head of the request (request line, header lines, blank line; CRLF), without credentials; None = not known.
    head: head of the response (status line, header lines, blank line; CRLF), as far as the HTTP client gives it.
    body: as received, content coding (gzip, br, …) kept, transfer coding removed.
    ip: of the server itself (None behind a proxy); protocol: `http/1.1`; certificate: `sha256:<hex>` of the server's (DER).
    memento: for a replay of a web archive, what it replays.
    """

    url: str
    at: datetime
    status: int
    head: bytes
    body: bytes
    request: bytes | None = None
    ip: str | None = None
    protocol: str | None = None
    certificate: str | None = None
    memento: Memento | None = None
