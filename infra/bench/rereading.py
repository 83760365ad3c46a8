"""Reading an archive's raw captures again, by cores and on the engine, against a bare loop over the same WARC files."""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from extractors import Article, Page
from extractors.reader import read
from infra.bench.measure import cost, generated
from storage import Archive, Capture, open_archive
from storage.warc.exchange import Exchange

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n\r\n"
BATCH = 100


def rereading(pages: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """Pages a second of whole commands, their start included; medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        fill(str(archive), pages, kilobytes)
        commands = {"bare_loop": [sys.executable, "-m", "infra.bench.rereading", str(archive)]}
        reread = [sys.executable, "-m", "crawler", "reread", "--json", "--archive", str(archive)]
        for workers in (1, 2):
            commands[f"warraq_{workers}"] = [*reread, "--workers", str(workers)]
        if importlib.util.find_spec("distributed"):
            commands["warraq_dask_2"] = [*reread, "--workers", "2", "--engine", "dask"]
        rates: dict[str, list[float]] = {name: [] for name in commands}
        peaks: dict[str, float] = {}
        for _ in range(rounds):
            for name, command in commands.items():
                spent = cost(command, os.environ)
                rates[name].append(pages / spent.seconds)
                peaks[name] = max(peaks.get(name, 0.0), spent.family_mb)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    return {
        "pages": pages,
        "kilobytes": kilobytes,
        "rounds": rounds,
        **{f"{name}_pages_per_second": round(rate, 1) for name, rate in medians.items()},
        **{f"{name}_family_mb": round(peak, 1) for name, peak in peaks.items()},
        "two_workers_to_one": round(medians["warraq_2"] / medians["warraq_1"], 2),
        "one_worker_to_bare_loop": round(medians["warraq_1"] / medians["bare_loop"], 2),
    }


def fill(uri: str, pages: int, kilobytes: int) -> Archive:
    """An archive of generated pages with their raw captures, as a crawl keeps them: bodies gzipped by the server."""
    archive = open_archive(uri)
    run = archive.begin({"warraq": "bench"})
    waiting = []
    for number, (url, body) in enumerate(generated(pages, kilobytes), 1):
        article = read(Page(url=url, body=body, content_type="text/html; charset=utf-8", fetched_at=AT), "enab_baladi")
        assert isinstance(article, Article), article
        sent = zlib.compressobj(6, zlib.DEFLATED, 31)
        exchange = Exchange(url=url, at=AT, status=200, head=HEAD, body=sent.compress(body) + sent.flush())
        waiting.append((article, run.raw.keep("enab_baladi", [exchange])))
        if len(waiting) == BATCH or number == pages:
            run.raw.flush()
            for kept, filed in waiting:
                filed.durable.result()
                run.keep(kept, Capture(fetched_at=AT, status=200, warc=filed.pointer))
            waiting.clear()
    run.finish()
    return archive


def bare_loop(archive: Path) -> None:
    """What one writes in five minutes: FastWARC, the container cut out with Lexbor, trafilatura on it."""
    import trafilatura  # noqa: PLC0415 - the bench itself does without these
    from fastwarc import ArchiveIterator, WarcRecordType  # noqa: PLC0415
    from lxml import html  # noqa: PLC0415
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    for file in sorted(archive.glob("warc/*/*/*.warc.gz")):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                body = zlib.decompress(record.reader.read(), 31)
                container = LexborHTMLParser(body).css_first("div.content-article")
                assert container is not None
                assert container.html is not None
                assert trafilatura.bare_extraction(html.document_fromstring(container.html), with_metadata=False)


if __name__ == "__main__":
    bare_loop(Path(sys.argv[1]))
