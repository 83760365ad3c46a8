"""Seconds, CPU seconds and peak memory: of a command and its children, and of work in this process."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from crawler.demo.answer import SiteRequest
from infra.world.worlds import World

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """seconds: wall. cpu: of the command itself and what it waited for. peak_mb: the most resident memory that the command had,
    MiB, as the system counts it; family_mb: of it with its children, sampled every 0.1 s.

    by_process: CPU seconds of the command alone («main»), its «readers», its «writer», its other children («others»), and of the
    process that serves the site («site»); what is spent after the last sample is missing.
    """

    seconds: float
    cpu: float
    peak_mb: float
    family_mb: float
    by_process: Mapping[str, float]

    @property
    def children_cpu(self) -> float:
        """CPU seconds of the command's children together."""
        return sum(seconds for name, seconds in self.by_process.items() if name not in ("main", "site"))


ROLES: Final = {"crawler.read.reader_main": "readers", "storage.stores.writer_main": "writer"}
"""What the command line of a child names, and what the child is."""


def cost(command: Sequence[str], env: Mapping[str, str], *, worst: int = 0, site: int | None = None) -> Cost:
    """Runs the command; raises CalledProcessError with what it wrote when it fails. worst: the highest exit code that is none;
    site: the process that serves the site.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watched = psutil.Process(process.pid)
    peak = family = cpu = main = 0.0
    spent: dict[tuple[str, int], float] = {}
    server = psutil.Process(site) if site is not None else None
    served = _cpu(server) if server else 0.0
    while process.poll() is None:
        try:
            own = watched.memory_info().rss
            times = watched.cpu_times()
            children = watched.children(recursive=True)
        except psutil.Error:
            break
        main = times.user + times.system
        cpu = max(cpu, main + times.children_user + times.children_system)
        total = own
        for child in children:
            with suppress(psutil.Error):  # it has ended
                role = next((name for part, name in ROLES.items() if any(part in word for word in child.cmdline())), "others")
                spent[role, child.pid] = _cpu(child)
                total += child.memory_info().rss
        peak, family = max(peak, own, _most_resident(process.pid)), max(family, total)
        time.sleep(SAMPLE_SECONDS)
    _, errors = process.communicate()
    if not 0 <= process.returncode <= worst:
        raise subprocess.CalledProcessError(process.returncode, list(command), stderr=errors[-2000:])
    by_process = {"main": main, "site": _cpu(server) - served if server else 0.0}
    for (role, _), seconds in spent.items():
        by_process[role] = by_process.get(role, 0.0) + seconds
    return Cost(time.monotonic() - started, cpu, peak / 2**20, family / 2**20, by_process)


def _most_resident(pid: int) -> int:
    """Bytes of memory that a process had at its peak so far; 0 where the system does not say."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def cpu_of(*processes: psutil.Process) -> float:
    """CPU seconds of these processes and their children so far."""
    return sum(_cpu(each) for process in processes for each in (process, *process.children(recursive=True)))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, all threads, spent on some work."""
    before = time.process_time()
    work()
    return time.process_time() - before


def milliseconds(ask: Callable[[], object]) -> float:
    """Wall time of one call."""
    before = time.perf_counter()
    ask()
    return (time.perf_counter() - before) * 1_000


def median_and_p95(times: Iterable[float]) -> str:
    """Of some milliseconds, for a table."""
    found = sorted(times)
    return f"median {statistics.median(found):.1f}, p95 {found[int(len(found) * 0.95)]:.1f}"


def generated(pages: int, kilobytes: int) -> Iterator[tuple[str, bytes]]:
    """So many generated pages of that size: address and HTML, as their server would answer."""
    world = World.generated(articles=pages, kilobytes=kilobytes)
    (site,) = world.sites()
    for offer in world.offers:
        path = "/" + offer.url.split("/", 3)[3]
        yield offer.url, site.answer(SiteRequest("GET", "https", "www.enabbaladi.net", path)).body
