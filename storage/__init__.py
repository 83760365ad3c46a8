"""Keeps articles: each distinct text once, announced, in a folder or an S3-compatible bucket that others can rely on."""

from __future__ import annotations

from storage.archive import Archive, State, open_archive
from storage.errors import ArchiveError
from storage.following import Change
from storage.known import Known
from storage.record import Capture
from storage.revisits import LaterVisits
from storage.run import Run
from storage.tally import FATES
from storage.visit import Fate, Outcome, Settled

__all__ = [
    "FATES",
    "Archive",
    "ArchiveError",
    "Capture",
    "Change",
    "Fate",
    "Known",
    "LaterVisits",
    "Outcome",
    "Run",
    "Settled",
    "State",
    "open_archive",
]
