"""What `verify` finds of what was done to an archive: alone, by its seals, and with one checkpoint held elsewhere."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from storage import open_archive
from storage.seals.checkpoint import Checkpoint
from storage.verify.full_pass import verify
from storage.verify.sample import sample
from storage.verify.seals import Trust
from tests.crawler.seals.tampering import KEY, OTHER_KEY, TAMPERINGS, Sealed, announce_last_seal

PAGE = Path(__file__).parents[3] / "infra" / "EVIDENCE.md"
MODES = ("verify", "seals", "checkpoint")


def found(place: Path, mode: str, held: Checkpoint) -> bool:
    """Whether anything is damage in the eyes of this mode."""
    store = open_archive(str(place), create=False).store
    trust = Trust([KEY.verifier], held if mode == "checkpoint" else None)
    if mode == "verify":
        shutil.rmtree(place / "seals", ignore_errors=True)
    return bool(verify(store, trust=trust).damage)


def table() -> dict[str, dict[str, bool]]:
    """{what was done: {mode: found}} as EVIDENCE.md has it."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {
        cells[0]: dict(zip(MODES, (cell.strip() == "found" for cell in cells[1:4]), strict=True))
        for cells in rows
        if cells[0] in TAMPERINGS
    }


def test_an_untouched_archive_is_whole_in_every_mode(place: Path, held: Checkpoint) -> None:
    """Nothing is found, also after a crawl and a seal that came later."""
    for mode in reversed(MODES):
        assert not found(place, mode, held)


def test_what_was_announced_is_held_against_the_seals(place: Path) -> None:
    """While they stand nothing is found; rolled back, forged or deleted they are, by a whole pass and by a sample."""
    store = open_archive(str(place), create=False).store
    announce_last_seal(place)
    assert verify(store, trust=Trust([KEY.verifier])).findings == []
    assert [each for each in sample(store, 1.0, date(2026, 11, 22)).findings if each.key.startswith("seals/")] == []
    shutil.move(max(place.glob("seals/*")), place.parent / "away")
    rolled_back = verify(store, trust=Trust([KEY.verifier])).damaged
    assert [finding.key for finding in rolled_back] == ["seals/"]
    assert "rolled back" in rolled_back[0].problem
    assert any("announces it" in finding.problem for finding in sample(store, 1.0, date(2026, 11, 22)).damaged)
    Sealed(place).seal(OTHER_KEY)
    assert any("another archive" in finding.problem for finding in verify(store, trust=Trust([OTHER_KEY.verifier])).damaged)


@pytest.mark.slow
@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_is_found_of_a_tampering_is_what_the_page_says(
    tampering: str, sealed: Path, held: Checkpoint, tmp_path: Path
) -> None:
    """In each of the three modes."""
    outcome = {}
    for mode in MODES:
        place = Path(shutil.copytree(sealed, tmp_path / mode))
        TAMPERINGS[tampering](Sealed(place))
        outcome[mode] = found(place, mode, held)
    assert table().get(tampering) == outcome


def test_with_a_checkpoint_held_elsewhere_everything_is_found() -> None:
    """As the page says, of at least fifty kinds."""
    rows = table()
    assert rows.keys() == TAMPERINGS.keys()
    assert len(rows) >= 50
    assert all(row["checkpoint"] for row in rows.values())
