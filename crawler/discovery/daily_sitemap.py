"""One sitemap a day behind an index (Al Jazeera)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter

from crawler.discovery.asking import Ask
from crawler.discovery.documents.sitemap import read_sitemap
from crawler.discovery.found import Document, Found, SourceError
from crawler.discovery.sitemap import XML, findings

SETTLED_AFTER_DAYS: Final = 3
"""A daily sitemap older than this gets no new entries, so once done it is not asked for again."""
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2199, 12, 31)
_DAYS: Final = TypeAdapter(list[date])
_LISTED: Final = TypeAdapter(dict[date, str])


@dataclass(frozen=True, slots=True)
class DailySitemap:
    """`template`: the address of a day's file, as strftime takes it. Marks: the days that are
    done with (ISO 8601); `listed`, those that the index lists besides.
    """

    index: str
    template: str

    @property
    def name(self) -> str:
        return f"sitemap {self.index}"

    async def find(self, ask: Ask) -> AsyncIterator[Found]:
        done: set[date] = set() if ask.refetch else set(ask.mark(self.name, _DAYS) or ())
        days = self._days(ask, await self._listed(ask), done)
        failed = 0
        for day, url in days:
            try:
                answer = await ask.get(url, accept=XML)
                if answer is None:
                    continue
                document, response = answer
                listed = await ask.parsed(read_sitemap, response)
            except SourceError as error:
                failed += 1
                ask.failed(error, self.name)
                continue
            for found in findings(ask, listed, document, self.name):
                yield found
            if (ask.now.date() - day).days > SETTLED_AFTER_DAYS:
                ask.on_close(partial(self._mark, ask, day, document))
        if days and failed == len(days):
            raise SourceError(self.index, f"none of its {failed} daily sitemaps could be read")

    def _mark(self, ask: Ask, day: date, document: Document) -> None:
        if document.complete:
            done = {*(ask.mark(self.name, _DAYS) or ()), day}
            ask.memory.marks[self.name] = sorted(each.isoformat() for each in done)

    async def _listed(self, ask: Ask) -> dict[date, str]:
        """The daily files the index names; none where it cannot be read: the template makes their addresses too."""
        try:
            remembered = ask.mark(f"{self.name} listed", _LISTED) if ask.window.open else None
            answer = await ask.get(self.index, accept=XML, conditional=bool(remembered), counts=False)
            if answer is None:
                return remembered or {}
            document, response = answer
            listed = await ask.parsed(read_sitemap, response)
        except SourceError as error:
            ask.failed(error, self.name)
            return {}
        document.exhausted = True
        return {day: entry.url for entry in listed.entries if (day := _day_of(entry.url)) is not None}

    def _days(self, ask: Ask, listed: dict[date, str], done: set[date]) -> list[tuple[date, str]]:
        """The daily files to ask for, newest first: those of the window, else the newest `bound` that are not done with."""
        today = ask.now.date()
        first, last = min(listed, default=today), max(listed, default=today)
        if ask.window.open and listed:
            open_days = sorted(listed.keys() - done, reverse=True)
            # All that an unchanged index has to say; where days are left for later crawls, it is read again.
            days = {day.isoformat(): listed[day] for day in open_days}
            ask.memory.marks[f"{self.name} listed"] = days if len(days) <= ask.bound else {}
            if len(open_days) > ask.bound:
                ask.fact("source.bounded", source=self.name, bound=ask.bound, left=len(open_days) - ask.bound)
            return [(day, listed[day]) for day in open_days[: ask.bound]]
        # The day in an address is not always the page's own (seen one day off both ways), hence a day around.
        until = min(ask.window.until or today, today) + timedelta(days=1)
        since = max(ask.window.since or min(first, until - timedelta(days=ask.bound)), EARLIEST)
        span = [until - timedelta(days=back) for back in range((until - since).days + 2)]
        # A day missing between listed ones had nothing; one outside of what the index lists may be there all the same.
        wanted = [day for day in span if day in listed or not listed or not first <= day <= last]
        return [(day, listed.get(day) or day.strftime(self.template)) for day in wanted if day not in done]


def _day_of(url: str) -> date | None:
    """From the query of its address; None for other files, and for days that no outlet of ours has published on."""
    try:
        query = parse_qs(urlsplit(url).query)
        day = date(int(query["yyyy"][0]), int(query["mm"][0]), int(query["dd"][0]))
    except (KeyError, ValueError):
        return None
    return day if EARLIEST <= day <= LATEST else None
