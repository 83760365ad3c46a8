"""A manifest lists what its run made, also where it is not known whether a write came through."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import ArchiveUnavailable
from storage.run.manifest import RecordingStore
from storage.stores.folder import FolderStore
from tests.storage.newsroom import WrappedStore

KEY = "hashes/ab/one.json"


class LostAnswer(WrappedStore):
    """Loses the answer of every create. stands: what is under the key then."""

    stands: bytes | None = None

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        if self.stands is not None:
            self.beneath.create(key, self.stands, content_type)
        raise ArchiveUnavailable(f"{key}: time-out")


@pytest.mark.parametrize(
    ("stands", "listed"),
    [(b"ours", [KEY]), (b"another's", []), (b"", []), (None, [])],
    ids=["ours", "another's", "an empty one", "nothing"],
)
def test_a_doubtful_object_is_listed_only_if_it_is_the_runs_own(stands: bytes | None, listed: list[str], tmp_path: Path) -> None:
    """The write failed: what stands under its key is looked at, and may be what another worker created."""
    store = LostAnswer(FolderStore(tmp_path))
    store.stands = stands
    recording = RecordingStore(store, lambda: None)
    with pytest.raises(ArchiveUnavailable):
        recording.create(KEY, b"ours")
    recording.settle_doubts()
    assert [file["key"] for file in recording.files()] == listed
    assert recording.count() == len(listed)
    recording.close()
