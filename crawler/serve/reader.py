"""The reader as an application of aiohttp: who may ask, what is refused, how it is answered, in how many threads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from crawler.http_server.rate_limit import Buckets
from crawler.serve.access import Access
from crawler.serve.collection import Collection
from crawler.serve.language import chosen_language
from crawler.serve.page_request import PageRequest
from crawler.serve.response import HTML, PROBLEM, RequestError, Response, json_response
from crawler.serve.routes import ROUTES, View
from storage import ArchiveError
from storage.errors import BadKey, Damaged

THREADS: Final = 4
MOST_WAITING: Final = 32
"""Requests that wait for a thread or are in one; more are told to come again."""
FACTS_A_SECOND: Final = 1 / 60
"""Of one kind, in the long run; three at once."""
LONGEST_QUERY: Final = 4_096
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Accept-Encoding",
    "Server": "warraq",
}
_ALWAYS: Final = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Server")
LEAST_COMPRESSED: Final = 1_000
"""Bytes of a text that is worth compressing."""
_TEXTS: Final = (
    "text/",
    "application/json",
    "application/problem+json",
    "application/atom+xml",
    "application/x-ndjson",
    "image/svg",
)


class Reader:
    """fact: told of what is our own fault, and of an archive that cannot be read."""

    def __init__(self, collection: Collection, access: Access, fact: Callable[..., None]) -> None:
        self._collection, self._access, self._fact = collection, access, fact
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="serve")
        self._waiting = 0
        self._facts = Buckets(FACTS_A_SECOND, 3)

    def app(self) -> web.Application:
        """The reader alone on its address."""
        app = web.Application(middlewares=[self._everything_else], client_max_size=1)
        self.register(app)
        return app

    def register(self, app: web.Application) -> None:
        """Adds the reader's addresses to an application that has others."""
        for path, view in ROUTES:
            app.router.add_get(path, self._handler(view))
        app.on_response_prepare.append(_guarded)

    def close(self) -> None:
        """Ends the threads; what is under way in them is waited for."""
        self._threads.shutdown(cancel_futures=True)

    @web.middleware
    async def _everything_else(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What no route takes: other methods, unknown addresses."""
        if request.method not in ("GET", "HEAD"):
            return await self._answered(request, _refusing(RequestError(405, "method", Allow="GET, HEAD")))
        try:
            return await handler(request)
        except web.HTTPException as error:
            return await self._answered(
                request, _refusing(RequestError(error.status, "page" if error.status == 404 else "request"))
            )

    def _handler(self, view: View) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await self._answered(request, view)

        return handle

    async def _answered(self, request: web.Request, view: View) -> web.Response:
        page_request = _page_request(request)
        try:
            self._access.check(request)
            page_request = _page_request(request, self._access.origin(request))
            answer = await self._in_thread(view, page_request)
        except RequestError as refusal:
            answer = _refused(page_request, refusal)
        except ArchiveError as error:
            self._tell("serve.unreadable", request, error)
            damaged = RequestError(500, "damaged")
            down = RequestError(503, "archive", **{"Retry-After": "30"})
            answer = _refused(page_request, damaged if isinstance(error, (Damaged, BadKey)) else down)
        except Exception as error:  # noqa: BLE001 - named, and told
            self._tell("serve.failed", request, error)
            answer = _refused(page_request, RequestError(500, "ours"))
        return _sent(request, answer)

    def _tell(self, fact: str, request: web.Request, error: Exception) -> None:
        """A fact, unless there were several of its kind in the last minute: a stranger may ask for the same again and again."""
        if self._facts.may(f"{fact} {type(error).__name__}"):
            self._fact(fact, path=request.path[:200], reason=f"{type(error).__name__}: {error}"[:300])

    async def _in_thread(self, view: View, page_request: PageRequest) -> Response:
        """RequestError: 503, too many ask at once."""
        if self._waiting >= MOST_WAITING:
            raise RequestError(503, "busy", **{"Retry-After": "5"})
        self._waiting += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, view, self._collection, page_request)
        done.add_done_callback(lambda _: self._one_less())
        return await asyncio.shield(done)

    def _one_less(self) -> None:
        self._waiting -= 1


async def _guarded(_request: web.Request, answer: web.StreamResponse) -> None:
    """What the HTTP server answers by itself tells a browser to carry out nothing, too."""
    answer.headers.update({name: HEADERS[name] for name in _ALWAYS})


def _sent(request: web.Request, answer: Response) -> web.Response:
    """As it goes over the line: nothing but 304 to whoever has it already, text compressed for whoever takes that."""
    headers = {**HEADERS, **answer.headers}
    if answer.status == 200:
        tag = hashlib.sha256(answer.body).hexdigest()[:32]
        headers["ETag"] = f'W/"{tag}"'  # weak: the same compressed or not
        if any(each.value in (tag, "*") for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
    if answer.filename:
        headers["Content-Disposition"] = f'attachment; filename="{answer.filename}"'
    headers["Content-Type"] = answer.content_type
    sent = web.Response(body=answer.body, status=answer.status, headers=headers)
    if len(answer.body) > LEAST_COMPRESSED and answer.content_type.startswith(_TEXTS):
        sent.enable_compression()
    return sent


def _page_request(request: web.Request, origin: str = "") -> PageRequest:
    """RequestError: 414 for a query that is too long."""
    query: dict[str, str] = {}
    if len(request.rel_url.raw_query_string) <= LONGEST_QUERY:
        for name, value in request.query.items():
            query.setdefault(name, value)
    elif origin:
        raise RequestError(414, "long")
    language = chosen_language(query.get("lang"), request.headers.get("Accept-Language", ""))
    parts = {name: str(value) for name, value in request.match_info.items()}
    return PageRequest(request.rel_url.raw_path, parts, query, language, query.get("lang") == language.code, origin)


def _refusing(refusal: RequestError) -> View:
    def refuse(_collection: Collection, _request: PageRequest) -> Response:
        raise refusal

    return refuse


def _refused(page_request: PageRequest, refusal: RequestError) -> Response:
    """As a page, or for programs as a problem (RFC 9457)."""
    if page_request.path.startswith("/api/"):
        title = page_request.words(f"error.{refusal.reason}")
        problem = {"status": refusal.status, "title": title} | ({"detail": refusal.detail} if refusal.detail else {})
        answer = json_response(problem, content_type=PROBLEM, status=refusal.status)
    else:
        answer = page_request.page("error.html", status=refusal.status, refusal=refusal, content_type=HTML)
    return Response(answer.body, answer.content_type, refusal.status, headers=refusal.headers)
