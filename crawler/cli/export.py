"""`warraq export`: the articles of an archive as a stream, or their raw captures for replay."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from crawler.cli.export_parquet import export_parquet
from crawler.cli.markdown import to_markdown
from crawler.cli.options import ArchiveUri, Outlets, Since, Until
from crawler.cli.outlet_choice import kept_outlets
from crawler.cli.place import existing_archive
from crawler.config import ConfigError
from crawler.window import Window
from storage import Archive
from storage.queries.articles import candidates
from storage.record import Json
from storage.tables.comma_separated import write_csv
from storage.tables.parquet import Filter


class Format(StrEnum):
    """How `export` writes."""

    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    WACZ = "wacz"


SEPARATOR = "\n---\n\n"  # between articles as Markdown


def export(  # noqa: PLR0913, PLR0917 - options of a command
    outlets: Outlets = None,
    output: Annotated[
        Format, typer.Option("--format", help="One record a line, columns, texts to read, or the raw captures for replay.")
    ] = Format.JSONL,
    since: Since = None,
    until: Until = None,
    archive: ArchiveUri = None,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: stdout (not for wacz and parquet).")
    ] = None,
    raw_csv: Annotated[
        bool, typer.Option("--raw-csv", help="CSV cells as they are, also those that a spreadsheet would take for formulas.")
    ] = False,
    generation: Annotated[
        str | None, typer.Option(metavar="NAME", help="The records of this finished re-reading instead of the kept ones.")
    ] = None,
    newest: Annotated[bool, typer.Option("--newest", help="parquet: of each article the text captured last.")] = False,
    ids: Annotated[list[str] | None, typer.Option("--id", metavar="ID", help="parquet: this article; several times.")] = None,
    author: Annotated[list[str] | None, typer.Option(metavar="NAME", help="parquet: by this author, as printed.")] = None,
    contains: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="parquet: with this text, however spelt.")] = None,
    fields: Annotated[str | None, typer.Option(metavar="A,B,…", help="parquet: these columns (infra/DATA.md).")] = None,
) -> None:
    """Write the kept articles, filtered by outlet and by date of publication.

    With `--format wacz`: what their servers sent, for replay. With `--format parquet`: a table (extra `sql`), into FILE or
    s3://….
    """
    window = Window.parse(since, until)
    opened = existing_archive(archive)
    chosen = kept_outlets(outlets, opened) if outlets else None
    if file is not None and output in {Format.PARQUET, Format.WACZ} and _is_stream(file):
        raise ConfigError(f"-o {file}: a device or a pipe; --format {output} is one file")
    if file is not None and file.is_symlink() and not _is_stream(file):
        file = file.resolve()  # what it leads to is written anew, the link stays
    if output is Format.PARQUET:
        columns = tuple(name.strip() for name in (fields or "").split(",") if name.strip())
        asked = Filter(newest, tuple(ids or ()), tuple(author or ()), tuple(contains or ()), window.since, window.until, columns)
        export_parquet(opened, chosen, generation, asked, file)
        return
    if newest or ids or author or contains or fields:
        raise ConfigError("--newest, --id, --author, --contains and --fields go with --format parquet")
    selection = Selection(opened, chosen, window, generation)
    if output is Format.WACZ:
        _write_wacz(opened, selection, file)
    else:
        with _into(file) as out:
            _write_text(output, selection, out, raw_csv=raw_csv)
    if not selection.given:
        sys.stderr.write(f"warraq: nothing to export: {selection.why_empty()}\n")


def _write_text(output: Format, records: Iterable[Json], out: TextIO, *, raw_csv: bool) -> None:
    if output is Format.JSONL:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    elif output is Format.MARKDOWN:
        out.writelines(f"{SEPARATOR if number else ''}{to_markdown(record)}" for number, record in enumerate(records))
    else:
        write_csv(records, out, raw=raw_csv)


class Selection:
    """The articles asked for, counted as they are given. Those of unknown date pass only when no date is asked for."""

    def __init__(self, archive: Archive, outlets: list[str] | None, window: Window, generation: str | None = None) -> None:
        self._archive, self._outlets, self._window, self._generation = archive, outlets, window, generation
        self.given = self._outside = self._undated = 0

    def __iter__(self) -> Iterator[Json]:
        everything: list[str | None] = [None]
        for outlet in self._outlets or everything:
            for record in self._records(outlet):
                published = record["date_published"]
                if self._window.open or (published is not None and not self._window.excludes(published)):
                    self.given += 1
                    yield record
                elif published is None:
                    self._undated += 1
                else:
                    self._outside += 1

    def _records(self, outlet: str | None) -> Iterator[Json]:
        """The records to read: of the kept articles, those captured since the window begins."""
        if self._generation is not None:
            return self._archive.articles(outlet=outlet, generation=self._generation)
        return candidates(self._archive.store, outlet, self._window.since)

    def why_empty(self) -> str:
        """For a selection that gave nothing: why, and what next."""
        of = f" of {', '.join(self._outlets)}" if self._outlets else ""
        kept = self._archive.status()
        unread = sum(kept[each]["articles"] for each in self._outlets or kept if each in kept) - self._undated
        if self._generation is None and not self._window.open:
            self._outside = max(self._outside, unread)
        if self._outside or self._undated:
            undated = f", {self._undated:,} have no known date" if self._undated else ""
            return f"of the articles{of} {self._outside:,} were published on other days{undated}; see --since and --until"
        names = " ".join(["", *(self._outlets or ())])
        return f"{self._archive.uri} holds no article{of} yet; `warraq crawl{names}` finds them"


def _write_wacz(archive: Archive, records: Iterable[Json], file: Path | None) -> None:
    if file is None:
        raise ConfigError("--format wacz is one file: name it with -o FILE.wacz")
    # Late: the other formats need neither.
    from storage.seals.export import ExportedProofs  # noqa: PLC0415
    from storage.wacz.exporting import export_wacz  # noqa: PLC0415

    proofs = ExportedProofs(archive.store)
    with _writing_aside(file) as out:
        done = export_wacz(
            archive.store,
            proofs.noting(records),
            out,
            title=f"Articles of {archive.uri}",
            software=f"warraq {version('warraq')}",
            problem=_print_problem,
            extra=proofs.files(),
        )
    sys.stderr.write(f"{done.pages:,} pages, {done.records:,} captures of {done.articles:,} articles in {file}\n")
    if done.without_raw:
        sys.stderr.write(f"{done.without_raw:,} articles have no raw capture and are left out\n")
    if done.damaged or done.unresolved:
        raise typer.Exit(1)


def _print_problem(problem: str) -> None:
    sys.stderr.write(f"warraq: {problem}\n")


def _is_stream(file: Path) -> bool:
    """A device, a pipe, a socket: it is written into, and not put another in the place of."""
    return file.exists() and not file.is_file() and not file.is_dir()


@contextmanager
def _into(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    with _writing_aside(file) as out:
        text = TextIOWrapper(out, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def _writing_aside(file: Path) -> Iterator[BinaryIO]:
    """A temporary file that gets its name when it is complete. ConfigError if it cannot be written there."""
    aside = file.with_name(f"{file.name}.partial")
    try:
        if _is_stream(file):
            with file.open("wb") as out:
                yield out
            return
        with aside.open("wb") as out:
            yield out
        aside.replace(file)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)
