"""What sources of a web archive's index need of the crawl that asks them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.discovery.web_archives.context import IndexContext
from crawler.discovery.web_archives.cost import Estimate
from crawler.discovery.web_archives.index_cache import IndexCache
from crawler.discovery.web_archives.seen_captures import SeenCaptures


def index_context(
    plan: CrawlPlan, session: Session, looked: Callable[[], Awaitable[SeenCaptures]], now: datetime
) -> IndexContext:
    """For one outlet. looked: gives the captures that need not be asked for again; now: when the crawl began."""
    config, pace = session.config, session.pace

    def cache_of(outlet: str) -> IndexCache:
        return IndexCache(session.archive.state(outlet), config.history_index_hours, now, session.in_thread)

    async def consent(estimate: Estimate, *, more: bool = False) -> bool:
        return await session.consent.given(plan.slug, estimate, more=more)

    return IndexContext(
        cache=cache_of(plan.slug),
        looked=looked,
        captures=plan.via.captures,
        delay=config.history_delay,
        consent=consent,
        trouble=partial(session.ending.read_in_part, plan.slug),
        cache_of=cache_of,
        streaming=session.streaming,
        user_agent=config.user_agent,
        turn=lambda url: pace.turn(urlsplit(url).netloc),
        pause=lambda url, tries, asked: pace.hold(urlsplit(url).netloc, asked or pace.pause(tries), asked=asked > 0),
    )
