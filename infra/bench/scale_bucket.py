"""The same counts as a bucket sees them, by moto's log; and how long an export takes where each request takes 20 ms."""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.bench.scale_archives import LEAST, begin, filled, moment_of, poll
from infra.bench.stores import MemoryStore, MeteredStore
from infra.testing.servers import environment, make_bucket, moto_apart, settings
from storage import Archive, open_archive
from storage.stores.ask_ahead import IN_FLIGHT
from storage.stores.store import ForwardingStore, Store
from storage.verify.sample import sample

LATENCY: Final = 0.02
"""Seconds of a request."""
_LOGGED: Final = re.compile(r'"(?:\x1b\[\d+m)*(?P<verb>GET|PUT|HEAD|POST|DELETE) (?P<path>\S+) HTTP')


def through_moto() -> dict[str, object]:
    """Requests of some operations in an archive of `LEAST` articles: as the store counts them, and as moto logs them."""
    memory, now = filled(LEAST).store, moment_of(LEAST) + timedelta(hours=1)
    assert isinstance(memory, MemoryStore)
    operations: dict[str, Callable[[Archive], object]] = {
        "poll_keeps_one": lambda each: poll(each, LEAST, now),
        "poll_finds_nothing": lambda each: begin(each, now).leave(),
        "status": lambda each: each.status(),
        "articles_of_3_days": lambda each: deque(each.articles(since=(now - timedelta(days=2)).date()), maxlen=0),
        "verify_sample_10_percent": lambda each: sample(each.store, 0.1, now.date()),
    }
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "moto.log"
        with moto_apart(log) as url, settings(environment(url)):
            make_bucket(url, "bench")
            store = open_archive("s3://bench/scale").store
            store.ready()
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda key: store.create(key, memory.objects[key][0]), list(memory.objects)))
            for name, operation in operations.items():
                metered, seen = MeteredStore(store), log.stat().st_size
                operation(Archive(metered))
                counted, logged = dict(metered.requests), _logged(log, seen)
                same = "the same by moto's log" if counted == logged else f"by moto's log {_line(logged)}"
                figures[f"bucket_{name}"] = f"{_line(counted)}; {same}"
    return figures


def export_of_some_days() -> dict[str, object]:
    """Seconds of `export --since`, as it asks a bucket."""
    memory, since = filled(LEAST).store, moment_of(LEAST).date()
    began = time.monotonic()
    articles = sum(1 for _ in Archive(_Slow(memory)).articles(since=since))
    seconds = time.monotonic() - began
    at_once = f"{articles} articles in {seconds:.2f} s, {IN_FLIGHT} requests of {LATENCY * 1000:.0f} ms at once"
    return {"export_since_from_a_bucket": f"{at_once}; one at a time {articles * LATENCY:.1f} s"}


class _Slow(ForwardingStore):
    """A place that answers as late as a bucket."""

    def __init__(self, beneath: Store) -> None:
        super().__init__(beneath)
        self.uri = "s3://slow/archive"

    def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        time.sleep(LATENCY)  # stands for the way to a bucket
        return self.beneath.get(key)


def _logged(log: Path, seen: int) -> dict[str, int]:
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(seen)
        found = [(each["verb"], each["path"]) for each in map(_LOGGED.search, file) if each]
    return dict(Counter("LIST" if "list-type=2" in path else verb for verb, path in found))


def _line(requests: dict[str, int]) -> str:
    return " ".join(f"{number} {verb}" for verb, number in sorted(requests.items()))
