"""The keys of an outlet's file: what each means, its type, and which values can be.

The reference in `infra/OUTLET_FILES.md` is made of these models by `crawler.outlet_files.reference`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from crawler.outlet_files.values import (
    AddressPrefix,
    DatelineLine,
    DayAddress,
    Host,
    Language,
    Line,
    NumberedMonth,
    PageAddress,
    PathPattern,
    PathSegment,
    QueryPart,
    Selector,
    WebAddress,
    Zone,
)
from crawler.suggestion import did_you_mean
from extractors.outlet import ARTICLE_KINDS

Kind = Literal[
    "article", "opinion", "transcript", "listing", "tag", "author", "search", "home",
    "video", "gallery", "liveblog", "print", "image", "feed", "other",
]  # fmt: skip


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RouteFacts(_Facts):
    """One line of the grammar of its addresses; the first that applies counts."""

    kind: Kind = Field(
        description="what pages with such an address are; article, opinion and transcript are archived", examples=["article"]
    )
    path: PathPattern = Field(
        description="regular expression over the whole decoded path, which has no slash at its end (empty: the home page); "
        "groups id, year, month, day",
        examples=[r"/(?P<id>[0-9]+)/[^/]+"],
    )
    query: QueryPart | None = Field(
        None, description="regular expression that a part of the query must match too", examples=["p=(?P<id>[0-9]+)"]
    )
    canonical: str | None = Field(
        None,
        description="path of the one address of such a page, made of the groups; else the path as it is, "
        "with the part of the query that `query` matches",
        examples=["/{id}"],
    )

    @field_validator("canonical")
    @classmethod
    def _made_of_groups(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or not {"path", "query"} <= info.data.keys():  # one that cannot be read has a fault of its own
            return value
        if not value.startswith("/") or re.search(r"\s", value):
            raise ValueError(f"{value!r} is no path; it begins with a slash and has no blanks")
        given = re.findall(r"\(\?P<(\w+)>", f"{info.data['path']} {info.data.get('query') or ''}")
        for name in re.findall(r"\{([^{}]*)\}", value):
            if name not in given:
                raise ValueError(f"{{{name}}} in {value!r} is no group of its path or query.{did_you_mean(name, given)}")
        if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value)):
            raise ValueError(f"{value!r} has a brace without its partner")
        return value


class LayoutFacts(_Facts):
    """Where things stand on the pages of one era, as CSS selectors; of each list the first that finds text speaks."""

    name: str = Field(
        description="short; it stands in the record of an article", pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", examples=["2024"]
    )
    body: list[Selector] = Field(description="the element that holds the story", min_length=1, examples=[["div.story-text"]])
    drop: list[Selector] = Field([], description="what inside of it is not story", examples=[[".read-also"]])
    standfirst: list[Selector] = Field([], description="the summary under the headline", examples=[[".summary"]])
    byline: list[Selector] = Field([], description="the author", examples=[[".author a"]])
    dates: list[Selector] = Field([], description="the printed date of publication", examples=[["time.posted"]])
    section: list[Selector] = Field([], description="the section", examples=[[".breadcrumb a"]])
    tags: list[Selector] = Field([], description="the keywords", examples=[[".tags a"]])
    source: list[Selector] = Field([], description="the source that the outlet names", examples=[[".source"]])


class CatalogueFacts(_Facts):
    """What its templates say, as regular expressions over one whole line of text each; small and capital letters are the same."""

    furniture: list[Line] = Field([], description="lines that are no story wherever they stand", examples=[["ادعم فرات بوست"]])
    closing: list[Line] = Field([], description="headings after which no story comes", examples=[["مواضيع مشابهة"]])
    aside: list[Line] = Field([], description="headings of boxes inside the story", examples=[["اقرأ أيضًا.*"]])
    dateline: list[DatelineLine] = Field(
        [], description="the dateline; groups agency, place, by", examples=[["(?P<agency>فرات بوست) - (?P<place>[^()]{2,30})"]]
    )
    title_suffix: list[Line] = Field([], description="what <title> adds to the headline", examples=[[r" ?[-–|] ?فرات بوست ?"]])


class FeedFacts(_Facts):
    """An RSS, Atom or JSON feed."""

    kind: Literal["feed"]
    url: WebAddress = Field(description="its address", examples=["https://furatpost.example/feed/"])


class SitemapFacts(_Facts):
    """The sitemaps that robots.txt names."""

    kind: Literal["sitemap"]
    robots: WebAddress = Field(description="the address of robots.txt", examples=["https://furatpost.example/robots.txt"])
    usual: list[WebAddress] = Field(
        [],
        description="sitemaps to try where robots.txt names none, or a dead one",
        examples=[["https://furatpost.example/sitemap.xml"]],
    )
    apart: list[WebAddress] = Field([], description="sitemaps in robots.txt that another source reads")


class DailySitemapFacts(_Facts):
    """One sitemap a day behind an index."""

    kind: Literal["daily_sitemap"]
    index: WebAddress = Field(description="the index", examples=["https://furatpost.example/sitemap.xml"])
    template: DayAddress = Field(
        description="the address of a day's sitemap, with %Y, %m and %d",
        examples=["https://furatpost.example/sitemap.xml?yyyy=%Y&mm=%m&dd=%d"],
    )


class WordPressFacts(_Facts):
    """The posts of WordPress's REST API."""

    kind: Literal["wordpress"]
    endpoint: WebAddress = Field(
        description="the address of the collection", examples=["https://furatpost.example/wp-json/wp/v2/posts"]
    )


class ListingFacts(_Facts):
    """A page that links to articles (the home page, a section) and those that follow it."""

    kind: Literal["listing"]
    first: WebAddress = Field(description="the first page", examples=["https://furatpost.example/news"])
    following: PageAddress | None = Field(
        None,
        description="the address of page {page} ({index}: counted from 0); without it the page's own link to the next one is "
        "followed (rel=next, ?page=2, /page/2, ?paged=2, ?start=20, ?offset=20)",
        examples=["https://furatpost.example/news/page/{page}"],
    )
    sections: bool = Field(False, description="whether the listings that the first page links to are walked too", examples=[True])


class WaybackFacts(_Facts):
    """The Wayback Machine, for an outlet whose site is gone."""

    kind: Literal["wayback"]
    prefixes: list[AddressPrefix] = Field(
        [], description="host and path of the site where it is less than the whole host", examples=[["furatpost.example/ar/"]]
    )


class CommonCrawlFacts(_Facts):
    """Common Crawl, for an outlet whose site is gone."""

    kind: Literal["commoncrawl"]
    prefixes: list[AddressPrefix] = Field([], description="as for wayback")


SourceFacts = Annotated[
    FeedFacts | SitemapFacts | DailySitemapFacts | WordPressFacts | ListingFacts | WaybackFacts | CommonCrawlFacts,
    Field(discriminator="kind"),
]
SOURCES: Final = (*(FeedFacts, SitemapFacts, DailySitemapFacts, WordPressFacts, ListingFacts, WaybackFacts, CommonCrawlFacts),)


class OutletFacts(_Facts):
    """One outlet. The name of its file, without `.toml`, is its slug."""

    name: str = Field(description="its name in Latin letters", min_length=1, examples=["Furat Post"])
    name_ar: str = Field(description="its name as it writes it", min_length=1, examples=["فرات بوست"])
    hosts: list[Host] = Field(
        description="every host that its articles were ever served from, the present one first",
        min_length=1,
        examples=[["furatpost.example", "www.furatpost.example"]],
    )
    home: WebAddress = Field(
        description="the address of its home page, whose scheme its articles are asked at",
        examples=["https://furatpost.example/"],
    )
    timezone: Zone = Field(description="IANA name of the zone of dates that are printed without one", examples=["Asia/Damascus"])
    language: Language = Field(
        "ar",
        description="language of its articles; a page that is not in Arabic script is no page of an Arabic outlet",
        examples=["ar"],
    )
    alive: bool = Field(True, description="whether it still publishes", examples=[True])
    died: str | None = Field(None, description="what is known of its end", examples=["last page seen: September 2019"])
    prefixes: list[PathSegment] = Field([], description="first segments of a path that make no difference", examples=[["amp"]])
    wordpress: str | None = Field(
        None,
        description="canonical path of a post by its number: adds, before `routes`, the addresses that every WordPress site has "
        "(?p=, feeds, tags, categories, authors)",
        examples=["/{id}"],
    )
    routes: list[RouteFacts] = Field(description="the grammar of its addresses", min_length=1)
    layouts: list[LayoutFacts] = Field([], description="how its pages are laid out, the present era first")
    catalogue: CatalogueFacts = Field(CatalogueFacts.model_construct(), description="what its templates say")
    sources: list[SourceFacts] = Field([], description="where its articles are found, in the order in which they are asked")
    ids: list[NumberedMonth] = Field(
        [],
        description="known points of the curve on which ids rise with time, lowest first: dates that cannot be are not believed",
        examples=[[[15237, "2014-02"], [26134, "2015-01"]]],
    )

    @field_validator("wordpress")
    @classmethod
    def _by_number(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith("/") or value.count("{id}") != 1 or len(re.findall(r"[{}]", value)) != 2):
            raise ValueError(f"{value!r}: write the path with {{id}} where the number stands, such as /{{id}}")
        return value

    @field_validator("routes")
    @classmethod
    def _some_article(cls, value: list[RouteFacts]) -> list[RouteFacts]:
        if not any(route.kind in ARTICLE_KINDS for route in value):
            raise ValueError("none of them is of an article, an opinion or a transcript: nothing would be archived")
        return value

    @field_validator("layouts")
    @classmethod
    def _each_name_once(cls, value: list[LayoutFacts]) -> list[LayoutFacts]:
        names = [layout.name for layout in value]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two layouts are called {twice!r}")
        return value

    @field_validator("ids")
    @classmethod
    def _rising(cls, value: list[list[Any]]) -> list[list[Any]]:
        if value != sorted(value) or any(a[1] > b[1] for a, b in pairwise(value)):
            raise ValueError("must rise, in number and in month")
        return value
