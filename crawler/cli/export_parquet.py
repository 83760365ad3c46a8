"""`warraq export --format parquet`: the articles as a table, in a file or a bucket."""

from __future__ import annotations

import itertools
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from crawler.config import ConfigError
from storage import Archive
from storage.tables.bucket import upload
from storage.tables.errors import TableError
from storage.tables.parquet import Filter, write_parquet


def export_parquet(archive: Archive, outlets: list[str] | None, generation: str | None, asked: Filter, file: Path | None) -> None:
    """Write the table. ConfigError: no file named, no DuckDB, an unknown column, no such bucket, no room."""
    if file is None:
        raise ConfigError("--format parquet is one file: name it with -o FILE.parquet (or s3://bucket/FILE.parquet)")
    everything: list[str | None] = [*outlets] if outlets else [None]
    records = itertools.chain.from_iterable(archive.articles(outlet=each, generation=generation) for each in everything)
    bucket = str(file).startswith("s3:/")
    uri = str(file).replace("s3:/", "s3://", 1) if bucket else str(file)
    try:
        with tempfile.TemporaryDirectory(prefix="warraq-") if bucket else nullcontext(file.parent) as folder:
            made = Path(folder) / file.name
            rows = write_parquet(records, made, asked, (change.event for change in archive.changes()))
            if bucket:
                upload(made, uri)
    except TableError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        where = " (TMPDIR names the folder for temporary files)" if bucket else ""
        raise ConfigError(f"-o {uri}: {error.strerror}{where}") from None
    why = "" if rows else ": nothing answers what was asked (`warraq status` tells what there is)"
    sys.stderr.write(f"{rows:,} rows in {uri}{why}\n")
