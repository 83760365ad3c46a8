"""What a listing remembers from one crawl to the next."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field

from crawler.state_file import PastMoment

MOST_SECTIONS: Final = 100


class PageState(BaseModel):
    """What a listing page showed when it was read: the address of the next page, if any, and of the sections it links to."""

    next: str | None = None
    sections: list[str] = Field(default_factory=list, max_length=MOST_SECTIONS)


class ListingState(BaseModel):
    """walked: it was walked to its end once; backlog: by listing, the page from which on a walk that was too long is continued;
    pages: the first pages, by address; empty: sections that list no article, and when that was seen.
    """

    walked: bool = False
    backlog: dict[str, str] = Field(default_factory=dict)
    pages: dict[str, PageState] = Field(default_factory=dict)
    empty: dict[str, PastMoment] = Field(default_factory=dict)
