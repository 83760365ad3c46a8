"""One poll of Enab Baladi by one kind of source, as a watch does it: `python -m infra.bench.one_poll KIND ARCHIVE [counted]`.

KIND: the first word of the source's name (`feed`, `wordpress`, `sitemap`, `listing`), or `all`. counted: the last line of the
output says what was asked of the archive since it was opened, {requests: {verb and key: number}, bytes}.
"""

from __future__ import annotations

import json
import sys

from scrapy.crawler import AsyncCrawlerProcess

from crawler.config import load_config
from crawler.crawl.process import project_settings
from crawler.crawl.session import Session, Shared
from crawler.discovery.asking import Source
from crawler.download.binding import bind
from crawler.download.politeness import Politeness
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.read.reader_pool import readers_for
from crawler.spiders.enab_baladi import EnabBaladi
from infra.bench.stores import MeteredStore
from storage import Archive, open_archive


def main(kind: str, uri: str, counted: str = "") -> None:
    """Crawls, and ends the run without an object where there is nothing to tell."""
    sources: tuple[Source, ...] = EnabBaladi.sources
    chosen = tuple(each for each in sources if kind == "all" or each.name.startswith(f"{kind} "))
    EnabBaladi.sources = chosen  # type: ignore[assignment]  # of other sources than the outlet's file states
    config = load_config(archive=uri)
    archive = open_archive(uri)
    metered = MeteredStore(archive.store)
    shared = Shared(Archive(metered) if counted else archive, readers_for(config), Politeness(), Pace(config.history_delay))
    session = Session(config, Facts.on_stdout(), shared)
    session.open()
    process = AsyncCrawlerProcess(project_settings())
    crawler = process.create_crawler(EnabBaladi.name)
    bind(crawler, session)
    process.crawl(crawler)
    try:
        process.start()
    finally:
        session.close()
        shared.readers.close()
    if counted:
        sys.stdout.write(json.dumps({"requests": metered.by_key, "bytes": metered.bytes}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
