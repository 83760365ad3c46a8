"""A query of the pass database, each row of which is a finding."""

from __future__ import annotations

from typing import Final, NamedTuple

from storage.verify.findings import Severity

DAMAGE: Final[Severity] = "damage"
PENDING: Final[Severity] = "pending"


class Check(NamedTuple):
    """query: SQL over `pass_database.TABLES`. Its first column is the key that is found, the others fill the braces of `problem`.

    `{table}` in the query stands for the rows that are asked about: all of the table, or those of the objects in a sample.
    """

    query: str
    problem: str
    severity: Severity
