"""One run of a crawl: the URLs it discovers, what it keeps, and the manifest in which its fates add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from extractors.article import Article
from storage import keys
from storage.errors import ArchiveError
from storage.index import revisits
from storage.index.articles import ArticleLookup
from storage.index.index import ArchiveIndex
from storage.index.known import Known
from storage.index.revisits import LaterVisits
from storage.record import Capture, Json
from storage.run.applied_runs import AppliedRuns
from storage.run.changes import ChangeLog, EventType, outlet_event, sealed_event
from storage.run.ending import RunEnding
from storage.run.fate_counts import FateCounts
from storage.run.in_flight import InFlight
from storage.run.journal import Journal
from storage.run.keep import Keeper
from storage.run.manifest import RecordingStore
from storage.run.outlet_states import OutletStates
from storage.run.recover import Recovery
from storage.run.remove import Removals
from storage.run.runs_note import RunsNote
from storage.run.start_marker import mark_start
from storage.run.visit import ArticleVisit, Fate, KeepRequest, Outcome, Settled, visit
from storage.state import State
from storage.stores.store import Store
from storage.text.identity import content_hash
from storage.warc.archiver import Archiver
from storage.warc.segment_writer import ArchiverOptions


class Run:
    """Thread-safe. `Archive.begin` makes it; `finish` ends it. One run may crawl several outlets."""

    def __init__(
        self,
        store: Store,
        versions: dict[str, str],
        now: Callable[[], datetime],
        later: LaterVisits | None = None,
        raw: ArchiverOptions | None = None,
        *,
        upgrades: bool = False,
    ) -> None:
        """upgrades: the archive was made by an earlier Warraq, whose schemas do not describe what this run writes."""
        self._now, self._upgrades, self._later = now, upgrades, later or LaterVisits()
        self.started_at = now()
        self.run_id = keys.new_run_id(self.started_at)
        self._versions = dict(versions)
        self._store = RecordingStore(store, self._mark_start)
        self._note = RunsNote(store)
        self._applied = AppliedRuns(store, self._note, self.run_id, self.started_at)
        self._index = ArchiveIndex(self._store, self._later, self._applied)
        self._log = ChangeLog(self._store, self.run_id, now)
        self._fate_counts = FateCounts()
        self._in_flight = InFlight(store, self.run_id, self._index.is_large)
        self._journal = Journal(self._store, self._index, self._log, self._in_flight, self.run_id, now)
        self._keeper = Keeper(self._journal)
        self._removals = Removals(self._journal, self._later.confirm_gone_after)
        self.articles = ArticleLookup(self._store, self._index)
        """Look-ups among the articles that an outlet has."""
        self._recovered: Json = {"runs": [], "urls": []}
        self.raw = Archiver(self._store, self.run_id, now, raw)
        """What servers sent: to be filed, and durable, before an article points to it."""
        self._states = OutletStates(self._store)
        self._ending = RunEnding(
            self._store, self._journal, self._fate_counts, self._states, self._applied, self._later, self.started_at
        )

    def state(self, outlet: str) -> State:
        """What an outlet's next crawl goes by. What is staged there is saved when the run ends, after its manifest."""
        return self._states.state(outlet)

    def discover(self, outlet: str, url: str, *, hint: str | None = None) -> bool:
        """Register a canonical URL as pending. False: this run has met it already.

        hint: what discovery says of it (sitemap lastmod, WordPress modified); `known` returns it in later runs.
        """
        return self._fate_counts.meet(keys.checked_slug(outlet), url, hint)

    def known(self, outlet: str, url: str) -> Known | None:
        """What the archive knows of a canonical URL, None if nothing. The ledger's word, also when state/ is lost."""
        return self._index.last(outlet, url)

    def known_at_hand(self, outlet: str, url: str) -> Known | None:
        """The same without waiting for a disk or a bucket: NotAtHandError where it cannot be told so."""
        return self._index.last_at_hand(outlet, url)

    def revisits(self, outlet: str) -> Iterator[tuple[str, str]]:
        """(canonical URL, address to ask for) of the articles whose time for another look has come, the newest first.

        As far as state/ remembers them: those that are named by a source as well are met there (`is_due`).
        """
        now = self._now()
        if not self._later.revisits or revisits.nothing_before(self.state(outlet), self._later, now):
            return
        for article in self._index.due(outlet, now):
            yield article.url, article.address

    def is_due(self, known: Known) -> bool:
        """Whether the time for another look at a URL has come, by its age or because its removal is to be confirmed."""
        return known.published is not None and self._later.is_due(
            known.published, known.checked_at, known.gone_since, self._now()
        )

    def keep(self, article: Article, capture: Capture) -> Outcome:
        """Keep an article by itself: see `keep_one`."""
        return self.keep_one(KeepRequest(article=article, capture=capture))

    def keep_one(self, request: KeepRequest) -> Outcome:
        """Keep an article and settle its URL: kept, revised, unchanged or duplicate. Durable when it returns.

        ArchiveError: nothing is lost, the URL is still pending; settle it as `failed` or try again.
        """
        article, seen = request.article, self._visit(request)
        discovered = request.for_url or article.url
        outcome = self._keeper.keep(seen)
        self._fate_counts.doubt(article.outlet, article.reading.doubts)
        if discovered != article.url:
            self._keeper.alias(seen, discovered, outcome.key)
            outcome = replace(outcome, url=discovered)
        self._fate_counts.settle(article.outlet, discovered, outcome.fate)
        return outcome

    def keep_new(self, requests: Sequence[KeepRequest]) -> list[Outcome | None]:
        """Keep those of the articles that are new at new URLs, together, for a fraction of what `keep` costs each.

        None for every other: nothing became of it, `keep` it. Never raises ArchiveError.
        """
        plain = [each for each in requests if each.for_url in {None, each.article.url}]
        try:
            outcomes = self._keeper.keep_new([self._visit(each) for each in plain])
        except ArchiveError:  # a look-up failed, which `keep` will say
            outcomes = [None] * len(plain)
        kept = {id(each): outcome for each, outcome in zip(plain, outcomes, strict=True) if outcome is not None}
        for each in plain:
            if id(each) in kept:
                self._fate_counts.doubt(each.article.outlet, each.article.reading.doubts)
                self._fate_counts.settle(each.article.outlet, each.article.url, "kept")
        return [kept.get(id(each)) for each in requests]

    def foresee(self, article: Article) -> None:
        """Say that this article is about to be kept, before its raw capture is filed: spares a large archive a request where
        it is the first of a run. Asks and writes nothing.
        """
        if self._in_flight.can_foresee:
            self._in_flight.foresee(content_hash(article.headline, article.body))

    def would_change(self, article: Article, capture: Capture) -> bool:
        """Whether `keep` would write anything for this article: if not, its raw capture need not be filed either.

        Costs what the look-ups of `keep` cost (see `Known`); ArchiveError.
        """
        return self._keeper.would_write(visit(article, capture, self.run_id))

    def settle(
        self,
        outlet: str,
        url: str,
        fate: Settled,
        reason: str | None = None,
        capture: Capture | None = None,
        evidence: Json | None = None,
    ) -> Outcome:
        """Settle a URL without an article. `gone` and `not_an_article` that were seen go to the ledger, the others and what
        the address alone tells (a gallery, say) to the manifest only.

        capture: how the server was asked, if it was: `unchanged` with a capture counts as a look (304), without one it
        means that nobody asked, and `checked_at` and `hint` of what is known stay. It stands in the ledger entry of a
        removal, with the raw bytes it points to, as does `evidence`: what else shows it.
        """
        hint = self._fate_counts.hint(outlet, url)
        if fate in {"gone", "not_an_article"} and (capture or evidence):
            self._removals.settle(outlet, url, fate, reason, capture=capture, evidence=evidence, hint=hint)
        elif fate == "unchanged" and capture is not None:
            self._index.checked(outlet, url, self._now(), hint)
        self._fate_counts.settle(outlet, url, fate, reason)
        return Outcome(fate=fate, url=url, outlet=outlet, reason=reason)

    def conclude(self, outlet: str, url: str, fate: Fate, reason: str | None = None) -> None:
        """The fate of a URL of which several captures were looked at in this run, each kept or settled by itself: the strongest
        of theirs. Writes nothing but what the manifest will count.
        """
        self._fate_counts.settle(outlet, url, fate, reason)

    def recover(self) -> list[str]:
        """Complete what killed runs left half done; the ids of those runs. `Archive.begin` calls it."""
        recovery = Recovery(self._journal, self._keeper, self._removals, self._applied, self._note)
        runs = recovery.recover()
        self._recovered = {"runs": runs, "urls": recovery.completed}
        return runs

    def counts(self) -> dict[str, dict[str, int]]:
        """{outlet: {"discovered": n, fate: n, …}}, for a progress display. `discovered` less the fates is pending."""
        return self._fate_counts.counts()

    def announce(self, outlet: str, kind: EventType, data: Json) -> None:
        """Put an event about an outlet into the change log. Durable when it returns; ArchiveError."""
        self._log.announce(outlet_event(kind, outlet, self._now(), data))

    def announce_seal(self, seal: int, origin: str, data: Json) -> None:
        """Put `archive.sealed` into the change log; its id repeats when a seal is announced again. Durable when it returns."""
        self._log.announce(sealed_event(seal, origin, self._now(), data))

    def leave(self, *, known_failures: int = 0) -> bool:
        """End a run of which nothing is to be told: it made no object, and every address came to a fate that it had before. Only
        state/ is written. False: there is something to tell, so nothing was ended; `finish` it.

        known_failures: so many of its addresses failed as they had in an earlier run.
        """
        self.raw.close()
        if not self._ending.leave(known_failures):
            return False
        self.close()
        return True

    def finish(self) -> Json:
        """End the run: pending URLs fail as `interrupted`, the manifest is written last, then state/. The manifest.

        FatesDoNotAddUp if a URL has no fate or two. ArchiveError if the manifest cannot be written: what was kept stays
        kept, and the next run completes what this one began. Safe to call again then: what was written is not written twice.
        """
        self.raw.close()
        manifest = self._ending.finish(self._versions, self._recovered)
        self.close()
        return manifest

    def close(self) -> None:
        """Free the temporary files without finishing. A run that was not finished is completed by the next one."""
        self.raw.abandon()
        self._index.close()
        self._fate_counts.close()
        self._store.close()

    def _visit(self, request: KeepRequest) -> ArticleVisit:
        article = request.article
        hint = request.hint or self._fate_counts.hint(article.outlet, request.for_url or article.url)
        return visit(article, request.capture, self.run_id, hint, request.validators)

    def _mark_start(self) -> None:
        named = self._in_flight.keeps()
        mark_start(self._store, self.run_id, self.started_at, self._versions, in_flight=named, upgrades=self._upgrades)
