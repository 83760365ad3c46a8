"""`warraq seal`, `prove`, `check-proof` and `verify --against`, as an operator and as a stranger run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.testing.time_stamps import Calendar, TimeStampServer, opentimestamps_calendar, rfc3161_authority
from storage import open_archive
from storage.seals.checkpoint import parse_checkpoint
from storage.verify.full_pass import verify
from tests.crawler.conftest import Done, warraq
from tests.storage.newsroom import article, keep_all

Crawled = tuple[Path, Done, Done]
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on PATH")


@pytest.fixture
def place(crawled: Crawled, tmp_path: Path) -> Path:
    """A crawled archive that was never sealed."""
    return Path(shutil.copytree(crawled[0], tmp_path / "archive"))


@pytest.fixture
def key() -> str:
    """A new key in the form of the setting."""
    done = warraq("seal", "--new-key", "operator")
    assert done.code == 0, done.err
    assert "PRIVATE" not in done.err
    return done.out.strip().removeprefix("WARRAQ_SEAL_KEY=")


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeStampServer]:
    """An RFC 3161 authority that openssl plays."""
    with rfc3161_authority(tmp_path / "tsa") as running:
        yield running


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    """A calendar of OpenTimestamps."""
    with opentimestamps_calendar() as running:
        yield running


def stranger(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python alone: no site-packages, nothing of ours, an empty environment but for PATH."""
    command = [sys.executable, "-I", "-S", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})


def some_id(place: Path, outlet: str) -> str:
    done = warraq("export", outlet, "--archive", str(place))
    return str(json.loads(done.out.splitlines()[0])["id"])


@pytest.mark.slow
@needs_openssl
def test_an_article_is_sealed_stamped_proved_and_checked_by_a_stranger(
    place: Path, key: str, authority: TimeStampServer, calendar: Calendar, tmp_path: Path
) -> None:
    """With Python's standard library and openssl, from a folder that holds all it takes; one changed byte is found."""
    settings = {"WARRAQ_SEAL_KEY": key, "WARRAQ_TSA": authority.url, "WARRAQ_OTS": calendar.url}
    sealed = warraq("seal", "--archive", str(place), **settings)
    assert sealed.code == 0, sealed.err
    checkpoint = parse_checkpoint(sealed.out.encode())
    assert sorted(path.suffix for path in (place / "seals/00000001").iterdir() if path.name.startswith("checkpoint.")) == [
        ".ots",
        ".tsr",
    ]
    calendar.confirmed = True
    again = warraq("seal", "--archive", str(place), **settings)
    assert (again.code, again.out) == (0, sealed.out)
    assert (place / "seals/00000001/checkpoint.confirmed.ots").exists()
    folder = tmp_path / "proof"
    for outlet in ("enab_baladi", "smart"):  # a live page and one of a web archive
        folder = tmp_path / f"proof-{outlet}"
        proved = warraq("prove", some_id(place, outlet), "-o", str(folder), "--archive", str(place))
        assert proved.code == 0, proved.err
        done = stranger(str(folder / "check.py"), str(folder), str(authority.ca_file))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "FAIL" not in done.stdout
        assert "signed by an authority" in done.stdout
        assert str(checkpoint.key) in done.stdout
        assert warraq("check-proof", str(folder), "--ca", str(authority.ca_file)).code == 0
    assert len((folder / "check.py").read_text().splitlines()) <= 100
    assert "openssl ts -verify" in (folder / "README.txt").read_text()
    for name in ("record.json", "capture.warc.gz", "checkpoint", "proof.json"):
        broken = Path(shutil.copytree(folder, tmp_path / f"broken-{name}"))
        data = bytearray((broken / name).read_bytes())
        data[len(data) // 2] ^= 1
        (broken / name).write_bytes(data)
        assert warraq("check-proof", str(broken)).code in (1, 2), name


@pytest.mark.slow
@needs_openssl
def test_a_time_stamp_that_is_not_over_its_checkpoint_is_found(
    place: Path, key: str, authority: TimeStampServer, calendar: Calendar
) -> None:
    """Cut short, emptied, of another seal, something else; and each stamp where the checkpoint got a line more."""
    settings = {"WARRAQ_SEAL_KEY": key, "WARRAQ_TSA": authority.url, "WARRAQ_OTS": calendar.url}
    for number in (1, 2):
        keep_all(open_archive(str(place)), article(number), at=datetime.now(UTC))
        calendar.confirmed = number == 2
        assert warraq("seal", "--archive", str(place), **settings).code == 0
    stamps = sorted(place.glob("seals/*/checkpoint.*"))
    assert len(stamps) == 5
    sound = verify(open_archive(str(place)).store)
    assert sound.findings == []
    for path in stamps:
        data, others = path.read_bytes(), [each for each in stamps if each.suffix == path.suffix and each.parent != path.parent]
        for broken in (data[:-1], data[:40], b"", data + b"\0", others[0].read_bytes(), b"<html>", b"\0" * 99):
            if path.suffix == ".ots" and broken in (data[:-1], data + b"\0"):
                continue  # who reads a proof's operations sees that: `ots verify`
            path.write_bytes(broken)
            (found,) = verify(open_archive(str(place)).store).damaged
            assert found.key == str(path.relative_to(place))
        path.write_bytes(data)
    checkpoint = place / "seals/00000002/checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes() + checkpoint.read_bytes().splitlines(keepends=True)[-1])
    named = {finding.key for finding in verify(open_archive(str(place)).store).damaged}
    assert named == {str(path.relative_to(place)) for path in stamps if path.parent == checkpoint.parent}


@pytest.mark.slow
@needs_openssl
@pytest.mark.parametrize("trouble", ["down", "an error page", "over other bytes", "rubbish", "refused"])
def test_an_authority_in_trouble_delays_nothing_and_is_asked_again(
    trouble: str, place: Path, key: str, authority: TimeStampServer, tmp_path: Path
) -> None:
    """The seal stands; the exit code says that something is missing; the next `warraq seal` gets it."""
    good = authority.answer
    if trouble == "down":
        authority.answer = lambda _data: None
    elif trouble == "an error page":
        authority.media_type = "text/html"
    elif trouble == "over other bytes":
        digest = bytes(32)

        def other(_data: bytes) -> bytes:
            query = tmp_path / "tsa" / "query"
            made = subprocess.run(
                ["openssl", "ts", "-query", "-digest", digest.hex(), "-sha256", "-cert", "-out", str(query)],
                check=True,
                capture_output=True,
            )
            assert not made.stdout
            config = ["-config", str(tmp_path / "tsa/openssl.cnf"), "-section", "tsa", "-queryfile", str(query)]
            return subprocess.run(["openssl", "ts", "-reply", *config], check=True, capture_output=True).stdout

        authority.answer = other
    elif trouble == "rubbish":
        authority.answer = lambda _data: b"\x30\x03abc"
    else:
        authority.answer = lambda _data: bytes.fromhex("30053003020102")
    done = warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key, WARRAQ_TSA=authority.url)
    assert done.code == 1, done.err
    assert "no time stamp: 127.0.0.1" in done.err
    assert "Traceback" not in done.err
    assert parse_checkpoint(done.out.encode()).size > 1
    assert list(place.glob("seals/*/*.tsr")) == []
    authority.answer, authority.media_type = good, "application/timestamp-reply"
    assert warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key, WARRAQ_TSA=authority.url).code == 0
    assert len(list(place.glob("seals/*/*.tsr"))) == 1


@pytest.mark.slow
def test_the_checkpoint_leaves_the_house_in_an_event_once(place: Path, key: str) -> None:
    """`archive.sealed` carries it, and `verify --against` takes the event as it is."""
    sealed = warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    events = [json.loads(line) for line in warraq("events", "show", "--archive", str(place)).out.splitlines()]
    (event,) = [each for each in events if each["type"] == "archive.sealed"]
    assert event["data"]["checkpoint"] == sealed.out
    held = place.parent / "event.json"
    held.write_text(json.dumps(event))
    done = warraq("verify", "--against", str(held), "--archive", str(place), WARRAQ_SEAL_KEY=key)
    assert done.code == 0, done.out + done.err
    assert "sealed to" in done.err
    assert "operator" in done.err
    status = json.loads(warraq("status", "--json", "--archive", str(place)).out)
    assert status["_sealed"]["checkpoint"] == sealed.out
    assert status["_sealed"]["unsealed"] == 1  # the run that told of the seal


@pytest.mark.slow
def test_a_deleted_run_is_never_all_good(place: Path, key: str) -> None:
    """Sealed, its absence is damage; and a checkpoint held elsewhere finds that even the seals are gone."""
    sealed = warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    held = place.parent / "checkpoint"
    held.write_text(sealed.out)
    for path in place.glob("runs/*/*/*/*"):
        path.unlink()
    done = warraq("verify", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    assert done.code == 1
    assert "it was deleted" in done.out
    assert "all good" not in done.err
    shutil.rmtree(place / "seals")
    done = warraq("verify", "--archive", str(place), "--against", str(held), WARRAQ_SEAL_KEY=key)
    assert done.code == 1
    assert "seals/: are not there" in done.out


@pytest.mark.slow
def test_a_sample_covers_seals(place: Path, key: str) -> None:
    """A sample of everything reads the manifests of the runs that were sealed."""
    warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    assert warraq("verify", "--sample", "100%", "--archive", str(place)).code == 0
    manifest = next(path for path in sorted(place.glob("runs/*/*/*/*.json")) if path.name.count(".") == 1)
    manifest.unlink()
    done = warraq("verify", "--sample", "100%", "--archive", str(place))
    assert done.code == 1
    assert "seal 1 holds of its run" in done.out


BAD = [
    (("seal",), {}, 2, "WARRAQ_SEAL_KEY is not set"),
    (("seal",), {"WARRAQ_SEAL_KEY": "operator+00000000+AAAA"}, 2, "WARRAQ_SEAL_KEY: it does not begin with PRIVATE+KEY+"),
    (("seal", "--new-key", "two words"), {}, 2, "cannot name a key"),
    (("verify", "--against", "no-such-file"), {}, 2, "No such file"),
    (("verify", "--against", __file__), {}, 2, "is no signed note"),
    (("verify",), {"WARRAQ_SEAL_TRUST": "x+y"}, 2, "WARRAQ_SEAL_TRUST"),
    (("prove", "smart:1", "-o", "out"), {}, 2, "no article smart:1"),
    (("check-proof", "."), {}, 2, "there is no proof in it"),
]


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "why"), BAD, ids=[" ".join(each[0][:2]) + " " + each[3][:20] for each in BAD]
)
def test_what_cannot_be_done_is_one_line(
    arguments: tuple[str, ...], settings: dict[str, str], code: int, why: str, crawled: Crawled, tmp_path: Path
) -> None:
    archive = () if arguments[0] == "check-proof" else ("--archive", str(crawled[0]))
    done = warraq(*arguments, *archive, cwd=tmp_path, **settings)
    assert done.code == code, done.err
    assert why in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_an_article_of_an_archive_without_seals_cannot_be_proved(crawled: Crawled, tmp_path: Path) -> None:
    done = warraq("prove", some_id(crawled[0], "smart"), "-o", str(tmp_path / "p"), "--archive", str(crawled[0]))
    assert done.code == 3
    assert "has no seal" in done.err
    assert not (tmp_path / "p").exists()


@pytest.mark.slow
def test_a_checkpoint_of_another_archive_is_told_apart(place: Path, key: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(place, other)
    held = tmp_path / "held"
    held.write_text(warraq("seal", "--archive", str(other), WARRAQ_SEAL_KEY=key).out)
    warraq("seal", "--archive", str(place), WARRAQ_SEAL_KEY=key)
    done = warraq("verify", "--archive", str(place), "--against", str(held), WARRAQ_SEAL_KEY=key)
    assert done.code == 1
    assert "is of another archive" in done.out
