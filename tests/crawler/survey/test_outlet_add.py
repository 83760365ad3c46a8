"""`warraq outlet add`, tried on sites that nobody has described: of each, what a crawl with the drafted file finds and reads."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from crawler.demo.answer import Answer, SiteRequest, page, redirect, text
from crawler.demo.running import Running, serve
from crawler.demo.sites.site import Site, fate_of
from extractors.outlets import built_in
from infra.world.unknown_kinds import KINDS
from infra.world.unknown_sites import UnknownSite, UnknownWorld
from infra.world.worlds import World
from tests.crawler.conftest import Done, warraq

ROOT = Path(__file__).parents[3]


def command(cwd: Path, world: Running, *arguments: str, **env: str) -> Done:
    return warraq(*arguments, world=world, cwd=cwd, PYTHONPATH=str(ROOT), **env)


def likeness(gold: str, read: str) -> float:
    """F1 of words."""
    wanted, got = Counter(gold.split()), Counter(read.split())
    return 2 * sum((wanted & got).values()) / max(1, sum(wanted.values()) + sum(got.values()))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_crawl_with_the_drafted_file_finds_and_reads_the_articles(name: str, tmp_path: Path) -> None:
    """At least 95 % of them, their text at F1 .97 or more, no date of another day or hour, within 40 requests."""
    kind = KINDS[name]
    with serve(UnknownWorld((name,))) as world:
        added = command(tmp_path, world, "outlet", "add", f"https://{name}.example", "--name", name)
        requests = len(world.requests())
        assert added.code == 0, added.err + added.out
        assert requests <= 40
        assert f"outlets/{name}.toml: " in added.out
        crawl = command(tmp_path, world, "crawl", name)
    assert crawl.code == 0, crawl.err
    records = {each["headline"]: each for each in map(json.loads, command(tmp_path, world, "export", name).out.splitlines())}
    gold = kind.articles()
    found = [(article, records[article.headline]) for article in gold if article.headline in records]
    assert len(found) >= 0.95 * len(gold)
    assert len(records) <= len(gold), "what is no article is not kept"
    assert sum(likeness(" ".join(article.paragraphs), record["body"]) for article, record in found) >= 0.97 * len(found)
    for article, record in found:
        stated = datetime.fromisoformat(record["date_published"])
        day_only = record["date_published_precision"] == "day"
        assert stated.date() == article.published.date() if day_only else stated == article.published
    pages = sorted((tmp_path / "outlets" / "pages" / name).glob("*.html"))
    assert len(pages) == 3
    assert f"{name}: outlets/{name}.toml is valid; 3 recorded pages" in command(tmp_path, world, "outlet", "check").out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "outlet", "share"),
    [
        ("https://www.enabbaladi.net", "enab_baladi", 1.0),
        ("https://www.aljazeera.net", "al_jazeera", 1.0),
        ("https://baladi-news.com/ar", "baladi_news", 1.0),
        ("https://geiroon.net", "geiroon", 0.5),  # gone, and half of its articles are on two domains that it had before
        ("https://smartnews-agency.com/ar", "smart", 0.8),  # gone: read in the Wayback Machine; its pages name no headline
    ],
)
def test_the_demos_outlets_are_found_again_without_their_facts(url: str, outlet: str, share: float, tmp_path: Path) -> None:
    """In a copy of the package without its five outlets; texts and days are those of the miniature."""
    for room in ("crawler", "extractors", "storage"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for facts in built_in():
        (tmp_path / "extractors" / "outlets" / f"{facts}.py").unlink()
        (tmp_path / "crawler" / "spiders" / f"{facts}.py").unlink()
    stories = [story for story in World.miniature().stories if story.outlet == outlet]
    gold = {story.headline: story for story in stories if fate_of(story) == "kept" and not story.withdrawn}
    with serve(World.miniature()) as world:
        env = {"PYTHONPATH": str(tmp_path)}
        added = warraq("outlet", "add", url, "--name", "found", world=world, cwd=tmp_path, **env)
        requests = len(world.requests())
        assert added.code in {0, 1}, added.err
        assert requests <= 40
        warraq("crawl", "found", "--yes", world=world, cwd=tmp_path, **env)
    exported = warraq("export", "found", cwd=tmp_path, **env).out.splitlines()
    records = {each["headline"]: each for each in map(json.loads, exported)}
    found = [(gold[headline], record) for headline, record in records.items() if headline in gold]
    assert len(found) >= share * 0.95 * len(gold), gold.keys() - records.keys()
    for story, record in found:
        assert likeness(" ".join(story.paragraphs), record["body"]) > 0.9
        assert record["date_published"] is None or record["date_published"][:10] == story.published.date().isoformat()


class _Refusing(Site):
    """A site of a few hosts, each of which fails in a way of its own."""

    outlet, home = "refusing", "refusing.example"
    hosts = (
        *("forbidden.example", "empty.example", "broken.example", "elsewhere.example", "refreshed.example", "parted.example"),
        *("politics.parted.example", "sport.parted.example"),
    )

    def __init__(self) -> None:
        super().__init__(())

    def answer(self, request: SiteRequest) -> Answer:
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow: /\n" if request.host == "forbidden.example" else "")
        if request.host == "broken.example":
            return page("<h1>500</h1>", 500)
        if request.host == "elsewhere.example":
            return redirect("https://empty.example/")
        if request.host == "refreshed.example":
            return page('<meta http-equiv="refresh" content="1; URL=\'https://empty.example/\'">')
        if request.host == "parted.example" and request.path == "/":
            links = [f"https://{part}.parted.example/story-{n}" for part in ("politics", "sport") for n in range(4)]
            return page("<a href=/about>من نحن</a>" + "".join(f'<a href="{link}">عنوان طويل من خمس كلمات</a>' for link in links))
        return page(
            "<html><body><h1>قريبا</h1></body></html>" if request.path == "/" else "<h1>404</h1>",
            200 if request.path == "/" else 404,
        )


class _RefusingWorld:
    hosts = _Refusing.hosts

    def sites(self) -> list[Site]:
        return [_Refusing()]


@pytest.mark.slow
def test_what_cannot_be_added_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 2. A host that a known outlet has is none of these: its name and host are taken."""
    with serve(_RefusingWorld()) as world:
        for url, reason in (
            ("https://forbidden.example", "Forbidden by robots.txt"),
            (
                "https://empty.example",
                "https://empty.example: no articles found: 0 pages looked at, 10 requests; its home page links to no other page",
            ),
            ("https://parted.example", "its links lead to politics.parted.example, sport.parted.example: each can be added"),
            ("https://broken.example", "HTTP 500"),
            (
                "https://elsewhere.example",
                "leads to another host; if that is the outlet: warraq outlet add https://empty.example",
            ),
            (
                "https://refreshed.example",
                "leads to another host; if that is the outlet: warraq outlet add https://empty.example",
            ),
            ("https://nobody.example", "nor can the Wayback Machine be asked"),
            ("ftp://empty.example", "ftp://empty.example"),
            ("https://127.0.0.1", "127.0.0.1 is a private address"),
            ("https://enabbaladi.net", "enabbaladi.net is a host of the outlet enab_baladi already"),
        ):
            done = command(tmp_path, world, "outlet", "add", url, WARRAQ_RETRY_TIMES="0")
            assert done.code == 2, (url, done.out, done.err)
            assert done.err.count("\n") == 1, done.err
            assert reason in done.err
    assert not (tmp_path / "outlets").exists()


class _Unencrypted(UnknownSite):
    """A site that answers at http:// only."""

    def answer(self, request: SiteRequest) -> Answer:
        return super().answer(replace(request, scheme="https")) if request.scheme == "http" else Answer(reset=True)


class _UnencryptedWorld:
    hosts = UnknownSite(KINDS["sections"]).hosts

    def sites(self) -> list[Site]:
        return [_Unencrypted(KINDS["sections"])]


@pytest.mark.slow
def test_a_site_without_https_is_doubted_and_its_articles_are_found(tmp_path: Path) -> None:
    with serve(_UnencryptedWorld()) as world:
        added = command(tmp_path, world, "outlet", "add", "http://sections.example")
        assert added.code == 0, added.err
        assert "whether the site answers at https:// too" in added.out
        crawl = command(tmp_path, world, "crawl", "sections")
    assert crawl.code == 0, crawl.err
    records = command(tmp_path, world, "export", "sections").out.splitlines()
    assert {json.loads(each)["headline"] for each in records} == {each.headline for each in KINDS["sections"].articles()}
    assert all(json.loads(each)["url"].startswith("https://") for each in records), "the name of an article has one scheme"


@pytest.mark.slow
def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A folder that cannot be one is seen before the site is asked, else after; an address that is no home page is told so."""
    (tmp_path / "file").write_text("mine")
    with serve(UnknownWorld(("plain",))) as world:
        done = command(tmp_path, world, "outlet", "add", "https://plain.example", "--to", "file/outlets")
        assert (done.code, done.err) == (2, f"warraq: file/outlets: {tmp_path}/file is no folder\n")
        assert world.requests() == []
        done = command(tmp_path, world, "outlet", "add", "https://plain.example", "--to", "/proc/none")
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert "/proc/none: " in done.err
        done = command(tmp_path, world, "outlet", "add", "https://plain.example/articles/9000.html")
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert "if it is not the home page: warraq outlet add https://plain.example (" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    file = tmp_path / "outlets" / "plain.toml"
    file.parent.mkdir()
    file.write_text("mine")
    with serve(UnknownWorld(("plain",))) as world:
        done = command(tmp_path, world, "outlet", "add", "https://plain.example")
        assert (done.code, file.read_text()) == (2, "mine")
        assert "outlets/plain.toml is there already; --force writes it anew" in done.err
        assert world.requests() == []
        assert command(tmp_path, world, "outlet", "add", "https://plain.example", "--force").code == 0
        drafted = file.read_text()
        assert command(tmp_path, world, "outlet", "add", "https://plain.example", "--force").code == 0
    assert file.read_text() == drafted, "what is known of an outlet has no part in drafting it anew"
