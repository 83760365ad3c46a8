"""What is wrong with an outlet's sources and lasts from crawl to crawl, for metrics and `warraq status`.

A fact of a source is a line of one crawl. What it states lasts: a feed that is answered 304 still has the entries that were
dropped when it was read. The note `sources.json` has one condition by source and name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, Field

from crawler.discovery.completeness import KINDS
from crawler.state_file import PastMoment, StateFile
from storage.one_line import one_line

Name = Literal["gap", "dropped", "truncated", "distrusted", "bounded", "failed", "absent", "entry_failed", "given_up", "unread"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
"""`unread`: addresses of which a web archive gave no capture that can be read. Each other is told by the fact `source.<name>`,
`entry_failed` by `entry.failed`, `given_up` by `address.given_up`.
"""
OF_DOCUMENTS: Final = frozenset({"dropped", "truncated", "distrusted"})
"""Conditions of a document: they last while it is not read anew. The others are those of a source as a whole."""
EVENTS: Final = frozenset({"gap", "given_up"})
"""No states but what happened: they are added up, and stand for SHOWN after the last."""
SHOWN: Final = timedelta(days=7)
MOST_DOCUMENTS: Final = 100
MOST_SOURCES: Final = 200
WEB_ARCHIVES: Final = "web archives"
"""Stands for a source's name where `unread` is counted."""
OTHER: Final = "other"
"""Kind of sources that are none of `KINDS`: web archives, known articles that are asked again."""
_DETAIL_CHARS: Final = 300
_MOST_COUNTED: Final = 10**9
"""Of one fact: no document names as many, and a file with a number of 19 digits is not read again (`crawler.state_file`)."""


class Condition(BaseModel):
    """since: when it was first found, without a crawl that found none between; at: when it last changed.

    count: entries (`dropped`, `entry_failed`), documents (`truncated`, `distrusted`, `failed`, `absent`; `bounded`: those left
    for later crawls, 1 where their number is not known), gaps, addresses (`given_up`, `unread`). documents: the part of each
    (OF_DOCUMENTS only). detail: one line for a person.
    """

    since: PastMoment
    at: PastMoment
    count: int = Field(ge=0)
    detail: str = ""
    documents: dict[str, int] = Field(default_factory=dict)


CONDITIONS: Final = StateFile[dict[str, dict[Name, Condition]]](
    "sources.json", dict[str, dict[Name, Condition]], default=dict, is_note=True
)


class SourceConditions:
    """Of one outlet's sources. A crawl calls `begin`, `note` for each fact of the source, and `end` if it was read to its end."""

    def __init__(self, stored: dict[str, dict[Name, Condition]]) -> None:
        self.stored = stored
        self._before = CONDITIONS.dump(stored)
        self._source = ""
        self._standing: dict[Name, Condition] = {}
        self._noted: dict[Name, Condition] = {}
        self._documents: defaultdict[Name, set[str]] = defaultdict(set)

    @property
    def changed(self) -> bool:
        return CONDITIONS.dump(self.stored) != self._before

    def begin(self, source: str) -> None:
        """The source of this name is asked from now on."""
        self._source, self._standing, self._noted = source, self.stored.get(source, {}), {}
        self._documents.clear()

    def note(self, fact: str, details: Mapping[str, Any], now: datetime) -> None:
        """A fact of the source that is asked; one that tells of no condition is passed over."""
        name = _name_of(fact)
        if name is None:
            return
        standing, noted = self._standing.get(name), self._noted.get(name)
        number, detail = _number_of(name, details), one_line(_detail_of(details), _DETAIL_CHARS)
        before = noted or standing
        documents = dict(before.documents) if before else {}
        if name in OF_DOCUMENTS:
            url = one_line(details.get("url") or self._source, _DETAIL_CHARS)
            documents[url] = number
            self._documents[name].add(url)
            documents = dict(list(documents.items())[-MOST_DOCUMENTS:])
            count = sum(documents.values())
        else:
            count = number + (noted.count if noted else standing.count if standing and name in EVENTS else 0)
        condition = Condition(
            since=standing.since if standing else now,
            at=now,
            count=count,
            detail=noted.detail if noted else detail,
            documents=documents,
        )
        self._noted[name] = condition
        same = standing is not None and standing.model_copy(update={"at": now}) == condition
        self._set(self._source, name, standing if same else condition)

    def end(self, read: Iterable[str], now: datetime) -> None:
        """The source was read to its end. read: addresses of the documents that came anew, and not as unchanged."""
        documents = set(read)
        for name, standing in self._standing.items():
            if name in OF_DOCUMENTS:
                self._read_anew(name, documents - self._documents[name], now)
            elif name in EVENTS:
                if name not in self._noted and now - standing.at > SHOWN:
                    self._set(self._source, name, None)
            elif name not in self._noted:
                self._set(self._source, name, None)

    def _read_anew(self, name: Name, urls: set[str], now: datetime) -> None:
        """These documents have the condition no more."""
        standing = self.stored[self._source][name]
        left = {url: number for url, number in standing.documents.items() if url not in urls}
        if left != standing.documents:
            renewed = standing.model_copy(update={"documents": left, "count": sum(left.values()), "at": now})
            self._set(self._source, name, renewed if left else None)

    def unread(self, reasons: Counter[str], now: datetime) -> None:
        """How many addresses a crawl of web archives left without a capture that can be read, by reason."""
        standing = self.stored.get(WEB_ARCHIVES, {}).get("unread")
        total = reasons.total()
        detail = one_line(", ".join(f"{number} × {reason}" for reason, number in reasons.most_common(3)), _DETAIL_CHARS)
        if standing is not None and (standing.count, standing.detail) == (total, detail):
            return
        since = standing.since if standing else now
        self._set(
            WEB_ARCHIVES,
            "unread",
            Condition(since=since, at=now, count=total, detail=detail) if total else None,
        )

    def keep_only(self, sources: Iterable[str]) -> None:
        """Drops what is known of sources that the outlet has no more, web archives apart."""
        names = {*sources, WEB_ARCHIVES}
        self.stored = {source: conditions for source, conditions in self.stored.items() if source in names}

    def counts(self) -> dict[tuple[str, str], int]:
        """By kind of source and name of the condition, zeros too."""
        counts: dict[tuple[str, str], int] = {(kind, name): 0 for kind in (*KINDS.values(), OTHER) for name in NAMES}
        for source, conditions in self.stored.items():
            for name, condition in conditions.items():
                counts[KINDS.get(source.partition(" ")[0], OTHER), name] += max(1, condition.count)
        return counts

    def _set(self, source: str, name: Name, condition: Condition | None) -> None:
        conditions = {**self.stored.get(source, {})}
        conditions.pop(name, None)
        if condition is not None:
            conditions[name] = condition
        self.stored.pop(source, None)
        if conditions:
            self.stored[source] = conditions
        if len(self.stored) > MOST_SOURCES:
            del self.stored[next(iter(self.stored))]


def _name_of(fact: str) -> Name | None:
    if fact in ("entry.failed", "address.given_up"):
        return "entry_failed" if fact == "entry.failed" else "given_up"
    name = fact.removeprefix("source.")
    return next((each for each in NAMES if each == name), None) if fact.startswith("source.") else None


def _number_of(name: Name, details: Mapping[str, Any]) -> int:
    stated = details.get("left") if name == "bounded" else details.get("entries") if name == "dropped" else 1
    return min(stated, _MOST_COUNTED) if isinstance(stated, int) and stated >= 0 else 1


def _detail_of(details: Mapping[str, Any]) -> str:
    """`url: reason`, or what the fact states besides its source."""
    url, reason = details.get("url"), details.get("reason")
    if reason:
        return f"{url}: {reason}" if url else str(reason)
    stated = {name: value for name, value in details.items() if name not in {"source", "error"} and value is not None}
    return " ".join(f"{name}={value}" for name, value in stated.items())
