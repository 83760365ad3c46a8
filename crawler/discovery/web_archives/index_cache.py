"""Pages of a web archive's index that were read already, kept in `state/`: an index takes hours, and is not begun anew.

A page is kept as soon as it was read, with the key that leads to the next one. So an index that broke off goes on at its
last key. What is older than WARRAQ_HISTORY_INDEX_HOURS is not trusted. Losing all this costs requests.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.discovery.found import SourceError
from crawler.discovery.web_archives.captures import Captured

if TYPE_CHECKING:
    from storage import State

InThread = Callable[..., Awaitable[Any]]
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IndexPage:
    """captures: of pages, with everything else left out; skipped: rows that could not be used, by reason; following: what leads
    to the next page, None at the end; missed: addresses of the rows that could not be used; broken: why the page is not whole,
    and the index known in part: such a page is used and not kept.
    """

    captures: tuple[Captured, ...]
    skipped: dict[str, int]
    following: str | None = None
    missed: tuple[str, ...] = ()
    broken: str | None = None


class IndexCache:
    """One outlet's pages, by the question (`query`) and the number of the page."""

    def __init__(self, state: State, hours: float, now: datetime, in_thread: InThread) -> None:
        self._state, self._now, self._in_thread = state, now, in_thread
        self._trusted_from = now - timedelta(hours=hours)

    async def read(
        self, query: str, ask: Callable[[str | None], Awaitable[IndexPage]], *, lasting: bool = False
    ) -> AsyncIterator[tuple[IndexPage, bool]]:
        """Every page of an index and whether it was asked for just now. Asks only for those that are not known.

        Raises SourceError behind a page that is not whole, and where the index leads back to where it was.

        ask: gives the page that `following` of the one before leads to (None: the first). lasting: the index never changes.
        """
        following: str | None = None
        since = _EVER if lasting else self._trusted_from
        number, known = 0, True
        followed: set[str] = set()
        while True:
            found = await self._in_thread(self._load, query, number, since) if known else None
            known = found is not None
            if found is None:
                page = await ask(following)
                if page.broken is None and page.following not in followed:
                    await self._in_thread(self._keep, query, number, page)
            else:
                page, since = found  # a page older than the one before belongs to an earlier reading
            yield page, not known
            following, number = page.following, number + 1
            if page.broken is not None:
                raise SourceError(query, page.broken)
            if following is None:
                return
            if following in followed:
                raise SourceError(query, f"its resume key {following[:60]!r} leads back to where the index was")
            followed.add(following)

    async def get(self, query: str) -> IndexPage | None:
        """The first page of an index that never changes; None if it was not read."""
        found: tuple[IndexPage, datetime] | None = await self._in_thread(self._load, query, 0, _EVER)
        return found[0] if found else None

    async def put(self, query: str, page: IndexPage) -> None:
        """Keeps it."""
        await self._in_thread(self._keep, query, 0, page)

    def _load(self, query: str, number: int, since: datetime) -> tuple[IndexPage, datetime] | None:
        data = self._state.get(_name(query, number))
        try:
            document = json.loads(gzip.decompress(data or b""))
            at = datetime.fromisoformat(document["at"])
            if document["query"] != query or at < since:
                return None
            missed = tuple(map(str, document.get("missed", ())))
            return IndexPage(tuple(_captured(document["lines"])), document["skipped"], document["following"], missed), at
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def _keep(self, query: str, number: int, page: IndexPage) -> None:
        document = {
            "query": query,
            "at": datetime.now(UTC).isoformat(),
            "skipped": page.skipped,
            "following": page.following,
            "missed": page.missed,
            "lines": [list(asdict(each).values()) for each in page.captures],
        }
        data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        self._state.put(_name(query, number), gzip.compress(data, 5, mtime=0))


def _captured(lines: list[list[Any]]) -> Iterator[Captured]:
    return (Captured(*line) for line in lines)


def _name(query: str, number: int) -> str:
    return f"history/index-{hashlib.sha256(query.encode()).hexdigest()[:16]}-{number:05}.json.gz"
