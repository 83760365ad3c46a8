"""A page that a user names on the command line: fetched from its URL, or read from a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from extractors import Page

STATED = 'link[rel=canonical]::attr(href), meta[property="og:url"]::attr(content)'


class PageError(Exception):
    """The page cannot be fetched or read; the message names the URL or file."""


class NoAddressError(PageError):
    """The page's URL is not known: neither the command line nor the page states it."""


def is_url(text: str) -> bool:
    """Whether an argument is an address rather than a file."""
    return urlsplit(text).scheme in ("http", "https")


def from_file(file: Path, url: str | None) -> Page:
    """The page in a file: a recorded one as its .json says it came; any other at the address given or else at the one it states
    itself, fetched when the file was written. Raises PageError: no such file, no address.
    """
    if url is None and _is_recorded(file):
        from extractors.fixture import page_from_fixture  # noqa: PLC0415 - who asks whether a text is an address needs no parser

        return page_from_fixture(file)[0]
    try:
        body, written = file.read_bytes(), file.stat().st_mtime
    except OSError as error:
        raise PageError(f"{file}: {error.strerror}") from error
    url = url or _stated_address(body)
    if url is None:
        raise NoAddressError(f"{file}: say with --url which address it was saved from")
    return Page(url=url, body=body, fetched_at=datetime.fromtimestamp(written, UTC), content_type="text/html")


def any_file(file: Path, url: str | None) -> Page:
    """The same, and a page without an address at a placeholder that no host has. Raises PageError: no such file."""
    try:
        return from_file(file, url)
    except NoAddressError:
        return from_file(file, f"https://page.invalid/{quote(file.name)}")


def from_web(url: str) -> Page:
    """The page at a URL, asked for as a crawl does. Raises PageError.

    Once in a process: Scrapy's reactor does not start a second time.
    """
    from crawler.crawl.fetch_one import fetch  # noqa: PLC0415  # late: Scrapy takes a second to load

    answer = fetch(url)
    if isinstance(answer, str):
        raise PageError(f"{url}: {answer}")
    return answer


def _stated_address(body: bytes) -> str | None:
    """The first canonical or og:url that is a whole http(s) address."""
    from parsel import Selector  # noqa: PLC0415 - with lxml it takes 0.1 s to load

    for stated in Selector(body=body).css(STATED).getall() if body.strip() else ():
        if is_url(stated.strip()) and urlsplit(stated.strip()).hostname:
            return str(stated.strip())
    return None


def _is_recorded(file: Path) -> bool:
    beside = file.with_suffix(".json")
    if beside == file or not (file.is_file() and beside.is_file()):
        return False
    try:
        data = json.loads(beside.read_bytes())
    except ValueError:
        return False  # somebody's own .json, no fixture
    return isinstance(data, dict) and "page" in data and ("article" in data or "not_an_article" in data)
