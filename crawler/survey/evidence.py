"""What is known of the addresses of a site: who named each, under which words, and what its page turned out to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from crawler.survey.shapes import Shape, shape_of
from extractors.addresses import Address, parse_address

NAV_SHARE: Final = 0.6
"""A link on so many of the pages that were looked at is navigation."""
NAV_WORDS: Final = 3
"""Words of its label, at most."""
Verdict = bool | None


@dataclass(slots=True, eq=False)
class SeenAddress:
    """An address of the site. url: as it was first written; named_by: kinds of sources that listed it (`feed`, `wordpress`,
    `sitemap`); labels: texts of the links to it; pages: on which it is linked; published: as a source states it;
    is_article: what its page was read as; None: nobody looked;
    led_to: the address that it was redirected to, if that is another.
    """

    url: str
    address: Address
    named_by: set[str] = field(default_factory=set)
    labels: list[str] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    published: str = ""
    is_article: Verdict = None
    led_to: SeenAddress | None = None

    @property
    def listed_as_article(self) -> bool:
        """Feeds and WordPress's posts list articles only."""
        return bool(self.named_by & {"feed", "wordpress"})

    @property
    def is_surely_article(self) -> bool:
        return self.listed_as_article or bool(self.is_article)

    @property
    def words(self) -> int:
        """Of the longest text of a link to it."""
        return max((len(label.split()) for label in self.labels), default=0)

    @property
    def shape(self) -> Shape:
        return shape_of(self.address, article=self.is_surely_article)


class Evidence:
    """The addresses on the hosts of a site."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = frozenset(hosts)
        self.pages_read: set[str] = set()
        self._seen: dict[str, SeenAddress] = {}

    def see(self, url: str) -> SeenAddress | None:
        """The entry of an address, made if needed; None for one that is elsewhere, or the home page."""
        address = parse_address(url)
        if address is None or address.host not in self.hosts or not (address.segments or address.query):
            return None
        key = address.path + ("?" + address.query if address.query else "")
        return self._seen.setdefault(key, SeenAddress(url, address))

    def get(self, url: str) -> SeenAddress | None:
        """The entry of an address that was seen."""
        address = parse_address(url)
        if address is None:
            return None
        return self._seen.get(address.path + ("?" + address.query if address.query else ""))

    @property
    def all(self) -> list[SeenAddress]:
        return list(self._seen.values())

    @property
    def articles(self) -> list[SeenAddress]:
        """Those that are surely articles: listed as such, or read as one and no navigation."""
        return [each for each in self.all if each.listed_as_article or (each.is_article and not self.is_navigation(each))]

    def is_navigation(self, seen: SeenAddress) -> bool:
        """Linked from most pages, under a short label, and not known for an article: a section, or a page such as «about us»."""
        if seen.listed_as_article or seen.words > NAV_WORDS or not seen.labels:
            return False
        pages = len(self.pages_read)
        return pages >= 3 and len(seen.pages) >= max(2, NAV_SHARE * pages)
