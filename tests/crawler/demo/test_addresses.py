"""The miniature web answers as the real one is known to: proxy, TLS, redirects, variants of a page."""

from __future__ import annotations

import gzip
import http.client
import ssl

import pytest

from crawler.demo.answer import encoded
from crawler.demo.running import Running
from infra.testing.waiting import LONG
from infra.world.worlds import World
from tests.crawler.demo.asking import BALADI, ENAB, ask, follow


def test_every_story_stands_at_its_canonical_address(world: World, running: Running) -> None:
    """The address the readers call canonical leads to a page that shows headline and every paragraph."""
    for article in world.expected["enab_baladi"] + world.expected["al_jazeera"] + world.expected["baladi_news"]:
        _, reply = follow(running, article.url)
        assert reply.status == 200, article.url
        page = reply.text.replace("&quot;", '"')
        assert article.headline.replace("&", "&amp;") in page
        for paragraph in article.body:
            assert paragraph.split(" [")[0][:20] in page, article.url


def test_tls_is_verified_against_the_worlds_own_authority(running: Running) -> None:
    """With the CA file a client verifies the certificate; without it the handshake fails."""
    assert ask(running, f"{ENAB}/robots.txt").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(running, f"{ENAB}/robots.txt", trusting=False)


def test_hosts_outside_the_world_and_dead_outlets_do_not_answer(running: Running) -> None:
    """An unknown host is a 502, over http and at CONNECT; so is an outlet that died."""
    assert ask(running, "http://nowhere.example/").status == 502
    for host in ("nowhere.example", "smartnews-agency.com", "geiroon.net", "geroun.net"):
        with pytest.raises(OSError, match="502"):
            ask(running, f"https://{host}/")


def test_a_request_addressed_by_host_header_is_answered(running: Running) -> None:
    """Without proxy form the server answers as the back end of a TLS terminator."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=LONG)
    connection.request("GET", "/robots.txt", headers={"Host": "www.enabbaladi.net"})
    assert connection.getresponse().status == 200
    connection.close()


def test_old_and_sloppy_addresses_lead_to_the_permalink(world: World, running: Running) -> None:
    """http, the bare host, /archives/<id>, the bare id and any case of %xx end at the same page."""
    permalink = next(offer.url for offer in world.offers if "/187455/" in offer.url)
    asked = ["http://enabbaladi.net/archives/187455", f"{ENAB}/187455", f"{ENAB}/archives/187455/"]
    assert {follow(running, url)[0] for url in asked} == {encoded(permalink)}
    assert ask(running, encoded(permalink).lower()).status == 200


def test_variants_serve_the_same_story(running: Running) -> None:
    """AMP, attachment, Egypt's host, mirrors and the public folder show a story under another address."""
    amp = follow(running, f"{ENAB}/26188/?amp=1")[1].text
    assert "<html amp" in amp
    assert "بطول كيلومترين" in amp
    attachment = ask(running, f"{ENAB}/archives/187455/23561598_1480204112091234_5521_n")
    assert attachment.status == 200
    assert "ثماني ساعات" in attachment.text
    path = "/ar/articles/130410/أي-كلام"
    bodies = {ask(running, base + path).body for base in (BALADI, f"{BALADI}/public", "https://mail.baladi-news.com")}
    assert len(bodies) == 1
    egypt = "/news/ebusiness/2026/11/10/سوق-العسل-في-حضرموت-موسم-السدر-يبدأ-بأسعار-قياسية"
    assert ask(running, "https://www.ajnet.me" + egypt).status == 200


def test_bodies_are_compressed_for_those_who_accept_it(running: Running) -> None:
    """Gzip when accepted, plain otherwise, a right Content-Length either way."""
    plain, packed = ask(running, f"{ENAB}/feed/"), ask(running, f"{ENAB}/feed/", {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body)
