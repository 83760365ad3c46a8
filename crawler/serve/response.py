"""What a view gives: bytes with their type, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Response:
    """filename: what a download is saved as; plain ASCII, chosen by us."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    filename: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RequestError(Exception):
    """A request that is refused. reason: a key of `[error]` in the tables of words; detail: one line more for whoever asked, in
    English (of the parser of a query or a date).
    """

    def __init__(self, status: int, reason: str, detail: str = "", **headers: str) -> None:
        super().__init__(f"{status} {reason} {detail}")
        self.status, self.reason, self.detail, self.headers = status, reason, detail, headers


def json_response(value: object, *, content_type: str = JSON, status: int = 200) -> Response:
    """A JSON document. A lone surrogate, which has no UTF-8, becomes "?"."""
    return Response(json.dumps(value, ensure_ascii=False).encode(errors="replace"), content_type, status)
