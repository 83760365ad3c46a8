"""Requests to the miniature web, through its proxy."""

from __future__ import annotations

import http.client
import ssl
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.demo.answer import encoded
from crawler.demo.running import Running

ENAB, JAZEERA, BALADI = "https://www.enabbaladi.net", "https://www.aljazeera.net", "https://baladi-news.com"
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


def ask(running: Running, url: str, headers: dict[str, str] | None = None, *, trusting: bool = True) -> Reply:
    """One request through the proxy, redirects not followed."""
    parts = urlsplit(encoded(url))
    target = parts._replace(scheme="", netloc="").geturl()
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=running.ca_file if trusting else None)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", running.port, context=context, timeout=120
        )
        connection.set_tunnel(parts.netloc, 443)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=120)
        target = encoded(url)
    try:
        connection.request("GET", target, headers=headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def follow(running: Running, url: str) -> tuple[str, Reply]:
    """The address at the end of the redirects, and its answer."""
    for _ in range(6):
        reply = ask(running, url)
        if reply.status not in {301, 302}:
            return url, reply
        url = reply.headers["location"]
    raise AssertionError(f"{url} goes on redirecting")


def locs(reply: Reply) -> list[str]:
    """The addresses a sitemap names."""
    return [element.text or "" for element in ET.fromstring(reply.body).iter(LOC)]


def jazeera_feed() -> str:
    """Its address."""
    return f"{JAZEERA}/aljazeerarss/a7c186be-1baa-4bd4-9d80-a84db769f779/73d0e1b4-532f-45ef-b135-bfdff8b8cab9"
