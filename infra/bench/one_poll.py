"""One poll of Enab Baladi by one kind of source, as a watch does it: `python -m infra.bench.one_poll KIND ARCHIVE`.

KIND: the first word of the source's name (`feed`, `wordpress`, `sitemap`, `listing`), or `all`.
"""

from __future__ import annotations

import sys

from scrapy.crawler import AsyncCrawlerProcess

from crawler.config import load_config
from crawler.crawl.process import project_settings
from crawler.crawl.session import Session, Shared, readers_for
from crawler.discovery.asking import Source
from crawler.download.binding import bind
from crawler.download.politeness import Politeness
from crawler.download.web_archives import Pace
from crawler.facts import Facts
from crawler.spiders.enab_baladi import EnabBaladi
from storage import open_archive


def main(kind: str, uri: str) -> None:
    """Crawls, and ends the run without an object where there is nothing to tell."""
    sources: tuple[Source, ...] = EnabBaladi.sources
    chosen = tuple(each for each in sources if kind == "all" or each.name.startswith(f"{kind} "))
    EnabBaladi.sources = chosen  # type: ignore[assignment]  # of other sources than the outlet's file states
    config = load_config(archive=uri)
    shared = Shared(open_archive(uri), readers_for(config), Politeness(), Pace(config.history_delay))
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


if __name__ == "__main__":
    main(*sys.argv[1:])
