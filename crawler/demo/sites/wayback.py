"""web.archive.org in small: the CDX server and the replays of what it captured of the dead outlets.

CDX parameters and answers as in https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server ; replays as
the real ones: `/web/<timestamp>id_/<url>` is the captured page untouched, a timestamp between captures is redirected.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import quote, unquote, urlsplit

from crawler.demo.answer import HTML, Answer, SiteRequest, http_date, page, redirect, text
from crawler.demo.sites import cdx
from crawler.demo.sites.site import Site

_REPLAY = re.compile(r"/web/(\d{1,14})([a-z]{2}_)?/(.+)", re.DOTALL)


@dataclass(frozen=True)
class ServedCapture:
    """What the archive got from `original` at `moment` (aware). location: where a 3xx pointed."""

    moment: datetime
    original: str
    body: bytes
    status: int = 200
    mimetype: str = "text/html"
    location: str | None = None

    @cached_property
    def timestamp(self) -> str:
        """14 digits, UTC."""
        return f"{self.moment.astimezone(UTC):%Y%m%d%H%M%S}"

    @cached_property
    def urlkey(self) -> str:
        """Its key in the index."""
        return urlkey(self.original)

    @cached_property
    def row(self) -> dict[str, str]:
        """Its line in the CDX index; `length` is of the stored record, roughly the compressed page."""
        digest = base64.b32encode(hashlib.sha1(self.body, usedforsecurity=False).digest()).decode()
        return {
            "urlkey": self.urlkey,
            "timestamp": self.timestamp,
            "original": self.original,
            "mimetype": self.mimetype if self.status == 200 else "text/html",
            "statuscode": str(self.status),
            "digest": digest,
            "length": str(len(zlib.compress(self.body)) + 420),
        }


def urlkey(url: str) -> str:
    """SURT: host reversed without www and port, path and query in lower case, no slash at the end."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower())
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=-._~").lower()
    query = f"?{parts.query.lower()}" if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}){path.rstrip('/') or '/'}{query}"


class WaybackSite(Site):
    """Answers on both schemes, as the real one does."""

    outlet = "wayback"
    home = "web.archive.org"
    hosts = ("web.archive.org",)

    def __init__(self, captures: Iterable[ServedCapture]) -> None:
        super().__init__(())
        self._captures = sorted(captures, key=lambda capture: (capture.urlkey, capture.timestamp))
        self._by_key: dict[str, list[ServedCapture]] = {}
        for capture in self._captures:
            self._by_key.setdefault(capture.urlkey, []).append(capture)

    def answer(self, request: SiteRequest) -> Answer:
        """The index, a replay, or robots.txt."""
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow: /save/\n")
        if request.path in {"/cdx/search/cdx", "/cdx/search"}:
            return cdx.search([capture.row for capture in self._captures], request.target.partition("?")[2], urlkey)
        replay = _REPLAY.fullmatch(request.target)
        return self._replay(replay[1], replay[2] or "", replay[3]) if replay else self.missing(request)

    def _replay(self, timestamp: str, modifier: str, url: str) -> Answer:
        url = re.sub(r"^(https?):/(?!/)", r"\1://", url)
        found = self._by_key.get(urlkey(url))
        if not found:
            return page(
                "<html><title>Wayback Machine</title><p>Hrm. The Wayback Machine has not archived that URL.</p></html>", 404
            )
        wanted = _moment(timestamp)
        capture = min(found, key=lambda capture: abs((capture.moment - wanted).total_seconds()))
        if capture.timestamp != timestamp:
            return redirect(_address(capture, modifier, capture.original), 302)
        if capture.location:
            return Answer(status=302, headers=(("Location", _address(capture, modifier, capture.location)), *_memento(capture)))
        body = capture.body if modifier == "id_" else _BANNER + capture.body
        kind = HTML if capture.mimetype == "text/html" else capture.mimetype
        return Answer(status=capture.status, body=body, content_type=kind, headers=_memento(capture))


_BANNER = b"<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp-base'>Wayback Machine</div><!-- END WAYBACK TOOLBAR INSERT -->\n"


def _address(capture: ServedCapture, modifier: str, url: str) -> str:
    return f"https://web.archive.org/web/{capture.timestamp}{modifier}/{url}"


def _moment(timestamp: str) -> datetime:
    """A partial timestamp means its first second; nonsense (month 13) the year's."""
    padded = timestamp + "00000101000000"[len(timestamp) :]
    try:
        return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime(max(1, int(padded[:4])), 1, 1, tzinfo=UTC)


def _memento(capture: ServedCapture) -> tuple[tuple[str, str], ...]:
    when = http_date(capture.moment)
    original = quote(capture.original, safe=":/?#[]@!$&'()*+,;=%~")
    return (
        ("Memento-Datetime", when),
        ("Link", f'<{original}>; rel="original", <{_address(capture, "", original)}>; rel="memento"; datetime="{when}"'),
        ("x-archive-orig-date", when),
        ("x-archive-orig-server", "nginx"),
        ("x-archive-orig-content-type", f"{capture.mimetype}; charset=UTF-8"),
        ("x-archive-src", f"spn2-{capture.timestamp[:8]}/spn2-{capture.timestamp}.warc.gz"),
    )
