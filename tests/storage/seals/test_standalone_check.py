"""The script in a proof, as far as it reads raw captures: records of every writer's kind, and what somebody added to them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.seals import standalone_check
from tests.storage.warc.inputs import HTML, by_warcio, http, read, record, zipped

DIGEST = hashlib.sha256(HTML).hexdigest()
ORIGINAL = record(http(), version="WARC/1.1")
WRITTEN = {
    "WARC/1.1": ORIGINAL,
    "WARC/1.0, as Common Crawl, wget and Heritrix write it": record(http()),
    "warcio's 1.0": by_warcio(("https://www.enabbaladi.net/1/", HTML), gz=False, version="1.0"),
    "warcio's 1.1": by_warcio(("https://www.enabbaladi.net/1/", HTML), gz=False),
    "a head of bare line feeds": record(http(end="\n")),
    "an interim answer before it": record(b"HTTP/1.1 100 Continue\r\n\r\n" + http()),
    "a proxy's answer before it": record(b"HTTP/1.1 200 Connection established\r\n\r\n" + http()),
    "a resource": record(HTML, kind="resource", Content_Type="text/html"),
    "a head without its length": record(http(HTML, ("Transfer-Encoding", "identity"))),
    "a revisit and what it repeats": record(http(b""), kind="revisit") + ORIGINAL,
    "a revisit without a head": record(b"", kind="revisit") + ORIGINAL,
}


@pytest.mark.parametrize("written", WRITTEN)
def test_the_page_of_a_record_is_the_one_that_the_archive_read(written: str) -> None:
    """Its digest is the one in the article, whoever wrote the record."""
    found = read(zipped(WRITTEN[written]))[0]
    assert [hashlib.sha256(each.body).hexdigest() for each in found if each.kind != "revisit"] == [DIGEST]
    assert standalone_check.pages(b"".join(each.raw for each in found)) == {DIGEST}


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("kind", ["response", "resource"])
def test_a_page_that_was_added_to_the_capture_is_seen(place: str, kind: str) -> None:
    """The true page is still there; what a replay tool would show first is another."""
    forged = record(http(b"<p>forged</p>"), kind=kind)
    both = forged + ORIGINAL if place == "before" else ORIGINAL + forged
    assert standalone_check.pages(both) != {DIGEST}
    assert standalone_check.pages(record(http(b"<p>forged</p>\r\n\r\n" + HTML))) != {DIGEST}


def test_authorities_without_a_time_stamp_are_a_failure(tmp_path: Path) -> None:
    """Whoever asks to hold time stamps against certificates is told that there is none, not that all is well."""
    note = "warraq/0\n1\nAA==\nsealed 2026-11-22T00:00:00Z\nkey k+00000000+AQ==\n\n— k AAAA\n"
    proof = {
        "object": {"key": "k", "sha256": "", "bytes": 0},
        "run": {"index": 0, "objects": 1, "path": []},
        "log": {"line": '{"run":"r","objects":1,"root":""}\n', "index": 0, "size": 1, "path": []},
    }
    for name, text in {"record.json": "{}", "proof.json": json.dumps(proof), "checkpoint": note}.items():
        (tmp_path / name).write_text(text)
    script = Path(standalone_check.__file__)
    done = [
        subprocess.run([sys.executable, str(script), str(tmp_path), *more], capture_output=True, text=True, check=False)
        for more in ([], ["ca.pem"])
    ]
    assert ["time stamp" in each.stdout for each in done] == [False, True]
    assert "FAIL there is a time stamp to hold against the authorities" in done[1].stdout
