"""Other readers, each called as its own documentation shows. One that is not installed is named, and the rest run.

They get the decoded text, so that none is blamed for a charset; sockets are shut, so that none can fetch (newspaper4k would).
"""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from lxml import html

from extractors.page.decoding import UndecodableError, decode
from infra.eval.gold import Gold
from infra.eval.reading import MeasuredReader, ReaderResult

BLOCKS = (
    "p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "blockquote", "table", "tr", "td", "th", "section",
    "article", "header", "footer", "figure", "pre", "dd", "dt",
)  # fmt: skip


def _trafilatura(text: str, url: str, *, precise: bool = False) -> ReaderResult:
    found = import_module("trafilatura").bare_extraction(text, url=url, with_metadata=True, favor_precision=precise)
    if found is None or not found.text:
        return ReaderResult()
    authors = tuple(found.author.split("; ")) if found.author else ()
    return ReaderResult(body=_lines(found.text), headline=found.title, authors=authors, date=found.date, precision="day")


def _precise(text: str, url: str) -> ReaderResult:
    return _trafilatura(text, url, precise=True)


def _newspaper(text: str, url: str) -> ReaderResult:
    article = import_module("newspaper").Article(url, language="ar", fetch_images=False)
    article.download(input_html=text)
    article.parse()
    date = article.publish_date.isoformat() if article.publish_date else None
    return ReaderResult(body=_lines(article.text), headline=article.title, authors=tuple(article.authors), date=date)


def _readability(text: str, url: str) -> ReaderResult:
    document = import_module("readability").Document(text, url=url)
    return ReaderResult(body=_lines(_text_of(html.fromstring(document.summary()))), headline=document.short_title())


def _justext(text: str, url: str) -> ReaderResult:  # noqa: ARG001 - one signature for all peers
    justext = import_module("justext")
    found = justext.justext(text.encode(errors="replace"), justext.get_stoplist("Arabic"), encoding="utf-8")
    return ReaderResult(body=tuple(each.text for each in found if not each.is_boilerplate))


_PEERS: tuple[tuple[str, str, str, frozenset[str], Callable[[str, str], ReaderResult]], ...] = (
    ("trafilatura", "trafilatura", "trafilatura", frozenset({"headline", "date", "authors"}), _trafilatura),
    ("trafilatura precision", "trafilatura", "trafilatura", frozenset({"headline", "date", "authors"}), _precise),
    ("newspaper4k", "newspaper", "newspaper4k", frozenset({"headline", "date", "authors"}), _newspaper),
    ("readability-lxml", "readability", "readability-lxml", frozenset({"headline"}), _readability),
    ("jusText", "justext", "jusText", frozenset(), _justext),
)


def peers() -> tuple[list[MeasuredReader], dict[str, str], list[str]]:
    """Those installed, their versions, and the names of those that are not."""
    found: list[MeasuredReader] = []
    versions: dict[str, str] = {}
    missing: list[str] = []
    for name, module, package, fields, adapter in _PEERS:
        if find_spec(module) is None:
            missing.append(name)
        else:
            found.append(MeasuredReader(name, fields, _reading_with(adapter)))
            versions[name] = version(package)
    return found, versions, missing


def _reading_with(adapter: Callable[[str, str], ReaderResult]) -> Callable[[Gold], ReaderResult]:
    def read(gold: Gold) -> ReaderResult:
        try:
            text = decode(gold.page.body, gold.page.content_type)
        except UndecodableError as error:
            return ReaderResult(reason=error.reason)
        with offline(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return adapter(text, gold.page.url)

    return read


@contextmanager
def offline() -> Iterator[None]:
    """No connection can be made meanwhile."""

    def refuse(_socket: socket.socket, address: object) -> None:
        raise OSError(f"a reader tried to connect to {address}")

    connect = socket.socket.connect
    socket.socket.connect = refuse  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for part in text.split("\n") if (line := " ".join(part.split())))


def _text_of(root: Any) -> str:
    """Text of an HTML fragment, a line for each block."""
    for element in root.iter(*BLOCKS):
        element.text = f"\n{element.text or ''}"
        element.tail = f"\n{element.tail or ''}"
    return str(root.text_content())
