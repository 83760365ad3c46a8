"""pywb, as installed from its package, replays pages of every outlet from the archive's WARC files and indexes.

It lives in a venv of its own, whose `bin` is named by WARRAQ_REPLAY_BIN (`make test-replay`).
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.demo.running import serve
from extractors import outlets
from infra.testing.servers import free_port, listens
from infra.testing.waiting import until
from infra.world.worlds import World
from storage import open_archive
from storage.record import Json, Pointer
from storage.warc.content_coding import decoded
from storage.warc.reader import record_at
from tests.crawler.conftest import Done, warraq
from tests.storage.warc.exchanges import index_of

BIN = os.environ.get("WARRAQ_REPLAY_BIN")
CONFIG = """
debug: false
framed_replay: false
collections:
  warraq:
    index: {index}
    archive_paths: {archive}/
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.replay,
    pytest.mark.skipif(not BIN, reason="WARRAQ_REPLAY_BIN is not set: pywb has a venv of its own (make test-replay)"),
]


@pytest.fixture(scope="module")
def replay(crawled: tuple[Path, Done, Done], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL at which pywb serves the archive."""
    with replayed(crawled[0], tmp_path_factory.mktemp("pywb")) as url:
        yield url


@contextmanager
def replayed(archive: Path, folder: Path) -> Iterator[str]:
    """A pywb over an archive: its files as they stand, its indexes sorted into one."""
    lines = sorted(line.encode() for line in index_of(open_archive(str(archive))))
    (folder / "index.cdxj").write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / "config.yaml").write_text(CONFIG.format(index=folder / "index.cdxj", archive=archive), encoding="utf-8")
    with _wayback(folder) as url:
        yield f"{url}/warraq"


@contextmanager
def _wayback(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [str(Path(BIN or "").absolute() / "wayback"), "-b", "127.0.0.1", "-p", str(port), "-d", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            until(lambda: listens(port), lambda: f"pywb does not listen: {(folder / 'log').read_text()[-2000:]}", 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def ask(url: str) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields in small letters, and the body, gzip undone."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"}), timeout=300) as answer:
            status, fields, body = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, error.read()
    named = {name.lower(): text for name, text in fields.items()}
    return status, named, gzip.decompress(body) if named.get("content-encoding") == "gzip" else body


def sent(archive: Path, article: Json) -> bytes:
    """The page as the server sent it, its coding undone."""
    raw = record_at(open_archive(str(archive)).store, Pointer(**article["capture"]["warc"]))
    return decoded(raw.body, raw.headers, 10_000_000)


@pytest.mark.parametrize("outlet", sorted(outlets()))
def test_pywb_replays_a_page_of_each_outlet_byte_for_byte(outlet: str, replay: str, crawled: tuple[Path, Done, Done]) -> None:
    """A dead outlet's pages by their own address and the time at which the web archive captured them."""
    seen = 0
    for article in open_archive(str(crawled[0])).articles(outlet=outlet):
        capture = article["capture"]
        moment = capture["memento_at"] or capture["fetched_at"]
        stamp = "".join(filter(str.isdigit, moment))[:14]
        url = article["fetched_url"].partition("id_/")[2] or article["fetched_url"]
        status, fields, body = ask(f"{replay}/{stamp}id_/{url}")
        assert status == 200, body[:2000]
        assert body == sent(crawled[0], article), url
        assert "memento-datetime" in fields
        seen += 1
    assert seen > 3


def test_pywb_replays_a_page_that_was_seen_again_unchanged_out_of_the_capture_before(tmp_path: Path) -> None:
    """At the time of the revisit, with the payload of the record that it refers to."""
    archive = tmp_path / "a"
    with serve(World.miniature()) as world:
        for refetch in ([], ["--refetch"]):
            warraq("crawl", "al_jazeera", "--archive", str(archive), *refetch, world=world)
    articles = {article["fetched_url"]: article for article in open_archive(str(archive)).articles()}
    told = [line.split(" ", 2)[1:] for line in index_of(open_archive(str(archive)))]
    revisits = [(stamp, said["url"]) for stamp, said in ((stamp, json.loads(said)) for stamp, said in told)
                if said["mime"] == "warc/revisit"]  # fmt: skip
    assert len(revisits) > 5
    (tmp_path / "pywb").mkdir()
    with replayed(archive, tmp_path / "pywb") as replay:
        for stamp, url in revisits:
            status, _, body = ask(f"{replay}/{stamp}id_/{url}")
            assert status == 200, body[:2000]
            assert body == sent(archive, articles[url]), url
