"""The history of one article: what its address showed over time, and the steps from one text to the next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from crawler.cli.outlet_choice import kept_outlets
from crawler.cli.page_source import is_url
from crawler.revision_steps import RevisionStep, revision_steps, texts_among
from extractors import locate
from extractors import outlets as known_outlets
from storage import Archive
from storage.ledger import LedgerEntry
from storage.queries.articles import outlets as with_articles
from storage.queries.history import by_moment, place_of


class NoHistoryError(Exception):
    """The archive has no such article, or not these revisions of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All entries of a URL in the order of their moments, and the steps asked for. headline: of the newest text."""

    url: str
    headline: str
    entries: list[LedgerEntry]
    steps: list[RevisionStep]


def history_of(archive: Archive, article: str, wanted: tuple[int, int] | None) -> History:
    """Of an article by id or address; `wanted`: the two revisions to compare, None: each with the one before. NoHistoryError."""
    entries, texts = texts_of(archive, article)
    pairs = pairwise(texts) if wanted is None else [_chosen(texts, wanted, article)]
    steps = list(revision_steps(pairs, archive.get))
    headline = archive.get(texts[-1].article or "")["headline"]
    return History(url=texts[-1].url, headline=headline, entries=entries, steps=steps)


def texts_of(archive: Archive, article: str) -> tuple[list[LedgerEntry], list[LedgerEntry]]:
    """(all ledger entries of an article by id or address, those of them that are a text), in the order of moments.
    NoHistoryError.
    """
    outlet, url = _place(archive, article)
    entries = by_moment(archive.store, outlet, url)
    texts = texts_among(entries)
    if not texts:
        raise NoHistoryError(f"{article}: no text of it in {archive.uri}")
    return entries, texts


def _place(archive: Archive, article: str) -> tuple[str, str]:
    """(outlet, canonical URL)."""
    if is_url(article):
        place = locate(article)
        return (place.outlet, place.url) if place is not None else _of_no_outlet(archive, article)
    outlet, _, native = article.partition(":")
    if not native:
        raise NoHistoryError(f"{article!r} is neither an article's id (outlet:number) nor an address")
    kept_outlets([outlet], archive)
    found = place_of(archive.store, article)
    if found is None:
        raise NoHistoryError(f"no article {article} in {archive.uri}")
    return found


def _of_no_outlet(archive: Archive, url: str) -> tuple[str, str]:
    """The same for the address, as it was kept, of an outlet whose file is gone."""
    strange = [outlet for outlet in with_articles(archive.store) if outlet not in known_outlets()]
    for outlet in strange:
        if by_moment(archive.store, outlet, url):
            return outlet, url
    more = f"; of {', '.join(strange)} there is no file here: name the article by its id" if strange else ""
    raise NoHistoryError(f"{url} is no address of a known outlet (`warraq outlets`){more}")


def _chosen(texts: list[LedgerEntry], wanted: tuple[int, int], article: str) -> tuple[LedgerEntry, LedgerEntry]:
    by_number = {entry.revision: entry for entry in texts}
    for number in wanted:
        if number not in by_number:
            raise NoHistoryError(f"{article} has no revision {number}; it has {', '.join(map(str, sorted(by_number)))}")
    return by_number[wanted[0]], by_number[wanted[1]]
