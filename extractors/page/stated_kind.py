"""What kind of page a newsroom's system and Open Graph say that it is."""

from __future__ import annotations

from typing import Literal

from extractors.page.linked_data import ARTICLE_TYPES
from extractors.page.metadata import Metadata

_PAGE_TYPES: dict[str, Literal["home", "listing", "liveblog", "video", "gallery"]] = {
    "home": "home",
    "section": "listing",
    "listing": "listing",
    "live": "liveblog",
    "video": "video",
    "gallery": "gallery",
}


def named_page_type(metadata: Metadata) -> Literal["home", "listing", "liveblog", "video", "gallery"] | None:
    """The kind that the meta tag `pageType` names; None for an article, which may have a film or stand in a section."""
    page_type = (metadata.first("pagetype") or "").lower()
    kinds = (kind for word, kind in _PAGE_TYPES.items() if word in page_type)
    is_article = any(word in page_type for word in ("article", "story"))
    return next((kind for kind in kinds if not is_article or kind == "liveblog"), None)


def media_kind(metadata: Metadata) -> Literal["video", "gallery"] | None:
    """`video` or `gallery` where the page says that it shows one, beside whatever text; else None."""
    match named_page_type(metadata):
        case "video" | "gallery" as named:
            return named
    is_film = (metadata.first("og:type") or "").lower().startswith("video")
    return "video" if is_film and metadata.linked.types.isdisjoint(ARTICLE_TYPES) else None


def is_dated_article(metadata: Metadata) -> bool:
    """Whether the page states a day on which it was published, as an article: no missing page and no login does."""
    return bool(metadata.first("article:published_time")) or metadata.linked.text("datePublished") is not None
