"""What documents that hurt their parser cost the crawl beside them, and what a poll without news costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from crawler.demo.running import Request, Running, serve
from infra.bench.crawling import UNPACED
from infra.bench.measure import Cost, cost
from infra.world.hostile_documents import HOSTILE, HostileDocumentsWorld
from infra.world.worlds import World

OUTLETS = ("enab_baladi", "al_jazeera", "baladi_news")


def hostile(kinds: tuple[str, ...]) -> dict[str, object]:
    """Seconds and peak memory (MiB; of the crawling process, and of it with its readers) of a crawl, by what is hostile."""
    figures: dict[str, object] = {}
    for kind in ("none", *kinds):
        world = HostileDocumentsWorld.miniature().with_kinds(*(() if kind == "none" else (kind,)))
        with serve(world, log=False) as running:
            spent = _crawl_of(running)
        figures[kind] = f"{spent.seconds:.1f} s, {spent.peak_mb:.0f} MiB, with readers {spent.family_mb:.0f} MiB"
    return figures


def polls() -> dict[str, object]:
    """Requests by kind of document, and objects written, of a poll without news after two crawls, by outlet."""
    figures: dict[str, object] = {}
    with serve(World.miniature()) as running, tempfile.TemporaryDirectory() as folder:
        for outlet in OUTLETS:
            archive = Path(folder) / outlet
            for _ in range(2):
                _run(running, archive, outlet)
            asked, objects = len(running.requests()), _objects(archive)
            _run(running, archive, outlet)
            kinds = Counter(_kind(request) for request in running.requests()[asked:])
            figures[f"{outlet}_requests"] = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
            written = [name for name, stamp in _objects(archive).items() if objects.get(name) != stamp]
            figures[f"{outlet}_written"] = ", ".join(sorted(Counter(name.split("/")[0] for name in written))) or "nothing"
    return figures


def _kind(request: Request) -> str:
    names = ("robots", "feed", "aljazeerarss", "wp-json", "sitemap")
    kind = next((name for name in names if name in request.url), "page or listing")
    return f"{kind} ({request.status})"


def _objects(archive: Path) -> dict[str, int]:
    return {str(file.relative_to(archive)): file.stat().st_mtime_ns for file in archive.rglob("*") if file.is_file()}


def _command(archive: Path, outlet: str) -> list[str]:
    return [sys.executable, "-m", "crawler", "crawl", outlet, "--archive", str(archive)]


def _run(running: Running, archive: Path, outlet: str) -> None:
    env = {**os.environ, **UNPACED, **running.env(), "WARRAQ_REVISIT_HOURS": "", "WARRAQ_UNPUBLISHED_HOURS": "0"}
    subprocess.run(_command(archive, outlet), env=env, check=False, capture_output=True)


def _crawl_of(running: Running) -> Cost:
    """Exit 1 is what a crawl says whose source failed."""
    with tempfile.TemporaryDirectory() as folder:
        return cost(_command(Path(folder) / "archive", "enab_baladi"), {**os.environ, **UNPACED, **running.env()}, worst=1)


def both(*, quick: bool) -> dict[str, object]:
    """All of it."""
    return {**hostile(("wp-json",) if quick else tuple(HOSTILE)), **polls()}
