"""Warraq as a Scrapy project: what a Scrapy user types does what they expect, with the same result."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from infra.testing.waiting import bounded, until
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, environment, module
from tests.crawler.watch.silent import SILENT, SilentWorld

ROOT = Path(__file__).parents[3]


def scrapy(*arguments: str, world: Running | None = None, **env: str) -> Done:
    """Runs `scrapy` in the project to its end."""
    return module("scrapy", *arguments, world=world, cwd=ROOT, **env)


@pytest.mark.slow
def test_list_names_the_outlets() -> None:
    """One spider for each outlet, no base class among them."""
    assert scrapy("list").out.split() == ["al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart"]


@pytest.mark.slow
def test_crawl_keeps_what_warraq_crawl_keeps(served: Running, crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """`scrapy crawl` goes through the same pipeline; `-o` writes the articles that are new."""
    items = tmp_path / "items.jl"
    done = scrapy("crawl", "al_jazeera", "-o", str(items), world=served, WARRAQ_ARCHIVE=str(tmp_path / "a"))
    assert done.code == 0
    assert re.fullmatch(r"al_jazeera: done, \d+ discovered: \d+ kept · .*; run [\w-]+\n", done.err)
    ours = {(record["url"], record["content_hash"]) for record in open_archive(str(crawled[0])).articles(outlet="al_jazeera")}
    theirs = {(record["url"], record["content_hash"]) for record in open_archive(str(tmp_path / "a")).articles()}
    assert theirs == ours
    exported = [json.loads(line) for line in items.read_text(encoding="utf-8").splitlines()]
    assert {item["url"] for item in exported} == {url for url, _ in ours}
    assert {item["fate"] for item in exported} == {"kept"}


@pytest.mark.slow
def test_spider_arguments_bound_the_crawl(served: Running, tmp_path: Path) -> None:
    """`-a since=…` is `--since`."""
    scrapy("crawl", "al_jazeera", "-a", "since=2026-11-10", world=served, WARRAQ_ARCHIVE=str(tmp_path / "a"))
    days = [record["date_published"][:10] for record in open_archive(str(tmp_path / "a")).articles()]
    assert days
    assert min(days) >= "2026-11-10"


@pytest.mark.slow
def test_parse_finds_the_spider_and_shows_the_article(served: Running, miniature: World, tmp_path: Path) -> None:
    """`scrapy parse URL` needs no `--spider`, prints the article, and leaves no archive behind."""
    article = miniature.expected["al_jazeera"][0]
    done = scrapy("parse", "--nocolour", article.url, world=served, WARRAQ_ARCHIVE=str(tmp_path / "a"))
    assert article.headline in done.out
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_parse_with_pipelines_keeps_the_page(served: Running, miniature: World, tmp_path: Path) -> None:
    """`--pipelines` hands it over, as Scrapy says."""
    article = miniature.expected["al_jazeera"][0]
    scrapy("parse", "--pipelines", article.url, world=served, WARRAQ_ARCHIVE=str(tmp_path / "a"))
    assert [record["url"] for record in open_archive(str(tmp_path / "a")).articles()] == [article.url]


@pytest.mark.slow
def test_shell_fetches_with_our_settings(served: Running, miniature: World) -> None:
    """Through the proxy, with its certificate authority, and the outlet's spider at hand."""
    article = miniature.expected["al_jazeera"][0]
    done = scrapy("shell", article.url, "-c", "print(response.status, response.css('h1::text').get(), spider.name)", world=served)
    assert f"200 {article.headline} al_jazeera" in done.out


@pytest.mark.slow
def test_a_site_that_never_answers_holds_up_no_stop(tmp_path: Path) -> None:
    """What came is kept, the rest is said to be interrupted."""
    with serve(SilentWorld.miniature()) as running:
        env = environment(running, WARRAQ_ARCHIVE=str(tmp_path / "a"), WARRAQ_DOWNLOAD_TIMEOUT="3600")
        command = [sys.executable, "-m", "scrapy", "crawl", "enab_baladi"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, encoding="utf-8")
        with process, bounded(process, "its end"):
            until(lambda: any(SILENT.search(request.url) for request in running.requests()))
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            told = process.stderr.read()
    assert re.fullmatch(r"enab_baladi: interrupted, \d+ discovered: .*\d+ failed; run [\w-]+\n", told)
    assert open_archive(str(tmp_path / "a")).verify().findings == []
