"""What operations cost in archives of 1,000, 10,000 and 100,000 articles: requests by verb, bytes, CPU, memory, their growth.

Requests are counted by the store, a listing once for every 1,000 keys, as S3 charges them. Each operation is done in a process
forked for it: it leaves the archive as it was, and the peak of its memory is its own, SQLite's included. An exponent of 0 costs
the same at any size, one of 1 grows with the archive.
"""

from __future__ import annotations

import gc
import json
import math
import os
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from infra.bench.scale_archives import OUTLETS, begin, filled, killed, moment_of, poll
from infra.bench.stores import MemoryStore, MeteredStore
from storage import Archive
from storage.verify.full_pass import verify
from storage.verify.sample import sample

KEPT: Final = Path(__file__).with_name("scale.json")
"""The figures of the last run that was not `--quick`, from which `infra/SCALE.md` is computed (`infra.bench.projection`)."""
DOLLARS: Final = {"PUT": 5e-6, "LIST": 5e-6, "GET": 0.4e-6, "HEAD": 0.4e-6}
"""Of a request to S3 Standard in us-east-1: aws.amazon.com/s3/pricing, as of 2025. Look again before you budget."""
A_MONTH: Final = {
    "poll_keeps_one": 5 * 96 * 30,
    "status": 30 * 24,
    "changes_at_the_end": 30 * 24 * 60,
    "articles_of_3_days": 30,
    "history_known": 300,
    "history_unknown": 300,
    "verify_sample_1_percent": 30,
    "verify_full": 1,
    "begin_after_kill": 10,
}
"""How often it is done for five outlets: a poll a quarter of an hour each, a daily sample and export, a reader a minute."""
SAMPLES: Final = 10
"""Days whose samples are taken: what a day draws differs by some slices, the mean is what it costs."""


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

    @property
    def dollars(self) -> float:
        """What the requests cost."""
        return sum(DOLLARS[verb] * number for verb, number in self.requests.items())


def scale(sizes: tuple[int, ...], *, cost: bool = False) -> dict[str, object]:
    """A line for each operation: at each size requests, bytes, CPU, memory; the exponents of their growth.

    cost: also what a month of them costs at the largest size, in dollars for requests.
    """
    measured = [measure(size) for size in sizes]
    if max(sizes) >= 10_000:
        operations = {name: [asdict(each[name]) for each in measured] for name in measured[0]}
        KEPT.write_text(json.dumps({"articles": sizes, "operations": operations}, indent=1) + "\n", encoding="utf-8")
    figures: dict[str, object] = {"articles": " · ".join(f"{size:,}" for size in sizes)}
    for name in measured[0]:
        spent = [each[name] for each in measured]
        line = " | ".join(_line(each) for each in spent)
        growth = {
            "requests": exponent(sizes, [each.total for each in spent]),
            "bytes": exponent(sizes, [each.bytes for each in spent]),
            "CPU": exponent(sizes, [each.cpu for each in spent]),
        }
        figures[name] = f"{line} | {', '.join(f'{what} n^{power:.2f}' for what, power in growth.items())}"
    return {**figures, **(_a_month(measured[-1], sizes[-1]) if cost else {})}


def measure(size: int) -> dict[str, Spent]:
    """What each operation costs in an archive of so many articles."""
    archive, numbers = filled(size), count(size)
    now, today = moment_of(size) + timedelta(hours=1), (moment_of(size) + timedelta(hours=1)).date()
    archive.status()
    cursor = deque(archive.changes(), maxlen=1)[0].cursor
    known, unknown = f"{OUTLETS[0]}:{size // 2 // 500 * 500}", f"{OUTLETS[0]}:999999999"
    archive.history(known)  # makes the index of ids
    spent = {
        "poll_keeps_one": _spent(archive, lambda each: poll(each, size, now)),
        "poll_finds_nothing": _spent(archive, lambda each: begin(each, now).leave()),
        "new_url": _spent(archive, lambda each: begin(each, now).known(OUTLETS[0], "https://new.example/")),
        "status": _spent(archive, lambda each: each.status()),
        "changes_at_the_end": _spent(archive, lambda each: deque(each.changes(cursor), maxlen=0)),
        "articles_of_3_days": _spent(archive, lambda each: deque(each.articles(since=today - timedelta(days=2)), maxlen=0)),
        "history_known": _spent(archive, lambda each: each.history(known)),
        "history_unknown": _spent(archive, lambda each: each.history(unknown)),
        "verify_sample_1_percent": _mean(archive, lambda each, day: sample(each.store, 0.01, today + timedelta(days=day))),
        "verify_full": _spent(archive, lambda each: verify(each.store)),
    }
    killed(archive, next(numbers), now)
    spent["begin_after_kill"] = _spent(archive, lambda each: begin(each, now + timedelta(hours=1)).close())
    assert isinstance(archive.store, MemoryStore)
    copy = Archive(archive.store.copied(now.timestamp()))  # as `cp -r` leaves it: everything has one time
    cursor = deque(copy.changes(cursor), maxlen=1)[-1].cursor
    spent["changes_after_a_copy"] = _spent(copy, lambda each: deque(each.changes(cursor), maxlen=0))
    poll(copy, next(numbers), now + timedelta(hours=2))
    spent["changes_after_a_copy_and_a_poll"] = _spent(copy, lambda each: deque(each.changes(cursor), maxlen=0))
    return spent


def _a_month(measured: dict[str, Spent], articles: int) -> dict[str, object]:
    """Dollars a month of each operation that is done regularly, and of all of them."""
    dollars = {name: measured[name].dollars * times for name, times in A_MONTH.items()}
    lines = {f"{name}, {A_MONTH[name]:,} a month": f"${value:.2f}" for name, value in dollars.items()}
    return {**lines, "a month": f"${sum(dollars.values()):.2f} of requests for five outlets at {articles:,} articles"}


def exponent(sizes: tuple[int, ...], values: Sequence[float]) -> float:
    """Of the growth from the smallest to the largest size: 0 none, 1 in proportion."""
    if len(sizes) < 2 or not values[0] or not values[-1]:
        return 0.0
    return math.log(values[-1] / values[0]) / math.log(sizes[-1] / sizes[0])


def _mean(archive: Archive, operation: Callable[[Archive, int], object]) -> Spent:
    """Of the operation on each of `SAMPLES` days: requests rounded, the largest memory."""
    days = [_spent(archive, lambda each, day=day: operation(each, day)) for day in range(SAMPLES)]  # type: ignore[misc]
    verbs = {verb for each in days for verb in each.requests}
    requests = {verb: round(sum(each.requests.get(verb, 0) for each in days) / SAMPLES) for verb in sorted(verbs)}
    size, cpu = sum(each.bytes for each in days) // SAMPLES, sum(each.cpu for each in days) / SAMPLES
    return Spent(requests, size, cpu, max(each.memory for each in days))


def _spent(archive: Archive, operation: Callable[[Archive], object]) -> Spent:
    """In a process forked for it."""
    gc.collect()
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(sending, json.dumps(asdict(_measured(archive, operation))).encode())  # less than a pipe holds
            code = 0
        finally:
            os._exit(code)
    os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        data = pipe.read()
    if os.waitpid(child, 0)[1] or not data:
        raise RuntimeError("an operation failed, see above")
    return Spent(**json.loads(data))


def _measured(archive: Archive, operation: Callable[[Archive], object]) -> Spent:
    store = MeteredStore(archive.store)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, began = _memory("VmRSS"), time.process_time()
    operation(Archive(store))
    return Spent(dict(store.requests), store.bytes, time.process_time() - began, max(0, _memory("VmHWM") - before))


def _memory(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _line(spent: Spent) -> str:
    verbs = " ".join(f"{number} {verb}" for verb, number in sorted(spent.requests.items()))
    return f"{verbs}, {spent.bytes / 1e6:.2f} MB, {spent.cpu:.2f} s CPU, {spent.memory / 1e6:.1f} MB memory"
