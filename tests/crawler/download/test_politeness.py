"""Politeness and safety: who we say we are, what we do not ask, whom we do not trust."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.error import DNSLookupError

from crawler.demo.running import Running
from crawler.download.resolver import PublicAddressResolver
from storage import open_archive
from tests.crawler.conftest import Done, warraq


@pytest.mark.slow
def test_every_request_says_who_asks_and_in_what_language(served: Running, tmp_path: Path) -> None:
    """User agent with the contact, Arabic, no cookie, no referrer; robots.txt of a host before any of its pages."""
    before = len(served.requests())
    warraq(
        "crawl", "al_jazeera", "--limit", "3", "--archive", str(tmp_path / "a"), world=served, WARRAQ_CONTACT="desk@example.org"
    )
    asked = served.requests()[before:]
    assert asked[0].url.endswith("/robots.txt")
    for request in asked:
        assert request.headers["user-agent"].startswith("Warraq/")
        assert "desk@example.org" in request.headers["user-agent"]
        assert request.headers["accept-language"] == "ar"
        assert not {"cookie", "referer"} & set(request.headers)


def test_what_robots_txt_disallows_is_not_asked(asked: list[str], crawled: tuple[Path, Done, Done]) -> None:
    """The address is refused, by name, and its page never requested."""
    (refused,) = [fact for fact in crawled[1].of("refused") if fact["outlet"] == "al_jazeera"]
    assert refused["reason"] == "Forbidden by robots.txt"
    assert asked
    assert not [url for url in asked if "ajamonitor" in url]


@pytest.mark.slow
def test_an_unknown_certificate_authority_is_not_believed(served: Running, tmp_path: Path) -> None:
    """Without its authority in SSL_CERT_FILE the world's certificates are worthless: nothing is read, the outlet is named."""
    done = warraq(
        "crawl", "al_jazeera", "--archive", str(tmp_path / "a"), world=served, SSL_CERT_FILE="/etc/ssl/certs/ca-certificates.crt"
    )
    assert done.code == 1
    assert "al_jazeera is silent" in done.err
    assert "certificate verify failed" in done.err
    assert "Traceback" not in done.err
    assert done.finished["discovered"] == 0
    assert not list((tmp_path / "a").glob("articles/**/*.json"))


@pytest.mark.slow
def test_pages_are_paced(served: Running, tmp_path: Path) -> None:
    """With a delay of 0.2 s (jittered by half) no two pages of a host come within less than 0.1 s of each other, on average."""
    archive = str(tmp_path / "a")
    warraq(
        "crawl",
        "al_jazeera",
        "--limit",
        "8",
        "--archive",
        archive,
        world=served,
        WARRAQ_DOWNLOAD_DELAY="0.2",
        WARRAQ_CONCURRENCY="1",
    )
    fetched = sorted(datetime.fromisoformat(record["capture"]["fetched_at"]) for record in open_archive(archive).articles())
    assert len(fetched) > 4
    assert (fetched[-1] - fetched[0]).total_seconds() >= 0.1 * (len(fetched) - 1)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0"])
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    """At the moment of connecting: a name that changes its mind between check and connection gains nothing."""
    assert isinstance(_resolve("outlet.example", address, trusted=frozenset()), DNSLookupError)


def test_public_addresses_and_trusted_hosts_pass() -> None:
    """The operator's own proxy may be on a private address."""
    assert _resolve("outlet.example", "93.184.216.34", trusted=frozenset()) == "93.184.216.34"
    assert _resolve("proxy.example", "10.1.2.3", trusted=frozenset({"proxy.example"})) == "10.1.2.3"


def _resolve(name: str, address: str, trusted: frozenset[str]) -> object:
    """What the resolver makes of a name whose DNS answer is `address`."""
    from scrapy.resolver import dnscache

    resolver = PublicAddressResolver(reactor, 10, 1.0, trusted)
    dnscache[name] = address
    answers: list[object] = []
    resolver.getHostByName(name).addCallback(answers.append).addErrback(lambda failure: answers.append(failure.value))
    return answers[0]
