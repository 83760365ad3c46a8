"""Keeps articles: each distinct text once, announced, in a folder or an S3-compatible bucket that others can rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.late_names import late_names

if TYPE_CHECKING:
    from storage.archive import Archive, open_archive
    from storage.errors import ArchiveError
    from storage.index.articles import ArticleLookup
    from storage.index.known import Known, KnownArticle
    from storage.index.revisits import LaterVisits
    from storage.queries.change_feed import Change
    from storage.record import Capture
    from storage.run.changes import ArchiveEvent, OutletEvent
    from storage.run.fate_counts import FATES
    from storage.run.run import Run
    from storage.run.visit import Fate, KeepRequest, Outcome, Settled
    from storage.state import State
    from storage.stores.opening import open_foreign_bucket
    from storage.stores.store import Store

__all__ = [
    "FATES",
    "Archive",
    "ArchiveError",
    "ArchiveEvent",
    "ArticleLookup",
    "Capture",
    "Change",
    "Fate",
    "KeepRequest",
    "Known",
    "KnownArticle",
    "LaterVisits",
    "Outcome",
    "OutletEvent",
    "Run",
    "Settled",
    "State",
    "Store",
    "open_archive",
    "open_foreign_bucket",
]

_HOMES = {
    "storage.archive": (
        "Archive",
        "open_archive",
    ),
    "storage.errors": ("ArchiveError",),
    "storage.index.articles": ("ArticleLookup",),
    "storage.index.known": (
        "Known",
        "KnownArticle",
    ),
    "storage.index.revisits": ("LaterVisits",),
    "storage.queries.change_feed": ("Change",),
    "storage.record": ("Capture",),
    "storage.run.changes": (
        "ArchiveEvent",
        "OutletEvent",
    ),
    "storage.run.fate_counts": ("FATES",),
    "storage.run.run": ("Run",),
    "storage.run.visit": (
        "Fate",
        "KeepRequest",
        "Outcome",
        "Settled",
    ),
    "storage.state": ("State",),
    "storage.stores.opening": ("open_foreign_bucket",),
    "storage.stores.store": ("Store",),
}
"""The module of each name, loaded when it is first asked for: who reads an archive needs nothing of what writes one."""

__getattr__ = late_names(__name__, _HOMES)
