"""Articles as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Final, TextIO

from storage.record import Json

COLUMNS: Final = (
    "id", "outlet", "kind", "language", "url", "headline", "description", "authors", "section", "keywords", "sources",
    "date_published", "date_published_precision", "date_published_source", "date_modified", "body", "content_hash", "revision",
)  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a formula begins with in spreadsheets, or what they skip before one (OWASP, CSV injection); full width as well."""


def write_csv(records: Iterable[Json], out: TextIO, *, raw: bool = False) -> None:
    """A line of names, then one for each record; lists are joined by `; `. raw: cells as they are, also those that a spreadsheet
    takes for formulas.
    """
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for record in records:
        cells = ("; ".join(value) if isinstance(value := record[column], list) else value for column in COLUMNS)
        writer.writerow(cells if raw else map(_neutral, cells))


def _neutral(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula (CWE-1236): text that begins like one gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
