"""Taking over the past of an outlet from the emulated Wayback Machine: requests, seconds and memory, at no latency."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from crawler.demo.running import serve
from infra.bench.crawling import UNPACED, crawl_command
from infra.bench.measure import cost
from infra.world.worlds import World


def takeover(articles: int, kilobytes: int) -> dict[str, object]:
    """Figures of a first run over `articles` captured articles, and of a second one that finds everything taken."""
    figures: dict[str, object] = {"articles": articles, "kilobytes": kilobytes}
    world = World.generated(articles=articles, kilobytes=kilobytes, archived=True)
    with serve(world) as running, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **UNPACED, **running.env()}
        command = [*crawl_command(Path(folder) / "archive"), "--via", "wayback", "--yes"]
        before = 0
        for run in ("first", "second"):
            spent = cost(command, env)
            asked = running.requests()
            kinds = Counter(_kind(request.url) for request in asked[before:])
            before = len(asked)
            figures[f"{run}_requests"] = kinds.total()
            figures[f"{run}_requests_by_kind"] = " ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
            figures[f"{run}_seconds"] = round(spent.seconds, 1)
            figures[f"{run}_articles_per_second"] = round(articles / spent.seconds, 1)
            figures[f"{run}_cpu_ms_per_article"] = round(spent.cpu / articles * 1000, 2)
            figures[f"{run}_peak_mb"] = round(spent.peak_mb, 1)
    return figures


def _kind(url: str) -> str:
    return "index" if "/cdx/" in url else "replay" if "/web/" in url else "robots"
