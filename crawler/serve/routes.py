"""Which address is answered by which view."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Final

from crawler.serve import article_views, export_views, history_views, operation_views, search_views
from crawler.serve.collection import Collection
from crawler.serve.openapi import openapi_json
from crawler.serve.page_request import PageRequest
from crawler.serve.response import Response

View = Callable[[Collection, PageRequest], Response]
DAY: Final = {"Cache-Control": "public, max-age=86400"}


def _style(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    return Response(_page("style.css"), "text/css; charset=utf-8", headers=DAY)


def _icon(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    return Response(_page("icon.svg"), "image/svg+xml", headers=DAY)


def _robots(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    """An archive of others' texts is no place for search engines."""
    return Response(b"User-agent: *\nDisallow: /\n", "text/plain; charset=utf-8", headers=DAY)


def _page(name: str) -> bytes:
    return resources.files("crawler.serve").joinpath("pages", name).read_bytes()


ROUTES: Final[tuple[tuple[str, View], ...]] = (
    ("/", search_views.search_page),
    ("/feed.atom", search_views.feed),
    ("/export.{form:jsonl|csv|parquet}", export_views.export),
    ("/a/{article}", article_views.article_page),
    ("/a/{article}/cite.{form:txt|bib|json}", article_views.citation_file),
    ("/a/{article}/history", history_views.history_page),
    ("/a/{article}/raw", article_views.raw_page),
    ("/a/{article}/raw.warc.gz", article_views.warc_file),
    ("/a/{article}/raw.wacz", article_views.wacz_file),
    ("/a/{article}/proof.zip", article_views.proof_file),
    ("/address", history_views.address_page),
    ("/outlets", operation_views.outlets_page),
    ("/runs", operation_views.runs_page),
    ("/runs/{run}", operation_views.run_page),
    ("/api/search", search_views.search_json),
    ("/api/months", search_views.months_json),
    ("/api/articles/{article}", article_views.article_json),
    ("/api/articles/{article}/revisions/{revision:[1-9][0-9]{0,5}}", article_views.article_json),
    ("/api/articles/{article}/history", history_views.history_json),
    ("/api/address", history_views.address_json),
    ("/api/outlets", operation_views.outlets_json),
    ("/api/runs", operation_views.runs_json),
    ("/api/runs/{run}", operation_views.run_json),
    ("/api/openapi.json", openapi_json),
    ("/style.css", _style),
    ("/icon.svg", _icon),
    ("/robots.txt", _robots),
)
