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

What becomes of a visit, by what the URL stands at and when that was:

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

    it is not there                       gone        a ledger entry with what shows it; not announced: servers err
    it is not there, at a visit           gone        the confirming entry, and `article.gone` if it had content
      `confirm_gone_after` later
    it is not there, in a capture from    gone        nothing: it was there later
      before what is known
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast

from extractors.article import Article
from storage import keys, ledger
from storage.changes import ChangeLog, event
from storage.difference import classes
from storage.errors import Damaged
from storage.identity import content_hash
from storage.known import Again, Index, Known
from storage.ledger import LED_TO, Entry, LedgerFate
from storage.record import Capture, Json, capture_json, record, rfc3339, to_bytes
from storage.store import Store

Fate = Literal["kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed"]
Settled = Literal["unchanged", "not_an_article", "gone", "refused", "failed"]
"""The fates a URL can be settled with without an article."""
RETURNED: Final = "returned"
"""Class of change of a content that is back after its removal was announced."""


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
    """A URL that showed an article. `record`: the article's record, given its revision and the hash of the one before.

    captured: when we got it, by which the article is filed; moment: when the URL showed it, which is earlier for a capture
    of a web archive. older: whether it is from before what is known, where that was settled already; None: see for yourself.
    again: what a later visit needs, None if there is to be none.
    """

    outlet: str
    url: str
    id: str
    content_hash: str
    record: Callable[[int, str | None], Json]
    captured: datetime
    capture: Json | None
    moment: datetime
    hint: str | None = None
    older: bool | None = None
    again: Again | None = None


def visit(
    article: Article, capture: Capture, run_id: str, hint: str | None = None, validators: dict[str, str] | None = None
) -> Visit:
    """The visit that `article` was read at. validators: of its page, by request header."""
    live = capture.via == "live"
    moment = (capture.memento_at or capture.fetched_at).astimezone(UTC)
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
        moment=moment,
        hint=hint,
        again=Again(
            address=article.fetched_url if live else None,
            published=_stated(article.date_published) or moment,
            validators=validators if live else None,
        ),
    )


class Keeper:
    """The transaction, for one run. Thread-safe: all it shares is, and the archive settles the races."""

    def __init__(
        self,
        store: Store,
        index: Index,
        log: ChangeLog,
        run_id: str,
        now: Callable[[], datetime],
        confirm_gone_after: timedelta = timedelta(hours=24),
    ) -> None:
        self._store, self._index, self._log, self._run_id, self._now = store, index, log, run_id, now
        self._confirm_gone_after = confirm_gone_after

    def keep(self, visit: Visit) -> Outcome:
        """Keep what the URL showed. When it returns, everything is durable; after an ArchiveError, try again."""
        while True:
            last = self._index.last(visit.outlet, visit.url)
            older = last is not None and (visit.moment < last.moment if visit.older is None else visit.older)
            if last is not None and self._is_known(visit, last, older=older):
                if not older:
                    self._looked(visit, visit.url)
                return _outcome("unchanged", visit, last.key, last.revision)
            if last is not None and last.content_hash == visit.content_hash and not last.told_gone:
                entry = replace(self._entry(visit, last, last.key, "returned"), revision=last.revision)
                if self._acknowledged(entry, visit.again):
                    return _outcome("unchanged", visit, last.key, last.revision)
                continue
            with self._log.sharing():
                key, own = self._claim(visit, last)
                entry = self._entry(visit, last, key, _fate(last, own=own), older=older)
                if entry.fate != "duplicate":
                    self._log.announce(self._change("article." + entry.fate, entry))
            if self._acknowledged(entry, visit.again):
                return _outcome(cast("Fate", entry.fate), visit, entry.article, entry.revision)

    def alias(self, visit: Visit, url: str, key: str | None) -> None:
        """`url` led to the visited URL and is known from now on as a duplicate, so that it is not fetched for ever."""
        while True:
            last = self._index.last(visit.outlet, url)
            if last is not None and (last.content_hash == visit.content_hash or visit.moment < last.moment):
                self._looked(replace(visit, again=None), url)
                return
            entry = self._entry(visit, last, key, "duplicate", url=url, reason=f"{LED_TO}{visit.url}")
            if self._acknowledged(entry):
                return

    def depart(
        self,
        outlet: str,
        url: str,
        fate: LedgerFate,
        reason: str | None,
        *,
        capture: Capture | None = None,
        evidence: Json | None = None,
        hint: str | None = None,
        confirm: bool = False,
    ) -> None:
        """`gone` or `not_an_article`: a fact of the ledger. `gone` is one twice, if the URL had content: seen, and confirmed
        with `article.gone` at a visit that is late enough, or when `confirm` says that it was announced already.
        """
        moment = self._now() if capture is None else capture.memento_at or capture.fetched_at
        while True:
            last = self._index.last(outlet, url)
            if last is not None and moment < last.moment and not confirm:
                return
            confirmed = last is not None and fate == "gone" and (confirm or self._confirms(last, moment))
            if last is not None and last.fate == fate and not confirmed:
                self._index.checked(outlet, url, self._now(), hint, moment=moment)
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
                capture=capture_json(capture) if capture else None,
                evidence=evidence,
                moment=rfc3339(moment),
                confirmed=confirmed if fate == "gone" else None,
            )
            if confirmed:
                self._log.announce(self._change("article.gone", entry))
            if self._acknowledged(entry):
                return

    def _confirms(self, last: Known, moment: datetime) -> bool:
        """Whether a URL that was gone at this moment was so long enough, and had content of which that could be told.

        By the moments of the captures: the same old capture read again a day later confirms nothing.
        """
        since = last.gone_since
        return since is not None and last.content_hash is not None and moment - since >= self._confirm_gone_after

    def _is_known(self, visit: Visit, last: Known, *, older: bool) -> bool:
        """Nothing is new: the URL stands at this content, or the capture is an older one and adds none to its history."""
        if last.content_hash == visit.content_hash:
            return older or last.stands
        return older and self._had(visit, last)

    def _had(self, visit: Visit, last: Known) -> bool:
        """Whether an entry shows this content. One GET if nobody has it, else the entries of the URL as far as needed.

        The claim alone does not tell: a killed worker may have claimed the content without entering it.
        """
        if self._index.holder(visit.content_hash) is None and self._store.get(keys.claim(visit.content_hash)) is None:
            return False
        hashed = keys.url_hash(visit.url)
        numbers = (n for n in range(last.n, 0, -1) if n != last.standing)  # what that one shows is known
        entries = (ledger.read_entry(self._store, visit.outlet, hashed, n) for n in numbers)
        return any(entry is not None and entry.content_hash == visit.content_hash for entry in entries)

    def _looked(self, visit: Visit, url: str) -> None:
        self._index.checked(visit.outlet, url, self._now(), visit.hint, moment=visit.moment, again=visit.again)

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
        older: bool = False,
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
            moment=rfc3339(visit.moment),
            older=older,
            stands=last.standing if last and older else None,
            change=self._changed(visit, last, older=older) if fate == "revised" and last else None,
        )

    def _changed(self, visit: Visit, last: Known, *, older: bool) -> list[str] | None:
        """What changed from the earlier to the later of two texts: reads the article that stands. None if it cannot be read."""
        back = [RETURNED] if last.told_gone and not older else []
        if last.content_hash == visit.content_hash:
            return back
        standing = read_article(self._store, last.key)
        if standing is None:
            return back or None
        new = visit.record(0, None)
        return [*back, *(classes(new, standing) if older else classes(standing, new))]

    def _acknowledged(self, entry: Entry, again: Again | None = None) -> bool:
        """The entry stands. Else another worker was first with this number: learn what it says and decide anew."""
        standing = ledger.append(self._store, entry)
        if standing is None:
            self._index.learn(entry, again)
            return True
        self._index.learn(standing)
        return False

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
            "change": entry.change,
            "older": entry.older,
            "moment": entry.moment,
            "memento_at": (entry.capture or {}).get("memento_at"),
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


def _stated(date: str | None) -> datetime | None:
    """The date a page states as an instant; None if it states none that is one."""
    try:
        stated = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return stated if stated.tzinfo else None


def read_article(store: Store, key: str | None) -> Json | None:
    """The record at a key; None if there is none, or none that can be read, which `verify` names."""
    try:
        value = json.loads((store.get(key) if key else None) or b"null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


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
