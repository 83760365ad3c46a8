"""The end of a run: the fates add up, the manifest is announced and written, then what the next runs go by."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from storage import keys
from storage.errors import Damaged
from storage.index import revisits
from storage.index.revisits import LaterVisits
from storage.record import Json, rfc3339, to_bytes
from storage.run.applied_runs import AppliedRuns
from storage.run.changes import event
from storage.run.fate_counts import FateCounts
from storage.run.journal import Journal
from storage.run.manifest import RecordingStore, manifest_digest, named_files
from storage.run.outlet_states import OutletStates

MANIFEST_VERSION: Final = 1
UNEVENTFUL: Final = frozenset({"unchanged", "not_an_article", "refused"})
"""Fates that say nothing new as long as no object was made for them: what is known, or told by the address alone."""
_ANNOUNCED: Final = ("run_id", "started_at", "finished_at", "versions", "discovered", "fates", "outlets")
"""Fields of the manifest in the event `run.finished`."""


class RunEnding:
    """Of one run. Nothing more is kept or settled meanwhile."""

    def __init__(
        self,
        store: RecordingStore,
        journal: Journal,
        fate_counts: FateCounts,
        states: OutletStates,
        applied: AppliedRuns,
        later: LaterVisits,
        started_at: datetime,
    ) -> None:
        self._store, self._journal, self._fate_counts, self._states = store, journal, fate_counts, states
        self._applied, self._later, self._started_at = applied, later, started_at
        self._announced: Json | None = None
        """The manifest, once the change log announces it."""
        self._ended = False
        """The manifest stands."""

    def leave(self, known_failures: int) -> bool:
        """Without a manifest, where nothing is to be told. Else False, and nothing is done: see `Run.leave`."""
        failed = sum(counts.get("failed", 0) for counts in self._fate_counts.counts().values())
        uneventful = UNEVENTFUL | {"failed"} if failed <= known_failures else UNEVENTFUL
        if self._store.created_any() or any(self._fate_counts.pending()) or self._fate_counts.fates() - uneventful:
            return False
        self._leave_notes()
        return True

    def finish(self, versions: dict[str, str], recovered: Json) -> Json:
        """With a manifest, which it gives: see `Run.finish`. recovered: what was completed of earlier runs."""
        if self._announced is None:
            while pending := list(self._fate_counts.pending()):
                for outlet, url in pending:
                    self._fate_counts.settle(outlet, url, "failed", "interrupted")
            manifest = self._manifest(self._fate_counts.checked(), versions, recovered)
            self._journal.log.announce(self._finished(manifest))
            self._announced = manifest
        if not self._ended:
            self._write_manifest(self._announced)
            self._ended = True
        self._leave_notes()
        return self._announced

    def _manifest(self, counts: dict[str, dict[str, int]], versions: dict[str, str], recovered: Json) -> Json:
        fates: Counter[str] = Counter()
        for count in counts.values():
            fates.update(count)
        discovered = fates.pop("discovered", 0)
        return {
            "manifest": MANIFEST_VERSION,
            "run_id": self._journal.run_id,
            "started_at": rfc3339(self._started_at),
            "finished_at": rfc3339(self._journal.now()),
            "versions": versions,
            "discovered": discovered,
            "fates": dict(fates),
            "outlets": {
                outlet: {
                    "discovered": count["discovered"],
                    "fates": {name: number for name, number in count.items() if name != "discovered"},
                    **({"doubts": doubts} if (doubts := self._fate_counts.doubts(outlet)) else {}),
                }
                for outlet, count in counts.items()
            },
            "recovered": recovered,
            "failures": self._fate_counts.failures,
            "files": [],
            "file_parts": [],
        }

    def _finished(self, manifest: Json) -> Json:
        run_id = self._journal.run_id
        return event(
            "run.finished",
            source="urn:warraq:archive",
            subject=run_id,
            identity=run_id,
            at=self._journal.now(),
            # `files` lists this very event's segment, so it cannot be covered by it; each of its lines is by its object.
            data={name: manifest[name] for name in _ANNOUNCED}
            | {"manifest_digest": manifest_digest(manifest, without_files=True)},
        )

    def _write_manifest(self, manifest: Json) -> None:
        run_id, started_at = self._journal.run_id, self._started_at
        manifest["files"], manifest["file_parts"] = named_files(
            self._store, lambda n: keys.run(run_id, started_at, f".files-{n:04}.jsonl")
        )
        manifest["digest"] = manifest_digest(manifest)
        key, data = keys.run(run_id, started_at), to_bytes(manifest)
        if self._store.beneath.create(key, data) != data:
            raise Damaged(f"{key} is taken: another run has this run's id")

    def _leave_notes(self) -> None:
        """What the next runs go by, in state/."""
        index = self._journal.index
        if self._later.revisits:
            for outlet in index.changed:
                revisits.note(self._states.state(outlet), self._later, index.first_visit(outlet))
        self._states.save()
        if saved := index.changed:
            made_objects = self._store.created_any()
            index.save(self._journal.now(), self._journal.run_id, made_objects=made_objects)
            self._applied.note(saved, made_objects=made_objects)
