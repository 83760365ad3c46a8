"""Reading again: today's extractor over the raw captures of an archive, into a generation of records of its own."""

from __future__ import annotations


class RereadError(Exception):
    """The re-reading cannot be as asked: no such engine, or a generation of that name that is another. One line."""
