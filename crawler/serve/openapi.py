"""The description of `/api/…`: OpenAPI 3.1, whose schemas are JSON Schema 2020-12. Tests hold every answer against it."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, Final

from crawler.serve.collection import Collection
from crawler.serve.page_request import PageRequest
from crawler.serve.response import PROBLEM, Response, json_response
from crawler.serve.search_request import MOST_PAGES
from storage.search.query import MAX_CHARACTERS

Json = dict[str, Any]


def openapi_json(collection: Collection, request: PageRequest) -> Response:  # noqa: ARG001 - a view
    """`/api/openapi.json`."""
    return json_response(document(request.origin))


def document(origin: str) -> Json:
    """The whole description, for the address at which the reader is request."""
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
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "password": {"type": "http", "scheme": "basic"}},
        },
        "security": [{}, {"token": []}, {"password": []}],
    }


def _string(**more: Any) -> Json:
    return {"type": "string", **more}


def _or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: Json, *, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _to(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_NUMBER: Final[Json] = {"type": "integer", "minimum": 0}
_YES: Final[Json] = {"type": "boolean"}
_ANY: Final[Json] = {"type": "object"}
_COUNTS: Final[Json] = {"type": "object", "additionalProperties": _NUMBER}
_MOMENT: Final[Json] = _string(format="date-time")
_URI: Final[Json] = _string(format="uri")


@cache
def _schemas() -> Json:
    step = {"from": _NUMBER, "to": _NUMBER, "change": _list(_string()), "headline": _to("Row"), "paragraphs": _list(_to("Row"))}
    return {
        "Problem": _object(
            {"status": {"type": "integer"}, "title": _string(), "detail": _string()},
            optional=("detail",),
        ),
        "Index": _object({"complete": _YES, "texts": _NUMBER, "of": _NUMBER})
        | {"description": "Whether all that was announced is in the search index; while it is built: so many texts of so many."},
        "Hit": _object(
            {
                "key": _string(),
                "id": _string(),
                "revision": {"type": "integer", "minimum": 1},
                "outlet": _string(),
                "kind": _string(),
                "url": _string(),
                "headline": _string(),
                "authors": _string(),
                "published": _or_null(_string(description="RFC 3339 in UTC, or YYYY-MM-DD, or YYYY-MM")),
                "precision": {"enum": ["minute", "day", "month", None]},
                "seen_at": _MOMENT,
                "newest": _YES,
                "gone_at": _or_null(_MOMENT),
                "score": {"type": "number"},
                "snippet": _string(),
                "marked": _list({**_list(_NUMBER), "minItems": 2, "maxItems": 2}),
                "revisions": {"type": "integer", "minimum": 1},
                "permalink": _URI,
            }
        ),
        "Search": _object(
            {
                "query": _ANY,
                "page": {"type": "integer", "minimum": 1},
                "hits": _list(_to("Hit")),
                "next": _or_null(_URI),
                "index": _to("Index"),
            }
        ),
        "Months": _object(
            {
                "query": _ANY,
                "months": _list(
                    _object({"month": _or_null(_string(pattern=r"^\d{4}-\d\d$")), "outlet": _string(), "articles": _NUMBER})
                ),
                "index": _to("Index"),
            }
        ),
        "Article": _object(
            {
                "id": _string(),
                "revision": {"type": "integer", "minimum": 1},
                "newest": _YES,
                "gone_at": _or_null(_MOMENT),
                "permalink": _URI,
                "revisions": _list(_object({"revision": _NUMBER, "seen_at": _MOMENT, "newest": _YES, "headline": _string()})),
                "record": _to("Record"),
            }
        ),
        "Record": _object({"schema_version": _NUMBER, "id": _string(), "headline": _string(), "body": _string()})
        | {"description": "As it is kept: schema/article-<schema_version>.json of the archive says what is in it."},
        "Row": _object(
            {
                "kind": {"enum": ["same", "changed", "added", "removed", "moved"]},
                "pieces": _list(
                    {
                        "type": "array",
                        "prefixItems": [{"enum": ["same", "removed", "added"]}, _string()],
                        "minItems": 2,
                        "maxItems": 2,
                    }
                ),
            }
        ),
        "Entry": _object(
            {
                "moment": _MOMENT,
                "n": _NUMBER,
                "fate": _string(),
                "id": _or_null(_string()),
                "revision": _NUMBER,
                "older": _YES,
                "change": _or_null(_list(_string())),
                "confirmed": _or_null(_YES),
                "content_hash": _or_null(_string()),
                "article": _or_null(_string()),
                "reason": _or_null(_string()),
                "capture": _or_null(_ANY),
                "evidence": _or_null(_ANY),
                "run_id": _string(),
            }
        ),
        "History": _object(
            {
                "id": _string(),
                "url": _string(),
                "permalink": _URI,
                "entries": _list(_to("Entry")),
                "page": {"type": "integer", "minimum": 1},
                "steps": _list(_object(step)),
                "next": _or_null(_URI),
            }
        ),
        "Outlets": _object(
            {
                "outlets": {
                    "type": "object",
                    "additionalProperties": _object(
                        {
                            "articles": _NUMBER,
                            "last_kept": _or_null(_string()),
                            "last_run": _or_null(_ANY),
                            "silence": _or_null(_ANY),
                            "sources": _or_null(_ANY),
                            "fruitless": _or_null(_ANY),
                            "pauses": _ANY,
                        }
                    ),
                },
                "verified": _object({"full": _or_null(_ANY), "sample": _or_null(_ANY)}),
                "sealed": _or_null(_ANY),
                "index": _to("Index"),
            }
        ),
        "Run": _object(
            {
                "run_id": _string(format="uuid"),
                "started_at": _MOMENT,
                "finished_at": _MOMENT,
                "versions": _ANY,
                "discovered": _NUMBER,
                "fates": _COUNTS,
                "outlets": _ANY,
                "recovered": _ANY,
                "failures": _list(_ANY),
                "objects": _NUMBER,
            },
            optional=("recovered", "failures"),
        ),
        "Runs": _object({"runs": _list(_to("Run")), "next": _or_null(_URI)}),
    }


def _paths() -> Json:
    search = [
        _parameter("q", 'Words; "exact words"; -without; headline:… author:… ~widely', _string(maxLength=MAX_CHARACTERS)),
        _parameter("outlet", "Slug of an outlet", _string(maxLength=120)),
        _parameter("author", "Words of the author's name; at most 20 words together with q", _string(maxLength=120)),
        _parameter("section", "A part of the section's name, as printed", _string(maxLength=120)),
        _parameter("from", "First day of publication (UTC): YYYY, YYYY-MM or YYYY-MM-DD", _string(maxLength=120)),
        _parameter("to", "Last day of publication", _string(maxLength=120)),
        _parameter("wide", "1: words with other endings too", {"enum": ["0", "1", "true", "false", ""]}),
    ]
    order = _parameter("order", "Which come first", {"enum": ["best", "newest"], "default": "best"})
    page = _parameter("page", "Of 20 hits", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1})
    steps = _parameter("page", "Of differences, the last ones first", {"type": "integer", "minimum": 1, "maximum": 500})
    before = _parameter("before", "Runs that began before the one of this id", _string(format="uuid"))
    article = _parameter("article", "OUTLET:NATIVE, the newest text; OUTLET:NATIVE@REVISION, that one", _string(), place="path")
    revision = _parameter("revision", "From 1", {"type": "integer", "minimum": 1, "maximum": 999_999}, place="path")
    run = _parameter("run", "Id of a run", _string(format="uuid"), place="path")
    return {
        "/api/search": _get("search", "Texts that answer, with snippets", "Search", [*search, order, page], "400"),
        "/api/months": _get("months", "Articles that answer, by month and outlet", "Months", search, "400"),
        "/api/articles/{article}": _get("article", "An article", "Article", [article], "404"),
        "/api/articles/{article}/revisions/{revision}": _get("revision", "A text of it", "Article", [article, revision], "404"),
        "/api/articles/{article}/history": _get(
            "history", "Its ledger and differences", "History", [article, steps], "400", "404"
        ),
        "/api/outlets": _get("outlets", "What is known of the outlets", "Outlets", []),
        "/api/runs": _get("runs", "The last runs", "Runs", [before], "400"),
        "/api/runs/{run}": _get("run", "A run", "Run", [run], "404"),
    }


def _parameter(name: str, description: str, schema: Json, *, place: str = "query") -> Json:
    return {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}


def _get(operation: str, summary: str, schema: str, parameters: list[Json], *refusals: str) -> Json:
    problem = {"description": "Why not (RFC 9457)", "content": {PROBLEM: {"schema": _to("Problem")}}}
    found = {"description": summary, "content": {"application/json": {"schema": _to(schema)}}}
    responses = {"200": found, **dict.fromkeys((*refusals, "401", "500", "503"), problem)}
    return {"get": {"operationId": operation, "summary": summary, "parameters": parameters, "responses": responses}}
