"""A story in numbered parts, of which the first is kept: the crawl and `warraq status` say that there is more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from infra.world.worlds import World
from tests.crawler.conftest import warraq
from tests.crawler.crawl.test_edits_told import newsroom
from tests.crawler.crawl.test_verdict import Changed, is_page


def _in_parts(asked: SiteRequest, answer: Answer) -> Answer:
    if not is_page(asked) or b"</head>" not in answer.body:
        return answer
    link = f"<link rel='next' href='{asked.path.rstrip('/')}/2/'></head>".encode()
    return replace(answer, body=answer.body.replace(b"</head>", link))


class _InParts(World):
    def sites(self) -> list[Site]:
        return [Changed(site, _in_parts) for site in super().sites() if site.outlet == "enab_baladi"]


def test_the_first_part_of_a_story_is_told(tmp_path: Path) -> None:
    world = _InParts(newsroom("feed")[0].stories[:2], [])
    with serve(world) as running:
        done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=running, WARRAQ_REVISIT_HOURS="")
    kept = sorted(fact["url"] for fact in done.of("kept"))
    assert kept, done.err
    continued = done.of("article.continued")
    assert sorted(fact["url"] for fact in continued) == kept
    assert all(fact["next"].endswith("/2/") for fact in continued)
    told = warraq("status", "--archive", str(tmp_path / "a"))
    assert f"the story goes on on another page, which is not read: {len(kept)}" in told.out + told.err
