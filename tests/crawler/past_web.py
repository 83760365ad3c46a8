"""Web archives for `serve`, with the troubles that real ones have."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

from crawler.demo.answer import Answer, SiteRequest, page, redirect
from crawler.demo.sites import smart
from crawler.demo.sites.site import Site
from crawler.demo.sites.wayback import ServedCapture, WaybackSite
from crawler.demo.story import DemoStory, StoryBlock, stories
from infra.world.commoncrawl import CommonCrawlSite

STORY = next(story for story in stories("smart") if story.id == "w2")
OTHERS = [story for story in stories("smart") if story.id != "w2"]
TOOLBAR = "<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp-base'>Wayback Machine</div><!-- END WAYBACK TOOLBAR INSERT -->"


def captured(story: DemoStory = STORY, days: float = 1, *, text: str | None = None, url: str | None = None) -> ServedCapture:
    """The story's page so many days after publication, with another paragraph in the place of its last if asked."""
    if text is not None:
        story = replace(story, blocks=(*story.blocks[:-1], StoryBlock("paragraph", (text,))))
    at = story.published + timedelta(days=days)
    return ServedCapture(at, url or smart.url(story), smart.article(story, at).encode())


class TroubledWayback(WaybackSite):
    """Gives so many rows of the index at once, fails at the index from the `broken_from`th query on, and answers replays of
    `own` timestamps with the archive's toolbar, of `leaving` with a way out, of `busy` with 429 the first time, of `moved`
    with a redirect to another moment.
    """

    rows_at_once: int | None = None
    broken_from: int | None = None

    moved: Mapping[str, str] = {}

    def __init__(
        self, captures: list[ServedCapture], *, own: tuple[str, ...], leaving: tuple[str, ...], busy: tuple[str, ...]
    ) -> None:
        super().__init__(captures)
        self._own, self._leaving, self._busy = own, leaving, busy
        self._asked: Counter[str] = Counter()

    def answer(self, asked: SiteRequest) -> Answer:
        if asked.path == "/cdx/search/cdx":
            return self._cdx(asked)
        timestamp = re.sub(r"^/web/(\d+).*", r"\1", asked.target, flags=re.DOTALL)
        self._asked[timestamp] += 1
        if timestamp in self._own:
            return page(f"<html><body>{TOOLBAR}<p>نص</p></body></html>")
        if timestamp in self._leaving:
            return redirect("https://smartnews-agency.com/ar/now", 302)
        if timestamp in self.moved:
            return redirect(re.sub(r"^/web/\d+id_", f"/web/{self.moved[timestamp]}", asked.target), 302)
        if timestamp in self._busy and self._asked[timestamp] == 1:
            return Answer(status=429, body=b"slow down", headers=(("Retry-After", "1"),), lasting=False)
        return replace(super().answer(asked), lasting=False)

    def _cdx(self, asked: SiteRequest) -> Answer:
        self._asked["cdx"] += 1
        if self.broken_from is not None and self._asked["cdx"] >= self.broken_from:
            return Answer(status=503, body=b"overloaded", lasting=False)
        if self.rows_at_once is not None:
            query = parse_qs(asked.target.partition("?")[2], keep_blank_values=True) | {"limit": [str(self.rows_at_once)]}
            asked = replace(asked, target=f"/cdx/search/cdx?{urlencode(query, doseq=True)}")
        return replace(super().answer(asked), lasting=False)


class LiveSite(Site):
    """The outlet's own host: nobody may ask it while its past is read."""

    outlet = "smart"
    home = "smartnews-agency.com"
    hosts = ("smartnews-agency.com", "www.enabbaladi.net")

    def answer(self, asked: SiteRequest) -> Answer:
        return page(f"<html><body><p>{asked.host} today</p></body></html>")


class MumblingCrawl(CommonCrawlSite):
    """Its index answers hold an error message in the middle, a line cut short, and a record that is elsewhere than said."""

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        if "-index" not in asked.path or answer.status != 200 or "showNumPages" in asked.target:
            return answer
        lines = answer.body.decode().splitlines()
        wrong = json.loads(lines[0]) | {"offset": "3", "url": "http://smartnews-agency.com/ar/wires/2015-05-05-x", "digest": "X"}
        lines[1:1] = ['{"error": "Internal Server Error"}', lines[0][:40], "[]", json.dumps(wrong)]
        return replace(answer, body="\n".join(lines).encode())


class BreakingNews(CommonCrawlSite):
    """A whole file breaks off in its middle the first time that it is asked for."""

    def __init__(self, captures: list[ServedCapture], news: list[ServedCapture]) -> None:
        super().__init__(captures, news)
        self._seen: set[str] = set()

    def answer(self, asked: SiteRequest) -> Answer:
        answer = super().answer(asked)
        if not asked.path.endswith(".warc.gz") or "range" in asked.headers or asked.path in self._seen:
            return answer
        self._seen.add(asked.path)
        return replace(answer, body=answer.body[: len(answer.body) // 2], claimed_length=len(answer.body))


class PastWorld:
    """As much of a world as `serve` asks for."""

    def __init__(  # noqa: PLR0913  # one for each trouble
        self,
        captures: list[ServedCapture],
        *,
        own: tuple[str, ...] = (),
        leaving: tuple[str, ...] = (),
        busy: tuple[str, ...] = (),
        rows_at_once: int | None = None,
        broken_from: int | None = None,
        moved: Mapping[str, str] | None = None,
        crawled: list[ServedCapture] | None = None,
        news: list[ServedCapture] | None = None,
        mumbling: bool = False,
    ) -> None:
        self.captures, self.own, self.leaving, self.busy = captures, own, leaving, busy
        self.rows_at_once, self.broken_from, self.moved = rows_at_once, broken_from, moved or {}
        self.crawled, self.news, self.mumbling = crawled or [], news or [], mumbling

    def sites(self) -> list[Site]:
        wayback = TroubledWayback(self.captures, own=self.own, leaving=self.leaving, busy=self.busy)
        wayback.rows_at_once, wayback.broken_from, wayback.moved = self.rows_at_once, self.broken_from, self.moved
        crawl = MumblingCrawl if self.mumbling else BreakingNews if self.news else CommonCrawlSite
        return [wayback, crawl(self.crawled, self.news), LiveSite(())]

    @property
    def hosts(self) -> list[str]:
        return [host for site in self.sites() for host in site.hosts]
