"""Raw captures of a whole crawl: what the demo's servers sent stands in WARC files, and every article points to it."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.config import load_config
from crawler.crawl.plan import CrawlPlan
from crawler.crawl.session import Session
from crawler.crawl.visit import ArticleItem, Fetched, Target, Visit
from crawler.crawl.visit_fates import VisitFates
from crawler.demo.running import Running, serve
from crawler.discovery.found import Document, Found
from extractors import Location, outlets
from infra.world.worlds import World
from storage import Archive, Capture, open_archive
from storage.errors import ArchiveUnavailable
from storage.record import Pointer
from storage.warc.reader import record_at
from tests.crawler.conftest import Done, module, warraq
from tests.crawler.demo.asking import ask
from tests.storage.newsroom import WrappedStore, article
from tests.storage.warc.exchanges import NOON, exchange, index_of, problems, seen_by_warcio, warcs

Crawled = tuple[Path, Done, Done]


def records(archive: Archive) -> list[dict[str, Any]]:
    """Every WARC record of an archive, as warcio reads it."""
    return [record for data in warcs(archive.store).values() for record in seen_by_warcio(data)]


def kinds(archive: Archive) -> Counter[tuple[str, str | None]]:
    return Counter((record["warc-type"], record["status"]) for record in records(archive))


def pointer_of(record: dict[str, Any]) -> Pointer:
    return Pointer(**record["capture"]["warc"])


def test_every_article_points_to_the_very_bytes_that_the_server_sent(crawled: Crawled, served: Running, tmp_path: Path) -> None:
    """Gzip as on the wire, found by the pointer alone, at the time of the capture; `warcio check` passes on every file."""
    archive = open_archive(str(crawled[0]))
    assert problems(warcs(archive.store), tmp_path) == 0
    seen = 0
    for kept in archive.articles():
        raw = record_at(archive.store, pointer_of(kept))
        assert raw.url == kept["fetched_url"]
        assert raw.at.isoformat().replace("+00:00", "Z") == kept["capture"]["fetched_at"]
        if raw.kind == "response" and kept["capture"]["via"] == "live":
            sent = ask(served, raw.url, {"Accept-Encoding": "gzip"})
            assert raw.body == sent.body, raw.url
            assert gzip.decompress(raw.body)
            seen += 1
    assert seen > 20


def test_every_capture_is_in_the_index_and_mementos_under_their_own_address(crawled: Crawled) -> None:
    archive = open_archive(str(crawled[0]))
    lines = [json.loads(line.split(" ", 2)[2]) for line in index_of(archive)]
    captures = [record for record in records(archive) if record["warc-type"] in ("response", "revisit")]
    assert {record["warc-target-uri"] for record in captures} <= {line["url"] for line in lines}
    for outlet in ("smart", "geiroon"):
        for kept in archive.articles(outlet=outlet):
            originals = [line for line in lines if line.get("replayed_at") == kept["fetched_url"]]
            assert len(originals) == 1
            assert "web.archive.org" not in originals[0]["url"]


@pytest.mark.slow
def test_redirects_that_led_to_a_page_stand_before_it(tmp_path: Path) -> None:
    """The chain of one fetch lies together, hop by hop."""
    world = World.miniature()
    story = world.expected["enab_baladi"][0]
    with serve(world) as running:
        asked = story.url.replace("https://www.enabbaladi.net", "http://enabbaladi.net")
        done = module("scrapy", "parse", "--pipelines", asked, world=running, WARRAQ_ARCHIVE=str(tmp_path / "a"))
    assert done.code == 0, done.err
    archive = open_archive(str(tmp_path / "a"))
    (kept,) = archive.articles()
    answers = [record for record in records(archive) if record["warc-type"] == "response"]
    assert answers[0]["warc-target-uri"] == asked
    assert [record["status"] for record in answers[:-1]] == ["301"] * (len(answers) - 1)
    assert answers[-1]["warc-record-id"] == pointer_of(kept).record_id
    assert len(answers) > 1


@pytest.mark.slow
def test_no_credentials_are_kept(tmp_path: Path) -> None:
    """Neither the proxy's nor a site's, in no record."""
    with serve(World.miniature()) as running:
        proxy = running.proxy_url.replace("http://", "http://reporter:hunter2@")
        env = {"http_proxy": proxy, "https_proxy": proxy}
        done = warraq("crawl", "al_jazeera", "--archive", str(tmp_path / "a"), world=running, **env)
    assert done.code == 0, done.err
    archive = open_archive(str(tmp_path / "a"))
    requests = [record["payload"].lower() for record in records(archive) if record["warc-type"] == "request"]
    assert len(requests) > 10
    assert not any(b"authorization" in each or b"cookie" in each for each in requests)
    everything = b"".join(gzip.decompress(data) for data in warcs(archive.store).values())
    assert b"hunter2" not in everything
    assert b"aHVudGVyMg" not in everything
    assert not any("warc-ip-address" in record for record in records(archive)), "the proxy's address is not the server's"


@pytest.mark.slow
@pytest.mark.parametrize("kept", ["pages", "none"])
def test_a_setting_says_which_pages_are_kept(kept: str, served: Running, miniature: World, tmp_path: Path) -> None:
    """All that were fetched, or none; by default those of articles."""
    done = warraq("crawl", "al_jazeera", "--archive", str(tmp_path / "a"), world=served, WARRAQ_RAW=kept)
    archive = open_archive(str(tmp_path / "a"))
    pages = kinds(archive)
    if kept == "none":
        assert not pages
        assert {record["capture"]["warc"] for record in archive.articles()} == {None}
    else:
        assert pages["response", "200"] >= len(list(archive.articles()))
        assert done.finished["fates"]["gone"] == pages["response", "404"] + pages["response", "410"] == 1


def test_the_default_keeps_pages_of_articles_only(crawled: Crawled) -> None:
    archive = open_archive(str(crawled[0]))
    pointers = {pointer_of(record).record_id for record in archive.articles()}
    duplicates = crawled[1].finished["fates"].get("duplicate", 0)
    answers = [record for record in records(archive) if record["warc-type"] in ("response", "revisit")]
    pages = [record for record in answers if record["status"] == "200" and "web.archive.org" not in record["warc-target-uri"]]
    assert len(pages) <= len(pointers) + duplicates
    assert not [record for record in answers if record["status"] in ("404", "410")]


@pytest.mark.slow
def test_the_evidence_of_a_removal_is_kept(tmp_path: Path) -> None:
    """Status and headers of the answer that said so, for an address that had an article; the ledger points to it."""
    world, uri = World.miniature(), str(tmp_path / "a")
    story = world.expected["al_jazeera"][0]
    with serve(world) as running:
        warraq("crawl", "al_jazeera", "--archive", uri, world=running)
    archive = open_archive(uri)
    before = kinds(archive)
    assert not before["response", "410"]
    world.remove(story.url, 410)
    with serve(world) as running:
        warraq("crawl", "al_jazeera", "--archive", uri, "--refetch", world=running)
    assert kinds(archive)["response", "410"] == 1
    entries = [archive.get(found.key) for found in archive.store.listing("urls/")]
    (gone,) = [entry for entry in entries if entry["fate"] == "gone" and entry["url"] == story.url]
    assert record_at(archive.store, Pointer(**gone["capture"]["warc"])).status == 410


@pytest.mark.slow
def test_a_page_that_is_fetched_again_unchanged_is_a_revisit(tmp_path: Path) -> None:
    """The payload stands in the archive once; that it was seen again is a record of some hundred bytes."""
    uri = str(tmp_path / "a")
    with serve(World.miniature()) as running:
        warraq("crawl", "al_jazeera", "--archive", uri, world=running)
        archive = open_archive(uri)
        first = kinds(archive)
        warraq("crawl", "al_jazeera", "--archive", uri, "--refetch", world=running)
    added = kinds(archive) - first
    assert added["revisit", "200"] >= len(list(archive.articles())) - 1
    assert not added["response", "200"] or added["response", "200"] < added["revisit", "200"] / 4
    originals = {record["warc-record-id"]: record for record in records(archive)}
    for record in originals.values():
        if record["warc-type"] == "revisit":
            assert originals[record["warc-refers-to"]]["warc-payload-digest"] == record["warc-payload-digest"]
            assert originals[record["warc-refers-to"]]["warc-target-uri"] == record["warc-refers-to-target-uri"]


def visit(number: int) -> Visit:
    url = article(number).url
    document = Document("https://www.enabbaladi.example/feed")
    document.named()
    place = Location("enab_baladi", "article", url, str(number))
    one = Visit(Target(found=Found(url=url, document=document), place=place))
    one.fetched = Fetched(exchanges=(exchange(number),))
    return one


class HeldStore(WrappedStore):
    """Lets no WARC file through before the test says so; with `broken`, never."""

    def __init__(self, beneath: Any, *, broken: bool = False) -> None:
        super().__init__(beneath)
        self.asked, self.go_on, self._broken = threading.Event(), threading.Event(), broken

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        if key.endswith(".warc.gz"):
            self.asked.set()
            assert self.go_on.wait(120)
            if self._broken:
                raise ArchiveUnavailable(f"{key}: no answer")
        return super().create(key, data, content_type)


def fates_over(store: HeldStore) -> tuple[Session, VisitFates]:
    session = Session(load_config(archive=store.uri))
    session.__dict__["archive"] = Archive(store)
    plan = CrawlPlan(outlet=outlets()["enab_baladi"], sources=())
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    return session, VisitFates(plan, session, on_settled=nothing, on_capture_read=nothing, count=nothing, stop=nothing)


def test_no_article_is_kept_before_its_raw_bytes_are_durable(tmp_path: Path) -> None:
    """Neither claim nor article nor ledger entry; and no thread waits with it."""
    store = HeldStore(open_archive(str(tmp_path / "a")).store)
    session, fates = fates_over(store)

    async def crawl() -> None:
        seen = [visit(number) for number in range(12)]
        for each in seen:
            session.run.discover("enab_baladi", each.url)
            await fates.admit(each)
        capture = Capture(fetched_at=NOON, status=200)
        keeping = [asyncio.ensure_future(fates.keep(ArticleItem(article(n), capture, each))) for n, each in enumerate(seen)]
        assert await asyncio.to_thread(store.asked.wait, 20)
        assert await asyncio.wait_for(session.in_thread(lambda: "a keeper is free"), 5)
        for prefix in ("hashes/", "articles/", "urls/", "changes/", "warc/"):
            assert not list(store.beneath.listing(prefix))
        store.go_on.set()
        assert [outcome.fate for outcome in await asyncio.gather(*keeping)] == ["kept"] * 12

    asyncio.run(crawl())
    session.close()
    archive = open_archive(str(tmp_path / "a"))
    for kept in archive.articles():
        assert record_at(archive.store, pointer_of(kept)).body
    assert len(list(archive.articles())) == 12


def test_an_address_whose_raw_bytes_cannot_be_kept_fails_and_is_met_again(tmp_path: Path) -> None:
    """Nothing of it is in the archive, so the next crawl knows nothing of it."""
    store = HeldStore(open_archive(str(tmp_path / "a")).store, broken=True)
    store.go_on.set()
    session, fates = fates_over(store)

    async def crawl() -> str:
        one = visit(1)
        session.run.discover("enab_baladi", one.url)
        await fates.admit(one)
        return (await fates.keep(ArticleItem(article(1), Capture(fetched_at=NOON, status=200), one))).fate

    assert asyncio.run(crawl()) == "failed"
    assert session.close()
    archive = open_archive(str(tmp_path / "a"))
    assert not list(archive.articles())
    assert not list(archive.store.listing("urls/"))
    assert archive.verify().findings == []
