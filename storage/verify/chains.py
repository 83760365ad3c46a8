"""The ledger of one URL: entries 1, 2, 3, …, each linked to the content before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from storage import keys
from storage.ledger import CONTENT, REVISIONS, LedgerEntry
from storage.verify.checks import DAMAGE, PENDING, Check


class ChainLink(NamedTuple):
    """The row of a ledger entry; the columns of its table `entry`, in this order (the first two name the URL).

    content: hash of what the URL showed, None if it showed nothing; hash: of what it showed last, `content` or `previous`.
    older: the capture is from before what was known, and `stands` the entry that the URL goes on standing at.
    confirmed: a removal that was announced, or had nothing to be announced.
    """

    src: str
    url: str
    n: int
    fate: str
    content: str | None
    previous: str | None
    revision: int
    hash: str | None
    article: str | None
    older: bool
    stands: int | None
    confirmed: bool


def link(entry: LedgerEntry) -> ChainLink:
    """What is noted of an entry."""
    return ChainLink(
        src=entry.key,
        url=f"{entry.outlet} {keys.url_hash(entry.url)}",
        n=entry.n,
        fate=entry.fate,
        content=entry.content_hash,
        previous=entry.previous,
        revision=entry.revision,
        hash=entry.content_hash or entry.previous,
        article=entry.article,
        older=entry.older,
        stands=entry.stands,
        confirmed=entry.fate == "gone" and not entry.unconfirmed,
    )


def broken(links: Iterable[ChainLink]) -> Iterator[tuple[str, str]]:
    """(key, problem) of each entry of one URL that does not follow from those before it. links: by n, upwards."""
    revision, standing = 0, None
    at: ChainLink | None = None
    for number, entry in enumerate(links, 1):
        shows = entry.fate in CONTENT
        if entry.n != number:
            yield entry.src, f"entry {number} of this URL is missing before it"
            return
        if (entry.revision, entry.previous) != (revision + (entry.fate in REVISIONS), standing):
            yield entry.src, f"is not linked to the content before (revision {revision}, {standing})"
        if (problem := _misplaced(entry, at, standing)) is not None:
            yield entry.src, problem
        if shows != (entry.content is not None):
            yield entry.src, f"has fate {entry.fate} and content {entry.content}"
        revision, standing = entry.revision, (standing or entry.hash) if entry.older else entry.hash
        at = at if entry.older else entry


def _misplaced(entry: ChainLink, at: ChainLink | None, standing: str | None) -> str | None:
    """Why the entry cannot follow `at`, the one that the URL stood at, with content `standing`; None if it can."""
    if entry.older and (entry.fate not in REVISIONS or at is None or entry.stands != at.n):
        return f"is an older capture and does not name the entry that stands ({at.n if at else None})"
    if entry.fate == "returned" and (at is None or at.fate in CONTENT or entry.content != standing):
        return "returned, and the content before was not missing, or is another one"
    return None


CHECKS: Final = (
    Check(
        """SELECT src FROM {article} AS article
           WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.article = article.src)""",
        "was never announced in changes/",
        PENDING,
    ),
    Check(
        """SELECT src FROM {article} AS article
           WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.article = article.src)""",
        "no ledger entry in urls/ names it",
        PENDING,
    ),
    Check(
        """SELECT src || '#' || line FROM {told} AS told WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.url = told.url
           AND entry.hash = told.hash AND (entry.fate = 'gone') = (told.type = 'article.gone')
           AND (entry.fate != 'gone' OR entry.confirmed))""",
        "no ledger entry in urls/ records this change",
        PENDING,
    ),
    Check(
        """SELECT src || '#' || line, told.article FROM {told} AS told WHERE NOT EXISTS
           (SELECT 1 FROM article WHERE article.src = told.article AND article.hash = told.hash)""",
        "the change names an article that is not there, or has another content ({})",
        DAMAGE,
    ),
    Check(
        """SELECT src FROM {entry} AS entry WHERE (fate IN ('kept', 'revised')
           OR (fate = 'gone' AND hash IS NOT NULL AND confirmed))
           AND NOT EXISTS (SELECT 1 FROM told WHERE told.url = entry.url AND told.n = entry.n AND told.hash = entry.hash)""",
        "was acknowledged but never announced in changes/",
        DAMAGE,
    ),
    Check(
        """SELECT src, entry.article FROM {entry} AS entry WHERE article IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM article WHERE article.src = entry.article AND article.hash = entry.hash)""",
        "names an article that is not there, or has another content ({})",
        DAMAGE,
    ),
)
"""Between the ledger, the change log and the articles."""
