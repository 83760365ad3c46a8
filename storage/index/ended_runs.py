"""What an index is told of the runs before its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from storage.ledger import LedgerPlace


class EndedRuns(Protocol):
    """What is known of the runs before (`storage.run.applied_runs`)."""

    def entries(self) -> Iterator[LedgerPlace]:
        """Later entries of URLs that the rows in state/ may lack; asked once, before the first of them is read."""
        ...

    def renewed(self, outlet: str, writer: str) -> Iterator[LedgerPlace]:
        """The same, once the rows of an outlet turn out to be of this writer (`Header.writer`)."""
        ...

    def has_run(self, run_id: str) -> bool:
        """Whether a run of this archive is known to have this id."""
        ...


class NoRuns:
    """An index by itself."""

    def entries(self) -> Iterator[LedgerPlace]:
        """None."""
        return iter(())

    def renewed(self, outlet: str, writer: str) -> Iterator[LedgerPlace]:  # noqa: ARG002
        """None."""
        return iter(())

    def has_run(self, run_id: str) -> bool:  # noqa: ARG002
        """No."""
        return False
