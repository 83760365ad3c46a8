"""What the views read: the archive, its search index, and what is known of its outlets."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from crawler.serve.follower import IndexFollower
from crawler.serve.response import RequestError
from extractors import outlets as known_outlets
from storage import Archive
from storage.errors import Damaged
from storage.keys import checked_key
from storage.ledger import LedgerEntry
from storage.queries.history import by_moment
from storage.record import Json
from storage.search.counts import MonthCount, months
from storage.search.index import SearchIndex
from storage.search.query import Query
from storage.search.search import Filters, SearchHit
from storage.verify.schema import problems

QUERY_SECONDS: Final = 5.0
"""A search may take so long in all."""
STATE_SECONDS: Final = 30.0
"""What is known of the outlets is gathered once in so long, however often it is asked for."""
MOST_COUNTED: Final = 200_000
"""Counts by month that are remembered, of all questions together: some 30 MB."""
_REFERENCE: Final = re.compile(
    r"(?P<id>(?P<outlet>[a-z0-9][a-z0-9_-]{0,79}):[^\s\x00-\x20\x7f]{1,200}?)(?:@(?P<revision>[1-9]\d{0,5}))?", re.ASCII
)
_TEXTS: Final = (
    "SELECT key, id, revision, outlet, url, headline, published, precision, seen_at, newest = 1, gone_at FROM article"
    " WHERE id = ? ORDER BY seen_at, revision"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`OUTLET:NATIVE[@REVISION]`, as an address names an article."""

    id: str
    outlet: str
    revision: int | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """RequestError: 404 for what cannot be an id."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            raise RequestError(404, "article")
        return cls(found["id"], found["outlet"], int(found["revision"]) if found["revision"] else None)

    def __str__(self) -> str:
        return f"{self.id}@{self.revision}" if self.revision else self.id


@dataclass(frozen=True, slots=True)
class ArticleText:
    """A row of the index: one text of an article. published, seen_at: RFC 3339 in UTC; newest: 1 for the text captured last."""

    key: str
    id: str
    revision: int
    outlet: str
    url: str
    headline: str
    published: str | None
    precision: str | None
    seen_at: str
    newest: int
    gone_at: str | None


class Collection:
    """Every method may be called by several threads. ArchiveError: the archive cannot be read."""

    def __init__(self, archive: Archive, follower: IndexFollower, states: Callable[[], Json]) -> None:
        """states: gathers what is known of the outlets."""
        self.archive, self.follower = archive, follower
        self._states = states
        self._lock = threading.Lock()
        self._known: tuple[float, Json] | None = None
        self._counted: OrderedDict[tuple[str, Query | None, Filters], list[MonthCount]] = OrderedDict()

    @property
    def index(self) -> SearchIndex:
        return self.follower.index()

    def texts(self, article_id: str) -> list[ArticleText]:
        """The texts of an article in the order of their captures. RequestError: 404, or 503 while the index is being built."""
        rows = [ArticleText(*row) for row in self.index.database.execute(_TEXTS, (article_id,))]
        if not rows and not self.follower.progress().complete:
            raise RequestError(503, "building", **{"Retry-After": "10"})
        if not rows:
            raise RequestError(404, "article")
        return rows

    def text(self, reference: Reference) -> tuple[ArticleText, list[ArticleText]]:
        """(the text that a reference means, all texts of its article). RequestError: 404 for a revision that there is not."""
        texts = self.texts(reference.id)
        wanted = [each for each in texts if (each.newest if reference.revision is None else each.revision == reference.revision)]
        if not wanted:
            raise RequestError(404, "revision")
        return wanted[-1], texts

    def reference(self, text: str) -> Reference | None:
        """The text as the id of an article that there is, None for any other."""
        try:
            found = Reference.parse(text)
        except RequestError:
            return None
        known = self.index.database.execute("SELECT 1 FROM article WHERE id = ? LIMIT 1", (found.id,)).fetchone()
        return found if known else None

    def record(self, key: str) -> Json:
        """The article record under a key. Damaged: it breaks its schema, or its text is not the one it was hashed with."""
        found = self.archive.get(checked_key(key))
        try:
            problem = next(problems(found), None)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            problem = f"is no article record ({error!r})"
        if problem is not None:
            raise Damaged(f"{key} {problem}")
        return found

    def ledger(self, outlet: str, url: str) -> list[LedgerEntry]:
        """What an address showed, in the order of the captures."""
        return by_moment(self.archive.store, outlet, url)

    def article_at(self, outlet: str, url: str) -> str | None:
        """The id of the article of a canonical address."""
        found = self.index.database.execute(
            "SELECT id FROM article WHERE outlet = ? AND url = ? LIMIT 1", (outlet, url)
        ).fetchone()
        return str(found[0]) if found else None

    def texts_under(self, keys: list[str]) -> dict[str, tuple[str, int]]:
        """(id, revision) of the texts under these keys, by key."""
        marks = ",".join("?" * len(keys))
        sql = f"SELECT key, id, revision FROM article WHERE key IN ({marks})"  # noqa: S608  # marks only
        return {key: (id_, revision) for key, id_, revision in self.index.database.execute(sql, keys)}

    def months(self, query: Query | None, filters: Filters, *, seconds: float) -> list[MonthCount]:
        """Articles that answer, by month and outlet: counted once for the index as it stands, which is what the start page and
        every further page of an answer ask for. QueryError: it takes longer than `seconds`.
        """
        asked = (self.index.cursor or "", query, filters)
        with self._lock:
            found = self._counted.get(asked)
        if found is None:
            found = months(self.index, query, filters, seconds=seconds)
            with self._lock:
                self._counted[asked] = found
                while sum(map(len, self._counted.values())) > MOST_COUNTED:
                    self._counted.popitem(last=False)
        return found

    def revisions(self, hits: list[SearchHit]) -> dict[str, int]:
        """How many texts the archive has of each of these articles, by id."""
        marks = ",".join("?" * len(hits))
        sql = f"SELECT id, count(*) FROM article WHERE id IN ({marks}) GROUP BY id"  # noqa: S608  # marks only
        return dict(self.index.database.execute(sql, [each.id for each in hits]).fetchall())

    def outlets(self) -> list[str]:
        """The slugs of the outlets whose texts are in the index."""
        # One step of the index for each outlet: DISTINCT would walk over all texts.
        sql = (
            "WITH RECURSIVE each(outlet) AS (SELECT min(outlet) FROM article UNION ALL"
            " SELECT (SELECT min(outlet) FROM article WHERE outlet > each.outlet) FROM each WHERE outlet IS NOT NULL)"
            " SELECT outlet FROM each WHERE outlet IS NOT NULL"
        )
        return [str(row[0]) for row in self.index.database.execute(sql)]

    def states(self) -> Json:
        """What is known of the outlets, of seals and of `verify`: not older than STATE_SECONDS."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > STATE_SECONDS:
                self._known = (time.monotonic(), self._states())
            return self._known[1]


def outlet_name(slug: str, language: str) -> str:
    """The name of an outlet as people know it; the slug itself for one that this program does not know."""
    known = known_outlets().get(slug)
    return slug if known is None else known.name_ar if language == "ar" else known.name


def outlet_zone(slug: str) -> Any:
    """The time zone that an outlet prints its dates in; UTC for one that this program does not know."""
    known = known_outlets().get(slug)
    return ZoneInfo(known.timezone if known else "UTC")
