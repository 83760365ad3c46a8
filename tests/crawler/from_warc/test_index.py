"""The plan of a crawl of WARC files, which lies on disk."""

from __future__ import annotations

import subprocess
import sys

import pytest

FILLED = """
import hashlib, resource, sys
from datetime import UTC, datetime, timedelta
from crawler.from_warc.index import WarcIndex
from storage.warc.capture import Record

at, index = datetime(2019, 1, 1, tzinfo=UTC), WarcIndex()
for number in range(int(sys.argv[1])):
    digest = hashlib.sha256(b"%d" % number).digest()
    url, kind = f"https://www.enabbaladi.net/archives/{digest.hex()[:12]}", "revisit" if number % 4 == 3 else "response"
    stated = "sha1:" + hashlib.sha256(b"%d" % (number - number % 4)).hexdigest()[:32]
    record = Record(kind=kind, url=url, at=at, record_id="x", status=200, headers=(), body=b"", refers_to=None,
                    payload_digest=stated, raw=b"", offset=number * 1000, length=1000)
    index.add("enab_baladi", url, at + timedelta(seconds=number), record, 0, None if kind == "revisit" else digest)
index.resolve()
assert index.unresolved() == 0
assert sum(len(index.captures(*address)) for address in index.addresses()) == int(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kb(captures: int) -> int:
    """Peak memory of a process that indexes so many captures, resolves the revisits among them and goes through all addresses."""
    done = subprocess.run([sys.executable, "-c", FILLED, str(captures)], check=True, capture_output=True, encoding="utf-8")
    return int(done.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_captures() -> None:
    """Thirty times as many captures: 5 % more at most. Ten million are some 4 GB of temporary file and five minutes of CPU."""
    assert peak_kb(60_000) <= 1.05 * peak_kb(2_000)
