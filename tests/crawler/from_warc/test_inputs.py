"""What `--from` reads: WARC files by themselves and in zips of every make, and what is said of the others."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from crawler.from_warc.inputs import InputError, inputs
from infra.testing import servers
from storage.warc.reader import Problem, records
from tests.storage.warc.inputs import GOOD, PAGES, URLS, http, record, sha1, zipped

PROVEN = [record(http(body), url, WARC_Block_Digest=sha1(http(body))) for url, body in PAGES]
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def zip_of(files: dict[str, bytes], method: int = STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def wacz(method: int = STORED, folder: str = "") -> bytes:
    """As Browsertrix and ArchiveWeb.page write them: WARC files, their index, pages, and what the zip says of itself."""
    return zip_of(
        {
            f"{folder}archive/a.warc.gz": zipped(*GOOD[:2]),
            f"{folder}archive/deep/b.warc": b"".join(PROVEN[2:4]),
            f"{folder}indexes/index.cdx.gz": gzip.compress(b"net,enabbaladi)/1 2019 {}"),
            f"{folder}pages/pages.jsonl": b"{}",
            f"{folder}datapackage.json": b"{}",
        },
        method,
    )


def read(place: Path | str) -> tuple[list[str], list[str]]:
    """(addresses of the captures, what was wrong) of all files that a name means; each capture read again where it stands."""
    found: list[str] = []
    problems: list[Problem] = []
    for file in inputs([str(place)]):
        try:
            with file.open() as stream:
                for each in records(stream, file.name, max_bytes=1_000_000, problem=problems.append):
                    found.append(each.url)
                    if each.length:
                        again = io.BytesIO(file.part(each.offset, each.length))
                        same = records(again, "", max_bytes=1_000_000, problem=problems.append)
                        assert [one.raw for one in same] == [each.raw]
        except OSError as error:
            problems.append(Problem(file.name, 0, str(error)))
    return found, [problem.reason for problem in problems]


WACZS: dict[str, Callable[[], bytes]] = {
    "stored": wacz,
    "deflated": lambda: wacz(DEFLATED),
    "below another folder": lambda: wacz(folder="collection/v1/"),
    "bzip2": lambda: wacz(zipfile.ZIP_BZIP2),
    "lzma": lambda: wacz(zipfile.ZIP_LZMA),
    "in a zip of WACZs": lambda: zip_of({"one.wacz": wacz(), "datapackage.json": b"{}"}),
    "in a deflated zip of deflated WACZs": lambda: zip_of({"x/one.wacz": wacz(DEFLATED)}, DEFLATED),
    "with a Mac's companions": lambda: zip_of(
        {"archive/a.warc.gz": zipped(*GOOD[:4]), "__MACOSX/archive/._a.warc.gz": b"\0\5\x16\7", "archive/._a.warc.gz": b"\0\5"}
    ),
    "without suffixes": lambda: zip_of({"archive/data-0": zipped(*GOOD[:4])}),
}


@pytest.mark.parametrize("name", WACZS)
def test_the_warc_files_of_a_wacz_are_read_however_it_was_zipped(name: str, tmp_path: Path) -> None:
    file = tmp_path / "x.wacz"
    file.write_bytes(WACZS[name]())
    assert read(file) == (URLS[:4], [])
    assert read(tmp_path) == (URLS[:4], [])  # in a folder it is found by its name
    other = tmp_path / "other" / "download"
    other.parent.mkdir()
    other.write_bytes(WACZS[name]())
    assert read(other) == (URLS[:4], [])  # a file that is named is known by what it holds


def test_a_wacz_that_is_cut_or_damaged_gives_what_can_be_proven_and_is_named(tmp_path: Path) -> None:
    """Without its directory the WARC files that it stores are found all the same; what was deflated is read up to the damage."""
    cut = tmp_path / "cut.wacz"
    cut.write_bytes(wacz()[:-60])
    found, problems = read(cut)
    assert found == URLS[:4]
    assert problems
    data = bytearray(zip_of({"archive/a.warc.gz": zipped(*GOOD * 60)}, DEFLATED))
    data[len(data) // 2] ^= 0xFF
    broken = tmp_path / "broken.wacz"
    broken.write_bytes(data)
    found, problems = read(broken)
    assert set(found) <= set(URLS)
    assert any("damaged" in reason for reason in problems)


def test_a_zip_without_warc_files_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(zip_of({"readme.txt": b"hello"}))
    with pytest.raises(InputError, match=r"x\.zip: no WARC file in this zip"):
        inputs([str(file)])


@pytest.mark.parametrize("name", ["x.arc", "x.arc.gz"])
def test_an_arc_file_is_refused_in_one_line_that_names_what_converts_it(name: str, tmp_path: Path) -> None:
    version = (
        b"filedesc://x.arc 0.0.0.0 20080101000000 text/plain 76\n1 0 InternetArchive\nURL IP-address Archive-date Content-type"
    )
    page = b"http://www.enabbaladi.net/1 192.0.2.1 20080101000000 text/html 40\nHTTP/1.1 200 OK\r\n\r\n<html>WARC/1.0"
    parts = [version + b" Archive-length\n\n", page + b"\n", page + b"\n"]
    file = tmp_path / name
    file.write_bytes(zipped(*parts) if name.endswith("gz") else b"".join(parts))
    for place in (file, tmp_path):
        found, (problem,) = read(place)
        assert found == []
        assert "`warcio recompress OLD.arc.gz NEW.warc.gz`" in problem


@pytest.mark.slow
def test_a_wacz_in_a_bucket_is_read_by_its_parts() -> None:
    with servers.moto() as url, pytest.MonkeyPatch.context() as environment:
        for name, value in servers.environment(url).items():
            environment.setenv(name, value)
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        client.create_bucket(Bucket="waczs")
        for name, make in WACZS.items():
            place = re.sub("[^a-z]", "-", name.lower())
            client.put_object(Bucket="waczs", Key=f"{place}/x.wacz", Body=make())
            assert read(f"s3://waczs/{place}/") == (URLS[:4], []), name
            assert read(f"s3://waczs/{place}/x.wacz") == (URLS[:4], []), name


def test_what_is_no_file_is_named_in_a_folder_and_never_waited_for(tmp_path: Path) -> None:
    """A pipe, a device, a link to nothing: under a name that would be read."""
    (tmp_path / "a.warc").write_bytes(b"".join(PROVEN))
    os.mkfifo(tmp_path / "b.warc.gz")
    os.mkfifo(tmp_path / "c.wacz")
    (tmp_path / "d.warc").symlink_to("/dev/zero")
    (tmp_path / "e.warc").symlink_to("nowhere")
    found, problems = read(tmp_path)
    assert found == URLS
    assert len(problems) == 4
    assert all(name in problem for name, problem in zip(("b.warc.gz", "c.wacz", "d.warc", "e.warc"), problems, strict=True))


@pytest.mark.parametrize("data", [b"".join(PROVEN), zipped(*GOOD), wacz()], ids=["warc", "gz", "wacz"])
def test_a_pipe_that_is_named_is_read(tmp_path: Path, data: bytes) -> None:
    """As `<(…)` and `/dev/stdin` are, which can be read but once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, data)
        found, problems = read(pipe)
        assert written.result() == len(data)
    assert problems == []
    assert found[:2] == URLS[:2]
