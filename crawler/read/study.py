"""What a reader does with a page, in its process."""

from __future__ import annotations

from collections.abc import Callable

from crawler.read.encoded_page import EncodedPage
from crawler.read.reasons import CODING
from extractors import Article, NotAnArticle, Page
from storage.warc.content_coding import CodingError

Reader = Callable[[Page, str, frozenset[str]], Article | NotAnArticle]


def study(
    page: Page, outlet: str, boilerplate_lines: frozenset[str], lines: bool, reader: Reader | None, max_page_bytes: int
) -> tuple[Article | NotAnArticle, frozenset[str]]:
    """(the article, or why there is none; with `lines` the hashes of an article's lines). reader: None for ours."""
    from extractors.reader import block_hashes, read  # noqa: PLC0415 - who only sends pages here needs no parsers

    if isinstance(page, EncodedPage):
        try:
            page = page.decoded(max_page_bytes)
        except CodingError as error:
            return NotAnArticle(reason=CODING, url=page.url, transient=True, detail=str(error)), frozenset()
    result = (reader or read)(page, outlet, boilerplate_lines)
    return result, block_hashes(page) if lines and isinstance(result, Article) else frozenset()
