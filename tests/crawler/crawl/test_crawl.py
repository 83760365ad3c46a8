"""The main job end to end: the demo's world, crawled by the real command over real sockets."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from infra.world.expected import canonical
from infra.world.hostile import BROKEN_SITEMAPS, TROUBLES
from infra.world.worlds import World
from storage import FATES, open_archive
from tests.crawler.conftest import Done, tree, warraq

Crawled = tuple[Path, Done, Done]


def test_every_address_ends_in_the_fate_the_world_expects(crawled: Crawled, miniature: World) -> None:
    """Per outlet and fate, and the fates add up to what was discovered."""
    _, first, _ = crawled
    assert first.code == 0, first.err
    expected = {outlet: Counter(fates) for outlet, fates in miniature.expected_fates.items()}
    told = {outlet: Counter(counts["fates"]) for outlet, counts in first.finished["outlets"].items()}
    if told["enab_baladi"]["duplicate"]:  # both outlets have one story word for word: who is first is not ours to say
        expected["enab_baladi"] += Counter(duplicate=1)
        expected["enab_baladi"] -= Counter(kept=1)
        expected["baladi_news"] += Counter(kept=1)
        expected["baladi_news"] -= Counter(duplicate=1)
    assert told == expected
    assert all(sum(counts["fates"].values()) == counts["discovered"] for counts in first.finished["outlets"].values())


def test_every_article_of_the_world_is_kept_word_for_word(crawled: Crawled, miniature: World) -> None:
    """Headline, paragraphs, people, dateline, sources, and the instant of publication."""
    archive, _, _ = crawled
    kept = {record["url"]: record for record in open_archive(str(archive)).articles()}
    twins = {article.duplicate_of for articles in miniature.expected.values() for article in articles}
    for outlet, articles in miniature.expected.items():
        for article in articles:
            if article.url not in kept:
                assert article.duplicate_of or article.url in twins, article.url
                continue
            record = kept.pop(article.url)
            assert record["outlet"] == outlet
            assert record["headline"] == article.headline
            assert tuple(record["body"].split("\n\n")) == article.body, article.url
            assert tuple(record["authors"]) == article.authors, article.url
            assert tuple(record["editors"]) == article.editors, article.url
            assert tuple(record["sources"]) == article.sources, article.url
            assert (record["dateline"] or {}).get("text") == article.dateline, article.url
            assert _instant(record["date_published"]) == _instant(article.date_published), article.url
    assert not kept, "articles that nobody expected"
    assert len(twins - {None}) == 2


def test_mementos_say_where_they_came_from(crawled: Crawled) -> None:
    """A dead outlet's article names the web archive, the moment of capture, and the page's own address."""
    archive, _, _ = crawled
    for outlet in ("smart", "geiroon"):
        records = list(open_archive(str(archive)).articles(outlet=outlet))
        assert records
        for record in records:
            assert record["capture"]["via"] == "wayback"
            assert record["capture"]["memento_at"] < "2021"
            assert record["fetched_url"].startswith("https://web.archive.org/web/")
            assert "web.archive.org" not in record["url"]


def test_a_second_crawl_keeps_nothing_and_writes_next_to_nothing(crawled: Crawled) -> None:
    """Nothing new upstream: no fate but those that leave the archive as it is."""
    _, _, second = crawled
    assert second.code == 0, second.err
    assert set(second.finished["fates"]) <= {"unchanged", "not_an_article", "refused"}


@pytest.mark.slow
def test_a_second_crawl_asks_each_living_source_once(miniature: World, tmp_path: Path) -> None:
    """Conditional requests for feeds and sitemaps, and no article page at all."""
    with serve(miniature) as world:
        warraq("crawl", "--archive", str(tmp_path / "a"), world=world)
        before = len(world.requests())
        warraq("crawl", "--archive", str(tmp_path / "a"), world=world)
        asked = world.requests()[before:]
    urls = [request.url for request in asked]
    assert len(urls) == len(set(urls)) or {url for url in urls if urls.count(url) > 1} <= {
        u for u in urls if u.endswith("robots.txt")
    }
    feeds = [request for request in asked if "feed" in request.url or "aljazeerarss" in request.url]
    assert feeds
    assert all(request.status == 304 for request in feeds)
    articles = {article.url for found in miniature.expected.values() for article in found}
    assert not articles & set(urls)


@pytest.mark.slow
def test_an_edited_article_becomes_a_revision(tmp_path: Path) -> None:
    """A known address whose text changed is revision 2, linked to 1; both stay."""
    archive, world = str(tmp_path / "a"), World.miniature()
    article = next(found for found in world.expected["enab_baladi"] if "rest" in found.offered)
    with serve(world) as running:
        warraq("crawl", "enab_baladi", "--archive", archive, world=running)
    world.edit(article.url, paragraphs=["نص جديد كلياً بعد التحرير يحل محل ما كان في هذه المادة من قبل."])
    with serve(world) as running:
        done = warraq("crawl", "enab_baladi", "--archive", archive, "--refetch", world=running)
    assert done.finished["fates"]["revised"] == 1
    revisions = sorted(
        (r["revision"], r["content_hash"], r["previous"]) for r in open_archive(archive).articles() if r["url"] == article.url
    )
    assert [number for number, _, _ in revisions] == [1, 2]
    assert revisions[1][2] == revisions[0][1]


@pytest.mark.slow
def test_a_removed_article_is_gone_and_stays_kept(tmp_path: Path) -> None:
    """Removal upstream is a fact of the ledger; nothing is deleted."""
    archive, world = str(tmp_path / "a"), World.miniature()
    article = world.expected["al_jazeera"][0]
    with serve(world) as running:
        warraq("crawl", "al_jazeera", "--archive", archive, world=running)
    world.remove(article.url, 410)
    with serve(world) as running:
        done = warraq("crawl", "al_jazeera", "--archive", archive, "--refetch", world=running)
    assert article.url in {fact["url"] for fact in done.of("gone")}
    assert any(record["url"] == article.url for record in open_archive(archive).articles())


@pytest.mark.slow
def test_since_and_until_bound_what_is_kept(served: Running, tmp_path: Path) -> None:
    """Nothing published outside the window is in the archive."""
    archive = str(tmp_path / "a")
    warraq("crawl", "--since", "2026-11-05", "--until", "2026-11-15", "--archive", archive, world=served)
    days = [record["date_published"][:10] for record in open_archive(archive).articles() if record["date_published"]]
    assert days
    assert all("2026-11-05" <= day <= "2026-11-15" for day in days)


@pytest.mark.slow
def test_limit_bounds_the_pages_fetched(served: Running, tmp_path: Path) -> None:
    """`--limit 3` fetches three pages, and the next crawl goes on with the rest."""
    archive = str(tmp_path / "a")
    first = warraq("crawl", "al_jazeera", "--limit", "3", "--archive", archive, world=served)
    assert sum(first.finished["fates"].get(fate, 0) for fate in ("kept", "duplicate", "gone", "failed", "refused")) == 3
    second = warraq("crawl", "al_jazeera", "--archive", archive, world=served)
    assert second.finished["fates"]["kept"] >= 5


def test_facts_and_manifest_and_events_use_the_same_words(crawled: Crawled) -> None:
    """A fate has one name, in every place it is told."""
    archive, first, _ = crawled
    (manifest,) = [
        found
        for key, data in tree(archive).items()
        if key.startswith("runs/")
        and not key.endswith("started.json")
        and (found := json.loads(data))["run_id"] == first.finished["run_id"]
    ]
    assert manifest["fates"] == first.finished["fates"]
    told = {fate: len([f for f in first.of(fate) if f.get("reason") != "known"]) for fate in FATES}
    assert {fate: number for fate, number in told.items() if number} == manifest["fates"]


def test_the_archive_holds_together(crawled: Crawled) -> None:
    """`warraq verify` finds nothing."""
    archive, _, _ = crawled
    done = warraq("verify", "--archive", str(archive))
    assert done.code == 0, done.out


def _instant(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None


@pytest.mark.slow
def test_nothing_that_goes_wrong_stops_the_crawl(tmp_path: Path) -> None:
    """Cut, empty, binary, oversized, endless, challenged, removed pages; broken feeds and sitemaps; bombs: each named."""
    world, archive = World.miniature(hostile=True), str(tmp_path / "a")
    with serve(world) as running:
        done = warraq("crawl", "--archive", archive, world=running, WARRAQ_DOWNLOAD_TIMEOUT="3", WARRAQ_RETRY_TIMES="1")
    assert done.code == 1, done.err
    failed = [line for line in done.err.splitlines() if line.startswith("warraq:")]
    assert all("failed" in line for line in failed), failed  # what went wrong is said, a line an outlet
    fates = {fact["url"]: fact for fact in done.of(*FATES)}
    for trouble in TROUBLES:
        told = fates[canonical(trouble.url)]
        assert told["fact"] == trouble.fate, (trouble, told)
        assert told["reason"], trouble
    named = {fact["url"].rpartition("/")[2] for fact in done.of("source.failed", "source.truncated")}
    assert set(BROKEN_SITEMAPS) <= named
    assert Counter(done.finished["fates"]) == sum((Counter(fates) for fates in world.expected_fates.values()), Counter())
    assert "Traceback" not in done.err
    assert warraq("verify", "--archive", archive).code == 0


def test_furniture_is_learned_and_remembered(crawled: Crawled) -> None:
    """Lines of every page read are counted in state/, for pages whose layout nobody knows; each page counts once."""
    archive, _, _ = crawled
    known = json.loads(open_archive(str(archive)).state("enab_baladi").note("chrome.json") or b"")
    articles = len(list(open_archive(str(archive)).articles(outlet="enab_baladi")))
    assert known["pages"] >= articles
    assert max(known["lines"].values()) == known["pages"]
