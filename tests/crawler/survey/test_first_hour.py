"""A journalist with a laptop, from nothing: an outlet of her own is crawled, searched, read and cited, by what is printed."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from infra.world.unknown_kinds import KINDS, SITE
from infra.world.unknown_sites import UnknownWorld
from tests.crawler.conftest import Done, warraq
from tests.crawler.serve.serving import article_at, served

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_an_outlet_is_added_crawled_searched_read_and_cited(tmp_path: Path) -> None:
    def command(*arguments: str, world: Running | None = None) -> Done:
        done = warraq(*arguments, world=world, cwd=tmp_path, PYTHONPATH=str(ROOT), COLUMNS="80", XDG_CACHE_HOME=str(tmp_path))
        assert done.code == 0, (arguments, done.out, done.err)
        return done

    with serve(UnknownWorld(("offsets",))) as world:
        added = command("outlet", "add", "https://offsets.example", world=world)
        told = [shlex.split(line)[1:] for line in added.out.splitlines() if line.startswith("  warraq ")]
        assert [words[0] for words in told] == ["read", "outlet", "crawl"]
        for words in told:  # what it says to do next is done, word by word
            command(*words, world=world)
        command("crawl", "offsets", world=world)
        command("verify", world=world)
    gold = {article.headline: article for article in KINDS["offsets"].articles()}
    assert f"{len(gold)} " in command("status").out
    (headline, article), *_ = gold.items()
    found = [json.loads(line) for line in command("search", f'"{headline}"', "--json").out.splitlines()]
    (hit,) = [each for each in found if each["headline"] == headline]
    with served(str(tmp_path / "archive"), tmp_path / "reader", WARRAQ_OUTLETS=str(tmp_path / "outlets")) as reader:
        page = reader.get(article_at(hit["id"]))
        assert page.status == 200
        assert all(paragraph in page.text for paragraph in article.paragraphs)
        cited, data = (reader.get(article_at(hit["id"], f"/cite.{form}")) for form in ("bib", "json"))
    assert headline in cited.text
    assert hit["url"] in cited.text
    assert f"{article.published:%Y}" in cited.text
    assert data.json[0]["container-title"] == SITE, "the name that the site gives itself"
