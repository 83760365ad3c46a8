"""Settling a URL that shows no article: it is gone, or what stands there is something else.

What becomes of it, by what the URL stood at and when that was; one that shows an article is `storage/run/keep.py`'s:

    it is not there                       gone        a ledger entry with what shows it; not announced: servers err
    it is not there, at a visit           gone        the confirming entry, and `article.gone` if it had content
      `confirm_gone_after` later
    it is not there, in a capture from    gone        nothing: it was there later
      before what is known
"""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.index.known import Known
from storage.ledger import LedgerEntry, LedgerFate
from storage.record import Capture, Json, capture_json, rfc3339
from storage.run.journal import Journal


class Removals:
    """For one run. Thread-safe, as the journal is."""

    def __init__(self, journal: Journal, confirm_gone_after: timedelta) -> None:
        self._journal, self._confirm_gone_after = journal, confirm_gone_after

    def settle(
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
        moment = self._journal.now() if capture is None else capture.memento_at or capture.fetched_at
        while True:
            last = self._journal.index.last(outlet, url)
            if last is not None and moment < last.moment and not confirm:
                return
            confirmed = last is not None and fate == "gone" and (confirm or self._confirms(last, moment))
            if last is not None and last.fate == fate and not confirmed:
                self._journal.index.checked(outlet, url, self._journal.now(), hint, moment=moment)
                return
            entry = LedgerEntry(
                n=last.n + 1 if last else 1,
                outlet=outlet,
                url=url,
                fate=fate,
                id=last.id if last else None,
                content_hash=None,
                article=last.key if last else None,
                revision=last.revision if last else 0,
                previous=last.content_hash if last else None,
                at=rfc3339(self._journal.now()),
                run_id=self._journal.run_id,
                reason=reason,
                hint=hint,
                capture=capture_json(capture) if capture else None,
                evidence=evidence,
                moment=rfc3339(moment),
                confirmed=confirmed if fate == "gone" else None,
            )
            if confirmed:
                self._journal.announce("article.gone", entry)
            if self._journal.entered(entry):
                return

    def _confirms(self, last: Known, moment: datetime) -> bool:
        """Whether a URL that was gone at this moment was so long enough, and had content of which that could be told.

        By the moments of the captures: the same old capture read again a day later confirms nothing.
        """
        since = last.gone_since
        return since is not None and last.content_hash is not None and moment - since >= self._confirm_gone_after
