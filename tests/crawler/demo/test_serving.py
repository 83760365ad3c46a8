"""The miniature as a whole: what it expects of a crawl, its log, its troubles, its crowd, and its process."""

from __future__ import annotations

import gzip
import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo.running import serve
from infra.testing.servers import listens
from infra.testing.waiting import bounded, until
from infra.world.expected import canonical
from infra.world.hostile import TROUBLES
from infra.world.worlds import World
from tests.crawler.demo.asking import ENAB, ask, follow, jazeera_feed, locs


def test_fates_add_up_to_the_distinct_addresses(world: World) -> None:
    """Every address offered, in its canonical form, has exactly one expected fate, whichever documents name it."""
    for outlet, fates in world.expected_fates.items():
        addresses = {canonical(offer.url) for offer in world.offers if offer.outlet == outlet and offer.fate}
        assert sum(fates.values()) == len(addresses), outlet
        kept = [article for article in world.expected[outlet] if article.fate == "kept"]
        assert fates["kept"] == len(kept)
    assert {offer.outlet for offer in world.offers} == set(world.expected)


def test_two_stories_are_told_twice(world: World) -> None:
    """A reprint of Enab's wire at Baladi and one Baladi story under two ids have the same words."""
    everything = {article.url: article for articles in world.expected.values() for article in articles}
    twins = [article for article in everything.values() if article.duplicate_of]
    assert len(twins) == 2
    for article in twins:
        original = everything[article.duplicate_of or ""]
        assert [_folded(text) for text in article.body] == [_folded(text) for text in original.body]
        assert _folded(article.headline) == _folded(original.headline)


def test_the_log_has_every_request_in_order(world: World) -> None:
    """Who has the answer can read the request, with its headers, in the log."""
    with serve(world) as server:
        ask(server, f"{ENAB}/robots.txt", {"User-Agent": "warraq-test"})
        ask(server, "http://nowhere.example/x")
        assert [(r.method, r.url, r.status) for r in server.requests(connects=True)] == [
            ("CONNECT", f"{ENAB}/", 200), ("GET", f"{ENAB}/robots.txt", 200), ("GET", "http://nowhere.example/x", 502),
        ]  # fmt: skip
        assert server.requests()[0].headers["user-agent"] == "warraq-test"


def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    """A parent killed by SIGKILL leaves no server behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        "from crawler.demo.running import serve\nfrom infra.world.worlds import World\nimport time\n"
        "with serve(World()) as running:\n    print(running.port, flush=True)\n    time.sleep(60)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root})
    assert parent.stdout is not None
    with bounded(parent, "the port of the server"):
        port = int(parent.stdout.readline())
    assert listens(port)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until(lambda: not listens(port), lambda: "the server outlived its parent by ten seconds", 10)


@pytest.mark.slow
def test_troubles_do_what_they_say() -> None:
    """Each bad page misbehaves as stated, is offered by its outlet and has a stated fate; the good pages still answer."""
    world = World.miniature(hostile=True)
    calm = {url: fate for url in (trouble.url for trouble in TROUBLES) if (fate := World.miniature().expected_fate(url))}
    assert calm == {}, "the plain miniature has no hostile pages"
    with serve(world) as server:
        for trouble in TROUBLES:
            assert world.expected_fate(trouble.url) == trouble.fate, trouble
        by_deed = {trouble.does: trouble.url for trouble in TROUBLES}
        statuses = {
            "404": 404,
            "410": 410,
            "challenge 403": 403,
            "challenge 200": 200,
            "soft 404": 200,
            "always 500": 500,
            "empty": 200,
        }
        assert {does: ask(server, by_deed[does]).status for does in statuses} == statuses
        with pytest.raises(http.client.IncompleteRead):
            ask(server, by_deed["cut transfer"])
        assert "</html>" not in ask(server, by_deed["cut page"]).body.decode(errors="ignore")
        with pytest.raises(AssertionError, match="goes on redirecting"):
            follow(server, by_deed["endless redirects"])
        assert b"\x00" in ask(server, by_deed["binary"]).body
        assert "html" in ask(server, jazeera_feed()).headers["content-type"]
        flaky = world.url(next(story for story in world.stories if story.more.get("trouble") == "500 once"))
        assert [follow(server, flaky)[1].status for _ in range(2)] == [500, 200]
        truncated = ask(server, f"{ENAB}/truncated-sitemap.xml").text
        assert "/990005/" in truncated
        assert "</urlset>" not in truncated
        assert "sitemap_index" in ask(server, f"{ENAB}/robots.txt").text
        assert ask(server, f"{ENAB}/zip-bomb-sitemap.xml.gz").headers["content-length"] < "999999"


def test_generated_pages_are_deterministic_and_of_the_size_asked_for() -> None:
    """The same number gives the same page, two numbers share no paragraph, and gzip tells the same as plain."""
    world = World.generated(1200, kilobytes=160)
    crowd = world.generated_pages
    assert crowd is not None
    assert not set(crowd.paragraphs(3)) & set(crowd.paragraphs(4))
    with serve(world, log=False) as server:
        index = locs(ask(server, f"{ENAB}/sitemap_index.xml"))
        pages = [url for child in index for url in locs(ask(server, child))]
        assert len(index) == 2
        assert [len(pages), len(set(pages))] == [1200, 1200]
        plain, packed = ask(server, pages[7]), ask(server, pages[7], {"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.body) == plain.body
        assert abs(len(plain.body) / 1024 - 160) < 16
        for paragraph in crowd.paragraphs(7):
            assert paragraph in plain.text
    assert World.generated(1200).expected_fates == {"enab_baladi": {"kept": 1200}}


def _folded(text: str) -> str:
    return text.replace("“", '"').replace("”", '"')
