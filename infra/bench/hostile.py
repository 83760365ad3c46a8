"""What documents that hurt their parser cost the crawl beside them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from crawler.demo.running import serve
from infra.bench.crawling import UNPACED, crawl_command
from infra.bench.measure import cost
from infra.world.hostile_documents import HostileDocumentsWorld


def hostile(kinds: tuple[str, ...]) -> dict[str, object]:
    """Seconds and peak memory (MiB; of the crawling process, and of it with its readers) of a crawl, by what is hostile."""
    figures: dict[str, object] = {}
    for kind in ("none", *kinds):
        world = HostileDocumentsWorld.miniature().with_kinds(*(() if kind == "none" else (kind,)))
        with serve(world, log=False) as running, tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, **UNPACED, **running.env()}
            spent = cost(crawl_command(Path(folder) / "archive"), env, worst=1)  # a crawl whose source failed
        figures[kind] = f"{spent.seconds:.1f} s, {spent.peak_mb:.0f} MiB, with readers {spent.family_mb:.0f} MiB"
    return figures
