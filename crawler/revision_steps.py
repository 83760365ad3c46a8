"""What changed from one text of an article to a later one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from storage.ledger import REVISIONS, LedgerEntry
from storage.text.difference import Difference, difference


class RevisionStep(NamedTuple):
    """From one text to a later one; entries of the ledger."""

    before: LedgerEntry
    after: LedgerEntry
    difference: Difference


def texts_among(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Those that are a text."""
    return [entry for entry in entries if entry.fate in REVISIONS and entry.article is not None]


def revision_steps(
    pairs: Iterable[tuple[LedgerEntry, LedgerEntry]], record: Callable[[str], dict[str, Any]]
) -> Iterator[RevisionStep]:
    """record: an article record by its key."""
    kept = lru_cache(2)(record)  # each is the later text of one step and the earlier one of the next
    for before, after in pairs:
        yield RevisionStep(before, after, difference(kept(before.article or ""), kept(after.article or "")))
