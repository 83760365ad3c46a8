"""`verify` over a real crawl's archive: whatever is broken is found and named, and nothing else is."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import open_archive
from tests.crawler.conftest import tree
from tests.crawler.verify.conftest import KINDS, found, of_kind


def test_an_untouched_archive_gives_no_finding(sound: Path) -> None:
    """Two crawls and a generation; every object is read."""
    report = open_archive(str(sound)).verify()
    assert report.findings == []
    assert report.unfinished == []
    assert report.objects == len([key for key in tree(sound) if not key.startswith("state/")])


@pytest.mark.parametrize("part", [pytest.param(0.1, marks=pytest.mark.slow), 0.5, pytest.param(0.9, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_found(kind: str, part: float, place: Path) -> None:
    """In every kind of object, wherever it is."""
    victim = of_kind(place, kind)
    data = bytearray(victim.read_bytes())
    data[int(len(data) * part)] ^= 1
    victim.write_bytes(data)
    key = str(victim.relative_to(place))
    assert key in found(place)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_object_is_found(kind: str, place: Path) -> None:
    """Of every kind. A manifest that a killed run would lack as well is found as half done."""
    victim = of_kind(place, kind)
    victim.unlink()
    key = str(victim.relative_to(place))
    findings = found(place, severity=None if "manifest" in kind else "damage")
    assert key in findings or (kind == "plan of a generation" and any(key in problem for problem in findings.values())), findings


EXTRA = {
    "article": lambda victim: victim.with_name("9999.0123456789abcdef.json"),
    "claim": lambda victim: victim.with_name(f"{victim.name[:2]}{'0' * 62}.json"),
    "ledger entry": lambda victim: victim.with_name("2.json"),
    "change segment": lambda victim: victim.with_name(f"{victim.name.rpartition('-')[0]}-000999.jsonl"),
    "manifest": lambda victim: victim.with_name("01a201c0-0000-7000-8000-000000000000.json"),
    "WARC file": lambda victim: victim.with_name(f"{victim.name.rpartition('-')[0]}-000999.warc.gz"),
    "index": lambda victim: victim.with_name(f"{victim.name.rpartition('-')[0]}-000999.cdxj"),
    "part of a generation": lambda victim: victim.with_name("000999.jsonl.gz"),
    "share of a generation": lambda victim: victim.with_name("000999.share.json"),
}


@pytest.mark.parametrize("kind", EXTRA)
def test_an_object_that_no_run_made_is_found(kind: str, place: Path) -> None:
    """A copy of a sound object under a key of its kind: well-formed, and listed by no manifest."""
    victim = of_kind(place, kind)
    added = EXTRA[kind](victim)
    shutil.copy(victim, added)
    assert str(added.relative_to(place)) in found(place)


def test_an_object_of_a_run_that_never_was_is_found(place: Path) -> None:
    """An extra WARC file with its index, of a run that runs/ does not know."""
    victim = of_kind(place, "WARC file")
    for suffix in (".warc.gz", ".cdxj"):
        shutil.copy(
            victim.with_name(victim.name.replace(".warc.gz", suffix)),
            victim.with_name(f"01a201c0-0000-7000-8000-000000000000-000001{suffix}"),
        )
    problems = [problem for key, problem in found(place).items() if "01a201c0-0000" in key]
    assert any("no such run began" in problem for problem in problems)


@pytest.mark.parametrize("left", [0, 100, 0.5, 0.99])
def test_a_truncated_warc_file_is_found(left: float, place: Path) -> None:
    """Empty, within its first record, in the middle, just before its end; also named by what points into it."""
    victim = of_kind(place, "WARC file")
    data = victim.read_bytes()
    victim.write_bytes(data[: int(len(data) * left) if left < 1 else int(left)])
    key = str(victim.relative_to(place))
    findings = found(place)
    assert key in findings
    assert any(key in problem for article, problem in findings.items() if article.startswith("articles/"))


def test_a_record_that_was_cut_out_whole_is_found_by_what_points_to_it(place: Path) -> None:
    """Without its last gzip member a WARC file is well-formed; article, index and manifest tell that it is not what it was."""
    victim = of_kind(place, "WARC file")
    index = victim.with_name(victim.name.replace(".warc.gz", ".cdxj"))
    last = max(int(json.loads(line.split(b" ", 2)[2])["offset"]) for line in index.read_bytes().splitlines())
    victim.write_bytes(victim.read_bytes()[:last])
    findings = found(place)
    assert "points beside the records" in findings[str(index.relative_to(place))]
    assert any("is no record there" in problem for key, problem in findings.items() if key.startswith("articles/"))


def test_an_index_whose_line_points_beside_a_record_is_found(place: Path) -> None:
    """The offset of one line is one too high."""
    victim = of_kind(place, "index")
    victim.write_text(victim.read_text().replace('"offset": "', '"offset": "1', 1))
    report = open_archive(str(place)).verify()
    key = str(victim.relative_to(place))
    assert any(finding.key.startswith(f"{key}#") and "points beside" in finding.problem for finding in report.findings)


def test_an_index_that_lacks_a_record_is_found(place: Path) -> None:
    """Its last line is gone; the record still stands in the WARC file."""
    victim = of_kind(place, "index")
    victim.write_bytes(b"".join(victim.read_bytes().splitlines(keepends=True)[:-1]))
    report = open_archive(str(place)).verify()
    key = str(victim.relative_to(place))
    assert any(finding.key == key and "lacks a line for the record" in finding.problem for finding in report.findings)


def repacked(place: Path, kind: str, change: Callable[[dict], object]) -> str:
    """The object's key, after a change to its JSON (of a packed one, of its first line)."""
    victim = of_kind(place, kind)
    packed = victim.suffix == ".gz"
    first, _, rest = (gzip.decompress(victim.read_bytes()) if packed else victim.read_bytes()).partition(b"\n")
    value = json.loads(first)
    change(value)
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" + rest
    victim.write_bytes(gzip.compress(data) if packed else data)
    return str(victim.relative_to(place))


@pytest.mark.parametrize("field", ["file", "offset", "length", "record_id", "payload_digest"])
@pytest.mark.parametrize("kind", ["article", "part of a generation"])
def test_a_pointer_to_no_record_or_another_payload_is_found(kind: str, field: str, place: Path) -> None:
    """Whichever part of it is wrong; in a record of a generation as well."""
    wrong = {"file": "warc/none.warc.gz", "offset": 1, "length": 2, "record_id": "<urn:uuid:0>", "payload_digest": "sha256:00"}
    key = repacked(place, kind, lambda record: record["capture"]["warc"].update({field: wrong[field]}))
    problems = [finding.problem for finding in open_archive(str(place)).verify().findings if finding.key == key]
    assert any("its raw capture" in problem for problem in problems), problems


def test_a_text_changed_in_a_generation_is_found(place: Path) -> None:
    """Its hash tells, as that of an article does."""
    key = repacked(place, "part of a generation", lambda record: record.update(body=record["body"] + "!"))
    problems = [finding.problem for finding in open_archive(str(place)).verify().findings if finding.key == key]
    assert any("its text hashes to" in problem for problem in problems)


def test_a_warc_file_without_index_is_pending_if_its_run_was_killed(place: Path) -> None:
    """Recovery makes the index: nothing is damaged."""
    victim = of_kind(place, "index")
    run = victim.name[:36]
    victim.unlink()
    for manifest in (*place.glob(f"runs/*/*/*/{run}.json"), *place.glob(f"changes/*/*/*/{run}-*")):
        if b"run.finished" in manifest.read_bytes() or manifest.match("runs/*/*/*/*"):
            manifest.unlink() if manifest.match("runs/*/*/*/*") else None
    report = open_archive(str(place)).verify()
    assert str(victim.with_suffix(".warc.gz").relative_to(place)) in {finding.key for finding in report.findings}
    assert report.damaged == []
    assert report.unfinished == [run]
