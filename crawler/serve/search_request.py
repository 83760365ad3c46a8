"""What a search asks for, from the query of an address and back into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlencode

from crawler.serve.response import RequestError
from crawler.window import Window, WindowError
from storage.search.query import Query, QueryError, parse_query
from storage.search.search import Filters

PAGE_SIZE: Final = 20
MOST_PAGES: Final = 50
_LONGEST: Final = 120
_TEXTS: Final = {"q": "text", "outlet": "outlet", "author": "author", "section": "section", "from": "since", "to": "until"}
"""Parameters that are text, and the fields that hold them."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """text, author, section, since, until: as typed; order: `best` or `newest`; edited: articles with several texts; gone: those
    whose page is; page: from 1.
    """

    text: str = ""
    outlet: str = ""
    author: str = ""
    section: str = ""
    since: str = ""
    until: str = ""
    order: Literal["best", "newest"] = "best"
    wide: bool = False
    edited: bool = False
    gone: bool = False
    page: int = 1

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> SearchRequest:
        """From the parameters q, outlet, author, section, from, to, order, wide, edited, gone, page; others are ignored.
        RequestError: 400.
        """
        text = {field: query.get(name, "").strip() for name, field in _TEXTS.items()}
        for name, field in _TEXTS.items():
            if name != "q" and len(text[field]) > _LONGEST:
                raise RequestError(400, "question", f"{name}: at most {_LONGEST} characters")
        order = query.get("order", "best")
        if order not in ("best", "newest"):
            raise RequestError(400, "question", "order: best or newest")
        page = page_of(query, MOST_PAGES, "; ask for a narrower span of time or more words")
        chosen = {name: query.get(name, "") not in ("", "0", "false") for name in ("wide", "edited", "gone")}
        fields: dict[str, Any] = {**text, **chosen, "order": order, "page": page}
        return cls(**fields)

    def query(self, known: Callable[[str], bool]) -> Query | None:
        """The words as an index that knows these is asked for them; None = every text. RequestError: 400."""
        author = " ".join(f"author:{word}" for word in self.author.replace('"', " ").split())
        if not self.text and not author:
            return None
        try:
            return parse_query(f"{self.text} {author}".strip(), wide=self.wide, known=known)
        except QueryError as error:
            raise RequestError(400, "question", str(error)) from None

    def filters(self) -> Filters:
        """RequestError: 400 for what is no date or no slug."""
        try:
            window = Window.parse(self.since or None, self.until or None)
        except WindowError as error:
            detail = str(error).replace("--since", "from").replace("--until", "to")
            raise RequestError(400, "question", detail) from None
        outlets = (self.outlet,) if self.outlet else ()
        return Filters(outlets, window.since, window.until, self.section, edited=self.edited, gone=self.gone)

    @property
    def is_narrowed(self) -> bool:
        """More than words are asked for."""
        return replace(self, text="", page=1) != SearchRequest(order=self.order)

    @property
    def is_blank(self) -> bool:
        """Nothing is asked for: the start page."""
        return replace(self, order="best", wide=False, page=1) == SearchRequest()

    def on_page(self, page: int) -> SearchRequest:
        """The same on another page."""
        return replace(self, page=page)

    def in_month(self, month: str) -> SearchRequest:
        """The same, published in one month (YYYY-MM) or year (YYYY)."""
        return replace(self, since=month, until=month, page=1)

    def parameters(self) -> dict[str, str]:
        """Those that `parse` reads, without what is the default."""
        named = {name: getattr(self, field) for name, field in _TEXTS.items()} | {
            "order": self.order if self.order != "best" else "",
            **{name: "1" if getattr(self, name) else "" for name in ("wide", "edited", "gone")},
            "page": str(self.page) if self.page > 1 else "",
        }
        return {name: value for name, value in named.items() if value}

    def address(self, path: str) -> str:
        """A path with these parameters."""
        return f"{path}?{urlencode(self.parameters(), errors='replace')}" if self.parameters() else path


def page_of(query: Mapping[str, str], most: int, hint: str = "") -> int:
    """The parameter `page`, else 1. RequestError: 400, with the hint what else to ask."""
    number = query.get("page") or "1"
    if not (number.isascii() and number.isdigit() and len(number) <= 3 and 1 <= int(number) <= most):
        raise RequestError(400, "question", f"page: 1 to {most}{hint}")
    return int(number)
