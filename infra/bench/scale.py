"""What operations cost in archives of 1,000, 10,000 and 100,000 articles: requests by verb, bytes, CPU, memory, their growth.

The archives are kept through storage, in memory, by runs of a hundred articles of five outlets; requests are counted by the
store, a listing once for every 1,000 keys, as S3 charges them. An exponent of 0 costs the same at any size, one of 1 grows with
the archive.
"""

from __future__ import annotations

import json
import math
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from extractors.article import Article
from infra.bench.requests import article
from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive, Capture, Run
from storage.verify.full_pass import verify
from storage.verify.sample import sample

OUTLETS = ("enab_baladi", "al_jazeera", "baladi_news", "smart", "geiroon")
BEGAN = datetime(2021, 11, 22, 12, tzinfo=UTC)
RUN = 100
"""Articles of a run; a run every six hours, so 400 a day."""
KEPT = Path(__file__).with_name("scale.json")
"""The figures of the last run that was not `--quick`, from which `infra/SCALE.md` is computed (`infra.bench.projection`)."""


@dataclass(frozen=True)
class Spent:
    """requests: by verb; cpu: seconds; memory: bytes at the peak, beyond what was held before."""

    requests: dict[str, int]
    bytes: int
    cpu: float
    memory: int

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())


def scale(sizes: tuple[int, ...]) -> dict[str, object]:
    """A line for each operation: at each size requests, bytes, CPU, memory; the exponent of the requests."""
    measured = [measure(size) for size in sizes]
    if max(sizes) >= 10_000:
        operations = {name: [asdict(each[name]) for each in measured] for name in measured[0]}
        KEPT.write_text(json.dumps({"articles": sizes, "operations": operations}, indent=1) + "\n", encoding="utf-8")
    figures: dict[str, object] = {"articles": " · ".join(f"{size:,}" for size in sizes)}
    for name in measured[0]:
        spent = [each[name] for each in measured]
        line = " | ".join(_told(each) for each in spent)
        figures[name] = f"{line} | n^{exponent(sizes, [each.total for each in spent]):.2f}"
    return figures


def measure(size: int) -> dict[str, Spent]:
    """What each operation costs in an archive of so many articles."""
    archive, numbers = filled(size), count(size)
    now = _at(size) + timedelta(hours=1)
    archive.status()
    cursor = deque(archive.changes(), maxlen=1)[0].cursor
    ids = [f"{OUTLETS[0]}:{size // 2 // len(OUTLETS) * len(OUTLETS)}", f"{OUTLETS[0]}:999999999"]
    operations: dict[str, Callable[[Archive], object]] = {
        "poll_keeps_one": lambda each: _poll(each, next(numbers), now),
        "poll_finds_nothing": lambda each: _begin(each, now).leave(),
        "new_url": lambda each: _begin(each, now).known(OUTLETS[0], f"https://new.example/{next(numbers)}"),
        "status": lambda each: each.status(),
        "changes_at_the_end": lambda each: list(each.changes(cursor)) and None,
        "articles_of_3_days": lambda each: deque(each.articles(since=(now - timedelta(days=2)).date()), maxlen=0),
        "history_known": lambda each: each.history(ids[0]),
        "history_unknown": lambda each: each.history(ids[1]),
        "verify_sample_1_percent": lambda each: sample(each.store, 0.01, now.date()),
        "verify_full": lambda each: verify(each.store),
        "begin_after_kill": lambda each: _begin(each, now + timedelta(hours=1)).close(),
    }
    spent: dict[str, Spent] = {}
    for name, operation in operations.items():
        if name == "changes_at_the_end":
            cursor = deque(archive.changes(cursor), maxlen=1)[-1].cursor
        if name.startswith("history"):
            operation(archive)  # makes the index of ids, or takes in what was announced since
        if name == "begin_after_kill":
            killed(archive, next(numbers), now)
        spent[name] = _spent(archive, operation)
    return spent


def filled(size: int) -> Archive:
    """An archive of so many articles, up to `_at(size)`."""
    archive = Archive(MemoryStore())
    for first in range(0, size, RUN):
        archive.store.clock = _at(first).timestamp()  # type: ignore[attr-defined]
        run = _begin(archive, _at(first))
        for number in range(first, min(first + RUN, size)):
            _keep(run, number, _at(first))
        run.finish()
    return archive


def killed(archive: Archive, number: int, at: datetime) -> None:
    """A run that dies after it kept an article: its process is not there any more."""
    assert isinstance(archive.store, MemoryStore)
    archive.store.clock = at.timestamp()
    run = _begin(archive, at)
    _keep(run, number, at)
    run.close()
    (key,) = (each for each in archive.store.objects if each.endswith(f"{run.run_id}.started.json"))
    marker = json.loads(archive.store.objects[key][0]) | {"process": "0@0"}
    archive.store.objects[key] = (json.dumps(marker).encode(), archive.store.objects[key][1])


def exponent(sizes: tuple[int, ...], values: list[int]) -> float:
    """Of the growth from the smallest to the largest size: 0 none, 1 in proportion."""
    if len(sizes) < 2 or not values[0] or not values[-1]:
        return 0.0
    return math.log(values[-1] / values[0]) / math.log(sizes[-1] / sizes[0])


def _spent(archive: Archive, operation: Callable[[Archive], object]) -> Spent:
    store = MeteredStore(archive.store)
    began = time.process_time()
    operation(Archive(store))
    cpu = time.process_time() - began
    requests, size = dict(store.requests), store.bytes
    tracemalloc.start()
    operation(Archive(store))
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Spent(requests, size, cpu, memory)


def _told(spent: Spent) -> str:
    verbs = " ".join(f"{number} {verb}" for verb, number in sorted(spent.requests.items()))
    return f"{verbs}, {spent.bytes / 1e6:.2f} MB, {spent.cpu:.2f} s CPU, {spent.memory / 1e6:.2f} MB memory"


def _poll(archive: Archive, number: int, at: datetime) -> None:
    """Thirty addresses of a feed, one of them new."""
    run = _begin(archive, at)
    outlet = OUTLETS[number % len(OUTLETS)]
    for back in range(30):
        run.known(outlet, _article(number - back * len(OUTLETS)).url)
    _keep(run, number, at)
    run.finish()


def _article(number: int) -> Article:
    outlet = OUTLETS[number % len(OUTLETS)]
    page = article(number, f"https://www.{outlet}.example/archives/{number}", f"نص المادة {number} من {outlet}")
    return replace(page, id=f"{outlet}:{number}", outlet=outlet)


def _keep(run: Run, number: int, at: datetime) -> None:
    page = replace(_article(number), date_published=at.isoformat())
    run.discover(page.outlet, page.url)
    run.keep(page, Capture(fetched_at=at, status=200))


def _begin(archive: Archive, at: datetime) -> Run:
    ticks = count()
    return archive.begin({"bench": "scale"}, now=lambda: at + timedelta(microseconds=next(ticks)))


def _at(number: int) -> datetime:
    return BEGAN + number // RUN * timedelta(hours=6)
