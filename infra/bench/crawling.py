"""A crawl, from discovery to the ledger, against spiders that do less; and its memory over its size."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from crawler.demo.running import serve
from infra.bench.commands import READ_COMMANDS, Peaks, lines, read
from infra.bench.measure import Cost, cost
from infra.world.worlds import World

UNPACED = {
    "WARRAQ_DOWNLOAD_DELAY": "0",
    "WARRAQ_AUTOTHROTTLE": "0",
    "WARRAQ_HISTORY_DELAY": "0",
    "WARRAQ_CONCURRENCY": "16",
    "WARRAQ_DISCOVERY_BOUND": "100",
}


def speed(articles: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Pages a second of a spider that only fetches, with Scrapy's own settings («shipped») and with ours («tuned»), of Warraq,
    all interleaved, and once of Scrapy with trafilatura («plain»); medians.

    A ratio is the median of the rounds' own, since what else the machine does changes from round to round.
    """
    world = World.generated(articles=articles, kilobytes=kilobytes)
    costs: dict[str, list[Cost]] = {"shipped": [], "tuned": [], "plain": [], "warraq": []}
    with serve(world, log=False) as running, TemporaryDirectory() as folder:
        env = {**os.environ, **UNPACED, **running.env()}
        urls = Path(folder) / "urls"
        urls.write_text("\n".join(offer.url for offer in world.offers), encoding="utf-8")
        for number in range(rounds):
            for kind in ("shipped", "tuned", "plain") if number == 0 else ("shipped", "tuned"):
                costs[kind].append(cost([sys.executable, "-m", "infra.bench.peers", kind, str(urls)], env, site=running.pid))
            costs["warraq"].append(cost(crawl_command(Path(folder) / f"archive-{number}"), env, site=running.pid))
    figures: dict[str, object] = {"articles": articles, "kilobytes": kilobytes, "rounds": rounds}
    rates = {kind: statistics.median(articles / each.seconds for each in found) for kind, found in costs.items()}
    for kind, found in costs.items():
        figures[f"{kind}_pages_per_second"] = round(rates[kind], 1)
        figures[f"{kind}_cpu_ms_per_page"] = round(statistics.median(each.cpu for each in found) / articles * 1000, 2)
        figures[f"{kind}_peak_mb"] = round(statistics.median(each.peak_mb for each in found), 1)
    figures["warraq_family_mb"] = round(statistics.median(each.family_mb for each in costs["warraq"]), 1)
    for role in ("main", "readers", "writer", "site"):
        milliseconds = [each.by_process.get(role, 0.0) / articles * 1000 for each in costs["warraq"]]
        figures[f"warraq_{role}_cpu_ms_per_page"] = round(statistics.median(milliseconds), 2)
    for peer in ("shipped", "tuned"):
        ratios = [fetched.seconds / ours.seconds for fetched, ours in zip(costs[peer], costs["warraq"], strict=True)]
        figures[f"ratio_to_{peer}"] = round(statistics.median(ratios), 2)
        figures[f"ratios_to_{peer}"] = " ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    figures["ratio_of_plain_to_shipped"] = round(rates["plain"] / rates["shipped"], 2)
    return figures


def memory(sizes: tuple[int, ...], kilobytes: int) -> dict[str, object]:
    """Peak memory, MiB, of crawls of different sizes, and of commands over what they kept; the growth from first to last.

    Of a crawl, the crawling process and, as «family», it with its reader and writer.
    """
    peaks: Peaks = {}
    for articles in sizes:
        # A generated sitemap names a thousand addresses, and a source is read up to a bound of documents.
        documents = {"WARRAQ_DISCOVERY_BOUND": str(max(100, articles // 1_000 + 2))}
        with serve(World.generated(articles=articles, kilobytes=kilobytes), log=False) as running, TemporaryDirectory() as folder:
            archive = Path(folder) / "archive"
            crawl = cost(crawl_command(archive), {**os.environ, **UNPACED, **documents, **running.env()})
            for name, peak in (("crawl", crawl.peak_mb), ("family", crawl.family_mb)):
                peaks.setdefault(name, []).append(peak)
            read(archive, peaks, READ_COMMANDS)
    return {"kilobytes": kilobytes, "articles": " ".join(map(str, sizes)), **lines(peaks)}


def crawled(world: World, *, worst: int = 0) -> Cost:
    """Of a crawl of the world. worst: see `cost`."""
    with serve(world, log=False) as running, TemporaryDirectory() as folder:
        return cost(crawl_command(Path(folder) / "archive"), {**os.environ, **UNPACED, **running.env()}, worst=worst)


def watch_command(place: Path, *outlets: str) -> list[str]:
    """The command of a watch whose archive is `a`, and whose queue is `q.sqlite`, in a folder."""
    places = ["--archive", str(place / "a"), "--queue", str(place / "q.sqlite")]
    return [sys.executable, "-m", "crawler", "watch", *outlets, *places]


def poll_command(archive: Path, kind: str, *options: str) -> list[str]:
    """The command of a poll of the outlet by one kind of source (`infra.bench.one_poll`)."""
    return [sys.executable, "-m", "infra.bench.one_poll", kind, str(archive), *options]


def crawl_command(archive: Path) -> list[str]:
    """The command of a crawl of the generated outlet."""
    return [sys.executable, "-m", "crawler", "crawl", "enab_baladi", "--archive", str(archive)]
