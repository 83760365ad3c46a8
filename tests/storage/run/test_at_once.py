"""Several workers see the same things at the same moment: everything is kept once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.testing.waiting import LONG, bounded
from storage import open_archive
from storage.run import changes
from storage.run.changes import ChangeLog, event
from tests.storage.newsroom import CAPTURE, NOON, article, begin

WRITER = """
import sys
import pytest

from storage import open_archive
from tests.storage.newsroom import CAPTURE, article, begin
uri, count, outlet = sys.argv[1], int(sys.argv[2]), sys.argv[3]
run = begin(open_archive(uri))
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    run.discover(outlet, article(n, outlet=outlet).url)
    run.keep(article(n, outlet=outlet), CAPTURE)
    run.keep(article(n, "للجميع", outlet="smart", url=f"https://{outlet}.example/copy/{n}"), CAPTURE)
run.finish()
"""


def write_at_once(uri: str, count: int, outlets: tuple[str, str]) -> None:
    """Two processes, let go together."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, uri, str(count), outlet],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        for outlet in outlets
    ]
    for writer in writers:
        assert writer.stdout is not None
        with bounded(writer, "its beginning"):
            assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.communicate(b"go\n", timeout=LONG)
        assert writer.returncode == 0


@pytest.mark.slow
def test_two_processes_that_crawl_the_same_pages_keep_each_once(place: str) -> None:
    """The same URLs, and the same texts on different URLs; what one keeps is unchanged or a duplicate for the other."""
    count = 60 if not place.startswith("s3") else 4
    archive = open_archive(place)
    write_at_once(place, count, ("enab_baladi", "enab_baladi"))
    contents = Counter(kept["content_hash"] for kept in archive.articles())
    assert len(contents) == 2 * count
    assert set(contents.values()) == {1}
    assert archive.verify().findings == []


@pytest.mark.slow
def test_two_processes_that_see_one_text_on_two_outlets_keep_it_once(tmp_path: Path) -> None:
    """One of them keeps it, the other records a duplicate."""
    archive = open_archive(str(tmp_path / "a"))
    write_at_once(str(tmp_path / "a"), 60, ("enab_baladi", "baladi_news"))
    fates = Counter(archive.get(found.key)["fate"] for found in archive.store.listing("urls/"))
    assert fates == {"kept": 120, "duplicate": 120}
    assert archive.verify().findings == []


def test_eight_threads_share_change_segments(tmp_path: Path) -> None:
    """One put for the changes of several articles, and each is durable before its keep returns."""
    archive = open_archive(str(tmp_path))
    run = begin(archive)
    with ThreadPoolExecutor(8) as pool:
        fates = Counter(outcome.fate for outcome in pool.map(lambda n: run.keep(article(n), CAPTURE), range(200)))
    assert fates == {"kept": 200}
    run.finish()
    segments = sum(1 for _ in archive.store.listing("changes/"))
    assert segments < 100
    assert archive.verify().findings == []


def test_threads_that_keep_the_same_text_keep_it_once(tmp_path: Path) -> None:
    """Each of 20 texts by eight threads at once, on eight URLs."""
    archive = open_archive(str(tmp_path))
    run = begin(archive)
    with ThreadPoolExecutor(8) as pool:
        fates = Counter(
            outcome.fate
            for outcome in pool.map(
                lambda n: run.keep(article(n // 8, url=f"https://x.example/{n}"), CAPTURE), range(160), chunksize=1
            )
        )
    assert fates == {"kept": 20, "duplicate": 140}
    run.finish()
    assert archive.verify().findings == []


def test_a_lone_change_does_not_wait_for_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without others on their way the segment is written at once, however long company would be waited for."""
    monkeypatch.setattr(changes, "SHARING_SECONDS", 600)
    log = ChangeLog(open_archive(str(tmp_path)).store, "run", lambda: NOON)

    def announce() -> None:
        with log.sharing():
            log.announce(event("article.kept", source="s", subject="x", identity="1", at=NOON, data={}))

    announcing = threading.Thread(target=announce, daemon=True)
    announcing.start()
    announcing.join(60)
    assert not announcing.is_alive()
