"""What a crawl says of robots.txt: a Crawl-delay, rules that cannot be had, rules that are too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.answer import Answer, SiteRequest
from tests.crawler.crawl.test_verdict import Change, crawl

HOST = "www.enabbaladi.net"


@dataclass(frozen=True)
class Robots:
    """Enab Baladi with another robots.txt. The sitemaps that it names are left."""

    rules: bytes
    status: int = 200

    def __call__(self, asked: SiteRequest, answer: Answer) -> Answer:
        if asked.path != "/robots.txt":
            return answer
        return replace(answer, status=self.status, body=self.rules + b"\n" + b"\n".join(sitemaps(answer.body)))


def sitemaps(body: bytes) -> list[bytes]:
    return [line for line in body.splitlines() if line.lower().startswith(b"sitemap")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "fact", "details"),
    [
        (Robots(b"User-agent: *\nCrawl-delay: 0.3"), "robots.crawl_delay", {"asked": 0.3, "kept": 0.3}),
        (Robots(b"User-agent: Warraq\nCrawl-delay: 7200"), "robots.crawl_delay", {"asked": 7200.0, "kept": 0.4}),
    ],
    ids=["kept", "beyond the bound"],
)
def test_a_crawl_delay_is_a_fact(tmp_path: Path, change: Change, fact: str, details: dict[str, Any]) -> None:
    done = crawl(change, tmp_path / "a", WARRAQ_CRAWL_DELAY_BOUND="0.4")
    found = [said for said in done.of(fact) if said["host"] == HOST]
    assert found
    for said in found:
        assert {name: said[name] for name in details} == details
        assert said["outlet"] == "enab_baladi"
    assert done.code == 0, done.err
    assert done.finished["fates"]["kept"] > 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "fact", "words"),
    [
        (Robots(b"down", 503), "robots.unreachable", f"robots.txt of {HOST} answers 503"),
        (Robots(b"User-agent: *\n" + b"Disallow: /*x\n" * 10_001), "robots.bounded", "wildcards, more than 10,000"),
    ],
    ids=["unreachable", "bounded"],
)
def test_rules_that_cannot_be_had_or_kept_disallow_everything_and_are_a_fact(
    tmp_path: Path, change: Change, fact: str, words: str
) -> None:
    done = crawl(change, tmp_path / "a")
    reasons = [said["reason"] for said in done.of(fact) if said["host"] == HOST]
    assert reasons
    assert all(words in reason for reason in reasons)
    assert done.code == 1
    assert "\nwarraq: enab_baladi is silent: " in done.err
    assert not done.of("kept")
