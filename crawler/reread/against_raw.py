"""Whether the text of each article stands in the page that it was read from: for `warraq verify --reread`.

A reader leaves things out, and each version leaves out others: that is for `warraq reread` to compare. But it adds nothing. So
a paragraph that stands nowhere in the raw capture was not read from it.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from crawler.config import Config
from crawler.read.reader_pool import BrokenReaderError, ReaderPool
from crawler.reread.share import as_kept
from extractors import Page
from extractors.page.decoding import UndecodableError, decode
from storage import Archive, ArchiveError, keys
from storage.batched import batched
from storage.record import Json, Pointer
from storage.text.identity import identity
from storage.verify.findings import Finding
from storage.wacz.revisits import original_record
from storage.warc.content_coding import CodingError

_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_SPACE: Final = re.compile(r"\s+")
_TOGETHER: Final = 8


@dataclass(slots=True)
class Compared:
    """articles: whose text was held against its page; without_raw: that have none; findings: texts that do not stand there."""

    articles: int = 0
    without_raw: int = 0
    findings: int = 0


def compare_with_raw(archive: Archive, config: Config, tell: Callable[[Finding], None]) -> Compared:
    """Hold every article against its raw capture; pages are parsed in processes that may die. ArchiveError: it cannot be read."""
    return asyncio.run(_compare(archive, config, tell))


async def _compare(archive: Archive, config: Config, tell: Callable[[Finding], None]) -> Compared:
    done = Compared()
    readers = ReaderPool(config.readers, config.read_timeout, config.read_memory_mb, max_page_bytes=config.max_page_bytes)

    async def one(record: Json, key: str) -> None:
        try:
            page = await asyncio.to_thread(_page, archive, record, config.max_page_bytes)
            missing = await readers.run(missing_texts, page, [record["headline"], *record["body"].split("\n\n")])
            problem = f"does not stand in its raw capture: «{missing[0][:80]}»" if missing else None
        except (ArchiveError, CodingError, UndecodableError, BrokenReaderError) as error:
            problem = f"its raw capture cannot be read: {error}"
        if problem:
            done.findings += 1
            tell(Finding(key, problem))

    try:
        for batch in batched(_with_raw(archive, done), _TOGETHER):
            await asyncio.gather(*(one(record, key) for record, key in batch))
    finally:
        readers.close()
    return done


def _with_raw(archive: Archive, done: Compared) -> Iterator[tuple[Json, str]]:
    for record in archive.articles():
        key = keys.article_of(record)  # `verify` has held the record against its schema
        if record["capture"]["warc"] is None:
            done.without_raw += 1
        else:
            done.articles += 1
            yield record, key


def _page(archive: Archive, record: Json, max_bytes: int) -> Page:
    capture = original_record(archive.store, Pointer(**record["capture"]["warc"]))
    return as_kept(capture, record, max_bytes)


def missing_texts(page: Page, texts: list[str]) -> list[str]:
    """Those of the texts that stand nowhere in a page: neither in its elements nor in attributes, metadata or scripts."""
    source = decode(page.body, page.content_type)
    tree = LexborHTMLParser(source)
    shown = tree.root.text(deep=True, separator="") if tree.root is not None else ""
    unescaped = html.unescape(html.unescape(source))
    written = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), unescaped).replace("\\/", "/").replace('\\"', '"')
    haystack = _squeezed(shown) + _squeezed(written)
    return [text for text in texts if _squeezed(text) not in haystack]


def _squeezed(text: str) -> str:
    """Identity form without white space: elements part words that a reader joins, and the other way round."""
    return _SPACE.sub("", identity(text))
