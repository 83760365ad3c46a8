"""Keeping an article: dedup, archive and announce as one transaction.

    claim   hashes/ab/<sha256>.json       this content belongs to that article      create-only: settles who keeps it
    article articles/…/<id>.<hash16>.json the record                                immutable
    change  changes/…/<run>-<n>.jsonl     `article.kept` or `article.revised`       shared by concurrent keeps
    ledger  urls/…/<n>.json               the URL showed this content               the acknowledgement

Why this order: the ledger entry is what makes the next run skip the URL, so it comes last. Killed before it, the URL is
visited again, and every earlier step may be repeated without harm: the claim and the article are created once, the event
has the id it had. Were the change written after the ledger entry, a kill between the two would lose it.

Several that are new are kept together (`keep_new`): each of these steps for all of them before the next one for any.

What becomes of a visit, by what the URL stands at and when that was (a URL that shows no article: `storage/run/remove.py`):

    the same content stands there         unchanged   no request, no object
    it had another content                revised     next revision, linked to the last, with what changed; announced, also
                                                      when the content is an old one or held by another URL (no article then)
    it was gone, as announced             revised     the same for the same content: `returned` says that it is back
    it was gone, unconfirmed or no        unchanged   a ledger entry `returned`, for the removal is in the ledger; no change
      article, the same content is back
    it never had content, content is new  kept
    it never had content, content is held duplicate   a ledger entry that names the holder's article; no change
      by another URL, of whatever outlet
    captured before what is known, and    unchanged   history is not written twice
      a content it had already
    captured before what is known, and    kept, …     as above, marked `older`: the URL goes on standing at what it showed
      a content it never had                          last, so the next visit with that is `unchanged`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from storage import keys, ledger
from storage.errors import ArchiveError
from storage.index.known import Known
from storage.ledger import LED_TO, LedgerEntry, LedgerFate, LedgerPlace, new_entry
from storage.record import rfc3339
from storage.run.changes import EventType
from storage.run.claims import claim, claim_and_article
from storage.run.journal import Journal
from storage.run.visit import ArticleVisit, Fate, Outcome, outcome_of
from storage.stores.json_objects import find_json
from storage.stores.store import NewObject, Store
from storage.text.difference import classes


class _TakenError(Exception):
    """Another was first with one of the objects of a group."""


RETURNED: Final = "returned"
"""Class of change of a content that is back after its removal was announced."""


class Keeper:
    """The transaction, for one run. Thread-safe, as the journal is."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def keep(self, visit: ArticleVisit) -> Outcome:
        """Keep what the URL showed. When it returns, everything is durable; after an ArchiveError, try again."""
        while True:
            last = self._journal.index.last(visit.outlet, visit.url)
            older = last is not None and _is_older(visit, last)
            if last is not None and self._is_known(visit, last, older=older):
                if not older:
                    self._looked(visit, visit.url)
                return outcome_of(visit, "unchanged", last.key, last.revision)
            if last is not None and last.content_hash == visit.content_hash and not last.told_gone:
                entry = replace(self._entry(visit, last, last.key, "returned"), revision=last.revision)
                if self._journal.entered(entry, visit.hints):
                    return outcome_of(visit, "unchanged", last.key, last.revision)
                continue
            place = LedgerPlace(visit.outlet, keys.url_hash(visit.url), last.n + 1 if last else 1)
            with self._journal.in_flight.claiming(visit.content_hash, entry=place):
                with self._journal.log.sharing():
                    key, own = self._claim(visit, last)
                    entry = self._entry(visit, last, key, _fate(last, own=own), older=older)
                    if entry.fate != "duplicate":
                        self._journal.announce(cast("EventType", f"article.{entry.fate}"), entry)
                if self._journal.entered(entry, visit.hints, named=True):
                    return outcome_of(visit, cast("Fate", entry.fate), entry.article, entry.revision)

    def keep_new(self, visits: Sequence[ArticleVisit]) -> list[Outcome | None]:
        """Keep together those visits that show a new content at a new URL: the row «kept» of the table, in the order above;
        each step is done for all of them before the next for any. None for the others, and for all where the archive did not
        take them or something stood there already: `keep` each of those, which finds what was made of it.
        """
        journal, new = self._journal, self._new_ones(visits)
        entries: dict[int, LedgerEntry] = {}
        claims, articles = [], []
        for number in new:
            visit = visits[number]
            key = keys.article(visit.id, visit.outlet, visit.content_hash, visit.captured)
            objects = claim_and_article(visit.content_hash, key, visit.record(1, None))
            claims.append(objects[0])
            articles.append(objects[1])
            entries[number] = self._entry(visit, None, key, "kept")
        if not new or not self._written_together(claims, articles, list(entries.values())):
            return [None] * len(visits)
        for number, entry in entries.items():
            journal.index.learn(entry, visits[number].hints)
        return [
            outcome_of(visit, "kept", entries[number].article, 1) if number in entries else None
            for number, visit in enumerate(visits)
        ]

    def _new_ones(self, visits: Sequence[ArticleVisit]) -> list[int]:
        """The numbers of the visits whose URL and content nobody has, as far as is known here, and no other of the visits has."""
        urls = Counter((visit.outlet, visit.url) for visit in visits)
        contents = Counter(visit.content_hash for visit in visits)
        index = self._journal.index
        return [
            number
            for number, visit in enumerate(visits)
            if urls[visit.outlet, visit.url] == contents[visit.content_hash] == 1
            and index.last(visit.outlet, visit.url) is None
            and index.holder(visit.content_hash) is None
        ]

    def _written_together(self, claims: list[NewObject], articles: list[NewObject], entries: list[LedgerEntry]) -> bool:
        """Whether all of these, and the segment that announces them, stand as given."""
        journal = self._journal
        hashes = [entry.content_hash for entry in entries if entry.content_hash]
        events = [journal.change("article.kept", entry) for entry in entries]
        try:
            # An error inside, so that the claims stay named as in flight.
            with journal.in_flight.claiming(*hashes), journal.log.own_segment(events) as segment:
                _create_all(journal.store, [claims, articles, [segment], [new_entry(entry) for entry in entries]])
        except (_TakenError, ArchiveError):
            return False
        return True

    def would_write(self, visit: ArticleVisit) -> bool:
        """Whether `keep` would write an object for this visit; writes none, and asks of the archive what `keep` asks."""
        last = self._journal.index.last(visit.outlet, visit.url)
        return last is None or not self._is_known(visit, last, older=_is_older(visit, last))

    def alias(self, visit: ArticleVisit, url: str, key: str | None) -> None:
        """`url` led to the visited URL and is known from now on as a duplicate, so that it is not fetched for ever."""
        while True:
            last = self._journal.index.last(visit.outlet, url)
            if last is not None and (last.content_hash == visit.content_hash or visit.moment < last.moment):
                self._looked(replace(visit, hints=None), url)
                return
            entry = self._entry(visit, last, key, "duplicate", url=url, reason=f"{LED_TO}{visit.url}")
            if self._journal.entered(entry):
                return

    def _is_known(self, visit: ArticleVisit, last: Known, *, older: bool) -> bool:
        """Nothing is new: the URL stands at this content, or the capture is an older one and adds none to its history."""
        if last.content_hash == visit.content_hash:
            return older or last.stands
        return older and self._had(visit, last)

    def _had(self, visit: ArticleVisit, last: Known) -> bool:
        """Whether an entry shows this content. One GET if nobody has it, else the entries of the URL as far as needed.

        The claim alone does not tell: a killed worker may have claimed the content without entering it.
        """
        if (
            self._journal.index.holder(visit.content_hash) is None
            and self._journal.store.get(keys.claim(visit.content_hash)) is None
        ):
            return False
        hashed = keys.url_hash(visit.url)
        numbers = (n for n in range(last.n, 0, -1) if n != last.standing)  # what that one shows is known
        entries = (ledger.read_entry(self._journal.store, visit.outlet, hashed, n) for n in numbers)
        return any(entry is not None and entry.content_hash == visit.content_hash for entry in entries)

    def _looked(self, visit: ArticleVisit, url: str) -> None:
        self._journal.index.checked(visit.outlet, url, self._journal.now(), visit.hint, moment=visit.moment, hints=visit.hints)

    def _claim(self, visit: ArticleVisit, last: Known | None) -> tuple[str, bool]:
        """(key of the article with this content, whether the content is claimed for this very URL). It is complete."""
        held = self._journal.index.holder(visit.content_hash)
        if held is not None:
            return held, False
        key = keys.article(visit.id, visit.outlet, visit.content_hash, visit.captured)
        kept = visit.record(last.revision + 1 if last else 1, last.content_hash if last else None)
        key, kept = claim(self._journal.store, visit.content_hash, key, kept)
        return key, (kept["outlet"], kept["url"]) == (visit.outlet, visit.url)

    def _entry(
        self,
        visit: ArticleVisit,
        last: Known | None,
        key: str | None,
        fate: LedgerFate,
        *,
        url: str | None = None,
        reason: str | None = None,
        older: bool = False,
    ) -> LedgerEntry:
        return LedgerEntry(
            n=last.n + 1 if last else 1,
            outlet=visit.outlet,
            url=url or visit.url,
            fate=fate,
            id=visit.id,
            content_hash=visit.content_hash,
            article=key,
            revision=last.revision + 1 if last else 1,
            previous=last.content_hash if last else None,
            at=rfc3339(self._journal.now()),
            run_id=self._journal.run_id,
            reason=reason,
            hint=visit.hint,
            capture=visit.capture,
            moment=rfc3339(visit.moment),
            older=older,
            stands=last.standing if last and older else None,
            change=self._changed(visit, last, older=older) if fate == "revised" and last else None,
        )

    def _changed(self, visit: ArticleVisit, last: Known, *, older: bool) -> list[str] | None:
        """What changed from the earlier to the later of two texts: reads the article that stands. None if it cannot be read."""
        back = [RETURNED] if last.told_gone and not older else []
        if last.content_hash == visit.content_hash:
            return back
        standing = find_json(self._journal.store, last.key)
        if standing is None:
            return back or None
        new = visit.record(0, None)
        return [*back, *(classes(new, standing) if older else classes(standing, new))]


def _create_all(store: Store, phases: Sequence[Sequence[NewObject]]) -> None:
    if not store.create_all(phases):
        raise _TakenError


def _is_older(visit: ArticleVisit, last: Known) -> bool:
    """Whether the capture is from before what is known."""
    return visit.moment < last.moment if visit.older is None else visit.older


def _fate(last: Known | None, *, own: bool) -> LedgerFate:
    if last is not None and last.content_hash is not None:
        return "revised"
    return "kept" if own else "duplicate"
