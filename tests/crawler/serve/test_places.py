"""Where the reader stands: before an archive in a bucket, and at the door of a watch."""

from __future__ import annotations

import http.client
import json
import shutil
from pathlib import Path

import pytest

from crawler.demo.running import Running
from infra.testing.servers import environment, make_bucket, moto_apart
from infra.testing.waiting import LONG
from storage import Archive
from storage.keys import ARCHIVE_JSON
from storage.stores.opening import open_store
from tests.crawler.conftest import Done, warraq
from tests.crawler.serve.conftest import EDITED
from tests.crawler.serve.serving import article_at, served
from tests.crawler.watch.watching import SELDOM, Watching


@pytest.mark.slow
def test_an_archive_in_a_bucket_is_read_as_one_in_a_folder(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moto_apart() as endpoint:
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        make_bucket(endpoint, "news")
        bucket = open_store("s3://news/a")
        for found in sorted(archive.store.listing(), key=lambda each: each.key == ARCHIVE_JSON):
            if not found.key.startswith("state/"):
                bucket.create(found.key, archive.store.get(found.key) or b"")
        with (
            served(archive.uri, tmp_path / "folder") as here,
            served("s3://news/a", tmp_path / "bucket", **environment(endpoint)) as there,
        ):
            for path in (
                "/api/search?q=%D9%86%D8%B5",
                "/api/months",
                f"/api/articles/{EDITED}",
                f"/api/articles/{EDITED}/history",
            ):
                ours, others = here.get(path), there.get(path)
                assert (ours.status, others.status) == (200, 200)
                assert others.text.replace(there.url, "") == ours.text.replace(here.url, "")
            assert there.get("/api/outlets").json["outlets"].keys() == here.get("/api/outlets").json["outlets"].keys()
            assert there.get(article_at(EDITED, "/history")).status == 200


@pytest.mark.slow
def test_a_watch_offers_it_at_its_door(served_at: Running, crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """Beside events, health and metrics, which are as they were; what the watch keeps is found without a restart."""
    shutil.copytree(crawled[0], tmp_path / "a")
    env = {**SELDOM, "WARRAQ_DOOR": "127.0.0.1:0", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with Watching(served_at, tmp_path, "--serve", **env) as watching:
        watching.until(lambda: watching.of("index.complete") and watching.of("door.opened"))
        (opened,) = watching.of("door.opened")
        connection = http.client.HTTPConnection(opened["address"], timeout=LONG)

        def get(path: str, method: str = "GET") -> tuple[int, bytes]:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()

        status, body = get("/api/search")
        assert (status, len(json.loads(body)["hits"])) == (200, 20)
        assert get("/")[0] == get("/healthz")[0] == get("/metrics")[0] == get("/outlets")[0] == 200
        assert [get(path, "POST")[0] for path in ("/", "/api/search", "/events")] == [405, 405, 401]
        assert get("/nothing")[0] == 404
        connection.close()
        assert watching.stop() == 0


@pytest.fixture
def served_at(served: Running) -> Running:
    """The miniature's world (`served` here is another)."""
    return served


@pytest.mark.slow
def test_a_watch_that_cannot_offer_it_says_so(archive: Archive, tmp_path: Path) -> None:
    """Without a door; at a door that others can reach, without a token or a proxy."""
    queue = ("--queue", str(tmp_path / "q.sqlite"), "--archive", archive.uri)
    for door, said in (("", "WARRAQ_DOOR"), ("0.0.0.0:0", "WARRAQ_SERVE_TOKEN")):
        done = warraq("watch", "--serve", *queue, WARRAQ_DOOR=door)
        assert (done.code, said in done.err) == (2, True), done.err
        assert "Traceback" not in done.err
