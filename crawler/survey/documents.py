"""Documents of a site that list addresses, read in a reader process; and what WordPress says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crawler.discovery.documents.json_text import load_json
from crawler.discovery.documents.text import RawDocument, UnreadableError, text_of


@dataclass(frozen=True, slots=True)
class WordPressSite:
    """What the root of its REST API says. zone: IANA name, "" where it has only an offset; offset: hours from UTC."""

    name: str
    zone: str
    offset: float | None


def read_site(document: RawDocument) -> WordPressSite:
    """Raises UnreadableError for anything else."""
    data: Any = load_json(text_of(document).text)
    if not isinstance(data, dict) or "namespaces" not in data:
        raise UnreadableError("is not the root of a REST API")
    offset = data.get("gmt_offset")
    try:
        hours = float(offset) if isinstance(offset, (int, float, str)) and not isinstance(offset, bool) else None
    except ValueError:
        hours = None
    zone = data.get("timezone_string")
    name = data.get("name")
    return WordPressSite(name if isinstance(name, str) else "", zone if isinstance(zone, str) else "", hours)
