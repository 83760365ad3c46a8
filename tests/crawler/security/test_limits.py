"""What a server may cost: bytes, time and redirects have bounds, and a crawl's memory with them."""

from __future__ import annotations

import json

import pytest

from tests.crawler.security.conftest import Ask, Server

SECONDS = 2.0


@pytest.mark.slow
def test_a_server_that_drips_or_floods_is_let_go(hostile: Server, ask: Ask) -> None:
    """A byte every 0.2 s in head or body, silence, an endless head, a long line, an endless body, a bomb, endless redirects:
    each ends within the time for one request and within 100 MB, and the page after them is read.
    """
    names = ("drip-head", "drip-body", "silent", "endless-head", "long-line", "large", "bomb", "hops", "fine")
    urls = {name: f"http://hostile.example:{hostile.server_port}/{name}" for name in names}
    trust = {"NAMES": json.dumps({"hostile.example": ["127.0.0.1"]}), "WARRAQ_PRIVATE_HOSTS": "hostile.example"}
    base = ask(urls["fine"], **trust).peak_mb
    done = ask(*urls.values(), **trust, WARRAQ_DOWNLOAD_TIMEOUT=str(SECONDS), WARRAQ_MAX_PAGE_BYTES="1000000")
    said = {name: done.said[url] for name, url in urls.items()}
    assert said["fine"] == "200 4"
    for name in ("drip-head", "drip-body", "silent"):
        assert said[name] == "no full answer in time (WARRAQ_DOWNLOAD_TIMEOUT)"
        assert done.seconds[urls[name]] < SECONDS + 10
    assert "head has more than 131072 bytes" in said["endless-head"]
    assert not said["long-line"].startswith("200")
    assert "larger than the limit" in said["large"]
    assert "larger than the limit" in said["bomb"]
    assert "max redirections" in said["hops"]
    assert len([path for path in hostile.asked if path.startswith("/hops")]) == 9  # the first and WARRAQ_REDIRECT_LIMIT
    assert done.peak_mb < base + 100


@pytest.mark.slow
def test_a_proxy_that_never_opens_its_tunnel_is_given_up(hostile: Server, ask: Ask) -> None:
    """The time for a request begins before the connection."""
    url = "https://silent.example/"
    done = ask(url, https_proxy=hostile.url, no_proxy="", WARRAQ_DOWNLOAD_TIMEOUT=str(SECONDS))
    assert done.said[url] == "no full answer in time (WARRAQ_DOWNLOAD_TIMEOUT) (robots.txt of silent.example)"
    assert done.seconds[url] < 3 * SECONDS + 10  # robots.txt first
