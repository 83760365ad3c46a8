"""`warraq read`: a page as the archive would keep it, and why it reads as it does."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from crawler.cli.markdown import to_markdown
from crawler.cli.outlet_choice import chosen_outlets
from crawler.cli.page_source import PageError, any_file, from_web, is_url
from crawler.cli.plain_words import DOUBTS, plain
from extractors import Article, NotAnArticle, Page
from extractors.text import display

if TYPE_CHECKING:
    from extractors.explanation import Explanation

NOT_AN_ARTICLE = 1
KEPT_LATER = ("revision", "previous", "run_id")  # what only keeping can say
LABEL = 12  # columns


def read(
    pages: Annotated[list[str], typer.Argument(metavar="URL|FILE…", help="One page to fetch, or any number of saved ones.")],
    outlet: Annotated[
        str | None, typer.Option(help="Read as a page of this outlet (a slug). Default: by the page's address.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The address a FILE was saved from. Default: what it says itself, or none.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The record, one JSON line for each page.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The article as Markdown, its structure kept.")] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Where each field came from, what lost, and every block dropped with the rule."),
    ] = False,
) -> None:
    """Read a page and show the article, or say why it is none.

    Nothing is kept. Exit code 1: one of the pages is no article.
    """
    if outlet is not None:
        chosen_outlets([outlet])
    if markdown and (json or explain):
        raise PageError("--markdown is for reading; --json and --explain say more")
    every = True
    view = _PageView(named=len(pages) > 1)
    for name, page in _given(pages, url):
        result, explanation = _read(page, outlet, explain=explain)
        every = every and isinstance(result, Article)
        if json:
            sys.stdout.buffer.write(_line(result, page, explanation))
            sys.stdout.buffer.flush()
        elif markdown and isinstance(result, Article):
            sys.stdout.write(to_markdown(_record(result, page)))
        else:
            view.show(name, result, explanation)
    if not every:
        raise typer.Exit(NOT_AN_ARTICLE)


def _given(names: list[str], url: str | None) -> Iterator[tuple[str, Page]]:
    """Each page by the name it was given under; wrong use is an error before the first is read."""
    if any(is_url(name) for name in names):
        if len(names) > 1:
            raise PageError("one URL at a time; several pages only as FILEs")
        if url is not None:
            raise PageError("--url is for a FILE; the URL is the page's address already")
        yield names[0], from_web(names[0])
        return
    if url is not None and len(names) > 1:
        raise PageError("--url is the address of one FILE")
    if url is not None and not is_url(url):
        raise PageError(f"--url {url!r} is not an http or https address")
    for name in names:
        if not Path(name).is_file():
            raise PageError(f"{name}: {'Is a directory' if Path(name).is_dir() else _no_file(name)}")
    for name in names:
        yield name, any_file(Path(name), url)


def _no_file(name: str) -> str:
    """What a name that is no file may have been meant for."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]*:[^/]+", name):
        return f"no such file; if it is an article's id: `warraq serve` shows it, `warraq diff {name}` what it changed"
    if re.match(r"[\w-]+(?:\.[\w-]+)+/|\w+://", name):
        return "no such file; an address begins with https:// or http://"
    return "No such file or directory"


def _read(page: Page, outlet: str | None, *, explain: bool) -> tuple[Article | NotAnArticle, Explanation | None]:
    from extractors import reader  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    if not explain:
        return reader.read(page, outlet), None
    explanation = reader.explain(page, outlet)
    return explanation.result, explanation


def _line(result: Article | NotAnArticle, page: Page, explanation: Explanation | None) -> bytes:
    """The record as far as reading and the capture give it, or the reason; with `explanation` if there is one."""
    from storage.record import to_bytes  # noqa: PLC0415  # late: only records need it

    value: dict[str, Any]
    if isinstance(result, Article):
        value = _record(result, page)
    else:
        value = {
            "not_an_article": result.reason,
            "detail": result.detail,
            "transient": result.transient,
            "url": result.url,
            "fetched_url": page.fetched_url or page.url,
        }
    if explanation is not None:
        value["explanation"] = {name: each for name, each in asdict(explanation).items() if name != "result"}
    return to_bytes(value)


def _record(article: Article, page: Page) -> dict[str, Any]:
    """The record as far as reading and the capture give it."""
    from storage.record import Capture, record  # noqa: PLC0415
    from storage.text.identity import content_hash  # noqa: PLC0415  # late: only records need it

    capture = Capture(page.fetched_at, page.status, page.via, page.memento_at)
    digest = content_hash(article.headline, article.body)
    value = record(article, capture, content_hash=digest, revision=1, previous=None, run_id="")
    return {name: each for name, each in value.items() if name not in KEPT_LATER}


class _PageView:
    """Pages on a terminal, wrapped at words; in a pipe a line is a line, whole, for grep."""

    def __init__(self, *, named: bool) -> None:
        self._console = Console(highlight=False)
        self._whole = not self._console.is_terminal
        self._named = named

    def show(self, name: str, result: Article | NotAnArticle, explanation: Explanation | None) -> None:
        """One page: the article or the reason, then why."""
        if self._named:
            self._console.rule(Text(name))
        if isinstance(result, Article):
            self._article(result)
        else:
            later = " (a later visit may find one)" if result.transient else ""
            reason = f"{result.reason}: {result.detail}" if result.detail else result.reason
            self._print(f"Not an article: {reason}{later}", "bold red")
            self._labelled("url", result.url)
        if explanation is not None:
            self._explanation(explanation)
        if self._named:
            self._print("")

    def _article(self, article: Article) -> None:
        self._print(article.headline, "bold")
        line = article.dateline
        date = [article.date_published_precision, article.date_published_source, article.date_published_raw]
        facts = (
            ("by", article.authors),
            ("edited by", article.editors),
            ("dateline", (line.text,) if line else ()),
            ("date", (article.date_published, *(each for each in date if each)) if article.date_published else ("unknown",)),
            ("modified", (article.date_modified,)),
            ("section", article.section),
            ("keywords", article.keywords),
            ("sources", article.sources),
            ("url", (article.url,)),
            ("read as", (article.outlet, article.kind, article.extractor.layout)),
        )
        for label, values in facts:
            if words := " · ".join(value for value in values if value):
                self._labelled(label, words)
        for paragraph in article.body.split("\n\n"):
            self._print(f"\n{paragraph}")
        for image in article.images:
            if image.caption:
                self._labelled("\ncaption", image.caption)

    def _explanation(self, explanation: Explanation) -> None:
        self._heading("Where it was looked for")
        self._labelled("layout", explanation.layout)
        self._labelled("container", explanation.container)
        if explanation.doubts:
            self._labelled("doubts", " · ".join(plain(DOUBTS, doubt) for doubt in explanation.doubts))
        self._heading("Where each field came from")
        for field in explanation.fields:
            self._labelled(field.name, f"{field.source}: {display(field.value)}", width=24)
            for source, value in field.lost:
                self._labelled("  lost", f"{source}: {display(value)}", "dim", width=24)
        if explanation.disagreements:
            self._heading("Where the page contradicts itself")
            self._each(explanation.disagreements)
        if explanation.second:
            self._heading("What a second reader takes for the story")
            self._each(explanation.second)
            self._heading("What our reader took for it")
            self._each(explanation.ours)
        self._heading(f"What was dropped, and by which rule ({len(explanation.dropped)})")
        for block in explanation.dropped:
            self._labelled(block.rule, display(block.text), width=24)

    def _each(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._print(f"  {display(line)}")

    def _heading(self, text: str) -> None:
        self._print(f"\n{text}", "bold cyan")

    def _labelled(self, label: str, value: str, style: str = "", *, width: int = LABEL) -> None:
        text = Text(f"{label:<{width}} ", style="dim")
        self._console.print(text.append(value, style=style or "not dim"), soft_wrap=self._whole)

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=self._whole)
