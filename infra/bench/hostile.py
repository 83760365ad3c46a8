"""What documents that hurt their parser cost the crawl beside them."""

from __future__ import annotations

from dataclasses import replace

from infra.bench.crawling import crawled
from infra.world.hostile_documents import HostileDocumentsWorld


def hostile(kinds: tuple[str, ...]) -> dict[str, object]:
    """Seconds and peak memory (MiB; of the crawling process, and of it with its readers) of a crawl, by what is hostile."""
    figures: dict[str, object] = {}
    for kind in ("none", *kinds):
        world = replace(HostileDocumentsWorld.miniature(), kinds=() if kind == "none" else (kind,))
        spent = crawled(world, worst=1)  # a crawl whose source failed
        figures[kind] = f"{spent.seconds:.1f} s, {spent.peak_mb:.0f} MiB, with readers {spent.family_mb:.0f} MiB"
    return figures
