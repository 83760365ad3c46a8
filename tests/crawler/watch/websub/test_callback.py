"""What hubs say to the door: intent verified, news queued, everything else met with silence. Over a real socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import resource
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from crawler.facts import Facts
from crawler.watch.websub import callback as module
from crawler.watch.websub.callback import Callbacks
from crawler.watch.websub.subscriber import WebSub
from crawler.watch.websub.subscriptions import Keys, SubscriptionRequest, feed_id
from storage import open_archive
from storage.queues import Queue, open_queue
from tests.crawler.watch.http.test_server import Served

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
FEED, TOPIC, HUB = "https://www.enabbaladi.net/feed/", "https://www.enabbaladi.net/feed", "https://hub.example.org/"
ID, TURN = feed_id(FEED), "ab" * 8
OUTLET = "enab_baladi"


class Doorbell:
    """A door with one subscription that was asked for."""

    def __init__(self, place: Path, **rates: float) -> None:
        self.queue: Queue = open_queue(str(place / "q.sqlite"))
        self.counted: list[tuple[str, str]] = []
        self._facts = io.StringIO()
        self.websub = WebSub("https://door.example.org", Keys(SECRET), open_archive(str(place / "a")), Facts(self._facts))
        wanted = SubscriptionRequest(topic=TOPIC, hubs=(HUB,), hub=HUB, turn=TURN, key="k", asked=datetime.now(UTC), tries=1)
        self.websub.store.want(OUTLET, {"https://other.example.org/": None, FEED: wanted})
        count = lambda outlet, result: self.counted.append((outlet, result))  # noqa: E731
        self.callbacks = Callbacks(self.websub, self.queue, Facts(self._facts), count, **rates)
        self.served = Served(self.queue, more_routes=self.callbacks.register)

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._facts.getvalue().splitlines()]

    def path(self, outlet: str = OUTLET, feed: str = ID, turn: str = TURN, token: str | None = None) -> str:
        return f"/websub/{outlet}/{feed}/{turn}/{token or self.websub.keys.token(outlet, feed, turn)}"

    def ask(self, path: str | None = None, **said: Any) -> tuple[int, Any]:
        usual = {"mode": "subscribe", "topic": TOPIC, "challenge": "<b>1</b>", "lease_seconds": 3600}
        told = {f"hub.{name}": value for name, value in {**usual, **said}.items() if value is not None}
        return self.served.call("GET", f"{path or self.path()}?{urlencode(told)}")

    def tell(self, body: bytes = b"<rss/>", *, method: str = "sha256", secret: str | None = None, **headers: str) -> int:
        key = secret or self.websub.keys.secret(OUTLET, ID, TURN)
        signature = f"{method}={hmac.new(key.encode(), body, method).hexdigest()}"
        return self.served.call("POST", self.path(), body, **{"X-Hub-Signature": signature, **headers})[0]

    def waiting(self) -> int:
        return self.queue.depth().waiting

    def close(self) -> None:
        self.served.close()
        self.queue.close()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Doorbell]:
    opened = Doorbell(tmp_path)
    yield opened
    opened.close()


def test_what_we_asked_for_is_confirmed_with_the_challenge(bell: Doorbell) -> None:
    """And remembered until the lease ends, or thirty days."""
    assert bell.ask() == (200, "<b>1</b>")
    (fact,) = bell.facts
    assert (fact["fact"], fact["topic"], fact["hub"]) == ("websub.subscribed", TOPIC, HUB)
    lease = bell.websub.store.lease(OUTLET, ID)
    assert lease is not None
    assert (lease.topic, lease.hub, lease.turn, lease.denied) == (TOPIC, HUB, TURN, None)
    assert lease.until - lease.at == timedelta(hours=1)
    assert bell.ask(lease_seconds="9" * 30)[0] == 200
    lease = bell.websub.store.lease(OUTLET, ID)
    assert lease is not None
    assert lease.until - lease.at == timedelta(days=30)


@pytest.mark.parametrize(
    "said",
    [
        {"topic": "https://www.enabbaladi.net/feed/other"},
        {"topic": None},
        {"mode": "unsubscribe"},
        {"mode": None},
        {"mode": "denied", "topic": "https://www.enabbaladi.net/feed/other"},
        {"challenge": None},
        {"challenge": "x" * 2000},
        {"lease_seconds": None},
        {"lease_seconds": "0"},
        {"lease_seconds": "-5"},
        {"lease_seconds": "٣"},
    ],
)
def test_what_we_did_not_ask_for_is_not_confirmed(bell: Doorbell, said: dict[str, Any]) -> None:
    """404, as the recommendation has it; nothing is remembered, nothing is queued."""
    assert bell.ask(**said)[0] == 404
    assert bell.websub.store.lease(OUTLET, ID) is None
    assert bell.waiting() == 0


def test_whoever_does_not_know_the_token_meets_nothing(bell: Doorbell) -> None:
    """Not another's token, not another outlet, feed or turn under this one; nor do they learn whether there is any."""
    token = bell.websub.keys.token(OUTLET, ID, TURN)
    strangers = [
        bell.path(token="0" * 64),
        bell.path("al_jazeera", token=token),
        bell.path(feed="0" * 16, token=token),
        bell.path(turn="0" * 16, token=token),
        bell.path(token=Keys("another").token(OUTLET, ID, TURN)),
        bell.path(token="short"),
        "/websub/",
    ]
    for path in strangers:
        assert bell.ask(path)[0] == 404
        assert bell.served.call("POST", path, b"x")[0] == 404
    assert bell.websub.store.lease(OUTLET, ID) is None
    assert bell.waiting() == 0
    assert not bell.facts


def test_an_earlier_turn_is_confirmed_only_while_it_is_the_one_agreed_upon(bell: Doorbell) -> None:
    """A hub may ask again about what it agreed to, while its renewal waits; not about what was never answered."""
    assert bell.ask()[0] == 200
    (feed, wanted), later = (FEED, bell.websub.store.wanted(OUTLET)[FEED]), "cd" * 8
    assert wanted is not None
    bell.websub.store.want(OUTLET, {feed: replace(wanted, turn=later)})
    assert bell.ask()[0] == 200
    assert bell.ask(bell.path(turn=later))[0] == 200
    assert bell.ask()[0] == 404


def test_a_denial_is_remembered_and_makes_the_outlet_due(bell: Doorbell) -> None:
    """Also after the hub had agreed."""
    assert bell.ask()[0] == 200
    assert bell.ask(mode="denied", challenge=None, lease_seconds=None, reason="not\nfor you")[0] == 200
    lease = bell.websub.store.lease(OUTLET, ID)
    assert lease is not None
    assert lease.denied == "not for you"
    assert bell.waiting() == 1


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_signed_news_are_queued_when_202_is_said(bell: Doorbell, method: str) -> None:
    """The outlet is due, whatever stands in the body."""
    assert bell.tell(b"<rss><item><link>https://evil.example.org/</link></item></rss>", method=method) == 202
    (lease,) = bell.queue.take()
    assert (lease.group, lease.event["type"], lease.event["data"]) == (OUTLET, "outlet.due", {"outlet": OUTLET})
    assert bell.websub.store.pushed(OUTLET, ID)
    assert [bell.tell() for _ in range(3)] == [202] * 3
    assert bell.waiting() == 1  # coalesced, but not with what is being worked on
    assert bell.counted == [(OUTLET, "queued")] * 4


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"X-Hub-Signature": ""}, "it is not signed"),
        ({"X-Hub-Signature": "sha256="}, "it is not signed"),
        ({"X-Hub-Signature": "md5=" + hashlib.md5(b"").hexdigest()}, "it is signed by 'md5'"),
        ({"X-Hub-Signature": "sha256=é"}, "the signature does not fit"),
        ({"X-Hub-Signature": "sha256=" + "0" * 64}, "the signature does not fit"),
        ({"X-Hub-Signature": "sha1=" + "0" * 64}, "the signature does not fit"),
    ],
)
def test_news_that_are_not_signed_as_agreed_are_forgotten(bell: Doorbell, headers: dict[str, str], why: str) -> None:
    """202 all the same, as the recommendation has it."""
    told = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert bell.tell(**told) == 202
    assert bell.tell(secret="a guess") == 202
    assert bell.waiting() == 0
    assert [fact["reason"] for fact in bell.facts] == [why, "the signature does not fit"]
    assert bell.counted == [(OUTLET, "ignored")] * 2
    assert bell.websub.store.pushed(OUTLET, ID) is None


def test_news_are_taken_though_the_state_is_lost(bell: Doorbell, tmp_path: Path) -> None:
    """Nothing but the door's secret is needed to know who was told what."""
    for file in (tmp_path / "a" / "state" / OUTLET).iterdir():
        file.unlink()
    assert bell.tell() == 202
    assert bell.waiting() == 1
    assert bell.ask()[0] == 404


def test_a_body_is_not_read_beyond_the_limit(bell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large feed passes, what is larger than any feed does not, whatever its length claims."""
    assert bell.tell(b"x" * 1_000_000) == 202
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    with socket.create_connection(("127.0.0.1", bell.served.port), timeout=120) as hub:
        hub.sendall(f"POST {bell.path()} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        hub.sendall(b"1ffff\r\n" + b"x" * 0x1FFFF + b"\r\n")
        assert hub.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_drips_or_breaks_off_holds_nothing(
    bell: Doorbell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The one is given up, the other is not news; neither is a fault of ours."""
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)
    head = f"POST {bell.path()} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n<".encode()
    with socket.create_connection(("127.0.0.1", bell.served.port), timeout=120) as hub:
        hub.sendall(head)
        assert hub.recv(100).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", bell.served.port), timeout=120) as hub:
        hub.sendall(head)
    assert bell.ask()[0] == 200
    assert bell.waiting() == 0
    assert not [record for record in caplog.records if record.name == "aiohttp.server"]


def test_a_hub_that_floods_is_asked_to_come_again(tmp_path: Path) -> None:
    """After its burst; what is ignored does not count."""
    bell = Doorbell(tmp_path, rate=0.001, burst=2)
    try:
        assert [bell.tell(secret="a guess") for _ in range(3)] == [202] * 3
        assert [bell.tell() for _ in range(4)] == [202, 202, 429, 429]
    finally:
        bell.close()


def test_what_cannot_be_queued_or_kept_is_503_and_not_2xx(bell: Doorbell) -> None:
    """The hub is to come again: here no file may grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        assert bell.tell() == 503
        assert bell.ask()[0] == 503
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bell.tell() == 202
    assert bell.waiting() == 1
