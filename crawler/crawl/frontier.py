"""Which addresses a crawl visits: what the outlet's sources name, if it is new or due, and known ones whose time has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.crawl.fates import OUTSIDE
from crawler.crawl.visit import Visit
from crawler.discovery import Found, Source, WordPress, modified_since
from crawler.discovery.completeness import kind_of
from crawler.discovery.revisits import Revisits
from crawler.discovery.unpublished import Unpublished
from storage import Known

if TYPE_CHECKING:
    from crawler.crawl.outlet_spider import OutletSpider


class Frontier:
    """For one spider, while it crawls."""

    def __init__(self, spider: OutletSpider) -> None:
        self._spider, self._session, self._outlet = spider, spider.session, spider.outlet
        self._slug = spider.name

    @property
    def whole(self) -> bool:
        """The outlet itself is asked, and for all that is new. A dead outlet and a crawl of a given past are not."""
        return self._spider.lives and self._spider.window.open

    def again(self) -> tuple[Source, ...]:
        """The outlet's own kept articles, asked after its sources: those that its WordPress unpublished, and those of an age."""
        return (*self._unpublished(), Revisits(self._due_by_age)) if self.whole else ()

    async def visit(self, found: Found, source: Source) -> Visit | None:
        """A visit to the address; None when this crawl has met it, or when its fate is clear without one."""
        place = self._outlet.locate(found.url)
        if place is None:
            return None
        first, known = self._session.run.discover(self._slug, place.url, hint=found.modified), None
        if first and place.is_article:
            known = await self._session.in_thread(self._session.run.known, self._slug, place.url)
        kind = self._compared(source)
        if kind is not None and place.is_article:
            new, published = first and known is None, found.published or place.date
            self._session.completeness(self._slug).named(kind, place.url, new=new, published=published)
        if not first:
            return None
        found.document.named()
        found.document.known_only = found.document.known_only and known is not None
        return await self._worth(Visit(found, place, known=known))

    def read(self, source: Source, entries: int, new: int) -> None:
        """A source was read to its end: it named so many addresses, and so many of them were new."""
        self._session.tidings(self._slug).offered(entries, new)
        kind = self._compared(source)
        if kind is not None:
            self._session.completeness(self._slug).answered(kind, entries=entries)

    async def _worth(self, visit: Visit) -> Visit | None:
        """The same visit if it is to be made."""
        found, place, known, fates, window = visit.found, visit.place, visit.known, self._spider.fates, self._spider.window
        published = found.published or await self._published(known)
        if not place.is_article:
            await fates.settle(visit, "not_an_article", place.kind)
        elif window.excludes(published) or window.excludes(place.date, tolerance_days=1):
            await fates.settle(visit, "refused", OUTSIDE, published=published)
        elif found.past:
            return await self._spider.past.worth(visit, known)
        elif known is not None and not self._spider.refetch and not self._due(known, found):
            await fates.settle(visit, "unchanged", "known", published=published)
        else:
            if known is not None and known.stands and not self._spider.refetch and not _to_be_read(found, known):
                visit.conditions = known.validators
            return visit
        return None

    async def _published(self, known: Known | None) -> str | None:
        """When a kept article was published: asked for only where dates matter, to know when a listing is past them."""
        if known is None or known.key is None or self._spider.window.open:
            return None
        record = await self._session.in_thread(self._session.archive.get, known.key)
        published: str | None = record["date_published"]
        return published

    def _due(self, known: Known, found: Found) -> bool:
        """A known address is asked again when its source says it was modified, when it has reached an age at which it is
        looked at again, or when its absence has aged.
        """
        if found.wanted or _says_modified(found, known) or (self._spider.lives and self._session.run.is_due(known)):
            return True
        config = self._session.config
        waits = {"gone": config.recheck_gone_hours, "not_an_article": config.recheck_not_article_hours}
        if known.fate not in waits:
            return False
        return datetime.now(UTC) - known.checked_at >= timedelta(hours=waits[known.fate])

    def _compared(self, source: Source) -> str | None:
        """What kind of source it is, if it is held against the others: where each tells all that is new."""
        return kind_of(source.name) if self.whole else None

    async def _due_by_age(self) -> list[tuple[str, str]]:
        return await self._session.in_thread(lambda: list(self._session.run.revisits(self._slug)))

    def _unpublished(self) -> tuple[Source, ...]:
        """Before age has them visited: a visit that is made because of what the API says knows what it says."""
        config = self._session.config
        every, later = timedelta(hours=config.unpublished_hours), config.later_visits
        if not every or not later.revisits:
            return ()
        return tuple(
            Unpublished(source.endpoint, self._session.run.articles, self._session.in_thread, every, later.confirm_gone_after)
            for source in self._spider.own_sources
            if isinstance(source, WordPress)
        )


def _to_be_read(found: Found, known: Known) -> bool:
    """Whether the page itself is wanted, and not the word that it has not changed."""
    return found.canary or found.unlisted is not None or _says_modified(found, known)


def _says_modified(found: Found, known: Known) -> bool:
    """Whether the source says that the page changed since it was read."""
    return found.modified is not None and modified_since(found.modified, known.hint, known.checked_at)
