"""The search: hits and counts by month, as a page, as JSON and as an Atom feed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Final

from crawler.serve.chart import Chart, chart
from crawler.serve.collection import QUERY_SECONDS, Collection
from crawler.serve.page_request import PageRequest, article_path
from crawler.serve.rendering import is_web_address
from crawler.serve.response import RequestError, Response, json_response
from crawler.serve.search_request import MOST_PAGES, PAGE_SIZE, SearchRequest
from storage.record import Json
from storage.search.counts import MonthCount
from storage.search.query import QueryError
from storage.search.search import SearchHit, search

FEED_ENTRIES: Final = 50


@dataclass(frozen=True, slots=True)
class SearchResults:
    """revisions: texts of each article, by id; more: there is another page. counts: None where counting took too long."""

    hits: list[SearchHit]
    revisions: dict[str, int]
    more: bool
    counts: list[MonthCount] | None


def find(collection: Collection, search_request: SearchRequest, *, size: int = PAGE_SIZE, counting: bool = True) -> SearchResults:
    """The hits of a page. RequestError: 400 for what cannot be asked or takes too long."""
    query, filters = search_request.query(collection.index.has_word), search_request.filters()
    end = time.monotonic() + QUERY_SECONDS
    offset = (search_request.page - 1) * size
    try:
        # One more than is shown: it says whether there is another page.
        answers = search(
            collection.index, query, filters, order=search_request.order, limit=size + 1, offset=offset, seconds=QUERY_SECONDS
        )
        hits = list(answers)
    except QueryError as error:
        raise RequestError(400, "question", str(error)) from None
    counts = None
    try:
        if counting:
            counts = collection.months(query, filters, seconds=max(end - time.monotonic(), QUERY_SECONDS / 4))
    except QueryError:
        pass  # the hits are worth showing without them, and the page says that they are not there
    return SearchResults(hits[:size], collection.revisions(hits[:size]), len(hits) > size, counts)


def search_page(collection: Collection, request: PageRequest) -> Response:
    """`/`. An address or an article's id in the box leads to it."""
    search_request = SearchRequest.parse(request.query)
    if is_web_address(search_request.text):
        return Response(b"", status=303, headers={"Location": request.link("/address", u=search_request.text)})
    if (reference := collection.reference(search_request.text)) is not None:
        return Response(b"", status=303, headers={"Location": request.article_link(reference.id, reference.revision)})
    if search_request.is_blank:
        search_request = SearchRequest(order="newest", page=search_request.page)
    found = find(collection, search_request)
    drawn: Chart | None = None
    if found.counts is not None:
        drawn = chart(found.counts, mirrored=request.words.direction == "rtl")
    return request.page(
        "search.html",
        search_request=search_request,
        found=found,
        chart=drawn,
        outlets=collection.outlets(),
        progress=collection.follower.progress(),
        last_page=search_request.page >= MOST_PAGES,
        has_parquet=has_parquet(),
    )


def search_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/search`."""
    search_request = SearchRequest.parse(request.query)
    found = find(collection, search_request, counting=False)
    following = request.origin + search_request.on_page(search_request.page + 1).address("/api/search")
    return json_response(
        {
            "query": search_request.parameters(),
            "page": search_request.page,
            "hits": [hit_json(hit, found.revisions, request.origin) for hit in found.hits],
            "next": following if found.more and search_request.page < MOST_PAGES else None,
            "index": index_json(collection),
        }
    )


def hit_json(hit: SearchHit, revisions: dict[str, int], origin: str) -> Json:
    """A hit with how many texts its article has, and the permalink of the one that was found."""
    link = origin + article_path(hit.id, hit.revision)
    return asdict(hit) | {
        "marked": [list(place) for place in hit.marked],
        "revisions": revisions.get(hit.id, 1),
        "permalink": link,
    }


def index_json(collection: Collection) -> Json:
    """How far the index is, for whoever relies on an answer."""
    return {"complete": (progress := collection.follower.progress()).complete, "texts": progress.texts, "of": progress.total}


def months_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/months`."""
    search_request = SearchRequest.parse(request.query)
    try:
        counts = collection.months(
            search_request.query(collection.index.has_word), search_request.filters(), seconds=QUERY_SECONDS
        )
    except QueryError as error:
        raise RequestError(400, "question", str(error)) from None
    return json_response(
        {"query": search_request.parameters(), "months": [asdict(each) for each in counts], "index": index_json(collection)}
    )


def feed(collection: Collection, request: PageRequest) -> Response:
    """`/feed.atom`: the newest articles that answer a query (RFC 4287)."""
    search_request = replace(SearchRequest.parse(request.query), order="newest", page=1)
    found = find(collection, search_request, size=FEED_ENTRIES, counting=False)
    return request.page(
        "feed.atom", content_type="application/atom+xml; charset=utf-8", search_request=search_request, found=found
    )


def has_parquet() -> bool:
    """Whether the extra that writes Parquet is installed."""
    from importlib.util import find_spec  # noqa: PLC0415

    return find_spec("duckdb") is not None
