"""What we write is WARC/1.1 to others: warcio judges it, FastWARC reads it, and nothing of the wire is lost or made up."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from surt import surt

from storage import Archive, open_archive
from storage.errors import Damaged
from storage.warc import cdxj
from storage.warc.archiver import Archiver
from storage.warc.reader import record_at
from storage.warc.records import member
from storage.warc.segment_writer import ArchiverOptions
from tests.storage.warc.exchanges import (
    NOON,
    OUTLET,
    exchange,
    index_of,
    memento,
    problems,
    redirect,
    seen_by_warcio,
    story,
    warcs,
)

QUICK = ArchiverOptions(seconds=0.01, about={"software": "Warraq/test", "settings": "pace=1\r\nforged: yes"})


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return open_archive(str(tmp_path / "archive"))


def filing(archive: Archive, options: ArchiverOptions = QUICK) -> Archiver:
    return Archiver(archive.store, "01a2-run", lambda: NOON, options)


@pytest.mark.parametrize("coded", [True, False], ids=["gzip on the wire", "identity on the wire"])
def test_the_payload_is_byte_for_byte_what_the_server_sent(archive: Archive, tmp_path: Path, *, coded: bool) -> None:
    """And `warcio check` finds every digest right, in members that can be read one by one."""
    raw = filing(archive)
    sent = [exchange(number, coded=coded) for number in range(3)]
    filed = [raw.keep(OUTLET, [each]) for each in sent]
    raw.close()
    assert [each.durable.result(0) for each in filed] == [None] * 3
    assert problems(warcs(archive.store), tmp_path) == 0
    for each, one in zip(sent, filed, strict=True):
        pointer = one.pointer
        member = archive.store.part(pointer.file, pointer.offset, pointer.length)
        (record,) = seen_by_warcio(member or b"")
        assert record["payload"] == each.body
        assert record["warc-record-id"] == pointer.record_id
        assert record["warc-payload-digest"] == pointer.payload_digest
        assert record["warc-date"] == each.at.isoformat().replace("+00:00", "Z")
        assert gzip.decompress(member or b"").endswith(each.head + each.body + b"\r\n\r\n")
        assert record_at(archive.store, pointer).body == each.body


def test_a_record_says_all_that_is_known_and_nothing_else(archive: Archive) -> None:
    """Address, time, connection, both kinds of digest; what is unknown has no field."""
    raw = filing(archive)
    raw.keep(OUTLET, [exchange(1)])
    raw.keep(OUTLET, [exchange(2, ip=None, protocol=None, certificate=None, request=None)])
    raw.close()
    records = [record for data in warcs(archive.store).values() for record in seen_by_warcio(data)]
    info, request, response, bare = records[0], records[1], records[2], records[-1]
    assert info["warc-type"] == "warcinfo"
    assert b"software: Warraq/test\r\n" in info["payload"]
    assert b"\nforged:" not in info["payload"]
    assert b"X-Archive" not in info["payload"]
    assert b"Credentials and cookies" in info["payload"]
    assert request["warc-concurrent-to"] == response["warc-record-id"]
    assert response["warc-ip-address"] == "192.0.2.7"
    assert response["warc-protocol"] == "http/1.1"
    assert response["warc-tls-certificate-digest"] == "sha256:" + "ab" * 32
    assert response["warc-payload-digest-sha1"].startswith("sha1:")
    assert len(response["warc-block-digest-sha1"]) == len("sha1:") + 32
    assert bare["warc-type"] == "response"
    assert not {"warc-ip-address", "warc-protocol", "warc-tls-certificate-digest"} & bare.keys()


@pytest.mark.parametrize("size", [1, 0xFFFF - 1, 0xFFFF, 0xFFFF + 1, 2 * 0xFFFF, 300_000])
def test_what_is_stored_in_a_member_is_read_by_any_gunzip(size: int) -> None:
    """Its blocks hold 65,535 bytes each. What is deflated may be empty, short or long."""
    for first in (b"", b"WARC/1.1\r\n" * 10, story(1, kilobytes=40)):
        made = member([first[:5], first[5:]], random.Random(size).randbytes(size))
        assert gzip.decompress(made) == first + random.Random(size).randbytes(size)
        assert gzip.decompress(member([first])) == first


def test_redirects_stand_before_the_page_they_led_to(archive: Archive) -> None:
    """Each with its request; the pointer names the page."""
    raw = filing(archive)
    filed = raw.keep(OUTLET, [redirect(7, 301), redirect(7, 302), exchange(7)])
    raw.close()
    (data,) = warcs(archive.store).values()
    told = [(record["warc-type"], record["status"]) for record in seen_by_warcio(data)]
    pairs = [("request", None), ("response", "301"), ("request", None), ("response", "302"), ("request", None)]
    assert told == [("warcinfo", None), *pairs, ("response", "200")]
    assert seen_by_warcio(data)[-1]["warc-record-id"] == filed.pointer.record_id


def test_others_programs_read_recompress_and_index_our_files(archive: Archive, tmp_path: Path) -> None:
    """FastWARC with its own digest check, `warcio recompress` and `warcio index`."""
    raw = filing(archive)
    sent = {each.url: each for each in (exchange(1), exchange(2, coded=False), exchange(3, body=b""))}
    for each in sent.values():
        raw.keep(OUTLET, [each])
    raw.close()
    for number, data in enumerate(warcs(archive.store).values()):
        for record in ArchiveIterator(io.BytesIO(data), record_types=WarcRecordType.response, parse_http=True):
            assert record.reader.read() == sent[record.headers["WARC-Target-URI"]].body
        file = tmp_path / f"{number}.warc.gz"
        file.write_bytes(data)
        for command in (["recompress", str(file), str(tmp_path / "again.warc.gz")], ["index", str(file), "-f", "offset,length"]):
            done = subprocess.run([sys.executable, "-m", "warcio.cli", *command], capture_output=True, text=True, check=True)
        offsets = [json.loads(line) for line in done.stdout.splitlines()]
        ours = {(line["offset"], line["length"]) for line in (json.loads(each.split(" ", 2)[2]) for each in index_of(archive))
                if line["filename"].endswith(f"{number + 1:06}.warc.gz")}  # fmt: skip
        assert ours <= {(each["offset"], each["length"]) for each in offsets}


def test_the_index_is_sorted_and_made_again_from_the_file_byte_for_byte(archive: Archive) -> None:
    """SURT, time, MIME type, status, digest and place of each capture; requests and warcinfo are none."""
    raw = filing(archive, ArchiverOptions(seconds=60))
    for number in (9, 3, 5):
        raw.keep(OUTLET, [redirect(number), exchange(number)])
    raw.close()
    ((key, data),) = warcs(archive.store).items()
    index = archive.store.get(key.removesuffix(".warc.gz") + ".cdxj") or b""
    assert index == cdxj.of_file(data, key)
    lines = index.splitlines()
    assert len(lines) == 6
    assert lines == sorted(lines)
    page = next(line for line in lines if b"archives/3" in line).decode()
    url_key, stamp, said = page.split(" ", 2)
    assert url_key == surt("https://www.enabbaladi.example/archives/3")
    assert stamp == "20261122120003"
    told = json.loads(said)
    (record,) = seen_by_warcio(data[int(told["offset"]) :][: int(told["length"])])
    assert (told["mime"], told["status"], told["digest"]) == ("text/html", "200", record["warc-payload-digest"])
    assert told["filename"] == key


def test_a_replay_is_found_by_what_it_stands_for_and_says_what_was_asked(archive: Archive) -> None:
    """WARC-Target-URI is the replay's; the index has a second line under the page's own address and time."""
    raw = filing(archive)
    asked = memento(4, datetime(2017, 8, 29, 8, 33, tzinfo=UTC))
    raw.keep("smart", [asked])
    raw.close()
    (data,) = warcs(archive.store).values()
    assert seen_by_warcio(data)[-1]["warc-target-uri"] == asked.url
    replay, original = sorted(index_of(archive), key=lambda line: "replayed_at" in line)
    assert replay.split(" ")[1] == "20261122120004"
    assert original.startswith("example,smartnews-agency)/ar/wires/4/")
    assert original.split(" ")[1] == "20170829083300"
    assert json.loads(original.split(" ", 2)[2])["replayed_at"] == asked.url


def test_a_record_of_anothers_file_is_copied_as_it_stands(archive: Archive, tmp_path: Path) -> None:
    """Its identity, time and digests stay; the pointer's digest is ours."""
    http = b"HTTP/1.0 200 Fine\r\ncontent-type: text/html\r\n\r\n" + story(1)
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nwarc-target-uri: https://example.org/\r\nWARC-Date: 2015-03-01T10:11:12Z\r\n"
        f"WARC-Record-ID: <urn:uuid:theirs>\r\nX-Crawler: theirs\r\nContent-Length: {len(http)}\r\n"
        "Content-Type: application/http; msgtype=response\r\n\r\n"
    )
    theirs = head.encode() + http + b"\r\n\r\n"
    raw = filing(archive)
    filed = raw.copy("al_jazeera", theirs)
    short = raw.copy("al_jazeera", theirs.rstrip(b"\r\n"))
    with pytest.raises(Damaged, match="no WARC version"):
        raw.copy("al_jazeera", b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(Damaged, match="of which"):
        raw.copy("al_jazeera", theirs[:-200])
    raw.close()
    assert filed.durable.result(0) is None
    assert problems(warcs(archive.store), tmp_path) == 0
    for pointer in (filed.pointer, short.pointer):
        member = gzip.decompress(archive.store.part(pointer.file, pointer.offset, pointer.length) or b"")
        assert member == theirs
        assert pointer.record_id == "<urn:uuid:theirs>"
        assert record_at(archive.store, pointer).body == story(1)
    assert index_of(archive)[0].startswith("org,example)/ 20150301101112 ")
