"""Keeping an article: dedup, archive and announce as one transaction.

    claim   hashes/ab/<sha256>.json       this content belongs to that article      create-only: settles who keeps it
    article articles/…/<id>.<hash16>.json the record                                immutable
    change  changes/…/<run>-<n>.jsonl     `article.kept` or `article.revised`       shared by concurrent keeps
    ledger  urls/…/<n>.json               the URL showed this content               the acknowledgement

Why this order: the ledger entry is what makes the next run skip the URL, so it comes last. Killed before it, the URL is
visited again, and every earlier step may be repeated without harm: the claim and the article are created once, the event
has the id it had. Were the change written after the ledger entry, a kill between the two would lose it.

Why the claim holds the whole record: a worker killed between claim and article leaves a claim that promises an article.
Whoever meets it writes that article with the very same bytes, so two who do it at once do not differ, nor from the
first worker if it is alive after all.

What becomes of a visit, by the last ledger entry of its URL:

    the same content stands there         unchanged   no request, no object
    it had another content, or is back    revised     next revision, linked to the last; a change is announced, also when
      from `gone`                                     the content is an old one or held by another URL (no article then)
    it never had content, content is new  kept
    it never had content, content is held duplicate   a ledger entry that names the holder's article; no change
      by another URL, of whatever outlet
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from extractors.article import Article
from storage import keys, ledger
from storage.changes import ChangeLog, event
from storage.errors import Damaged
from storage.identity import content_hash
from storage.known import Index, Known
from storage.ledger import Entry, LedgerFate
from storage.record import Capture, Json, capture_json, record, rfc3339, to_bytes
from storage.store import Store

Fate = Literal["kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed"]
Settled = Literal["unchanged", "not_an_article", "gone", "refused", "failed"]
"""The fates a URL can be settled with without an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a URL. content_hash, key, revision: of the content it shows (None, None, None without one)."""

    fate: Fate
    url: str
    outlet: str
    content_hash: str | None = None
    key: str | None = None
    revision: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A URL that showed an article. `record`: the article's record, given its revision and the hash of the one before."""

    outlet: str
    url: str
    id: str
    content_hash: str
    record: Callable[[int, str | None], Json]
    captured: datetime
    capture: Json | None
    hint: str | None = None


def visit(article: Article, capture: Capture, run_id: str, hint: str | None = None) -> Visit:
    """The visit that `article` was read at."""
    digest = content_hash(article.headline, article.body)
    return Visit(
        outlet=keys.checked_slug(article.outlet),
        url=article.url,
        id=article.id,
        content_hash=digest,
        record=lambda revision, previous: record(
            article, capture, content_hash=digest, revision=revision, previous=previous, run_id=run_id
        ),
        captured=capture.fetched_at.astimezone(UTC),
        capture=capture_json(capture),
        hint=hint,
    )


class Keeper:
    """The transaction, for one run. Thread-safe: all it shares is, and the archive settles the races."""

    def __init__(self, store: Store, index: Index, log: ChangeLog, run_id: str, now: Callable[[], datetime]) -> None:
        self._store, self._index, self._log, self._run_id, self._now = store, index, log, run_id, now

    def keep(self, visit: Visit) -> Outcome:
        """Keep what the URL showed. When it returns, everything is durable; after an ArchiveError, try again."""
        while True:
            last = self._index.last(visit.outlet, visit.url)
            if last is not None and last.stands and last.content_hash == visit.content_hash:
                self._index.checked(visit.outlet, visit.url, self._now(), visit.hint)
                return _outcome("unchanged", visit, last.key, last.revision)
            with self._log.sharing():
                key, own = self._claim(visit, last)
                entry = self._entry(visit, last, key, _fate(last, own=own))
                if entry.fate != "duplicate":
                    self._log.announce(self._change("article." + entry.fate, entry))
            if self._acknowledged(entry):
                return _outcome(entry.fate, visit, entry.article, entry.revision)

    def alias(self, visit: Visit, url: str, key: str | None) -> None:
        """`url` led to the visited URL and is known from now on as a duplicate, so that it is not fetched for ever."""
        while True:
            last = self._index.last(visit.outlet, url)
            if last is not None and last.content_hash == visit.content_hash:
                self._index.checked(visit.outlet, url, self._now(), visit.hint)
                return
            entry = self._entry(visit, last, key, "duplicate", url=url, reason=f"led to {visit.url}")
            if self._acknowledged(entry):
                return

    def depart(
        self,
        outlet: str,
        url: str,
        fate: LedgerFate,
        reason: str | None,
        *,
        capture: Json | None = None,
        evidence: Json | None = None,
        hint: str | None = None,
    ) -> None:
        """`gone` or `not_an_article`: a fact of the ledger, once. `article.gone` if the URL had content."""
        while True:
            last = self._index.last(outlet, url)
            if last is not None and last.fate == fate:
                self._index.checked(outlet, url, self._now(), hint)
                return
            entry = Entry(
                n=last.n + 1 if last else 1,
                outlet=outlet,
                url=url,
                fate=fate,
                id=last.id if last else None,
                content_hash=None,
                article=last.key if last else None,
                revision=last.revision if last else 0,
                previous=last.content_hash if last else None,
                at=rfc3339(self._now()),
                run_id=self._run_id,
                reason=reason,
                hint=hint,
                capture=capture,
                evidence=evidence,
            )
            if fate == "gone" and entry.previous:
                self._log.announce(self._change("article.gone", entry))
            if self._acknowledged(entry):
                return

    def _claim(self, visit: Visit, last: Known | None) -> tuple[str, bool]:
        """(key of the article with this content, whether the content is claimed for this very URL). It is complete."""
        held = self._index.holder(visit.content_hash)
        if held is not None:
            return held, False
        key = keys.article(visit.id, visit.outlet, visit.content_hash, visit.captured)
        kept = visit.record(last.revision + 1 if last else 1, last.content_hash if last else None)
        claim_key = keys.claim(visit.content_hash)
        article = to_bytes(kept)
        # to_bytes({"content_hash": …, "article": …, "record": kept}), without serialising the text twice
        claim = b'{"content_hash":"%b","article":"%b","record":%b}\n' % (visit.content_hash.encode(), key.encode(), article[:-1])
        standing = self._store.create(claim_key, claim)
        if standing != claim:
            key, kept = read_claim(claim_key, standing)
            article = to_bytes(kept)
        if standing == claim or self._store.stat(key) is None:  # another's article mostly stands: asking is cheaper
            self._store.create(key, article)
        return key, (kept["outlet"], kept["url"]) == (visit.outlet, visit.url)

    def _entry(
        self,
        visit: Visit,
        last: Known | None,
        key: str | None,
        fate: LedgerFate,
        *,
        url: str | None = None,
        reason: str | None = None,
    ) -> Entry:
        return Entry(
            n=last.n + 1 if last else 1,
            outlet=visit.outlet,
            url=url or visit.url,
            fate=fate,
            id=visit.id,
            content_hash=visit.content_hash,
            article=key,
            revision=last.revision + 1 if last else 1,
            previous=last.content_hash if last else None,
            at=rfc3339(self._now()),
            run_id=self._run_id,
            reason=reason,
            hint=visit.hint,
            capture=visit.capture,
        )

    def _acknowledged(self, entry: Entry) -> bool:
        """The entry stands. Else another worker was first with this number: learn what it says and decide anew."""
        standing = ledger.append(self._store, entry)
        self._index.learn(standing or entry)
        return standing is None

    def _change(self, kind: str, entry: Entry) -> Json:
        """The event of an entry about to be written. Its id repeats when the same entry is announced again."""
        hashed = entry.content_hash or entry.previous or ""
        data = {
            "outlet": entry.outlet,
            "url": entry.url,
            "key": entry.article,
            "content_hash": hashed,
            "revision": entry.revision,
            "previous": entry.previous if entry.content_hash else None,
            "n": entry.n,
            "run_id": self._run_id,
        }
        return event(
            cast("Literal['article.kept', 'article.revised', 'article.gone']", kind),
            source=f"urn:warraq:outlet:{entry.outlet}",
            subject=entry.id or entry.url,
            identity=f"{keys.url_hash(entry.url)[:16]}:{entry.n}:{hashed.removeprefix('sha256:')[:16]}",
            at=self._now(),
            data=data,
        )


def read_claim(key: str, data: bytes) -> tuple[str, Json]:
    """(article key, record) of a claim. Damaged if it is none."""
    try:
        claim = json.loads(data)
        return keys.checked_key(claim["article"]), dict(claim["record"])
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"{key} is not a claim ({error})") from error


def _fate(last: Known | None, *, own: bool) -> LedgerFate:
    if last is not None and last.content_hash is not None:
        return "revised"
    return "kept" if own else "duplicate"


def _outcome(fate: Fate, visit: Visit, key: str | None, revision: int) -> Outcome:
    return Outcome(
        fate=fate,
        url=visit.url,
        outlet=visit.outlet,
        content_hash=visit.content_hash,
        key=key,
        revision=revision,
    )
