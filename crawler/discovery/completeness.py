"""Compares an outlet's sources: which kinds (feed, sitemap, wp-json, listing) named each new article, and which missed it.

A feed that stops while the sitemap goes on loses no article, since the sitemap names it; but the feed needs mending.
The note `completeness.json` has the new articles of `WINDOW` and which kinds of source named each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, Field, StringConstraints

from crawler.state_file import PastMoment, Report, StateFile
from crawler.window import is_fresh
from storage import keys

if TYPE_CHECKING:
    from storage import Outcome, State

NAME: Final = "completeness.json"
KINDS: Final = {"feed": "feed", "sitemap": "sitemap", "wordpress": "wp-json", "listing": "listing"}
"""Kinds of source by the first word of a source's name. Only these are held against each other."""
INITIALS: Final = {kind[0]: kind for kind in KINDS.values()}
Initials = Annotated[str, StringConstraints(pattern=r"^[fswl]{1,4}$")]
Seconds = Annotated[int, Field(ge=0, le=7_258_118_400)]
"""Since 1970, until 2200."""
WINDOW: Final = timedelta(days=7)
MOST_ARTICLES: Final = 3_000
MOST_WAITING: Final = 5_000
"""New addresses of one crawl that are remembered until they have their fate, and until the other sources were asked."""
LEAST_MISSED: Final = 5
CHANCE: Final = 0.001
"""A source has stopped when it missed the last so many articles, and that is as improbable, by how many it named before."""


@dataclass(slots=True)
class SourceKind:
    """since: articles that appeared later are compared; answered: when it was last read to its end; stopped: when it was found to
    name no new articles any more; None while it does.

    A feed none of whose entries it had shown before may have dropped some in between: `since` is then set anew.
    """

    since: PastMoment | None = None
    answered: PastMoment | None = None
    stopped: PastMoment | None = None


class StoredCompleteness(BaseModel):
    """The file. articles: `NewArticle.row` by the first 16 hex digits of the hash of the URL."""

    kinds: dict[Literal["feed", "sitemap", "wp-json", "listing"], SourceKind] = Field(default_factory=dict)
    articles: dict[str, tuple[Seconds, Initials, bool]] = Field(default_factory=dict)


FILE: Final = StateFile(NAME, StoredCompleteness, default=StoredCompleteness, is_note=True)


@dataclass(slots=True)
class NewArticle:
    """first: when it was first named; named: by which kinds of source; kept: whether the archive has it."""

    first: datetime
    named: list[str]
    kept: bool = False

    def row(self) -> tuple[int, str, bool]:
        """As it is stored: (seconds since 1970, initials of the kinds that named it, kept)."""
        return int(self.first.timestamp()), "".join(kind[0] for kind in self.named), self.kept


@dataclass(frozen=True, slots=True)
class Count:
    """Of the articles that a kind of source had time to name: found by it, missed by it, and refilled (missed, but kept)."""

    found: int
    missed: int
    refilled: int
    stopped: str | None


@dataclass(slots=True)
class Completeness:
    """Of one outlet. A crawl sets `now` (aware) to its beginning, calls `named` for each address that a source names, `answered`
    for each source read to its end and `left` for each fate, and ends with `judge`.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    kinds: dict[str, SourceKind] = field(default_factory=dict)
    articles: dict[str, NewArticle] = field(default_factory=dict)
    _waiting: dict[str, tuple[list[str], str | None]] = field(default_factory=dict)
    _again: set[str] = field(default_factory=set)
    _before: str = ""

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
        state = self.kinds.setdefault(kind, SourceKind())
        gap = kind == "feed" and entries > 0 and kind not in self._again
        state.answered = self.now
        if state.since is None or gap:
            state.since = state.answered

    def left(self, outcome: Outcome, published: str | None) -> None:
        """An address came to its fate. An article published long ago is history found late and is not compared."""
        place = keys.url_hash(outcome.url)[:16]
        named, stated = self._waiting.get(place, ([], None))
        kept = outcome.fate in {"kept", "duplicate"}
        if place in self.articles:
            self.articles[place].kept = self.articles[place].kept or kept
        elif named and (kept or outcome.fate in {"failed", "refused"}) and is_fresh(published or stated, self.now):
            self.articles[place] = NewArticle(self.now, named, kept)

    def judge(self, grace: timedelta) -> list[str]:
        """Ends a crawl; the kinds that stopped with it. grace: how long a source may lag behind another."""
        oldest = self.now - WINDOW
        recent = [(place, article) for place, article in self.articles.items() if article.first >= oldest]
        self.articles = dict(recent[-MOST_ARTICLES:])
        return [kind for kind in self.kinds if self._stops(kind, grace)]

    def counts(self, grace: timedelta) -> dict[str, Count]:
        """By kind of source."""
        found = {}
        for kind, state in self.kinds.items():
            compared = self._compared(kind, grace)
            missed = [article for article in compared if kind not in article.named]
            refilled = sum(article.kept for article in missed)
            found[kind] = Count(
                len(compared) - len(missed), len(missed), refilled, state.stopped.isoformat() if state.stopped else None
            )
        return found

    @property
    def disagreement(self) -> str | None:
        """The sources that have stopped while others went on, in words."""
        stopped = sorted(kind for kind, state in self.kinds.items() if state.stopped)
        others = sorted(self.kinds.keys() - stopped)
        return f"{', '.join(stopped)} stopped while {', '.join(others)} went on" if stopped and others else None

    def _compared(self, kind: str, grace: timedelta) -> list[NewArticle]:
        """The articles that it named or had time to name, in the order in which they appeared."""
        state = self.kinds[kind]
        if state.since is None or state.answered is None:
            return []
        until = state.answered - grace
        later = [article for article in self.articles.values() if article.first > state.since]
        return sorted((each for each in later if kind in each.named or each.first <= until), key=lambda each: each.first)

    def _stops(self, kind: str, grace: timedelta) -> bool:
        """Whether it stopped now. It goes on when it names an article that appeared after it had stopped."""
        state, compared = self.kinds[kind], self._compared(kind, grace)
        if state.stopped is not None:
            if any(kind in article.named and article.first > state.stopped for article in compared):
                state.stopped = None
            return False
        last = max((number for number, article in enumerate(compared) if kind in article.named), default=-1)
        tail = len(compared) - 1 - last
        share = sum(kind in article.named for article in compared) / (last + 2)  # as if it had missed one more
        if tail >= LEAST_MISSED and (1 - share) ** tail < CHANCE:
            state.stopped = self.now
            return True
        return False

    def document(self) -> StoredCompleteness:
        """What is to be stored."""
        articles = {place: article.row() for place, article in self.articles.items()}
        return StoredCompleteness.model_construct(kinds=self.kinds, articles=articles)

    @property
    def changed(self) -> bool:
        """Whether there is something to store: without a new article, the times of the answers alone are not."""
        return self._compared_state() != self._before

    def _compared_state(self) -> str:
        """What a new article changes."""
        answers = [state.answered for state in self.kinds.values()] if self.articles else []
        kinds = [(kind, state.since, state.stopped) for kind, state in self.kinds.items()]
        return repr((kinds, answers, list(self.articles.values())))

    @classmethod
    def load(cls, state: State, report: Report) -> Completeness:
        """What is stored; empty where it cannot be understood (fact `state.reset`): it fills again within days. ArchiveError."""
        return cls.of(FILE.load(state, report))

    @classmethod
    def of(cls, stored: StoredCompleteness) -> Completeness:
        """From what `document` gave."""
        articles = {
            place: NewArticle(datetime.fromtimestamp(first, UTC), [INITIALS[kind] for kind in named], kept)
            for place, (first, named, kept) in stored.articles.items()
        }
        loaded = cls(kinds={str(kind): seen for kind, seen in stored.kinds.items()}, articles=articles)
        loaded._before = loaded._compared_state()
        return loaded


def kind_of(source: str) -> str | None:
    """What kind of source this is by its name; None for those that are not compared."""
    return KINDS.get(source.partition(" ")[0])
