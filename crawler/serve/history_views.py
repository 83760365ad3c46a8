"""What an article's address showed over time, and what changed from one text to the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import quote

from crawler.serve.collection import ArticleText, Collection, Reference
from crawler.serve.page_request import PageRequest, article_path
from crawler.serve.response import RequestError, Response, json_response
from storage.ledger import REVISIONS, LedgerEntry
from storage.record import Json
from storage.text.difference import Difference, difference

STEPS: Final = 8
"""Differences on a page: each costs some milliseconds, for long texts some hundred."""
_MOST_PAGES: Final = 500


@dataclass(frozen=True, slots=True)
class Step:
    """From one text to the next in time."""

    before: LedgerEntry
    after: LedgerEntry
    difference: Difference


def history_page(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID/history`."""
    text, texts, entries, pairs = _history(collection, request)
    number = _page(request)
    return request.page(
        "history.html",
        text=text,
        texts=texts,
        entries=[(entry, _evidence(entry)) for entry in reversed(entries)],
        steps=list(_steps(collection, pairs, number)),
        page=number,
        pages=max(1, -(-len(pairs) // STEPS)),
        linked={each.revision for each in texts},
    )


def history_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/articles/ID/history`."""
    text, _, entries, pairs = _history(collection, request)
    number = _page(request)
    steps = [
        {"from": step.before.revision, "to": step.after.revision, **step.difference.to_json()}
        for step in _steps(collection, pairs, number)
    ]
    more = len(pairs) > number * STEPS
    return json_response(
        {
            "id": text.id,
            "url": text.url,
            "permalink": request.origin + article_path(text.id, more="/history"),
            "entries": [entry.to_json() | {"evidence": entry.evidence, "run_id": entry.run_id} for entry in entries],
            "page": number,
            "steps": steps,
            "next": f"{request.origin}/api/articles/{quote(text.id)}/history?page={number + 1}" if more else None,
        }
    )


Pairs = list[tuple[LedgerEntry, LedgerEntry]]


def _history(collection: Collection, request: PageRequest) -> tuple[ArticleText, list[ArticleText], list[LedgerEntry], Pairs]:
    """(newest text, all texts, the entries of the ledger in the order of time, neighbouring texts, the last ones first)."""
    reference = Reference.parse(request.parts["article"])
    text, texts = collection.text(Reference(reference.id, reference.outlet, None))
    entries = collection.ledger(text)
    contents = [entry for entry in entries if entry.fate in REVISIONS and entry.article is not None]
    return text, texts, entries, list(pairwise(contents))[::-1]


def _page(request: PageRequest) -> int:
    text = request.query.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST_PAGES):
        raise RequestError(400, "question", f"page: 1 to {_MOST_PAGES}")
    return int(text)


def _steps(collection: Collection, pairs: Pairs, page: int) -> Iterator[Step]:
    records: dict[str, Json] = {}

    def record(entry: LedgerEntry) -> Json:
        key = entry.article or ""
        if key not in records:
            records[key] = collection.record(key)
        return records[key]

    for before, after in pairs[(page - 1) * STEPS : page * STEPS]:
        yield Step(before, after, difference(record(before), record(after)))


def _evidence(entry: LedgerEntry) -> str:
    """What a removal rests on, as the ledger has it, in a line of JSON."""
    return json.dumps(entry.evidence, ensure_ascii=False) if entry.evidence else ""
