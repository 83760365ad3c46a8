"""What may be asked of a watch, as CloudEvents: `url.submitted` and `outlet.due`, turned into work for the queue."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from extractors import outlets
from extractors.outlets import outlet_of
from storage.queues import Item

SUBMITTED: Final = "url.submitted"
DUE: Final = "outlet.due"
MOST_URLS: Final = 1_000
"""Of one event."""


class UnacceptableError(ValueError):
    """The event asks for nothing that can be done: one line that names what is wrong."""


def items(event: Mapping[str, Any]) -> list[Item]:
    """The work that an event asks for, one item for each address or outlet. UnacceptableError.

    `url.submitted`: data {"url": …} or {"urls": […]}. `outlet.due`: data {"outlet": slug}, or the slug as subject.
    """
    data = _mapping(event.get("data"))
    match event.get("type"):
        case "url.submitted":
            urls = data.get("urls", [data["url"]] if "url" in data else [])
            if not isinstance(urls, list) or not urls or len(urls) > MOST_URLS:
                raise UnacceptableError(f"{SUBMITTED} needs data.url, or data.urls with 1 to {MOST_URLS} addresses")
            return [_submitted(url, event) for url in urls]
        case "outlet.due":
            return [_due(data.get("outlet") or event.get("subject"), event)]
    raise UnacceptableError(f"{str(event.get('type'))[:100]!r} is no event that can be asked for ({SUBMITTED}, {DUE})")


def submitted(urls: Iterable[str], source: str) -> list[Item]:
    """Work for these addresses, asked for by `source`. UnacceptableError for the first that cannot be."""
    return [_submitted(url, _event(SUBMITTED, source, url, {"url": url})) for url in urls]


def due(outlet: str, source: str, **data: Any) -> Item:
    """Work for an outlet whose sources are due to be asked."""
    return _due(outlet, _event(DUE, source, outlet, {"outlet": outlet, **data}))


def _submitted(url: object, event: Mapping[str, Any]) -> Item:
    if not isinstance(url, str):
        raise UnacceptableError(f"{str(url)[:200]!r} is no http or https address")
    try:
        url.encode()
        web = urlsplit(url).scheme in ("http", "https")
        outlet = outlet_of(url) if web else None
        place = outlet.locate(url) if outlet else None
    except ValueError:  # `https://[`, half a surrogate pair, a port of 99999
        web, outlet, place = False, None, None
    if not web:
        raise UnacceptableError(f"{url[:200]!r} is no http or https address")
    if outlet is None or place is None:
        raise UnacceptableError(f"{' '.join(url.split())[:200]} belongs to no outlet (see `warraq outlets`)")
    return Item({**event, "type": SUBMITTED, "data": {"url": url}}, outlet.slug, f"url:{place.url}")


def _due(outlet: object, event: Mapping[str, Any]) -> Item:
    if not isinstance(outlet, str) or outlet not in outlets():
        raise UnacceptableError(f"{str(outlet)[:100]!r} is no outlet (see `warraq outlets`)")
    # The slug is its key as well, as of a schedule on AWS, whose events have nothing but their subject to go by.
    return Item({**event, "data": {**_mapping(event.get("data")), "outlet": outlet}}, outlet, outlet)


def _mapping(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}


def _event(kind: str, source: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": kind,
        "source": source,
        "subject": subject,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
