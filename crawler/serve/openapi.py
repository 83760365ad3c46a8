"""The description of `/api/…`: OpenAPI 3.1, whose schemas are JSON Schema 2020-12. Tests hold every answer against it."""

from __future__ import annotations

from importlib.metadata import version

from crawler.serve.collection import Collection
from crawler.serve.openapi_schemas import SWITCH, Json, schemas, string, to
from crawler.serve.page_request import PageRequest
from crawler.serve.response import PROBLEM, Response, json_response
from crawler.serve.search_request import MOST_PAGES
from storage.search.query import MAX_CHARACTERS


def openapi_json(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    """`/api/openapi.json`."""
    return json_response(document(request.origin))


def document(origin: str) -> Json:
    """The whole description, for the address at which the reader is asked."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Warraq reader",
            "version": version("warraq"),
            "description": "An archive of Arabic news, read-only. What the outlets wrote is theirs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "paths": _paths(),
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "password": {"type": "http", "scheme": "basic"}},
        },
        "security": [{}, {"token": []}, {"password": []}],
    }


def _paths() -> Json:
    search = [
        _parameter("q", 'Words; "exact words"; -without; headline:… author:… ~widely', string(maxLength=MAX_CHARACTERS)),
        _parameter("outlet", "Slug of an outlet", string(maxLength=120)),
        _parameter("author", "Words of the author's name; at most 20 words together with q", string(maxLength=120)),
        _parameter("section", "A part of the section's name, as printed", string(maxLength=120)),
        _parameter("from", "First day of publication (UTC): YYYY, YYYY-MM or YYYY-MM-DD", string(maxLength=120)),
        _parameter("to", "Last day of publication", string(maxLength=120)),
        _parameter("wide", "1: words with other endings too", SWITCH),
        _parameter("edited", "1: articles with several texts only", SWITCH),
        _parameter("gone", "1: articles whose page is gone only", SWITCH),
    ]
    order = _parameter("order", "Which come first", {"enum": ["best", "newest"], "default": "best"})
    page = _parameter("page", "Of 20 hits", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1})
    steps = _parameter("page", "Of differences, the last ones first", {"type": "integer", "minimum": 1, "maximum": 500})
    before = _parameter("before", "Runs that began before the one of this id", string(format="uuid"))
    article = _parameter("article", "OUTLET:NATIVE, the newest text; OUTLET:NATIVE@REVISION, that one", string(), place="path")
    address = _parameter("u", "https://…; also one that showed another article's text", string(maxLength=2000))
    revision = _parameter("revision", "From 1", {"type": "integer", "minimum": 1, "maximum": 999_999}, place="path")
    run = _parameter("run", "Id of a run", string(format="uuid"), place="path")
    return {
        "/api/search": _get("search", "Texts that answer, with snippets", "Search", [*search, order, page], "400"),
        "/api/months": _get("months", "Articles that answer, by month and outlet", "Months", search, "400"),
        "/api/articles/{article}": _get("article", "An article", "Article", [article], "404"),
        "/api/articles/{article}/revisions/{revision}": _get("revision", "A text of it", "Article", [article, revision], "404"),
        "/api/articles/{article}/history": _get(
            "history", "Its ledger and differences", "History", [article, steps], "400", "404"
        ),
        "/api/address": _get("address", "Ledger and differences of an address", "History", [address, steps], "400", "404"),
        "/api/outlets": _get("outlets", "What is known of the outlets", "Outlets", []),
        "/api/runs": _get("runs", "The last runs", "Runs", [before], "400"),
        "/api/runs/{run}": _get("run", "A run", "Run", [run], "404"),
    }


def _parameter(name: str, description: str, schema: Json, *, place: str = "query") -> Json:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


def _get(operation: str, summary: str, schema: str, parameters: list[Json], *refusals: str) -> Json:
    problem = {"description": "Why not (RFC 9457)", "content": {PROBLEM: {"schema": to("Problem")}}}
    found = {"description": summary, "content": {"application/json": {"schema": to(schema)}}}
    responses = {"200": found, **dict.fromkeys((*refusals, "401", "414", "421", "429", "500", "503"), problem)}
    return {"get": {"operationId": operation, "summary": summary, "parameters": parameters, "responses": responses}}
