"""`warraq verify` over a real crawl's archive with a generation: whatever is broken is found and named, and nothing else is."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawler.demo.world import Running
from storage import open_archive
from storage.verify.sample import in_sample, sample
from tests.crawler.conftest import Done, environment, tree, warraq

Crawled = tuple[Path, Done, Done]

KINDS = {
    "article": "articles/outlet=smart/*/*.json",
    "claim": "hashes/*/*.json",
    "ledger entry": "urls/smart/*/*/1.json",
    "change segment": "changes/*/*/*/*.jsonl",
    "manifest": "runs/*/*/*/*[0-9a-f].json",
    "start marker": "runs/*/*/*/*.started.json",
    "WARC file": "warc/outlet=smart/*/*.warc.gz",
    "index": "warc/outlet=smart/*/*.cdxj",
    "part of a generation": "generations/*/outlet=smart/*.jsonl.gz",
    "share of a generation": "generations/*/outlet=smart/*.share.json",
    "list of shares": "generations/*/shares-*.jsonl",
    "manifest of a generation": "generations/*/generation.json",
    "start of a generation": "generations/*/started.json",
    "plan of a generation": "generations/*/plans/*/outlet=smart/*.jsonl.gz",
}


@pytest.fixture(scope="module")
def sound(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crawled archive with a generation read from its raw captures."""
    place = tmp_path_factory.mktemp("verified") / "archive"
    shutil.copytree(crawled[0], place)
    done = warraq("reread", "--archive", str(place), "--workers", "1")
    assert done.code == 0, done.err
    return place


@pytest.fixture
def place(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, to be broken."""
    return Path(shutil.copytree(sound, tmp_path / "archive"))


def of_kind(place: Path, kind: str) -> Path:
    """An object of this kind, the largest."""
    return max(place.glob(KINDS[kind]), key=lambda path: (path.stat().st_size, path))


def found(place: Path, *, severity: str | None = "damage") -> dict[str, str]:
    """What verify finds: problem by the object's key."""
    report = open_archive(str(place)).verify()
    return {finding.key.partition("#")[0]: finding.problem for finding in report.findings if severity in {None, finding.severity}}


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
    run = victim.name.rpartition("-")[0]
    victim.unlink()
    for manifest in (*place.glob(f"runs/*/*/*/{run}.json"), *place.glob(f"changes/*/*/*/{run}-*")):
        if b"run.finished" in manifest.read_bytes() or manifest.match("runs/*/*/*/*"):
            manifest.unlink() if manifest.match("runs/*/*/*/*") else None
    report = open_archive(str(place)).verify()
    assert str(victim.with_suffix(".warc.gz").relative_to(place)) in {finding.key for finding in report.findings}
    assert report.damaged == []
    assert report.unfinished == [run]


def test_every_object_is_in_the_sample_of_one_of_a_hundred_days(sound: Path) -> None:
    """Successive days take other objects, and a hundred of them take all, each once."""
    keys = [key for key in tree(sound) if not key.startswith("state/")]
    days = [date(2026, 11, 22) + timedelta(days=n) for n in range(100)]
    assert {sum(in_sample(key, 0.01, day) for day in days) for key in keys} == {1}


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_sample_of_a_sound_archive_gives_no_finding(share: float, sound: Path) -> None:
    """Whatever is chosen, what it refers to and what refers to it is looked up."""
    store = open_archive(str(sound)).store
    reports = [sample(store, share, date(2026, 11, 22) + timedelta(days=n)) for n in range(round(1 / share))]
    assert [report.findings for report in reports] == [[]] * len(reports)
    assert sum(report.objects for report in reports) == open_archive(str(sound)).verify().objects


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "plan" not in kind])
def test_a_sample_that_has_a_broken_object_finds_it(kind: str, place: Path) -> None:
    """On the day on which it is in the sample, however small that is."""
    victim = of_kind(place, kind)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    key = str(victim.relative_to(place))
    day = next(day for n in range(100) if in_sample(key, 0.01, day := date(2026, 11, 22) + timedelta(days=n)))
    report = sample(open_archive(str(place)).store, 0.01, day)
    assert any(key in finding.key or key in finding.problem for finding in report.damaged), report
    assert report.objects < 20


LOOKED_UP = {
    "article": ["claim", "WARC file", "ledger entry", "change segment"],
    "claim": ["article"],
    "index": ["WARC file"],
    "WARC file": ["index"],
}


@pytest.mark.parametrize(("chosen", "missing"), [(chosen, gone) for chosen, others in LOOKED_UP.items() for gone in others])
def test_a_sampled_object_is_checked_against_what_it_belongs_to(chosen: str, missing: str, place: Path) -> None:
    """Article ↔ claim ↔ WARC record ↔ ledger entry ↔ change: the sample has the one, the other is gone."""
    victim = of_kind(place, chosen)
    if chosen == "claim":
        victim = next(claim for claim in place.glob(KINDS["claim"]) if b"outlet=smart" in claim.read_bytes())
    key = str(victim.relative_to(place))
    for other in place.glob(KINDS[missing]):
        other.unlink()
    day = next(day for n in range(1000) if in_sample(key, 0.001, day := date(2026, 11, 22) + timedelta(days=n)))
    report = sample(open_archive(str(place)).store, 0.001, day)
    assert any(finding.key.partition("#")[0] == key for finding in report.findings), report


def verify(place: Path, *options: str, cache: Path, **env: str) -> Done:
    return warraq("verify", "--archive", str(place), *options, XDG_CACHE_HOME=str(cache), **env)


@pytest.mark.slow
def test_findings_are_told_one_by_one_and_summed_up(place: Path, tmp_path: Path) -> None:
    """Lines for people, JSON lines for machines; exit code 1."""
    victim = of_kind(place, "WARC file")
    victim.write_bytes(victim.read_bytes()[:-1])
    key = str(victim.relative_to(place))
    plain = verify(place, cache=tmp_path / "cache")
    assert plain.code == 1
    assert f"damage: {key}: " in plain.out
    done = verify(place, "--json", "--jobs", "4", cache=tmp_path / "cache")
    assert done.code == 1
    assert key in {fact["key"] for fact in done.of("finding")}
    (summed,) = done.of("verified")
    assert summed["damage"] == len([fact for fact in done.of("finding") if fact["severity"] == "damage"])


@pytest.mark.slow
def test_status_shows_when_the_last_full_pass_was_and_what_it_found(place: Path, tmp_path: Path) -> None:
    """`never` before the first; a sample is told apart; the pass itself leaves nothing but a note in state/."""
    assert "Last full pass of verify: never" in warraq("status", "--archive", str(place)).out
    before = tree(place)
    assert verify(place, cache=tmp_path / "cache").code == 0
    after = tree(place)
    assert {key for key in after if after[key] != before.get(key)} == {"state/verify/last.json"}
    shown = warraq("status", "--archive", str(place)).out
    assert "all good" in shown
    assert "Last sample" not in shown
    of_kind(place, "WARC file").unlink()
    verify(place, "--sample", "100%", cache=tmp_path / "cache")
    shown = warraq("status", "--archive", str(place)).out
    assert "all good" in shown
    assert "Last sample of 1: " in shown
    assert "damaged" in shown
    told = json.loads(warraq("status", "--json", "--archive", str(place)).out)["_verified"]
    assert told["full"]["damage"] == 0
    assert told["sample"]["damage"] > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_archive_that_may_only_be_read_is_verified_all_the_same(place: Path, tmp_path: Path) -> None:
    """One line says that the pass could not be noted."""
    for folder in (place / "state", place):
        folder.chmod(0o500)
    done = verify(place, cache=tmp_path / "cache")
    assert done.code == 0
    assert "will not show this pass" in done.err


def test_a_pass_that_cannot_be_noted_succeeds(place: Path, tmp_path: Path) -> None:
    """A file stands where state/ belongs: the archive is sound, and one line says that `status` will not know."""
    shutil.rmtree(place / "state")
    (place / "state").write_text("in the way")
    done = verify(place, cache=tmp_path / "cache")
    assert done.code in {0, 1}
    assert "will not show this pass" in done.err


@pytest.mark.parametrize("wrong", ["0", "0%", "101%", "much"])
def test_a_share_that_is_none_is_refused(wrong: str, sound: Path) -> None:
    done = warraq("verify", "--sample", wrong, "--archive", str(sound))
    assert done.code == 2
    assert done.err == f"warraq: --sample {wrong!r} is no share; write 1% or 0.01\n"


SLOW = """
import sys, time
from storage.verify import reading
read = reading.read
def slow(store, found):
    time.sleep(0.02)
    return read(store, found)
reading.read = slow
from crawler.cli import main
main()
"""


def begun(place: Path, cache: Path) -> subprocess.Popen[bytes]:
    """A verify that takes its time."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, "verify", "--archive", str(place)],
        env=environment(XDG_CACHE_HOME=str(cache)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def noted(cache: Path) -> int:
    """How many objects the notes of an interrupted pass hold."""
    import sqlite3

    for path in cache.glob("warraq/verify/*.sqlite"):
        try:
            with sqlite3.connect(path) as database:
                return int(database.execute("SELECT count(*) FROM object").fetchone()[0])
        except sqlite3.OperationalError:
            pass
    return 0


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_pass_goes_on_where_it_was_and_finds_the_same(how: signal.Signals, place: Path, tmp_path: Path) -> None:
    """Also by SIGKILL. What was read is not read again, unless it changed; what was made or lost meanwhile is seen."""
    cache = tmp_path / "cache"
    of_kind(place, "claim").unlink()
    passing = begun(place, cache)
    deadline = time.monotonic() + 60
    while noted(cache) < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    passing.send_signal(how)
    _, err = passing.communicate(timeout=60)
    assert passing.returncode == (-how if how is signal.SIGKILL else 130)
    assert (b"goes on from here" in err) == (how is signal.SIGINT)
    assert noted(cache) >= 40
    of_kind(place, "manifest").with_name("notes.txt").write_text("made meanwhile")  # in a part that was walked already
    entry = min(place.glob("urls/*/*/*/1.json"))
    entry.write_bytes(entry.read_bytes()[:-9])  # read among the first, changed since
    resumed = verify(place, "--json", cache=cache)
    fresh = verify(place, "--json", "--fresh", cache=cache)
    (summed,) = resumed.of("verified")
    assert summed["resumed"] is True
    assert resumed.of("finding") == fresh.of("finding")
    assert fresh.of("verified") == [summed | {"resumed": False}]
    assert noted(cache) == 0, "the notes have served"


@pytest.mark.slow
def test_two_passes_of_one_archive_do_not_share_their_notes(place: Path, tmp_path: Path) -> None:
    """The second is told that the first is at work."""
    first = begun(place, tmp_path)
    deadline = time.monotonic() + 60
    while not noted(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    second = verify(place, cache=tmp_path)
    first.kill()
    first.communicate()
    assert second.code == 3
    assert "another verify of this archive is at work" in second.err
    assert len(second.err.splitlines()) == 1


@pytest.mark.slow
def test_two_crawls_at_once_and_one_that_was_killed_leave_a_sound_archive(served: Running, tmp_path: Path) -> None:
    """With raw captures, claims and changes of both; the killed one is completed by the next."""
    place = tmp_path / "archive"
    open_archive(str(place))
    crawls = [
        subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "smart", "geiroon", "baladi_news", "--archive", str(place)],
            env=environment(served),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(3)
    ]
    while not any(place.glob("warc/*/*/*.warc.gz")) and crawls[0].poll() is None:
        time.sleep(0.005)
    crawls[0].kill()
    for crawl in crawls:
        crawl.wait(120)
    assert open_archive(str(place)).verify().damaged == []
    assert warraq("crawl", "smart", "--archive", str(place), world=served).code == 0
    report = open_archive(str(place)).verify()
    assert report.findings == []
    assert report.unfinished == []
