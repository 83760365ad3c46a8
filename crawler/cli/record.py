"""`warraq record`: a page as a fixture, beside the article read from it, for a person to check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from parsel import Selector
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from crawler.cli.about import chosen_outlets
from extractors import Page, outlets, read
from extractors.fixture import fixture_json

PAGES = Path("tests/pages")


class RecordError(Exception):
    """The page cannot be recorded; the message names the URL or file."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(record)


def record(
    outlet: Annotated[str, typer.Argument(help="The outlet's slug.")],
    page: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page to fetch, or one saved in a file.")],
    url: Annotated[str | None, typer.Option(help="The address a FILE was saved from. Default: what it says itself.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the fixture. Default: from the address.")] = None,
    folder: Annotated[Path, typer.Option(help="Where fixtures are kept.")] = PAGES,
) -> None:
    """Store a page as tests/pages/OUTLET/NAME.html beside NAME.json, the article as read: check it, mend it, commit both."""
    chosen_outlets([outlet])
    fetched = fetch(page) if urlsplit(page).scheme in ("http", "https") else from_file(Path(page), url)
    if outlets()[outlet].locate(fetched.url) is None:
        raise RecordError(f"{fetched.url} is not an address of {outlet}")
    result = read(fetched, outlet)
    html = folder / outlet / f"{name or _name(fetched.url)}.html"
    expected = html.with_suffix(".json")
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_bytes(fetched.body)
    expected.write_text(fixture_json(fetched, result), encoding="utf-8")
    typer.echo(
        f"{html}\n{expected}\nRead the second against the first, mend it by hand where the reader is wrong, then commit both."
    )


def from_file(file: Path, url: str | None) -> Page:
    """The page in a file, at the address given or else at the one it states itself. Raises RecordError."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise RecordError(f"{file}: {error.strerror}") from error
    url = url or Selector(body=body).css('link[rel=canonical]::attr(href), meta[property="og:url"]::attr(content)').get()
    if url is None:
        raise RecordError(f"{file}: say with --url which address it was saved from")
    return Page(url=url, body=body, fetched_at=datetime.now(UTC), content_type="text/html")


def fetch(url: str) -> Page:
    """The page at a URL, asked for as the crawl does: robots.txt, pace, proxy, TLS. Raises RecordError."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    settings.set("EXTENSIONS", {"crawler.extension.CrawlEnd": None}, priority="cmdline")
    answers: list[Page | str] = []
    process = AsyncCrawlerProcess(settings)
    process.crawl(OnePage, url=url, answers=answers)
    process.start()
    answer = answers[0] if answers else "no answer"
    if isinstance(answer, str):
        raise RecordError(f"{url}: {answer}")
    return answer


class OnePage(Spider):
    """Fetches one page and leaves it in `answers`, or the reason why not."""

    name = "one_page"

    def __init__(self, url: str, answers: list[Page | str]) -> None:
        super().__init__()
        self.start_urls = [url]
        self._answers = answers

    async def start(self):  # type: ignore[no-untyped-def]  # Scrapy's signature
        for url in self.start_urls:
            yield Request(url, self.parse, errback=self.failed, dont_filter=True)

    def parse(self, response: Response) -> None:
        if response.status != 200:
            self._answers.append(f"HTTP {response.status}")
            return
        self._answers.append(
            Page(
                url=response.url,
                body=response.body,
                fetched_at=datetime.now(UTC),
                status=response.status,
                content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            )
        )

    def failed(self, failure: Failure) -> None:
        self._answers.append(str(failure.value).splitlines()[0] if str(failure.value) else type(failure.value).__name__)


def _name(url: str) -> str:
    """The last part of the path that has a letter or digit a file system likes."""
    words = [part for part in urlsplit(url).path.split("/") if part]
    ascii_words = [word for word in words if word.isascii() and any(character.isalnum() for character in word)]
    return (ascii_words or ["page"])[-1][:80].replace("%", "-")
