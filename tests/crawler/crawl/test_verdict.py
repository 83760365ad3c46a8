"""A crawl that got nothing where there was something to get says so: one line, one fact, exit 1, `warraq status`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.crawl.statistics import AddressCounts, CrawlStatistics, reason_label
from crawler.crawl.verdict import judge
from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from infra.world.worlds import World
from storage import Outcome, open_archive
from tests.crawler.conftest import Done, warraq
from tests.crawler.crawl.test_revisits import Validated

CHALLENGE = b"<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b'></script></html>"
Change = Callable[[SiteRequest, Answer], Answer]


class Changed(Validated):
    """Enab Baladi, whose answers are changed on their way."""

    def __init__(self, site: Site, change: Change) -> None:
        super().__init__(site)
        self._change = change

    def answer(self, asked: SiteRequest) -> Answer:
        return self._change(asked, super().answer(asked))


class Changing(World):
    """A world of one outlet with such a site."""

    change: Change

    def sites(self) -> list[Site]:
        return [Changed(site, self.change) for site in super().sites() if site.outlet == "enab_baladi"]


def is_page(asked: SiteRequest) -> bool:
    return asked.path.split("/")[1].isdigit() or asked.path.startswith("/archives/")


def as_it_was(asked: SiteRequest, answer: Answer) -> Answer:
    assert asked
    return answer


def challenged(asked: SiteRequest, answer: Answer) -> Answer:
    headers = (("Server", "cloudflare"), ("cf-mitigated", "challenge"))
    return Answer(status=403, body=CHALLENGE, headers=headers) if is_page(asked) else answer


def failing(asked: SiteRequest, answer: Answer) -> Answer:
    return Answer(status=500, body=b"down") if is_page(asked) else answer


def empty(asked: SiteRequest, answer: Answer) -> Answer:
    return Answer(body=b"") if is_page(asked) else answer


def moved(asked: SiteRequest, answer: Answer) -> Answer:
    """Every link leads to a new domain."""
    return replace(answer, body=answer.body.replace(b"www.enabbaladi.net/", b"new.example/")) if not is_page(asked) else answer


def regrammared(asked: SiteRequest, answer: Answer) -> Answer:
    """Articles have addresses that look like sections."""
    if is_page(asked) or not answer.content_type.startswith("application/rss"):
        return answer if asked.path.startswith("/robots") else Answer(status=404, body=b"")
    items = b"".join(
        b"<item><title>x</title><link>https://www.enabbaladi.net/tag/%d</link></item>" % number for number in range(12)
    )
    return replace(answer, body=b"<rss version='2.0'><channel><title>x</title>" + items + b"</channel></rss>")


def walled(asked: SiteRequest, answer: Answer) -> Answer:
    """A challenge with status 200 in place of everything."""
    assert asked
    assert answer
    return Answer(body=CHALLENGE)


def one_text(asked: SiteRequest, answer: Answer) -> Answer:
    """Every article shows the same words of welcome."""
    welcome = "<p>هذا نص واحد يظهر في كل الصفحات بدل المقالات، وفيه كلمات كثيرة تكفي ليكون مادة طويلة.</p>" * 8
    body = f"<html><head><title>x</title></head><body><article><h1>عنوان واحد</h1>{welcome}</article></body></html>"
    return Answer(body=body.encode()) if is_page(asked) else answer


def crawl(change: Change, archive: Path, **env: str) -> Done:
    world = Changing.miniature()
    now = datetime.now(UTC)
    world.stories = [
        replace(story, published=now.astimezone(story.published.tzinfo) - timedelta(hours=3), modified=None)
        for story in world.stories
        if story.outlet == "enab_baladi" and not story.refused
    ]
    world.links = []
    world.change = change
    with serve(world) as running:
        settings = {"WARRAQ_RETRY_TIMES": "0", "WARRAQ_REVISIT_HOURS": "", **env}
        return warraq("crawl", "enab_baladi", "--archive", str(archive), world=running, **settings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "cause", "words"),
    [
        (challenged, "challenge", "none became an article: 12 × challenge (cloudflare)"),
        (failing, "pages", "none became an article: 12 × HTTP 500"),
        (empty, "pages", "none became an article: 12 × "),
        (moved, "elsewhere", "links lead to new.example"),
        (regrammared, "grammar", "12 addresses, none has the form of an article"),
    ],
    ids=["challenged", "failing", "empty", "moved", "grammar"],
)
def test_a_crawl_that_got_nothing_says_why(tmp_path: Path, change: Change, cause: str, words: str) -> None:
    """And says so again the next time, as long as it is so; `status` shows it until articles come."""
    archive = tmp_path / "a"
    for _ in range(2):
        done = crawl(change, archive)
        assert done.code == 1, done.out
        lines = [
            line
            for line in done.err.splitlines()
            if line.startswith("warraq: enab_baladi: ") and words.split(": ", maxsplit=1)[0] in line
        ]
        assert len(lines) == 1, done.err
        assert "Traceback" not in done.err
        (fact,) = done.of("crawl.fruitless")
        assert (fact["outlet"], fact["cause"]) == ("enab_baladi", cause)
    standing = json.loads(open_archive(str(archive)).state("enab_baladi").note("verdict.json") or b"")
    assert standing["cause"] == cause
    told = warraq("status", "--archive", str(archive))
    assert standing["detail"][:40] in told.out
    good = crawl(as_it_was, archive, WARRAQ_VALIDATORS_HOURS="0")
    assert (good.code, good.err) == (0, "")
    assert json.loads(open_archive(str(archive)).state("enab_baladi").note("verdict.json") or b"") is None
    quiet = crawl(as_it_was, archive)
    assert (quiet.code, quiet.err) == (0, "")


def _counts(**counts: int) -> CrawlStatistics:
    statistics = CrawlStatistics(addresses=AddressCounts(articles_named=10))
    for name, number in counts.items():
        if name in ("got", "left_known"):
            setattr(statistics.addresses, name, number)
        else:
            getattr(statistics.addresses, name)["HTTP 500"] = number
    return statistics


@pytest.mark.parametrize(
    ("counts", "fruitless"),
    [
        ({}, False),
        ({"left_known": 10}, False),
        ({"got": 1, "failed": 9}, False),
        ({"failed": 1, "left_known": 9}, True),
        ({"failed_again": 1, "left_known": 9}, False),
        ({"failed_again": 10}, True),
        ({"no_article": 2, "left_known": 8}, False),
        ({"no_article": 3, "left_known": 7}, True),
        ({"no_article": 1}, True),
    ],
    ids=str,
)
def test_a_poll_with_nothing_new_is_quiet_and_one_that_got_nothing_is_not(counts: dict[str, int], fruitless: bool) -> None:
    """A page that failed before and fails again beside known articles was told; one that is no article is nothing odd."""
    assert (judge(_counts(**counts)) is not None) is fruitless


@pytest.mark.parametrize(
    ("reason", "label"),
    [
        ("challenge: cloudflare", "challenge (cloudflare)"),
        ("elsewhere: redirected to https://new.example/a/b?c", "elsewhere (new.example)"),
        ("elsewhere: redirected to http://[bad", "elsewhere (?)"),
        ("HTTP 500", "HTTP 500"),
        ("reader-timeout: not read within 30 s", "reader-timeout"),
        (None, "no reason"),
    ],
)
def test_reasons_are_counted_by_what_they_have_in_common(reason: str | None, label: str) -> None:
    assert reason_label(reason) == label
    counts = AddressCounts()
    counts.left(Outcome(fate="failed", url="u", outlet="o", reason=reason), fetched=True, known=False, repeated=False)
    assert dict(counts.failed) == {label: 1}


@pytest.mark.slow
def test_a_challenge_in_place_of_everything_is_named_for_each_source(tmp_path: Path) -> None:
    """With status 200, so that each document is one that cannot be read."""
    done = crawl(walled, tmp_path / "a")
    assert done.code == 1
    (said,) = done.of("crawl.fruitless")
    assert said["cause"] == "sources"
    assert "/feed/: challenge: cloudflare, is not a feed" in said["detail"]
    lines = [line for line in done.err.splitlines() if line.startswith("warraq: enab_baladi is silent: ")]
    assert sum("challenge: cloudflare" in line for line in lines) == len(lines) - 1 >= 4


@pytest.mark.slow
def test_one_text_on_every_page_is_no_success(tmp_path: Path) -> None:
    """The first is kept, the others are duplicates of it: exit 1, and it is said."""
    done = crawl(one_text, tmp_path / "a")
    assert done.code == 1
    (said,) = done.of("crawl.fruitless")
    assert said["cause"] == "pages"
    assert "addresses show one and the same text" in said["detail"]
    assert f"warraq: enab_baladi: {said['detail']}" in done.err


@pytest.mark.parametrize(
    ("same", "got", "fruitless"), [({"a": 5}, 6, True), ({"a": 5}, 10, False), ({"a": 4}, 4, False), ({"a": 3, "b": 3}, 6, False)]
)
def test_some_duplicates_are_no_wall(same: dict[str, int], got: int, *, fruitless: bool) -> None:
    statistics = CrawlStatistics(addresses=AddressCounts(articles_named=10, got=got, same_text=Counter(same)))
    assert (judge(statistics) is not None) is fruitless
