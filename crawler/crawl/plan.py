"""What one crawl of one outlet was asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler.discovery.asking import Source
from crawler.discovery.web_archives.via import Via
from crawler.window import Window
from extractors import Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """limit: most pages to fetch, None = all. refetch: known pages too, without conditions. via: web archives instead of the
    outlet's own sources. sources: those to be asked; wanted: addresses that somebody asked for, which come first;
    only: nothing but these.
    """

    outlet: Outlet
    sources: tuple[Source, ...]
    window: Window = field(default_factory=Window)
    limit: int | None = None
    refetch: bool = False
    via: Via = field(default_factory=Via)
    wanted: tuple[Source, ...] = ()
    only: bool = False

    @property
    def slug(self) -> str:
        return self.outlet.slug

    @property
    def lives(self) -> bool:
        """The outlet itself is asked, and answers."""
        return self.outlet.alive and not self.via.archives

    @property
    def whole(self) -> bool:
        """The outlet itself is asked, and for all that is new. A dead outlet and a crawl of given dates are not."""
        return self.lives and self.window.open
