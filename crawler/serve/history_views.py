"""What an address showed over time, and what changed from one text to the next: of an article, and of an address by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from crawler.revision_steps import RevisionStep, revision_steps, texts_among
from crawler.serve.collection import ArticleText, Collection, Reference
from crawler.serve.page_request import PageRequest, article_path
from crawler.serve.rendering import is_web_address
from crawler.serve.response import RequestError, Response, json_response
from crawler.serve.search_request import page_of
from extractors import locate
from storage.ledger import LedgerEntry
from storage.record import Json

STEPS: Final = 8
"""Differences on a page: each costs some milliseconds, for long texts some hundred."""
_MOST_PAGES: Final = 500


@dataclass(frozen=True, slots=True)
class AddressHistory:
    """entries: of the ledger, in the order of time; pairs: neighbouring texts, the last ones first; texts: (id, revision) of the
    texts that the entries name, by key: a text that another address had shown before is filed under that one's id.
    """

    url: str
    entries: list[LedgerEntry]
    pairs: list[tuple[LedgerEntry, LedgerEntry]]
    texts: dict[str, tuple[str, int]]


def history_page(collection: Collection, request: PageRequest) -> Response:
    """`/a/ID/history`."""
    text = _newest(collection, request)
    return _page(collection, request, _history(collection, text.outlet, text.url), text)


def history_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/articles/ID/history`."""
    text = _newest(collection, request)
    permalink = request.origin + article_path(text.id, more="/history")
    return _json(collection, request, _history(collection, text.outlet, text.url), {"id": text.id, "permalink": permalink})


def address_page(collection: Collection, request: PageRequest) -> Response:
    """`/address?u=URL`: leads to the article of an address, or shows what is known of one that has none of its own."""
    outlet, url, article = _place(collection, request)
    if article is not None:
        return Response(b"", status=303, headers={"Location": request.article_link(article)})
    return _page(collection, request, _known(collection, outlet, url), None)


def address_json(collection: Collection, request: PageRequest) -> Response:
    """`/api/address?u=URL`. `id`: of the article whose own address it is, if there is one."""
    outlet, url, article = _place(collection, request)
    history = _history(collection, outlet, url) if article else _known(collection, outlet, url)
    permalink = request.origin + (article_path(article) if article else request.with_query(page=""))
    return _json(collection, request, history, {"id": article, "permalink": permalink})


def _newest(collection: Collection, request: PageRequest) -> ArticleText:
    reference = Reference.parse(request.parts["article"])
    return collection.text(Reference(reference.id, reference.outlet, None))[0]


def _place(collection: Collection, request: PageRequest) -> tuple[str, str, str | None]:
    """(outlet, canonical URL, id of the article of this address). RequestError: 400 for no address, 404 for an unknown one."""
    asked = request.query.get("u", "").strip()
    if not is_web_address(asked):
        raise RequestError(400, "question", "u: an address, https://…")
    place = locate(asked)
    outlets, url = ([place.outlet], place.url) if place else (collection.outlets(), asked)
    for outlet in outlets:
        article = collection.article_at(outlet, url)
        if article is not None:
            return outlet, url, article
    if place is None:
        raise RequestError(404, "address")
    return place.outlet, url, None


def _history(collection: Collection, outlet: str, url: str) -> AddressHistory:
    entries = collection.ledger(outlet, url)
    texts = collection.texts_under([entry.article for entry in entries if entry.article])
    return AddressHistory(url, entries, list(pairwise(texts_among(entries)))[::-1], texts)


def _known(collection: Collection, outlet: str, url: str) -> AddressHistory:
    """RequestError: 404 for an address that the ledger does not have."""
    history = _history(collection, outlet, url)
    if not history.entries:
        raise RequestError(404, "address")
    return history


def _page(collection: Collection, request: PageRequest, history: AddressHistory, text: ArticleText | None) -> Response:
    number = page_of(request.query, _MOST_PAGES)
    return request.page(
        "history.html",
        text=text,
        url=history.url,
        entries=[(entry, _evidence(entry), history.texts.get(entry.article or "")) for entry in reversed(history.entries)],
        steps=list(_steps(collection, history, number)),
        page=number,
        pages=max(1, -(-len(history.pairs) // STEPS)),
        texts=history.texts,
        kept_as=[] if text else list(dict.fromkeys(history.texts.values())),
    )


def _json(collection: Collection, request: PageRequest, history: AddressHistory, named: Json) -> Response:
    number = page_of(request.query, _MOST_PAGES)
    steps = [
        {"from": step.before.revision, "to": step.after.revision, **step.difference.to_json()}
        for step in _steps(collection, history, number)
    ]
    more = len(history.pairs) > number * STEPS
    return json_response(
        {
            **named,
            "url": history.url,
            "entries": [entry.to_json() | {"evidence": entry.evidence, "run_id": entry.run_id} for entry in history.entries],
            "page": number,
            "steps": steps,
            "next": request.origin + request.with_query(page=str(number + 1)) if more else None,
        }
    )


def _steps(collection: Collection, history: AddressHistory, page: int) -> Iterator[RevisionStep]:
    return revision_steps(history.pairs[(page - 1) * STEPS : page * STEPS], collection.record)


def _evidence(entry: LedgerEntry) -> str:
    """What a removal rests on, as the ledger has it, in a line of JSON."""
    return json.dumps(entry.evidence, ensure_ascii=False) if entry.evidence else ""
