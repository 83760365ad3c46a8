"""A question to the notes of a pass, whose answers are findings."""

from __future__ import annotations

from typing import Final, NamedTuple

from storage.verify.findings import Severity

DAMAGE: Final[Severity] = "damage"
PENDING: Final[Severity] = "pending"


class Check(NamedTuple):
    """query: SQL over `notes.TABLES`. Its first column is the key that is found, the others fill the braces of `problem`.

    `{table}` in the query stands for the rows that are asked about: all of the table, or those of the objects in a sample.
    """

    query: str
    problem: str
    severity: Severity
