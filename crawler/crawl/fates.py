"""One way to a fate, for addresses fetched live, read from web archives or read from WARC files.

The raw capture is filed and durable, the archive keeps the article or enters what there is instead, the fact is stated. Which
documents wait for an address, and what the next crawl goes by, is the live crawl's alone (`crawler.crawl.visit_fates`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawler.crawl.raw_captures import RawCaptures
from crawler.crawl.session import Session
from crawler.crawl.visit import Fetched
from extractors import Article
from storage import ArchiveError, Capture, KeepRequest, Outcome, Settled
from storage.record import Json

OUTSIDE = "outside the dates asked for"

STRENGTH = ("kept", "revised", "duplicate", "unchanged", "gone", "not_an_article", "refused", "failed")
"""Of several captures of one address in one run, the first of these that one of them came to is the address's fate."""


def strongest(first: Outcome | None, second: Outcome) -> Outcome:
    """The outcome that tells what became of an address of which several captures were looked at in one run."""
    return second if first is None or STRENGTH.index(second.fate) < STRENGTH.index(first.fate) else first


@dataclass(frozen=True, slots=True)
class Hints:
    """For the next visit of an article. modified: the time its source states; validators: headers to ask for the page with."""

    modified: str | None = None
    validators: dict[str, str] | None = None


class Fates:
    """The fates of one outlet's addresses in one run. Call from one event loop.

    stop: called once, when so many articles in a row could not be kept that the archive is taken for down.
    """

    def __init__(self, session: Session, outlet: str, stop: Callable[[], None]) -> None:
        self._session, self.outlet, self._stop = session, outlet, stop
        self.raw = RawCaptures(session, outlet)
        self._logger = logging.getLogger(outlet)

    async def keep(
        self,
        url: str,
        article: Article,
        capture: Capture,
        fetched: Fetched,
        hints: Hints | None = None,
        *,
        file_known: bool = True,
    ) -> Outcome:
        """Files what was fetched and hands the article to the archive. Raises ArchiveError: then the address has no fate yet.

        url: canonical, of the address that led to the article. file_known: also file a capture that brings nothing new.
        """
        hints = hints or Hints()
        run = self._session.run
        if file_known or await self._session.in_thread(run.would_change, article, capture):
            run.foresee(article)
            capture = await self.raw.of_article(fetched, capture, article.url)
        return await self._session.keep(
            KeepRequest(article=article, capture=capture, for_url=url, hint=hints.modified, validators=hints.validators)
        )

    async def settle(
        self, url: str, fate: Settled, reason: str, capture: Capture | None, fetched: Fetched, evidence: Json | None = None
    ) -> Outcome:
        """The fate of an address without an article: files what was fetched where that is wanted, enters it in the ledger where
        something was fetched (`capture`). Raises ArchiveError.
        """
        filed = await self.raw.of_fate(fetched, url, capture, fate)
        return await self._session.in_thread(self._session.run.settle, self.outlet, url, fate, reason, filed, evidence)

    def note(self, url: str, fate: Settled, reason: str) -> Outcome:
        """A fate that stands in the run's manifest only. Writes nothing."""
        return self._session.run.settle(self.outlet, url, fate, reason)

    def archive_failed(self, error: ArchiveError) -> None:
        """An article could not be kept. Its address fails (`note`), and is met again in a later run."""
        if self._session.ending.archive_failed(error):
            self._stop()

    def archive_accepted(self) -> None:
        """The archive took what it was given: failures are counted anew."""
        self._session.ending.archive_failures = 0

    def conclude(self, url: str, outcome: Outcome) -> None:
        """The address of several captures has the fate of this outcome, the strongest of theirs."""
        self._session.run.conclude(self.outlet, url, outcome.fate, outcome.reason)

    def state(self, outcome: Outcome, **details: Any) -> None:
        """States what became of an address, as a fact."""
        about = {"reason": outcome.reason, "key": outcome.key, "content_hash": outcome.content_hash}
        self.fact(outcome.fate, url=outcome.url, **about, **details)

    def fact(self, fact: str, /, **details: Any) -> None:
        """States what happened: as a fact, and in the log."""
        self._session.facts(fact, outlet=self.outlet, **details)
        if self._logger.isEnabledFor(logging.INFO):
            self._logger.info("%s %s", fact, " ".join(f"{name}={value}" for name, value in details.items() if value is not None))

    def warn(self, line: str) -> None:
        """A line in the log alone."""
        self._logger.warning("%s", line)
