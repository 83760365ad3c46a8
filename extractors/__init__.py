"""Reading pages: bytes in, an article or a reason out. Pure: no network, no clock, no Scrapy, no S3.

`read` is loaded when first used: who reads an archive needs the values of an article, not the parsers (0.4 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extractors.article import Article, NotAnArticle, Page
from extractors.outlet import Location, Outlet
from extractors.outlets import locate, outlet_of, outlets

if TYPE_CHECKING:
    from extractors.reader import explain, read

__all__ = ["Article", "Location", "NotAnArticle", "Outlet", "Page", "explain", "locate", "outlet_of", "outlets", "read"]


def __getattr__(name: str) -> Any:
    if name not in {"read", "explain"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from extractors import reader  # noqa: PLC0415  # see above

    return getattr(reader, name)
