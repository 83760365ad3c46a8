"""Requests to the miniature web and its answers, before they are encoded as HTTP."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, quote, unquote

HTML = "text/html; charset=UTF-8"
XML = "application/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class SiteRequest:
    """A request as a site sees it: `target` is the raw path and query, header names are lower case."""

    method: str
    scheme: str
    host: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The absolute address that was asked for."""
        return f"{self.scheme}://{self.host}{self.target}"

    @property
    def raw_path(self) -> str:
        """The path as it stood in the request."""
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        """Percent-decoded and NFC: upper case, lower case and raw forms of one address look up the same page."""
        return unicodedata.normalize("NFC", unquote(self.raw_path))

    @property
    def query(self) -> dict[str, str]:
        """Last value of each parameter."""
        raw = self.target.partition("?")[2]
        return {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer; the server adds lengths, encoding and 304.

    etag, last_modified: validators (a conditional request that fits gets 304). lasting: False = ask the site every time.
    gzipped: the body compressed already, if it was cheaper to make it so. claimed_length: a false Content-Length, after
    which the connection closes. drip: seconds between the chunks. chunks: a body too long to build. reset: no answer, but a
    connection that is reset.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    etag: str | None = None
    last_modified: datetime | None = None
    lasting: bool = True
    gzipped: bytes | None = None
    claimed_length: int | None = None
    drip: float | None = None
    chunks: Callable[[], Iterator[bytes]] | None = None
    reset: bool = False

    def not_modified_for(self, request: SiteRequest) -> bool:
        """Whether the asker's validators say that it has this already (RFC 9110: If-None-Match wins over the date)."""
        if self.status != 200:
            return False
        wanted = request.headers.get("if-none-match")
        if wanted is not None:
            return self.etag is not None and self.etag in [tag.strip().removeprefix("W/") for tag in wanted.split(",")]
        since = request.headers.get("if-modified-since")
        if since is None or self.last_modified is None:
            return False
        try:
            return self.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def validated(self, changed: datetime) -> Answer:
        """The same with ETag and Last-Modified."""
        return replace(self, etag=f'"{hashlib.sha256(self.body).hexdigest()[:20]}"', last_modified=changed)


def page(html: str, status: int = 200) -> Answer:
    """An HTML answer."""
    return Answer(status=status, body=html.encode())


def text(body: str, status: int = 200) -> Answer:
    """A plain text answer."""
    return Answer(status=status, body=body.encode(), content_type=TEXT)


def redirect(url: str, status: int = 301) -> Answer:
    """A redirect; Arabic in the address goes out percent-encoded, as web servers do."""
    return Answer(status=status, headers=(("Location", encoded(url)),), body=b"<a href>Moved</a>")


def encoded(url: str) -> str:
    """The address in ASCII: what is encoded already stays."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~")


def http_date(moment: datetime) -> str:
    """The form of HTTP headers and RSS."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
