"""No request reaches a private address: not by URL, spelling, redirect, DNS answer or proxy. A server on loopback counts."""

from __future__ import annotations

import json

import pytest
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock

from crawler.download.public_address import is_public, why_not
from crawler.download.resolver import PublicAddressResolver
from tests.crawler.security.conftest import Ask, Server

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.0.1", "192.88.99.1", "198.18.0.1", "203.0.113.1",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2001:0:7f00:1::",
    "192.0.0.192", "168.63.129.16", "100.100.100.200", "192.0.0.9", "192.0.0.170", "192.31.196.1", "192.52.193.1", "192.175.48.1",
    "198.51.100.1", "fd20:ce::254", "100::1", "100:0:0:1::1", "2001:2::1", "2001:20::1", "2001:30::1", "2001:4:112::1",
    "2620:4f:8000::1", "3fff::1", "5f00::1", "::ffff:0:127.0.0.1", "2606:2800:220:1:0:5efe:7f00:1",
    "2606:2800::200:5efe:a9fe:a9fe", "4000::1", "8000::1",
]  # fmt: skip
SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "0", "0.0.0.0",
    "localhost", "LOCALHOST", "localhost.", "www.localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]", "[::7f00:1]", "１２７.0.0.1", "①②⑦.0.0.1", "outlet.example@127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_on_the_public_internet_is_told(address: str) -> None:
    """Every kind, also an IPv4 address inside an IPv6 one, which leads wherever it says."""
    assert not is_public(address)
    assert why_not(f"https://[{address}]/" if ":" in address else f"https://{address}/") is not None


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "168.63.129.17", "2a00:1450:4001::200e", "2606:2800:220:1:248:1893:25c8:1946"]
)
def test_public_addresses_are_public(address: str) -> None:
    """IPv4 and IPv6."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://outlet.example/",
        "file:///etc/passwd",
        "data:text/html,x",
        "gopher://outlet.example/",
        "//x",
        "",
        "https://",
        "https://[",
        "http://[::1",
    ],
)
def test_only_http_and_https_are_asked(url: str) -> None:
    """And only of a host."""
    assert why_not(url) is not None
    assert why_not("https://outlet.example/") is None


@pytest.mark.slow
def test_no_spelling_of_a_private_address_is_asked(canary: Server, ask: Ask) -> None:
    """By URL, without a proxy and with one, which is not even asked to go there."""
    urls = [f"http://{host}:{canary.server_port}/" for host in SPELLINGS] + [f"https://127.0.0.1:{canary.server_port}/"]
    direct = ask(*urls)
    assert len(direct.said) == len(urls)
    assert not any(said.startswith("200") for said in direct.said.values())
    assert canary.connections == 0
    through = ask(*urls, http_proxy=canary.url, https_proxy=canary.url, no_proxy="")
    assert len(through.said) == len(urls)
    assert canary.connections == 0, canary.asked


@pytest.mark.slow
def test_no_redirect_leads_to_a_private_address_or_another_scheme(canary: Server, hostile: Server, ask: Ask) -> None:
    """Not from a host that may be asked, by whatever spelling or scheme; none of them is answered 200."""
    there = [f"http://{host}:{canary.server_port}/" for host in ("127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]")]
    other = ["file:///etc/passwd", "ftp://ftp.example/x", "data:text/html,there", "gopher://gopher.example/", "javascript:0"]
    urls = [f"http://start.example:{hostile.server_port}/to?url={target}" for target in [*there, *other]]
    done = ask(*urls, NAMES=json.dumps({"start.example": ["127.0.0.1"]}), WARRAQ_PRIVATE_HOSTS="start.example")
    assert set(done.said) == set(urls)
    assert not any(said.startswith("200") for said in done.said.values()), done.said
    assert len([path for path in hostile.asked if path.startswith("/to?")]) == len(urls)
    assert canary.connections == 0
    assert all("not asked" in done.said[url] for url in urls[: len(there)])


@pytest.mark.slow
def test_no_name_leads_to_a_private_address(canary: Server, ask: Ask) -> None:
    """Whatever DNS says of it, also when it says something else the next time."""
    changing = ["0.0.0.0", "127.0.0.1"]
    names = {"private.example": ["127.0.0.1"], "changing.example": changing, "metadata.example": ["169.254.169.254"]}
    done = ask(*(f"http://{name}:{canary.server_port}/" for name in names), NAMES=json.dumps(names))
    assert len(done.said) == 3
    assert all(said.startswith("CannotResolveHostError") for said in done.said.values()), done.said
    assert all(f"not asked: {name} resolves to the private address" in done.log for name in names)
    assert canary.connections == 0


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its answer between check and connection gains nothing: it is looked up once."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]
    reactor = MemoryReactorClock()  # its connections are noted and not made
    monkeypatch.setattr("scrapy.resolver.ThreadedResolver.getHostByName", lambda *_: _given(answers.pop(0)))
    resolver = PublicAddressResolver(reactor, 0, 1.0, frozenset())
    reactor.installNameResolver(_complex(resolver))
    HostnameEndpoint(reactor, b"rebinding.example", 80).connect(Factory())
    reactor.advance(1)
    assert [client[:2] for client in reactor.tcpClients] == [("93.184.216.34", 80)]
    assert len(answers) == 2


def _given(address: str) -> object:
    from twisted.internet.defer import succeed

    return succeed(address)


def _complex(resolver: PublicAddressResolver) -> object:
    from twisted.internet._resolver import SimpleResolverComplexifier

    return SimpleResolverComplexifier(resolver)


@pytest.mark.slow
def test_a_spider_asks_its_own_hosts_only(hostile: Server, ask: Ask) -> None:
    """Named by a sitemap or feed, or by a redirect: another host, a subdomain, a look-alike. The proxy is not asked for them."""
    own, hosts = "http://outlet.example/", ("sub.outlet.example", "outlet.example.evil.example", "evil.example")
    others = [f"http://{host}/" for host in hosts]
    redirects = [f"http://outlet.example/to?url={url}" for url in others]
    done = ask(own, *others, *redirects, hosts=("outlet.example",), http_proxy=hostile.url, no_proxy="")
    assert done.said[own] == "200 4"
    assert all("is not a host of asking" in done.said[url] for url in (*others, *redirects)), done.said
    assert {path.split("/")[2] for path in hostile.asked if path.startswith("http://")} == {"outlet.example"}
