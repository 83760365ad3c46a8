"""Records the HTTP exchanges that led to a page: a downloader middleware below Scrapy's decompression and redirects.

A page's body is handed on as it came. Its content coding is undone in the reader's process, which has time for it, and
under the same limit as everything else that strangers send.
"""

from __future__ import annotations

import http
from datetime import UTC, datetime
from typing import Final

from scrapy.http import Headers, Request, Response
from scrapy.http.request import NO_CALLBACK
from twisted.internet.ssl import Certificate

from crawler.crawl.outlet_spider import OutletSpider
from crawler.crawl.visit import EXCHANGES, Fetched, Visit
from crawler.download.binding import Component
from crawler.download.web_archives import REDIRECTS
from storage.warc.exchange import Exchange, Memento
from storage.warc.headers import Headers as Fields

_SECRET: Final = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"cookie2"})
_MEMENTO: Final = b"Memento-Datetime"


class ExchangeRecorder(Component):
    """Leaves the exchanges that led to a page in its `Visit`: redirects first, the page last; failed attempts are forgotten.

    A page that is looked at by hand (`scrapy parse`) has no visit yet: then they are left in the request's meta.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        visit = request.meta.get("visit")
        if isinstance(visit, Visit):
            if visit.candidate is None or visit.candidate.span is None:  # of a range of a WARC file the record in it is kept
                exchanges = (*_hops(visit.fetched.exchanges), exchange(request, response, visit))
                visit.fetched = Fetched(exchanges=exchanges, codings=_taken_codings(response))
            else:
                _taken_codings(response)  # the record is looked at, whatever the host says of the file
        elif request.callback is not NO_CALLBACK and isinstance(self._crawler.spider, OutletSpider):
            request.meta[EXCHANGES] = (*_hops(request.meta.get(EXCHANGES, ())), exchange(request, response, None))
        return response


def _hops(before: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    return tuple(each for each in before if each.status in REDIRECTS)


def _taken_codings(response: Response) -> Fields:
    """The body's content codings, no longer in the response, so that nobody on the way undoes them."""
    codings = response.headers.getlist(b"Content-Encoding")
    if codings:
        del response.headers[b"Content-Encoding"]
    return tuple(("content-encoding", coding.decode("latin-1")) for coding in codings)


def exchange(request: Request, response: Response, visit: Visit | None) -> Exchange:
    """The request and the answer as the HTTP client gives them."""
    proxied = bool(request.meta.get("proxy"))
    certificate = response.certificate
    return Exchange(
        url=response.url,
        at=datetime.now(UTC),
        status=response.status,
        head=_response_head(response),
        body=response.body,
        request=_request_head(request, absolute=proxied and response.url.startswith("http:")),
        ip=str(response.ip_address) if response.ip_address and not proxied else None,
        protocol=response.protocol.lower() if response.protocol else None,
        certificate=_digest(certificate) if isinstance(certificate, Certificate) else None,
        memento=_memento(response, visit),
    )


def _response_head(response: Response) -> bytes:
    """The status line with the registered reason (the client does not tell the one that was sent) and the header fields."""
    reason = http.HTTPStatus(response.status).phrase if response.status in _KNOWN else ""
    protocol = (response.protocol or "HTTP/1.1").upper()
    renamed = {b"transfer-encoding": b"X-Archive-Orig-Transfer-Encoding"}  # the client has undone it
    lines = [renamed.get(name.lower(), name) + b": " + value for name, values in _items(response.headers) for value in values]
    return b"\r\n".join([f"{protocol} {response.status} {reason}".encode(), *lines, b"", b""])


_KNOWN: Final = frozenset(status.value for status in http.HTTPStatus)


def _request_head(request: Request, *, absolute: bool) -> bytes:
    """What the client was given to send, with the Host that it adds; a proxy is asked for the absolute URL."""
    scheme, _, rest = request.url.partition("#")[0].partition("://")
    host, slash, path = rest.partition("/")
    if not slash:
        host, question, query = rest.partition("?")
        path = question + query
    target = f"{scheme}://{rest}" if absolute else f"/{path}"
    lines = [name + b": " + value for name, values in _items(request.headers) if name.lower() not in _SECRET for value in values]
    if b"Host" not in request.headers:
        lines.insert(0, f"Host: {host.rpartition('@')[2]}".encode())
    return b"\r\n".join([f"{request.method} {target} HTTP/1.1".encode(), *lines, b"", b""])


def _items(headers: Headers) -> list[tuple[bytes, list[bytes]]]:
    return list(dict.items(headers))


def _digest(certificate: Certificate) -> str:
    digest: bytes = certificate.original.digest("sha256")
    return "sha256:" + digest.replace(b":", b"").decode().lower()


def _memento(response: Response, visit: Visit | None) -> Memento | None:
    """What a web archive replayed; none for the archive's own redirects and errors, which carry no Memento-Datetime."""
    if visit is None or visit.candidate is None or (response.status != 200 and _MEMENTO not in response.headers):
        return None
    at = visit.memento_at(response.url)
    return Memento(url=visit.page_url(response.url), at=at) if at else None
