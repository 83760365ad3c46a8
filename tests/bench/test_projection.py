"""The figures of `infra/SCALE.md` are those that are computed from the measurements."""

from __future__ import annotations

import json

import pytest

from infra.bench import projection
from infra.bench.projection import FLEET, KEPT, PAGE, renewed, tables


def test_the_page_says_what_is_computed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `python -m infra.bench.projection`"


def test_what_was_measured_decides(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """An operation that grows with the archive grows in the table; one that does not stays."""
    measured = json.loads(KEPT.read_text(encoding="utf-8"))
    sizes = measured["articles"]
    for name, counts in (("status", [7] * len(sizes)), ("new_url", [size // 1_000 for size in sizes])):
        measured["operations"][name] = [{"requests": {"GET": number}, "bytes": 0, "cpu": 0, "memory": 0} for number in counts]
    (tmp_path / "scale.json").write_text(json.dumps(measured))
    monkeypatch.setattr(projection, "KEPT", tmp_path / "scale.json")
    rows = {row.split(" | ")[0].strip("| "): row.split(" | ") for row in tables()["operations"].splitlines()}
    assert rows["`status`"][1:5] == ["7", "n^0.00", "7", "7"]
    assert rows["first new address of a run"][2:4] == ["n^1.00", "36,000"]


def test_the_simulated_fleet_kept_up() -> None:
    """Half of the articles are read within two hours; few leave their feed unseen while the schedule learns."""
    fleet = json.loads(FLEET.read_text(encoding="utf-8"))
    assert fleet["late_median"] < 120
    assert fleet["missed_of_a_thousand"] < 50
