"""What a whole crawl that keeps one new article asks of its archive: the run, its raw capture, the notes of the crawler."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crawler.demo.running import serve
from infra.bench.crawling import UNPACED, crawl_command, poll_command
from infra.world.worlds import World


@dataclass(frozen=True)
class Asked:
    """requests: by verb and key, a listing once for every 1,000 keys; bytes: of objects read and written."""

    requests: Counter[str]
    bytes: int

    @property
    def by_verb(self) -> Counter[str]:
        """How many of each."""
        verbs: Counter[str] = Counter()
        for asked, number in self.requests.items():
            verbs[asked.partition(" ")[0]] += number
        return verbs


def polls(folder: Path, articles: int, *raw: str, kilobytes: int = 20) -> list[Asked]:
    """Polls one after the other, each of which keeps one article that is new, of an outlet of which so many are known.

    raw: WARRAQ_RAW of each. Counted by the store, in a process for each crawl, from the moment at which the archive is open.
    """
    asked = []
    with serve(World.generated(articles=articles, kilobytes=kilobytes), log=False) as running:
        env = {**os.environ, **UNPACED, **running.env()}
        archive = folder / "archive"
        subprocess.run(crawl_command(archive), env=env, check=True, stdout=subprocess.DEVNULL)
        for number, each in enumerate(raw, start=1):
            running.serve_anew(World.generated(articles=articles + number, kilobytes=kilobytes))
            poll = poll_command(archive, "all", "counted")
            done = subprocess.run(poll, env={**env, "WARRAQ_RAW": each}, check=True, stdout=subprocess.PIPE)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            kept = [line["url"] for line in lines if line.get("fact") == "kept"]
            if len(kept) != 1:
                raise RuntimeError(f"{len(kept)} articles were kept, not one")
            asked.append(Asked(Counter(lines[-1]["requests"]), lines[-1]["bytes"]))
    return asked


def whole_crawl(articles: int) -> dict[str, object]:
    """Requests and bytes of three polls with the raw capture, and of one without."""
    raw = ("articles", "articles", "articles", "none")
    with TemporaryDirectory() as folder:
        found = polls(Path(folder), articles, *raw)
    figures: dict[str, object] = {"articles_known": articles}
    for number, (kind, each) in enumerate(zip(raw, found, strict=True), start=1):
        verbs = " ".join(f"{count} {verb}" for verb, count in sorted(each.by_verb.items()))
        figures[f"whole_crawl_{number}_raw_{kind}"] = f"{each.requests.total()} requests ({verbs}), {each.bytes / 1e6:.2f} MB"
    return figures
