"""A request as the views see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crawler.serve.language import Language
from crawler.serve.rendering import render
from crawler.serve.response import Response


def article_path(article_id: str, revision: int | None = None, more: str = "") -> str:
    """`/a/ID[@REVISION][/more]`."""
    return f"/a/{quote(article_id, safe=':')}{f'@{revision}' if revision else ''}{more}"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """path: without the query, percent-encoded; parts: what the route's pattern named; query: the first value of each parameter;
    words: the language of the interface; fixed: whether the address says which; origin: scheme and host of this reader.
    """

    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    words: Language
    fixed: bool
    origin: str
    article_path: ClassVar = staticmethod(article_path)

    def link(self, address: str, **more: str) -> str:
        """An address of this reader that keeps the language that was asked for."""
        parts = urlsplit(address)
        query = [*parse_qsl(parts.query), *more.items(), *([("lang", self.words.code)] if self.fixed else [])]
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return f"{parts.path}?{urlencode(query, errors='replace')}{fragment}" if query else f"{parts.path}{fragment}"

    def article_link(self, article_id: str, revision: int | None = None, more: str = "") -> str:
        """The address of an article, of one of its texts, or of what stands below it."""
        return self.link(article_path(article_id, revision, more))

    def with_query(self, **changed: str) -> str:
        """The address of this page with some parameters changed; "" takes one away."""
        query = {name: value for name, value in {**self.query, **changed}.items() if name not in changed or value}
        path = quote(self.path, safe="/:@%!$&'()*+,;=~")
        return f"{path}?{urlencode(query, errors='replace')}" if query else path

    def page(self, template: str, *, status: int = 200, content_type: str | None = None, **values: Any) -> Response:
        """A template, filled in."""
        body = render(template, request=self, words=self.words, **values)
        return Response(body, content_type or "text/html; charset=utf-8", status)
