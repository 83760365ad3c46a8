"""Events over HTTP: durable before 202, from those who may, each bad call answered with what is wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from aiohttp import web
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from prometheus_client import CollectorRegistry, Counter
from standardwebhooks.webhooks import Webhook

from crawler.http_server.connections import Guard, GuardedServer
from crawler.watch.http import server as module
from crawler.watch.http.server import Door
from storage.queues import Queue, open_queue

TOKEN, SECRET = "s3cret-token", "whsec_" + base64.b64encode(b"k" * 32).decode()
URL = "https://www.enabbaladi.net/archives/160002"


class Served:
    """A door on loopback. `why`: what /readyz complains about; more_routes: adds to it."""

    def __init__(self, queue: Queue, more_routes: Callable[[web.Application], None] | None = None, **more: Any) -> None:
        self.queue, self.why = queue, None
        self.facts: list[dict[str, Any]] = []
        self.shed: list[str] = []
        registry = CollectorRegistry()
        Counter("warraq_fates", "Addresses by fate.", ["fate"], registry=registry).labels("kept").inc(3)
        self._loop = asyncio.new_event_loop()

        async def ready() -> str | None:
            return self.why

        async def start() -> int:
            app = Door(queue, ready=ready, registry=registry, fact=self.fact, **more).app
            if more_routes is not None:
                more_routes(app)
            self.guard = Guard(self.fact, self.shed.append)
            self._server = GuardedServer(app, self.guard)
            return (await self._server.open("127.0.0.1", 0))[1]

        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(start(), self._loop).result(20)
        self._pool = urllib3.PoolManager(retries=False)

    def fact(self, fact: str, **details: Any) -> None:
        self.facts.append({"fact": fact, **details})

    def call(self, method: str, path: str, body: bytes | str = b"", **headers: str) -> tuple[int, Any]:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._pool.request(method, f"http://127.0.0.1:{self.port}{path}", body=body, headers=told)
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(answer.data) if "json" in kind else answer.data.decode()

    def post(self, event: CloudEvent, *, binary: bool = False, **headers: str) -> tuple[int, Any]:
        message = to_binary_event(event) if binary else to_structured_event(event)
        return self.call("POST", "/events", message.body, **{"Authorization": f"Bearer {TOKEN}", **message.headers, **headers})

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._pool.clear()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = open_queue(str(tmp_path / "queue.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def served(queue: Queue) -> Iterator[Served]:
    door = Served(queue, token=TOKEN, secret=SECRET)
    yield door
    door.close()


def event(kind: str = "url.submitted", data: object = None, **more: Any) -> CloudEvent:
    return CloudEvent({"type": kind, "source": "https://example.org/editor", **more}, data if data is not None else {"url": URL})


@pytest.mark.parametrize("binary", [True, False])
def test_an_event_is_in_the_queue_when_202_is_said(served: Served, queue: Queue, binary: bool) -> None:
    """Both modes of CloudEvents; who made it stays in it."""
    made = event(id="one", time=datetime(2026, 11, 22, 10, tzinfo=UTC))
    assert served.post(made, binary=binary) == (202, {"accepted": 1, "waiting_already": 0})
    (lease,) = queue.take()
    assert (lease.group, lease.event["id"], lease.event["source"]) == ("enab_baladi", "one", "https://example.org/editor")
    assert lease.event["data"] == {"url": URL}
    assert lease.event["time"] == "2026-11-22T10:00:00+00:00"


def test_an_address_in_five_forms_waits_once(served: Served, queue: Queue) -> None:
    """Coalesced by its canonical form, also within one event; another outlet's is its own work."""
    forms = [URL, URL + "/", URL + "?amp=1", URL.replace("https", "http"), URL.replace("www.", "") + "?utm_source=x"]
    assert served.post(event(data={"urls": forms}))[1] == {"accepted": 1, "waiting_already": 4}
    assert served.post(event(data={"url": URL}))[1] == {"accepted": 0, "waiting_already": 1}
    assert served.post(event("outlet.due", {}, subject="geiroon"))[1] == {"accepted": 1, "waiting_already": 0}
    assert queue.depth().waiting == 2


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (event("article.kept"), "no event that can be asked for"),
        (event(data={"url": "https://example.org/x"}), "belongs to no outlet"),
        (event(data={"url": "file:///etc/passwd"}), "no http or https address"),
        (event(data={"urls": []}), "needs data.url"),
        (event(data={"urls": [URL] * 1001}), "1 to 1000"),
        (event(data="text"), "needs data.url"),
        (event("outlet.due", {"outlet": "nobody"}), "'nobody' is no outlet"),
    ],
)
def test_an_event_that_asks_for_nothing_is_told_why(served: Served, queue: Queue, made: CloudEvent, says: str) -> None:
    """400, and nothing is queued."""
    status, told = served.post(made)
    assert (status, told["status"]) == (400, 400)
    assert says in told["detail"]
    assert queue.depth().waiting == 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/cloudevents+json"}, 400),
        (b"{", {"Content-Type": "application/cloudevents+json"}, 400),
        (b"\xff\xfe", {"Content-Type": "application/cloudevents+json"}, 400),
        (b"[1]", {"Content-Type": "application/cloudevents+json"}, 400),
        (b'{"url": "x"}', {"Content-Type": "application/json"}, 415),
        (b"{}", {"ce_id": "1", "ce_type": "url.submitted"}, 400),
        (b"{}", {"ce_id": "1", "ce_type": "t", "ce_source": "s", "ce_specversion": "1.0", "ce_time": "yesterday"}, 400),
        (b"x" * 70_000, {"Content-Type": "application/cloudevents+json"}, 413),
    ],
)
def test_what_is_no_event_is_told(served: Served, body: bytes, headers: dict[str, str], status: int) -> None:
    """Never a 500."""
    said, told = served.call("POST", "/events", body, **{"Authorization": f"Bearer {TOKEN}", **headers})
    assert (said, told["status"]) == (status, status)


def signed(body: bytes, call: str = "call-1", at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "webhook-id": call,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(call, moment, body.decode()),
    }


def test_a_signed_call_is_taken_once(served: Served, queue: Queue) -> None:
    """Made again with the same id it is refused; one that was not taken may be made again."""
    message = to_structured_event(event())
    headers = {**message.headers, **signed(message.body)}
    assert served.call("POST", "/events", message.body, **headers)[0] == 202
    assert served.call("POST", "/events", message.body, **headers)[0] == 409
    wrong = to_structured_event(event("nonsense"))
    headers = {**wrong.headers, **signed(wrong.body, "call-2")}
    assert [served.call("POST", "/events", wrong.body, **headers)[0] for _ in range(2)] == [400, 400]
    assert queue.depth().waiting == 1


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        signed(b"another body"),
        signed(to_structured_event(event(id="x")).body, secret="whsec_" + base64.b64encode(b"z" * 32).decode()),
        signed(to_structured_event(event(id="x")).body, at=datetime.now(UTC) - timedelta(minutes=6)),
        {"webhook-id": "x", "webhook-timestamp": "now", "webhook-signature": "v1,é"},
        {"webhook-id": "x", "webhook-timestamp": "0", "webhook-signature": "nonsense"},
    ],
)
def test_a_stranger_is_turned_away(served: Served, queue: Queue, credentials: dict[str, str]) -> None:
    """Without credentials, with wrong ones, with old ones."""
    message = to_structured_event(event(id="x"))
    headers = {name: value.encode().decode("latin-1") for name, value in credentials.items()}
    assert served.call("POST", "/events", message.body, **{**message.headers, **headers})[0] == 401
    assert queue.depth().waiting == 0


def test_without_a_token_and_a_secret_nobody_may_post(queue: Queue) -> None:
    """Not even with an empty one."""
    door = Served(queue)
    try:
        assert door.post(event())[0] == 401
        assert door.post(event(), Authorization="Bearer ")[0] == 401
    finally:
        door.close()


def test_a_caller_that_floods_is_held_back(queue: Queue) -> None:
    """After its burst; others pass."""
    door = Served(queue, token=TOKEN, rate=0.001, burst=3)
    try:
        assert [door.post(event())[0] for _ in range(5)] == [202, 202, 202, 429, 429]
    finally:
        door.close()


def test_a_queue_that_cannot_take_it_is_503_and_not_202(queue: Queue, served: Served) -> None:
    """The caller is told to come again, and why: here no file may grow, as on a full disk. Then it takes events again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        status, told = served.post(event())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (status, told["status"]) == (503, 503)
    assert "queue.sqlite" in told["detail"]
    assert served.post(event())[0] == 202
    assert queue.depth().waiting == 1


def test_a_caller_that_breaks_off_is_no_error_of_ours(served: Served, queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    """Half a body, then a reset: nothing is queued, no traceback is logged, and the door goes on."""
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", served.port), timeout=120) as gone:
            gone.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert served.post(event())[0] == 202
    assert queue.depth().waiting == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_body_that_drips_is_given_up(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is not held for ever."""
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)
    door = Served(queue, token=TOKEN)
    try:
        with socket.create_connection(("127.0.0.1", door.port), timeout=120) as slow:
            slow.sendall(
                f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n{{".encode()
            )
            assert slow.recv(100).startswith(b"HTTP/1.1 408")
    finally:
        door.close()


def test_health_readiness_and_metrics(served: Served) -> None:
    """Ready only while archive and queue are."""
    assert served.call("GET", "/healthz") == (200, "ok\n")
    assert served.call("GET", "/readyz") == (200, "ready\n")
    served.why = "s3://news: the endpoint does not answer"
    assert served.call("GET", "/readyz") == (503, "s3://news: the endpoint does not answer\n")
    status, text = served.call("GET", "/metrics")
    assert status == 200
    assert 'warraq_fates_total{fate="kept"} 3.0' in text
    assert text.endswith("# EOF\n")


def test_the_rest_of_a_body_is_not_waited_for_where_its_caller_has_gone(queue: Queue) -> None:
    door = Served(queue, token=TOKEN)
    with socket.create_connection(("127.0.0.1", door.port), timeout=120) as caller:
        caller.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert caller.recv(65_536).startswith(b"HTTP/1.1 4")
    door.close()
    assert not asyncio.all_tasks(door._loop)
