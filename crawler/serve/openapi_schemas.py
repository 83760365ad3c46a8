"""What the answers of `/api/…` hold: JSON Schema 2020-12, by name, as OpenAPI 3.1 takes it."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

Json = dict[str, Any]


def string(**more: Any) -> Json:
    """A text, narrowed by other keywords."""
    return {"type": "string", **more}


def _or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def _object(properties: Json, *, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def to(name: str) -> Json:
    """A reference to one of `schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


_NUMBER: Final[Json] = {"type": "integer", "minimum": 0}
_YES: Final[Json] = {"type": "boolean"}
_ANY: Final[Json] = {"type": "object"}
_COUNTS: Final[Json] = {"type": "object", "additionalProperties": _NUMBER}
SWITCH: Final[Json] = {"enum": ["0", "1", "true", "false", ""]}
_MOMENT: Final[Json] = string(format="date-time")
_URI: Final[Json] = string(format="uri")


@cache
def schemas() -> Json:
    """All of them."""
    step = {"from": _NUMBER, "to": _NUMBER, "change": _list(string()), "headline": to("Row"), "paragraphs": _list(to("Row"))}
    return {
        "Problem": _object(
            {"status": {"type": "integer"}, "title": string(), "detail": string()},
            optional=("detail",),
        ),
        "Index": _object({"complete": _YES, "texts": _NUMBER, "of": _NUMBER})
        | {"description": "Whether all that was announced is in the search index; while it is built: so many texts of so many."},
        "Hit": _object(
            {
                "key": string(),
                "id": string(),
                "revision": {"type": "integer", "minimum": 1},
                "outlet": string(),
                "kind": string(),
                "url": string(),
                "headline": string(),
                "authors": string(),
                "published": _or_null(string(description="RFC 3339 in UTC, or YYYY-MM-DD, or YYYY-MM")),
                "precision": {"enum": ["minute", "day", "month", None]},
                "seen_at": _MOMENT,
                "newest": _YES,
                "gone_at": _or_null(_MOMENT),
                "score": {"type": "number"},
                "snippet": string(),
                "marked": _list({**_list(_NUMBER), "minItems": 2, "maxItems": 2}),
                "revisions": {"type": "integer", "minimum": 1},
                "permalink": _URI,
            }
        ),
        "Search": _object(
            {
                "query": _ANY,
                "page": {"type": "integer", "minimum": 1},
                "hits": _list(to("Hit")),
                "next": _or_null(_URI),
                "index": to("Index"),
            }
        ),
        "Months": _object(
            {
                "query": _ANY,
                "months": _list(
                    _object({"month": _or_null(string(pattern=r"^\d{4}-\d\d$")), "outlet": string(), "articles": _NUMBER})
                ),
                "index": to("Index"),
            }
        ),
        "Article": _object(
            {
                "id": string(),
                "revision": {"type": "integer", "minimum": 1},
                "newest": _YES,
                "gone_at": _or_null(_MOMENT),
                "permalink": _URI,
                "revisions": _list(_object({"revision": _NUMBER, "seen_at": _MOMENT, "newest": _YES, "headline": string()})),
                "record": to("Record"),
            }
        ),
        "Record": _object({"schema_version": _NUMBER, "id": string(), "headline": string(), "body": string()})
        | {"description": "As it is kept: schema/article-<schema_version>.json of the archive says what is in it."},
        "Row": _object(
            {
                "kind": {"enum": ["same", "changed", "added", "removed", "moved"]},
                "pieces": _list(
                    {
                        "type": "array",
                        "prefixItems": [{"enum": ["same", "removed", "added"]}, string()],
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
                "fate": string(),
                "id": _or_null(string()),
                "revision": _NUMBER,
                "older": _YES,
                "change": _or_null(_list(string())),
                "confirmed": _or_null(_YES),
                "content_hash": _or_null(string()),
                "article": _or_null(string()),
                "reason": _or_null(string()),
                "capture": _or_null(_ANY),
                "evidence": _or_null(_ANY),
                "run_id": string(),
            }
        ),
        "History": _object(
            {
                "id": _or_null(string(description="Of the article whose own address it is")),
                "url": string(),
                "permalink": _URI,
                "entries": _list(to("Entry")),
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
                            "last_kept": _or_null(string()),
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
                "index": to("Index"),
            }
        ),
        "Run": _object(
            {
                "run_id": string(format="uuid"),
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
        "Runs": _object({"runs": _list(to("Run")), "next": _or_null(_URI)}),
    }
