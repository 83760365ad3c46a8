"""`warraq export --format wacz`: the raw captures of an archive in one file, as replay tools want it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from storage import Capture, open_archive
from storage.wacz import exporting
from storage.wacz.exporting import export_wacz
from storage.warc.exchange import Exchange
from tests.crawler.conftest import Done, warraq
from tests.storage.newsroom import NOON, article, begin

TOOLS = os.environ.get("WARRAQ_REPLAY_BIN")  # before the tests' environment is emptied of our settings
Crawled = tuple[Path, Done, Done]


@pytest.fixture(scope="module")
def exported(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crawled miniature as a WACZ."""
    file = tmp_path_factory.mktemp("wacz") / "news.wacz"
    done = warraq("export", "--format", "wacz", "-o", str(file), "--archive", str(crawled[0]))
    assert done.code == 0, done.err
    assert [path.name for path in file.parent.iterdir()] == ["news.wacz"]
    return file


def index(package: zipfile.ZipFile) -> list[tuple[str, str, dict[str, Any]]]:
    """The lines of the index."""
    lines = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
    assert lines == sorted(lines, key=str.encode)
    return [(key, stamp, json.loads(said)) for key, stamp, said in (line.split(" ", 2) for line in lines)]


def pages(package: zipfile.ZipFile) -> list[dict[str, str]]:
    """The pages, after their header."""
    header, *found = map(json.loads, package.read("pages/pages.jsonl").decode().splitlines())
    assert header["format"] == "json-pages-1.0"
    return found


def captures(package: zipfile.ZipFile) -> dict[str, bytes]:
    """The payload, as stored, of each record by its id, in the eyes of warcio."""
    found = {}
    for name in package.namelist():
        if name.startswith("archive/"):
            for record in ArchiveIterator(io.BytesIO(package.read(name)), check_digests="raise"):
                if record.rec_type in {"response", "revisit"}:
                    found[record.rec_headers["WARC-Record-ID"]] = record.raw_stream.read()
    return found


def test_every_kept_article_is_a_page_that_the_index_leads_to(exported: Path, crawled: Crawled) -> None:
    """Headline, address and time; at the place in the index stands the very record that the article points to."""
    articles = {f"{kept['id']}#{kept['revision']}": kept for kept in open_archive(str(crawled[0])).articles()}
    with zipfile.ZipFile(exported) as package:
        lines = {(said["url"], stamp): said for _, stamp, said in index(package)}
        found = pages(package)
        assert {page["id"] for page in found} == articles.keys()
        for page in found:
            kept = articles[page["id"]]
            assert page["title"] == kept["headline"]
            said = lines[page["url"], "".join(filter(str.isdigit, page["ts"]))]
            data = package.read(f"archive/{said['filename']}")
            member = gzip.decompress(data[int(said["offset"]) : int(said["offset"]) + int(said["length"])])
            assert kept["capture"]["warc"]["record_id"].encode() in member.partition(b"\r\n\r\n")[0]


def test_records_are_copied_as_they_stand_and_each_once(exported: Path, crawled: Crawled) -> None:
    """The gzip members of the archive's files, byte for byte; warcio finds every digest right."""
    archive = open_archive(str(crawled[0]))
    pointers = {tuple(kept["capture"]["warc"].values()) for kept in archive.articles()}
    with zipfile.ZipFile(exported) as package:
        data = b"".join(package.read(name) for name in package.namelist() if name.startswith("archive/"))
        for file, offset, length, _, _ in pointers:
            part = archive.store.part(file, offset, length)
            assert part is not None
            assert data.count(part) == 1
        mementos = [page for page in pages(package) if page["id"].startswith(("smart:", "geiroon:"))]
        assert len(captures(package)) == len(pointers) + len(mementos)  # each has a revisit under its own address and time


def test_the_package_describes_itself(exported: Path) -> None:
    """Every entry with its hash and size; WARC files and index are stored, so that a player can read ranges of them."""
    with zipfile.ZipFile(exported) as package:
        described = json.loads(package.read("datapackage.json"))
        assert described["wacz_version"] == "1.1.1"
        for resource in described["resources"]:
            data = package.read(resource["path"])
            assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert resource["bytes"] == len(data)
        named = {resource["path"] for resource in described["resources"]}
        assert set(package.namelist()) == named | {"datapackage.json", "datapackage-digest.json"}
        digest = json.loads(package.read("datapackage-digest.json"))
        assert digest["hash"] == f"sha256:{hashlib.sha256(package.read('datapackage.json')).hexdigest()}"
        for entry in package.infolist():
            if entry.filename.endswith(".gz"):
                assert entry.compress_type == zipfile.ZIP_STORED


def test_a_memento_is_found_by_its_own_address_and_time(exported: Path) -> None:
    """A dead outlet's page is listed as what was captured then, not as a web archive's replay of today."""
    with zipfile.ZipFile(exported) as package:
        dead = [page for page in pages(package) if page["id"].startswith(("smart:", "geiroon:"))]
    assert dead
    assert all("web.archive.org" not in page["url"] for page in dead)
    assert all(page["ts"] < "2021" for page in dead)


@pytest.mark.slow
def test_what_is_chosen_by_outlet_and_date_is_exported(crawled: Crawled, tmp_path: Path) -> None:
    """The same choice as for JSON Lines."""
    asked = ("al_jazeera", "--since", "2026-11-10", "--until", "2026-11-19", "--archive", str(crawled[0]))
    done = warraq("export", "--format", "wacz", "-o", "some.wacz", *asked, cwd=tmp_path)
    assert done.code == 0, done.err
    kept = [json.loads(line) for line in warraq("export", *asked).out.splitlines()]
    with zipfile.ZipFile(tmp_path / "some.wacz") as package:
        assert {page["title"] for page in pages(package)} == {record["headline"] for record in kept}


@pytest.mark.slow
def test_jsonl_goes_into_a_file_as_well(crawled: Crawled, tmp_path: Path) -> None:
    """`-o` gives what stdout would."""
    asked = ("export", "smart", "--archive", str(crawled[0]))
    assert warraq(*asked, "-o", "smart.jsonl", cwd=tmp_path).code == 0
    assert (tmp_path / "smart.jsonl").read_text(encoding="utf-8") == warraq(*asked).out


@pytest.mark.slow
def test_a_wacz_needs_a_file_that_can_be_written(crawled: Crawled, tmp_path: Path) -> None:
    """One line; nothing half-written is left."""
    nowhere = warraq("export", "--format", "wacz", "--archive", str(crawled[0]))
    assert (nowhere.code, nowhere.err) == (2, "warraq: --format wacz is one file: name it with -o FILE.wacz\n")
    missing = warraq("export", "--format", "wacz", "-o", "no/such/folder.wacz", "--archive", str(crawled[0]), cwd=tmp_path)
    assert missing.code == 2
    assert missing.err == "warraq: no/such/folder.wacz: No such file or directory\n"
    assert list(tmp_path.iterdir()) == []


BODY = "<p>متن</p>".encode() * 100


def exchange(number: int, at: datetime, body: bytes) -> Exchange:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return Exchange(url=article(number).url, at=at, status=200, head=head, body=body)


def filled(place: Path) -> tuple[Any, list[str]]:
    """An archive in which article 2 points to a revisit of article 1's payload; a list for what an export complains of."""
    archive = open_archive(str(place))
    run = begin(archive)
    for number in (1, 2):
        filed = run.raw.keep("enab_baladi", [exchange(number, NOON + timedelta(minutes=number), BODY)])
        run.raw.flush()
        run.keep(article(number, str(number)), Capture(fetched_at=NOON, status=200, warc=filed.pointer))
    run.keep(article(3), Capture(fetched_at=NOON, status=200))
    run.finish()
    assert archive.verify().findings == []
    return archive, []


def test_a_revisit_brings_along_what_it_repeats(tmp_path: Path) -> None:
    """Only the second article is exported, and the payload comes with it; articles without raw bytes are counted."""
    archive, told = filled(tmp_path / "archive")
    chosen = [kept for kept in archive.articles() if not kept["id"].endswith(":1")]
    with (tmp_path / "x.wacz").open("wb") as file:
        done = export_wacz(archive.store, chosen, file, title="t", software="s", problem=told.append)
    assert (done.articles, done.without_raw, done.records, done.pages, done.unresolved) == (2, 1, 2, 1, 0)
    assert told == []
    with zipfile.ZipFile(tmp_path / "x.wacz") as package:
        assert sorted(len(payload) for payload in captures(package).values()) == [0, len(BODY)]
        assert {said["url"] for _, _, said in index(package)} == {article(1).url, article(2).url}


@pytest.mark.slow
def test_a_record_that_is_damaged_is_left_out_and_named(tmp_path: Path) -> None:
    """The others are exported; the command's exit code says that something needs a look."""
    archive, told = filled(tmp_path / "archive")
    first = next(kept for kept in archive.articles() if kept["id"].endswith(":1"))["capture"]["warc"]
    victim = tmp_path / "archive" / first["file"]
    data = bytearray(victim.read_bytes())
    data[first["offset"]] ^= 1
    victim.write_bytes(data)
    with (tmp_path / "x.wacz").open("wb") as file:
        done = export_wacz(archive.store, archive.articles(), file, title="t", software="s", problem=told.append)
    assert done.damaged == 1
    assert any(first["file"] in line and "left out" in line for line in told)
    done_by_hand = warraq("export", "--format", "wacz", "-o", "y.wacz", "--archive", "archive", cwd=tmp_path)
    assert done_by_hand.code == 1
    assert first["file"] in done_by_hand.err


def test_large_exports_go_into_several_warc_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index names the right one for each record."""
    monkeypatch.setattr(exporting, "FILE_BYTES", 2_000)
    archive = open_archive(str(tmp_path / "archive"))
    run = begin(archive)
    for number in range(30):
        filed = run.raw.keep("enab_baladi", [exchange(number, NOON, os.urandom(500))])
        run.raw.flush()
        run.keep(article(number), Capture(fetched_at=NOON, status=200, warc=filed.pointer))
    run.finish()
    with (tmp_path / "x.wacz").open("wb") as file:
        export_wacz(archive.store, archive.articles(), file, title="t", software="s", problem=pytest.fail)
    with zipfile.ZipFile(tmp_path / "x.wacz") as package:
        files = [name for name in package.namelist() if name.startswith("archive/")]
        assert len(files) > 5
        assert len(captures(package)) == 30
        for _, _, said in index(package):
            data = package.read(f"archive/{said['filename']}")
            place = int(said["offset"])
            assert said["url"].encode() in gzip.decompress(data[place : place + int(said["length"])])


def test_the_index_of_many_lines_is_cut_into_blocks(tmp_path: Path) -> None:
    """`index.idx` says where each block of the compressed index stands."""
    from storage.wacz.package import Package

    lines = [f"com,example)/{number:06} 20261122000000 {{}}" for number in range(2_500)]
    with (tmp_path / "x.wacz").open("wb") as file, Package(file, title="t", software="s") as package:
        package.index(lines)
    with zipfile.ZipFile(tmp_path / "x.wacz") as written:
        header, *places = written.read("indexes/index.idx").decode().splitlines()
        data = written.read("indexes/index.cdx.gz")
    assert header.startswith("!meta 0 ")
    blocks = []
    for place in places:
        key, stamp, said = place.split(" ", 2)
        at = json.loads(said)
        block = gzip.decompress(data[at["offset"] : at["offset"] + at["length"]]).decode()
        assert block.startswith(f"{key} {stamp} ")
        blocks.append(block)
    assert [len(block.splitlines()) for block in blocks] == [1024, 1024, 452]
    assert "".join(blocks).splitlines() == lines


@pytest.mark.replay
def test_the_standard_validator_finds_it_valid(exported: Path) -> None:
    """`wacz validate` of py-wacz."""
    if not TOOLS:
        pytest.skip("WARRAQ_REPLAY_BIN is not set: `make test-replay` installs the validator")
    done = subprocess.run(
        [f"{TOOLS}/wacz", "validate", "-f", str(exported)], check=False, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the passed WACZ is valid" in done.stdout
