"""`verify` names every object that breaks a promise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import open_archive
from tests.storage.newsroom import CAPTURE, article, begin, keep_all


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with revisions, a copy and a removal, at rest and without fault."""
    place = tmp_path_factory.mktemp("sound")
    archive = open_archive(str(place))
    keep_all(archive, article(1), article(2), article(3), article(1, outlet="smart"))
    run = begin(archive)
    run.keep(article(1, "ثان"), CAPTURE)
    run.settle("enab_baladi", article(3).url, "gone", "410", CAPTURE)
    run.finish()
    keep_all(archive, article(1))
    assert archive.verify().findings == []
    return place


def some(place: Path, pattern: str) -> Path:
    """The first object that fits."""
    return min(place.glob(pattern))


def edited(path: Path, **changes: object) -> Path:
    """The object with other values in it."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes, ensure_ascii=False) + "\n")
    return path


def replaced(path: Path, old: str, new: str) -> Path:
    """The object with another text in it."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def removed(path: Path) -> Path:
    """The object that was removed."""
    path.unlink()
    return path


def added(path: Path, text: str) -> Path:
    """An object that was added."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def chained(place: Path, n: int) -> Path:
    """Entry n of the URL that has three."""
    (folder,) = {path.parent for path in place.glob("urls/*/*/*/3.json")}
    return folder / f"{n}.json"


def manifest(place: Path) -> Path:
    """The first run's."""
    return next(path for path in sorted(place.glob("runs/*/*/*/*.json")) if ".started" not in path.name)


def changed_manifest(place: Path, change: Callable[[dict], object]) -> Path:
    path = manifest(place)
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    return path


DAMAGES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "one letter of a text": (lambda p: replaced(some(p, "articles/*/*/2.*"), "المحلي", "المحلى"), "its text hashes to"),
    "an author, which no hash covers": (lambda p: edited(some(p, "articles/*/*/2.*"), authors=["x"]), "says was written"),
    "a field that the schema does not have": (lambda p: edited(some(p, "articles/*/*/2.*"), mood="x"), "breaks the schema"),
    "a naive date": (lambda p: edited(some(p, "articles/*/*/2.*"), date_published="2026-11-22"), "breaks the schema"),
    "an article cut in the middle": (lambda p: replaced(some(p, "articles/*/*/2.*"), '"body"', ""), "cannot be read"),
    "an article under another key": (lambda p: some(p, "articles/*/*/2.*").rename(p / "articles/x.json"), "key does not fit"),
    "a text kept twice": (
        lambda p: (
            Path(shutil.copy(some(p, "articles/*/*/2.*"), some(p, "articles/*/*").with_name("captured=2026-11-21") / "2.x.json"))
            if (some(p, "articles/*/*").with_name("captured=2026-11-21")).mkdir() is None
            else p
        ),
        "kept a second time",
    ),
    "a missing article": (lambda p: removed(some(p, "articles/*/*/2.*")), ""),
    "a missing claim": (lambda p: removed(some(p, "hashes/*/*")), ""),
    "a claim under another hash": (
        lambda p: (
            some(p, "hashes/*/*").rename(p / "hashes/00" / ("00" * 32 + ".json"))
            if (p / "hashes/00").mkdir(exist_ok=True) is None
            else p
        ),
        "not what its key says",
    ),
    "a missing first entry": (lambda p: removed(chained(p, 1)), ""),
    "a missing middle entry": (lambda p: removed(chained(p, 2)), ""),
    "a broken link between revisions": (lambda p: edited(chained(p, 2), previous=None), "not linked"),
    "a revision that is counted wrongly": (lambda p: edited(chained(p, 3), revision=7), "not linked"),
    "an entry of another URL": (lambda p: edited(chained(p, 2), url="https://x.example/"), "not what its key says"),
    "an entry that names no article": (
        lambda p: edited(chained(p, 2), article="articles/none.json"),
        "names an article that is not",
    ),
    "an unreadable entry": (lambda p: replaced(chained(p, 2), "{", ""), "is not a ledger entry"),
    "a change that names no article": (
        lambda p: replaced(some(p, "changes/*/*/*/*.jsonl"), '"key":"articles/', '"key":"articles/no'),
        "names an article that is not there",
    ),
    "a change that was removed": (lambda p: removed(some(p, "changes/*/*/*/*.jsonl")), ""),
    "a segment cut in the middle": (lambda p: replaced(some(p, "changes/*/*/*/*.jsonl"), "}\n", ""), ""),
    "a manifest whose fates do not add up": (
        lambda p: changed_manifest(p, lambda m: m["fates"].update(kept=1)),
        "fates do not add up",
    ),
    "a manifest without its last byte": (lambda p: replaced(manifest(p), "}\n", "}"), "in other bytes"),
    "a manifest that says a thing twice": (lambda p: replaced(manifest(p), '{"', '{"files":[],"'), "in other bytes"),
    "a manifest that lists what is not there": (
        lambda p: changed_manifest(p, lambda m: m["files"].append({"key": "articles/none", "sha256": "00" * 32, "bytes": 1})),
        "is not there, and runs/",
    ),
    "a manifest with another size": (
        lambda p: changed_manifest(p, lambda m: m["files"][0].update(bytes=1)),
        "is not what runs/",
    ),
    "a manifest of another run": (lambda p: edited(manifest(p), run_id="x"), "manifest of run x"),
    "a foreign object": (lambda p: added(p / "notes.txt", "x"), "does not belong"),
    "a foreign object in the ledger": (lambda p: added(p / "urls/smart/zz.txt", "x"), "does not belong"),
    "a hidden file": (lambda p: added(p / "articles/.DS_Store", "x"), ""),
    "another schema": (lambda p: added(p / "schema/article-1.json", "{}"), "is not the schema"),
    "no archive.json": (lambda p: removed(p / "archive.json"), "is missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(damage: str, sound: Path, tmp_path: Path) -> None:
    """Each planted damage gives a finding that names the object, or those that speak of it."""
    place = tmp_path / "archive"
    shutil.copytree(sound, place)
    archive = open_archive(str(place))
    plant, says = DAMAGES[damage]
    victim = str(plant(place).relative_to(place))
    findings = archive.verify().damaged
    assert findings, "not found"
    if says:
        assert any(says in finding.problem for finding in findings), findings
    assert (
        any(victim in finding.key or victim in finding.problem for finding in findings)
        or "missing" in damage
        or "text kept" in damage
    )
    assert all("\n" not in finding.problem for finding in findings)


def test_state_may_hold_anything(sound: Path, tmp_path: Path) -> None:
    """Nothing is promised of it, so nothing is found in it."""
    shutil.copytree(sound, tmp_path / "a")
    (tmp_path / "a/state/smart").mkdir(exist_ok=True)
    (tmp_path / "a/state/smart/feed.json").write_text("broken")
    assert open_archive(str(tmp_path / "a")).verify().findings == []


def test_a_ledger_of_more_than_nine_entries_is_read_in_the_order_of_numbers(tmp_path: Path) -> None:
    """10.json sorts before 2.json; the chain is 1, 2, …, 12 all the same."""
    archive = open_archive(str(tmp_path))
    for n in range(12):
        keep_all(archive, article(1, f"نص {n}"))
    assert archive.verify().findings == []
    (tmp_path / "state/enab_baladi/known.jsonl.gz").unlink()
    known = begin(archive).known("enab_baladi", article(1).url)
    assert known is not None
    assert known.n == known.revision == 12
