"""`warraq crawl --from`: what it is given, what it says of damage, and how it ends when it is cut off."""

from __future__ import annotations

import gzip
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from crawler.from_warc.inputs import InputError, inputs
from infra.testing import servers
from infra.testing.waiting import bounded
from tests.crawler.conftest import Done, environment, killed, warraq
from tests.crawler.from_warc.conftest import crawl, kept
from tests.crawler.from_warc.foreign import Seen, as_resources, by_heritrix, by_wget
from tests.storage.warc.inputs import http, record


@pytest.mark.slow
def test_damage_is_named_counted_and_passed_over(enab: list[Seen], tmp_path: Path) -> None:
    """Exit code 1, one line on stderr; what is whole is kept."""
    folder = tmp_path / "in"
    folder.mkdir()
    whole = by_wget(enab)
    middle = len(whole) // 2
    (folder / "a.warc.gz").write_bytes(whole[:middle] + b"\0\xff\0" + whole[middle + 3 :])
    (folder / "b.warc.gz").write_bytes(by_heritrix(enab[:2])[:-200])
    (folder / "c.warc").write_bytes(b"")
    (folder / "d.warc.gz").write_bytes(gzip.compress(b"<html>no WARC"))
    (folder / "e.warc").write_bytes(record(http(enab[0].body), enab[0].url, length=10**12) + as_resources(enab[:1]))
    (folder / "notes.txt").write_text("not looked at")
    done = crawl(folder, tmp_path / "a")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert line.startswith("warraq: 5 damaged places in 5 of 5 WARC files passed over; the first: ")
    assert [Path(fact["file"]).name[0] for fact in done.of("warc.damaged")] == ["a", "b", "c", "d", "e"]
    assert all(fact["reason"] for fact in done.of("warc.damaged"))
    assert sum(fact["captures"] for fact in done.of("warc.read")) >= len(enab)
    assert done.finished["fates"]["kept"] >= len(enab) - 2
    assert set(done.finished["fates"]) <= {"kept", "duplicate"}


@pytest.mark.slow
def test_dates_and_limit_are_kept_to(enab: list[Seen], tmp_path: Path) -> None:
    file = tmp_path / "x.warc.gz"
    file.write_bytes(by_heritrix(enab))
    done = crawl(file, tmp_path / "a", "--limit", "2")
    assert (done.finished["discovered"], len(done.of("limit.reached"))) == (2, 1)
    done = crawl(file, tmp_path / "b", "--since", "2026-11-20", "--until", "2026-11-20")
    dates = {article["date_published"][:10] for article in kept(tmp_path / "b").values() if article["date_published"]}
    assert dates == {"2026-11-20"}
    assert done.finished["fates"]["refused"] > 0
    done = crawl(file, tmp_path / "c", "smart")
    assert (done.code, done.finished["discovered"]) == (1, 0)
    none, others = done.err.splitlines()
    assert none == "warraq: no page of these outlets in what was given"
    assert re.fullmatch(r"warraq: [0-9]+ captures of [0-9] other hosts?: www\.enabbaladi\.net \([0-9]+\).*", others)


@pytest.mark.slow
def test_without_raw_layer_articles_point_to_nothing(enab: list[Seen], tmp_path: Path) -> None:
    file = tmp_path / "x.warc.gz"
    file.write_bytes(by_heritrix(enab[:2]))
    assert crawl(file, tmp_path / "a", WARRAQ_RAW="none").code == 0
    assert {article["capture"]["warc"] for article in kept(tmp_path / "a").values()} == {None}
    assert not (tmp_path / "a" / "warc").exists()


@pytest.mark.slow
def test_standard_input_is_read(enab: list[Seen], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crawler", "crawl", "--from", "-", "--archive", str(tmp_path / "a")]
    done = subprocess.run(command, input=by_heritrix(enab[:2]), env=environment(), capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(kept(tmp_path / "a")) == 2


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    with servers.moto() as url:
        yield servers.environment(url)


@pytest.mark.slow
def test_objects_and_prefixes_of_a_bucket_are_read(enab: list[Seen], bucket: dict[str, str], tmp_path: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=bucket["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="warcs")
    client.put_object(Bucket="warcs", Key="old/1.warc.gz", Body=by_heritrix(enab[:2]))
    client.put_object(Bucket="warcs", Key="old/2.warc", Body=as_resources(enab[2:4]))
    client.put_object(Bucket="warcs", Key="old/readme.txt", Body=b"hello")
    done = crawl("s3://warcs/old/", tmp_path / "a", **bucket)
    assert (done.code, done.err) == (0, "")
    assert [fact["file"] for fact in done.of("warc.read")] == ["s3://warcs/old/1.warc.gz", "s3://warcs/old/2.warc"]
    assert done.finished["discovered"] == 4
    done = crawl("s3://warcs/old/2.warc", tmp_path / "b", **bucket)
    assert done.finished["discovered"] == 2
    odd = "أرشيف 2019/ملف (1) + 100%20 ~!*'.warc.gz"
    client.put_object(Bucket="warcs", Key=odd, Body=by_heritrix(enab[:2]))
    for place in (f"s3://warcs/{odd}", "s3://warcs/أرشيف 2019/", "s3://warcs/أرشيف"):
        done = crawl(place, tmp_path / f"odd-{len(place)}", **bucket)
        assert (done.code, done.err) == (0, "")
        assert [fact["file"] for fact in done.of("warc.read")] == [f"s3://warcs/{odd}"]
        assert done.finished["fates"] == {"kept": 2}
    for missing in ("s3://warcs/new/", "s3://nowhere/x", "s3://"):
        done = crawl(missing, tmp_path / "c", **bucket)
        assert (done.code, len(done.err.splitlines())) == (2, 1), done
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
def test_what_cannot_be_read_is_said_in_one_line_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = crawl(tmp_path / "missing.warc.gz", tmp_path / "a")
    assert (done.code, done.err) == (2, f"warraq: {tmp_path}/missing.warc.gz: No such file or directory\n")
    assert not (tmp_path / "a").exists()
    with pytest.raises(InputError, match=r"no \.warc, .* in this folder"):
        inputs([str(tmp_path / "empty")])
    done = crawl(tmp_path, tmp_path / "a", "--via", "wayback")
    assert (done.code, "--via" in done.err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("facts", [12, 3, 30])
def test_killed_and_run_again_it_ends_as_if_it_had_not_been(
    from_wget: tuple[Path, Path, Done], facts: int, tmp_path: Path
) -> None:
    file, whole, _ = from_wget
    archive = tmp_path / "a"
    killed(facts, "crawl", "--from", str(file), "--archive", str(archive))
    again = crawl(file, archive)
    assert again.code == 0, again.err
    assert set(kept(archive)) == set(kept(whole))
    verified = warraq("verify", "--archive", str(archive))
    assert verified.code == 0, verified.out


NO_INTERRUPTS = ("import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])",)
"""As a shell starts what it does not wait for (`warraq crawl … &` in a script): ^C is not for it."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sign", "shell"), [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGTERM, (sys.executable, "-c", *NO_INTERRUPTS))]
)
def test_interrupted_it_ends_well(
    from_wget: tuple[Path, Path, Done], tmp_path: Path, sign: signal.Signals, shell: tuple[str, ...]
) -> None:
    """The manifest is written, what was not looked at has failed, the exit code is 130, the next crawl has the rest."""
    file, whole, _ = from_wget
    command = [*shell, sys.executable, "-m", "crawler", "crawl", "--from", str(file), "--archive", str(tmp_path / "a")]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    with bounded(process, "15 facts"):
        begun = [process.stdout.readline() for _ in range(15)]
    process.send_signal(sign)
    rest, err = process.communicate(timeout=300)
    done = Done(process.returncode, "".join(begun) + rest, err)
    assert (done.code, done.err) == (130, "warraq: interrupted\n")
    assert sum(done.finished["fates"].values()) == done.finished["discovered"]
    crawl(file, tmp_path / "a")
    assert set(kept(tmp_path / "a")) == set(kept(whole))
