"""The index is built beside the answers: the first request does not wait, and says how far it is."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crawler.config import load_config
from crawler.http_server.connections import Guard, GuardedServer
from crawler.serve import follower, reader
from crawler.serve.opening import OpenReader
from infra.testing.waiting import LONG, until
from storage import Archive, open_archive
from storage.errors import ArchiveUnavailable
from tests.crawler.serve.serving import Got, Served
from tests.storage.newsroom import WrappedStore, article, keep_all

TEXTS = 5


class HeldStore(WrappedStore):
    """Records are given once `released` is set; listings and all else at once."""

    def __init__(self, beneath: Any) -> None:
        super().__init__(beneath)
        self.released = threading.Event()

    def before(self, call: str, key: str) -> None:
        if call == "get" and key.startswith("articles/"):
            assert self.released.wait(LONG)


@asynccontextmanager
async def opened(archive: Archive, folder: Path, facts: list[str]) -> AsyncIterator[Served]:
    """A reader in this process, over real HTTP."""

    def fact(name: str, **_: object) -> None:
        facts.append(name)

    found = OpenReader(archive, load_config(), "127.0.0.1", (folder / "i.sqlite", "test"), fact)
    server = GuardedServer(found.reader.app(), Guard(fact, lambda _: None))
    try:
        host, port = await server.open("127.0.0.1", 0)
        yield Served(f"http://{host}:{port}/", folder / "none")
    finally:
        await server.close()
        await asyncio.to_thread(found.close)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldStore]:
    keep_all(open_archive(str(tmp_path / "a")), *(article(n) for n in range(1, TEXTS + 1)))
    store = HeldStore(open_archive(str(tmp_path / "a")).store)
    yield store
    store.released.set()


def test_while_the_index_is_built_that_is_said(held: HeldStore, tmp_path: Path) -> None:
    """Pages answer at once: with how far it is; an article that is not in it yet is «try again», not «there is none»."""

    async def ask() -> None:
        facts: list[str] = []
        async with opened(Archive(held), tmp_path, facts) as running:
            get: Callable[..., Any] = lambda path, **query: asyncio.to_thread(running.get, path, query)  # noqa: E731
            page = await get("/", lang="en")
            while "of 5 texts" not in page.text:  # how many there are is counted first
                page = await get("/", lang="en")
            assert "The index is being built: 0 of 5 texts" in page.text
            assert (await get("/api/search")).json["index"] == {"complete": False, "texts": 0, "of": TEXTS}
            early = await get("/api/articles/enab_baladi:1")
            assert (early.status, early.headers["retry-after"]) == (503, "10")
            held.released.set()
            await asyncio.to_thread(until, lambda: "index.complete" in facts)
            assert "being built" not in (await get("/", lang="en")).text
            assert (await get("/api/search")).json["index"]["complete"] is True
            assert (await get("/api/articles/enab_baladi:1")).status == 200
            assert (await get("/api/articles/enab_baladi:99")).status == 404

    asyncio.run(ask())


def test_what_is_kept_meanwhile_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index follows the change log; a revision and a new article are there without a restart."""
    monkeypatch.setattr(follower, "FOLLOW_SECONDS", 0.05)
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1))

    async def ask() -> None:
        async with opened(archive, tmp_path, []) as running:
            keep_all(archive, article(2))

            def found() -> bool:
                return len(running.get("/api/search").json["hits"]) == 2

            await asyncio.to_thread(until, found)

    asyncio.run(ask())


def test_an_archive_that_cannot_be_read_is_said_and_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 where the archive is needed, the search goes on with what the index has; the fact comes once."""
    monkeypatch.setattr(follower, "FOLLOW_SECONDS", 0.05)
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1))

    class Failing(WrappedStore):
        down = False

        def before(self, call: str, key: str) -> None:
            if self.down:
                raise ArchiveUnavailable(f"{call} {key}: /secret/place is down")

    store = Failing(archive.store)

    async def ask() -> None:
        facts: list[str] = []
        async with opened(Archive(store), tmp_path, facts) as running:
            await asyncio.to_thread(until, lambda: "index.complete" in facts)
            store.down = True
            await asyncio.to_thread(until, lambda: "index.behind" in facts)
            page, missing = [await asyncio.to_thread(running.get, path, {"lang": "en"}) for path in ("/", "/a/enab_baladi:1")]
            assert page.status == 200
            assert "of an earlier time" in page.text
            assert (missing.status, missing.headers["retry-after"]) == (503, "30")
            assert "secret" not in missing.text
            store.down = False
            await asyncio.to_thread(until, lambda: "earlier time" not in running.get("/", {"lang": "en"}).text)
        assert facts.count("index.behind") == 1

    asyncio.run(ask())


def test_more_questions_than_can_wait_are_told_to_come_again(
    held: HeldStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those under way are answered."""
    monkeypatch.setattr(reader, "MOST_WAITING", 3)
    held.released.set()

    async def ask() -> None:
        facts: list[str] = []
        async with opened(Archive(held), tmp_path, facts) as running:
            await asyncio.to_thread(until, lambda: "index.complete" in facts)
            held.released.clear()
            asked = [asyncio.ensure_future(asyncio.to_thread(running.get, "/a/enab_baladi:1")) for _ in range(8)]
            done: set[asyncio.Future[Got]] = set()
            while len(done) < 5:
                more, _ = await asyncio.wait([each for each in asked if each not in done], return_when=asyncio.FIRST_COMPLETED)
                done |= more
            assert {(each.result().status, each.result().headers["retry-after"]) for each in done} == {(503, "5")}
            held.released.set()
            assert sorted([(await each).status for each in asked]) == [200] * 3 + [503] * 5

    asyncio.run(ask())


DAMAGED = ["{", "[]", "{}", '{"id": 7}', '{"schema_version": 99}', '{"schema_version": {}}', "null", "\ufeff", '{"authors": 1}']


@pytest.mark.parametrize("document", DAMAGED)
def test_a_damaged_record_costs_itself(tmp_path: Path, document: str) -> None:
    """Named in a fact while the index is built; the others are found."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1), article(2))
    next((tmp_path / "a").glob("articles/*/*/1.*.json")).write_text(document)

    async def ask() -> None:
        facts: list[str] = []
        async with opened(archive, tmp_path, facts) as running:
            await asyncio.to_thread(until, lambda: "index.complete" in facts)
            answer = await asyncio.to_thread(running.get, "/api/search")
            assert [hit["id"] for hit in answer.json["hits"]] == ["enab_baladi:2"]
        assert facts.count("index.left_out") == 1
        assert "index.failed" not in facts

    asyncio.run(ask())


ODD = [
    lambda kept: kept | {"capture": None},
    lambda kept: kept | {"authors": None},
    lambda kept: kept | {"body": kept["body"] + " زيادة"},
    lambda kept: kept | {"schema_version": 3},
    lambda kept: {name: value for name, value in kept.items() if name != "headline"},
    lambda kept: kept | {"blocks": [{"type": "script", "level": None, "text": "x"}]},
    lambda _: {},
]


def test_a_record_that_was_damaged_since_is_not_shown(tmp_path: Path) -> None:
    """It breaks its schema, or is another text than was hashed: said, told, never half shown. No view fails."""
    archive = open_archive(str(tmp_path / "a"))
    keep_all(archive, article(1), article(2))
    file = next((tmp_path / "a").glob("articles/*/*/1.*.json"))
    whole = json.loads(file.read_text("utf-8"))

    async def ask() -> None:
        facts: list[str] = []
        async with opened(archive, tmp_path, facts) as running:
            await asyncio.to_thread(until, lambda: "index.complete" in facts)
            for damage in ODD:
                file.write_text(json.dumps(damage(whole)), "utf-8")
                for path in (
                    "/a/enab_baladi:1",
                    "/a/enab_baladi:1/raw",
                    "/a/enab_baladi:1/cite.bib",
                    "/api/articles/enab_baladi:1",
                ):
                    answer = await asyncio.to_thread(running.get, path, {"lang": "en"})
                    assert (answer.status, "is damaged" in answer.text) == (500, True)
                assert (await asyncio.to_thread(running.get, "/")).status == 200
            file.write_text(json.dumps(whole), "utf-8")
            assert (await asyncio.to_thread(running.get, "/a/enab_baladi:1")).status == 200
        assert "serve.failed" not in facts
        assert 1 <= facts.count("serve.unreadable") <= 3  # of one kind, in a minute

    asyncio.run(ask())
