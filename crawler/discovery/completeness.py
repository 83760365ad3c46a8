"""Which of an outlet's sources named which of its new articles: found by one, missed by another, refilled.

A feed that stops while the sitemap goes on loses nothing, for the others name what it does not; and it is the first sign of
rot. What is kept (`state/<outlet>/completeness.json`) is the articles of some days, and which kinds of source named each.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crawler.crawl.statistics import is_fresh
from storage import Outcome, keys

NAME: Final = "completeness.json"
KINDS: Final = {"feed": "feed", "sitemap": "sitemap", "wordpress": "wp-json", "listing": "listing"}
"""Kinds of source by the first word of a source's name. Only these are held against each other."""
INITIALS: Final = {kind[0]: kind for kind in KINDS.values()}
WINDOW: Final = timedelta(days=7)
MOST_ARTICLES: Final = 3_000
MOST_WAITING: Final = 5_000
"""New addresses of one crawl that are remembered until they have their fate, and until the other sources were asked."""
LEAST_MISSED: Final = 5
CHANCE: Final = 0.001
"""A source has stopped when it missed the last so many articles, and that is as improbable, by how many it named before."""


@dataclass(slots=True)
class SourceKind:
    """since: what appeared later is compared; answered: when it was last read to its end; stopped: since when it names nothing.

    A feed that shows nothing which it had shown before may have missed some between: it is compared from there on.
    """

    since: str | None = None
    answered: str | None = None
    stopped: str | None = None


@dataclass(slots=True)
class NewArticle:
    """One that was new: when it was first named, by whom, and whether it is kept."""

    first: str
    named: list[str]
    kept: bool = False

    def row(self) -> tuple[int, str, bool]:
        """In few bytes."""
        return int(datetime.fromisoformat(self.first).timestamp()), "".join(kind[0] for kind in self.named), self.kept


@dataclass(frozen=True, slots=True)
class Count:
    """Of the articles that a kind of source could name: named and missed by it; refilled: missed, and kept all the same."""

    found: int
    missed: int
    refilled: int
    stopped: str | None


@dataclass(slots=True)
class Completeness:
    """One outlet's. A crawl sets `now` to its beginning and tells `named`, `answered` and `left`; `judge` ends it."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    kinds: dict[str, SourceKind] = field(default_factory=dict)
    articles: dict[str, NewArticle] = field(default_factory=dict)
    _waiting: dict[str, tuple[list[str], str | None]] = field(default_factory=dict)
    _again: set[str] = field(default_factory=set)
    _before: bytes = b""

    def named(self, kind: str, url: str, *, new: bool = False, published: str | None = None) -> None:
        """A source names an address. new: this crawl meets it for the first time, and the archive does not know it."""
        place = keys.url_hash(url)[:16]
        if place in self._waiting:
            named = self._waiting[place][0]
        elif new and len(self._waiting) < MOST_WAITING:
            named = self._waiting.setdefault(place, ([], published))[0]
        else:
            self._again.add(kind)
            named = self.articles[place].named if place in self.articles else []
        if kind not in named:
            named.append(kind)

    def answered(self, kind: str, *, entries: int) -> None:
        """A source was read to its end."""
        told = self.kinds.setdefault(kind, SourceKind())
        gap = kind == "feed" and entries > 0 and kind not in self._again
        told.answered = self.now.isoformat()
        if told.since is None or gap:
            told.since = told.answered

    def left(self, outcome: Outcome, published: str | None) -> None:
        """An address came to its fate. What was published long ago is history that was found late, and tells nothing."""
        place = keys.url_hash(outcome.url)[:16]
        named, stated = self._waiting.get(place, ([], None))
        kept = outcome.fate in {"kept", "duplicate"}
        if place in self.articles:
            self.articles[place].kept = self.articles[place].kept or kept
        elif named and (kept or outcome.fate in {"failed", "refused"}) and is_fresh(published or stated, self.now):
            self.articles[place] = NewArticle(self.now.isoformat(), named, kept)

    def judge(self, grace: timedelta) -> list[str]:
        """Ends a crawl; the kinds that stopped with it. grace: how long a source may lag behind another."""
        oldest = (self.now - WINDOW).isoformat()
        recent = [(place, article) for place, article in self.articles.items() if article.first >= oldest]
        self.articles = dict(recent[-MOST_ARTICLES:])
        return [kind for kind in self.kinds if self._stops(kind, grace)]

    def counts(self, grace: timedelta) -> dict[str, Count]:
        """By kind of source."""
        found = {}
        for kind, told in self.kinds.items():
            compared = self._compared(kind, grace)
            missed = [article for article in compared if kind not in article.named]
            refilled = sum(article.kept for article in missed)
            found[kind] = Count(len(compared) - len(missed), len(missed), refilled, told.stopped)
        return found

    @property
    def disagreement(self) -> str | None:
        """The sources that have stopped while others went on, in words."""
        stopped = sorted(kind for kind, told in self.kinds.items() if told.stopped)
        others = sorted(self.kinds.keys() - stopped)
        return f"{', '.join(stopped)} stopped while {', '.join(others)} went on" if stopped and others else None

    def _compared(self, kind: str, grace: timedelta) -> list[NewArticle]:
        """The articles that it named or had time to name, in the order in which they appeared."""
        told = self.kinds[kind]
        if told.since is None or told.answered is None:
            return []
        until = (datetime.fromisoformat(told.answered) - grace).isoformat()
        later = [article for article in self.articles.values() if article.first > told.since]
        return sorted((each for each in later if kind in each.named or each.first <= until), key=lambda each: each.first)

    def _stops(self, kind: str, grace: timedelta) -> bool:
        """Whether it stopped now. It goes on when it names an article that appeared after it had stopped."""
        told, compared = self.kinds[kind], self._compared(kind, grace)
        if told.stopped is not None:
            if any(kind in article.named and article.first > told.stopped for article in compared):
                told.stopped = None
            return False
        last = max((number for number, article in enumerate(compared) if kind in article.named), default=-1)
        tail = len(compared) - 1 - last
        share = sum(kind in article.named for article in compared) / (last + 2)  # as if it had missed one more
        if tail >= LEAST_MISSED and (1 - share) ** tail < CHANCE:
            told.stopped = self.now.isoformat()
            return True
        return False

    def dump(self) -> bytes:
        """As `load` takes it."""
        kinds = {kind: asdict(told) for kind, told in self.kinds.items()}
        articles = {place: article.row() for place, article in self.articles.items()}
        return json.dumps({"kinds": kinds, "articles": articles}).encode()

    @property
    def changed(self) -> bool:
        """Whether there is something to keep: that all was answered once more says nothing as long as there is no new article."""
        return self._told() != self._before

    def _told(self) -> bytes:
        answers = [told.answered for told in self.kinds.values()] if self.articles else []
        kinds = [(kind, told.since, told.stopped) for kind, told in self.kinds.items()]
        return json.dumps([kinds, answers, [asdict(article) for article in self.articles.values()]]).encode()

    @classmethod
    def load(cls, data: bytes | None) -> Completeness:
        """What `dump` gave; a new one for anything else: it is learned again in days."""
        try:
            told: dict[str, Any] = json.loads(data or b"")
            kinds = {kind: SourceKind(**each) for kind, each in told["kinds"].items()}
            for moment in (moment for kind in kinds.values() for moment in (kind.since, kind.answered, kind.stopped) if moment):
                datetime.fromisoformat(moment)
            articles = {
                place: NewArticle(datetime.fromtimestamp(first, UTC).isoformat(), [INITIALS[kind] for kind in named], bool(kept))
                for place, (first, named, kept) in told["articles"].items()
            }
            loaded = cls(kinds=kinds, articles=articles)
        except (ValueError, TypeError, KeyError, AttributeError):
            loaded = cls()
        loaded._before = loaded._told()
        return loaded


def kind_of(source: str) -> str | None:
    """What kind of source this is by its name; None for those that are not compared."""
    return KINDS.get(source.partition(" ")[0])
