"""Twenty workers and five hundred outlets on a simulated clock: the queue, the schedule and the pace of a watch, without the web.

Real: the queue (`storage.queues.local`, a file), the schedule with what it learns (`crawler.watch.schedule`), the settling of
leases (`crawler.watch.leases`), the pace of hosts (`crawler.download.politeness`, one for each worker, as one process has).
Simulated: the clock, newsrooms that publish by chance, and a crawl, which asks its host one address after another at the host's
pace, as a Scrapy slot with one request at a time does. Workers die with their leases in hand, and come back.

One file, though long: the events of one simulated clock.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from crawler.config import Config, load_config
from crawler.crawl.statistics import CrawlStatistics
from crawler.download.politeness import Politeness
from crawler.facts import Facts
from crawler.watch.http.events_in import SUBMITTED
from crawler.watch.leases import Leases
from crawler.watch.poll_interval import LONGEST, SHORTEST
from crawler.watch.schedule import Schedule
from crawler.watch.task import CrawlResult, Task
from crawler.watch.worker import TOGETHER, YIELD_SECONDS
from infra.bench.stores import MemoryStore
from storage import Archive
from storage.queues import Lease, LeaseLost
from storage.queues.local import LocalQueue

LEASE_SECONDS: Final = 300.0
FEED: Final = 25
"""Entries that an outlet's feed shows."""
SOURCES: Final = 2
"""Requests of a poll before its articles: robots.txt or listing, and feed."""
_LATENCY: Final = 0.01
_FULL_LOOK: Final = 30.0
"""Seconds until a worker that waits sees that somebody's lease has ended (a real one looks each second)."""
BEGAN: Final = datetime(2026, 11, 22, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """An outlet: articles a day, and seconds between two requests that its host asks for."""

    slug: str
    articles_a_day: float
    delay: float

    def locate(self, url: str) -> SimpleNamespace:
        """As an outlet does, whose addresses are all canonical."""
        return SimpleNamespace(url=url)


def newsrooms(outlets: int, articles_a_year: float) -> list[Newsroom]:
    """So many, of which few publish much (Zipf) and every tenth asks for ten seconds between requests."""
    weights = [1 / (n + 10) for n in range(outlets)]
    share = articles_a_year / 365 / sum(weights)
    return [Newsroom(f"outlet_{n:03}", share * weight, 10.0 if n % 10 == 3 else 1.0) for n, weight in enumerate(weights)]


@dataclass(slots=True)
class Fleet:
    """What happened. requests: by host, moments (seconds) at which it was asked; polls: by outlet, when its sources had answered;
    waited: seconds between an event's place in the queue and its work; late: of each article, seconds from its publication to its
    page; missed: articles that had left the feed before it was asked; deaths: of workers; held: worker-seconds with work.
    """

    requests: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    polls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    waited: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    missed: int = 0
    deaths: int = 0
    held: float = 0.0


class _Worker:
    """One process. It has a politeness of its own, and learns of hosts only what it met itself."""

    def __init__(self, queue: LocalQueue, facts: Facts, config: Config) -> None:
        self.politeness = Politeness()
        self.leases = Leases(queue, facts, LEASE_SECONDS, lambda: config)
        self.active: dict[str, Task] = {}
        self.alive = True


class Simulation:
    """place: a folder for the queue; deaths_an_hour: of workers; submitted_an_hour: addresses that are asked for by somebody."""

    def __init__(
        self,
        place: Path,
        rooms: Iterable[Newsroom],
        workers: int,
        *,
        deaths_an_hour: float = 0.0,
        submitted_an_hour: float,
    ) -> None:
        self.rooms = {room.slug: room for room in rooms}
        self.fleet, self.now = Fleet(), 0.0
        self._chance = random.Random(1)  # noqa: S311 - nothing secret
        self._events: list[tuple[float, int, Callable[[], Any]]] = []
        self._order = count()
        self._deaths, self._submitted = deaths_an_hour, submitted_an_hour
        self._queue = LocalQueue(place / "queue.sqlite", lease_seconds=LEASE_SECONDS, clock=lambda: self.now)
        self._schedule = Schedule(
            self.rooms,
            self._queue,
            Archive(MemoryStore()),
            lambda: (SHORTEST, LONGEST),
            Facts(),
            clock=lambda: BEGAN + timedelta(seconds=self.now),
            timer=lambda: self.now,
        )
        self._published: dict[str, list[float]] = {slug: [] for slug in self.rooms}
        self._read: dict[str, set[float]] = {slug: set() for slug in self.rooms}
        self._until = dict.fromkeys(self.rooms, 0.0)
        self._waiting: list[_Worker] = []
        self._put_at: dict[str, float] = {}
        self._config = load_config()
        with patch("crawler.download.politeness.monotonic", lambda: self.now):
            self._workers = [self._worker() for _ in range(workers)]

    def too_fast(self) -> list[tuple[str, float]]:
        """Hosts that were asked before their delay was over, and by how many seconds."""
        return [
            (host, self.rooms[host].delay - (after - before))
            for host, moments in self.fleet.requests.items()
            for before, after in pairwise(moments)
            if after - before < self.rooms[host].delay - 1e-6
        ]

    def run(self, hours: float) -> Fleet:
        """So many hours."""
        with (
            patch("crawler.download.politeness.monotonic", lambda: self.now),
            patch("crawler.watch.http.events_in.outlets", lambda: self.rooms),
            patch("crawler.watch.leases.outlets", lambda: self.rooms),
        ):
            asyncio.run(self._run(hours * 3600))
        self._queue.close()
        return self.fleet

    async def _run(self, seconds: float) -> None:
        for number, worker in enumerate(self._workers):
            self._at(number * 0.05, partial(self._look, worker))
        self._at(0.0, self._put_due)
        self._at(0.0, self._look_again)
        if self._deaths:
            self._at(self._chance.expovariate(self._deaths / 3600), self._die)
        if self._submitted:
            self._at(self._chance.expovariate(self._submitted / 3600), self._submit)
        while self._events and self._events[0][0] <= seconds:
            self.now, _, happens = heapq.heappop(self._events)
            await happens()

    def _at(self, moment: float, happens: Callable[[], Any]) -> None:
        heapq.heappush(self._events, (max(moment, self.now), next(self._order), happens))

    def _worker(self) -> _Worker:
        return _Worker(self._queue, Facts(), self._config)

    async def _put_due(self) -> None:
        for slug, due in self._schedule.due.items():
            if due <= self.now:
                self._put_at.setdefault(slug, self.now)
        await self._schedule.put_due()
        self._wake()
        self._at(max(min(self._schedule.due.values()), self.now + 1.0), self._put_due)

    async def _submit(self) -> None:
        """Somebody asks for an address, mostly one of the first outlets."""
        slug = list(self.rooms)[min(int(self._chance.expovariate(0.1)), len(self.rooms) - 1)]
        url = f"https://{slug}.example/{self.now}"
        event = {"specversion": "1.0", "id": url, "source": "urn:simulation", "type": SUBMITTED, "data": {"url": url}}
        self._queue.put(event, group=slug, key=f"url:{url}")
        self._wake()
        self._at(self.now + self._chance.expovariate(self._submitted / 3600), self._submit)

    async def _look(self, worker: _Worker) -> None:
        """As `Worker.run` does: one group at a time, the next look later the more it has. Who finds nothing waits for something
        to come, as a `take` that waits does.
        """
        if not worker.alive:
            return
        leases = self._queue.take(TOGETHER, 0, most_groups=1)
        if leases:
            self._begin(worker, leases)
            self._at(self.now + YIELD_SECONDS * len(worker.active), lambda: self._look(worker))
        else:
            self._waiting.append(worker)

    def _wake(self) -> None:
        """Something may be there to be taken: whoever waits looks, in any order."""
        waiting, self._waiting = self._waiting, []
        self._chance.shuffle(waiting)
        for number, worker in enumerate(waiting):
            self._at(self.now + number * _LATENCY, partial(self._look, worker))

    async def _look_again(self) -> None:
        """A lease has ended, or a delay."""
        self._wake()
        self._at(self.now + _FULL_LOOK, self._look_again)

    def _begin(self, worker: _Worker, leases: list[Lease]) -> None:
        task = Task(leases[0].group, leases, began=self.now)
        worker.active[task.outlet] = task
        if any(lease.attempt > 1 for lease in leases):
            worker.politeness.doubt()
        if task.outlet in self._put_at:
            self.fleet.waited.append(self.now - self._put_at.pop(task.outlet))
        self._at(self.now + LEASE_SECONDS / 4, lambda: self._extend(worker, task))
        submitted = [float(url.rpartition("/")[2]) for url in task.urls]
        self._request(worker, task, [*([None] * SOURCES if task.due else []), *submitted])

    def _request(self, worker: _Worker, task: Task, left: list[float | None]) -> None:
        """The next request of a crawl, when its host may be asked again. left: None for a source, else when it was published."""
        room = self.rooms[task.outlet]
        seen = worker.politeness.last(room.slug)
        self._at(seen.lastseen + room.delay, lambda: self._answered(worker, task, left))

    async def _answered(self, worker: _Worker, task: Task, left: list[float | None]) -> None:
        if not worker.alive or worker.active.get(task.outlet) is not task:
            return
        room = self.rooms[task.outlet]
        worker.politeness.seen(room.slug, self.now, room.delay)
        self.fleet.requests[room.slug].append(self.now)
        page, *rest = left
        if page is not None:
            self._read[room.slug].add(page)
            self.fleet.late.append(self.now - page)
        elif not rest:
            rest = await self._feed(room)
        if rest:
            self._request(worker, task, rest)
        else:
            self._at(self.now + worker.politeness.rest([room.slug]), lambda: self._end(worker, task))

    async def _feed(self, room: Newsroom) -> list[float | None]:
        """The feed has answered; its articles that were not read."""
        published = self._published[room.slug]
        while (at := self._until[room.slug] + self._chance.expovariate(room.articles_a_day / 86_400)) <= self.now:
            published.append(at)
            self._until[room.slug] = at
        shown = published[-FEED:]
        new = [at for at in shown if at not in self._read[room.slug]]
        self.fleet.missed += sum(at not in self._read[room.slug] for at in published[:-FEED])
        self._published[room.slug] = shown
        self.fleet.polls[room.slug].append(self.now)
        statistics = CrawlStatistics(answered=True)
        statistics.offered(len(shown), len(new))
        await self._schedule.heard(room.slug, statistics)
        return list(new)

    async def _extend(self, worker: _Worker, task: Task) -> None:
        if worker.alive and worker.active.get(task.outlet) is task:
            try:
                task.leases = [self._queue.extend(lease, LEASE_SECONDS) for lease in task.leases]
            except LeaseLost:
                del worker.active[task.outlet]
                return
            self._at(self.now + LEASE_SECONDS / 4, lambda: self._extend(worker, task))

    async def _end(self, worker: _Worker, task: Task) -> None:
        if not worker.alive or worker.active.get(task.outlet) is not task:
            return
        statistics = CrawlStatistics(answered=True, wanted=dict.fromkeys(task.urls, ("kept", None)))
        ended = CrawlResult(statistics, None, {}, self.now - task.began)
        await worker.leases.settle(task, ended, rest=0.0, stopping=False)
        del worker.active[task.outlet]
        self.fleet.held += self.now - task.began

    async def _die(self) -> None:
        """A worker dies with all that it has; another process comes in its place a minute later."""
        place = self._chance.randrange(len(self._workers))
        self._workers[place].alive = False
        self.fleet.deaths += 1
        self._at(self.now + 60, lambda: self._come_back(place))
        self._at(self.now + self._chance.expovariate(self._deaths / 3600), self._die)

    async def _come_back(self, place: int) -> None:
        if not self._workers[place].alive:
            self._workers[place] = self._worker()
            await self._look(self._workers[place])
