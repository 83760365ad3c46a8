"""What strangers send to the door: too much, too slowly, nothing that makes sense. Never a 500, never a line of log each."""

from __future__ import annotations

import json
import logging
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import urllib3
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.http_server import connections
from crawler.http_server.caller import networks
from crawler.http_server.connections import MOST_CONNECTIONS
from infra.testing.waiting import until
from storage.queues import Queue, open_queue
from tests.crawler.watch.http.test_server import SECRET, TOKEN, URL, Served, event

IDLE = 1_100
CUT = r"reset|Broken pipe|aborted"
MINE = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all that it survives."""
    queue = open_queue(str(tmp_path_factory.mktemp("door") / "queue.sqlite"))
    served = Served(queue, token=TOKEN, secret=SECRET, rate=1e6, burst=1e6)
    yield served
    served.close()
    queue.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Enough for both ends of each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def raw(door: Served, request: bytes) -> bytes:
    """The answer to bytes that no client would send; empty where the connection is closed without one."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=120) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
def test_idle_connections_are_shed_and_others_are_answered(queue_of_one: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,100 that send nothing, or a head that never ends: never more than 128 are held, callers are answered meanwhile, and all
    are gone soon after the time for a head.
    """
    monkeypatch.setattr(connections, "HEAD_SECONDS", 1.0)
    door = Served(queue_of_one, token=TOKEN)
    with ExitStack() as stack:
        stack.callback(door.close)
        for number in range(IDLE):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=120))
            one.sendall(b"GET /healthz HTTP/1.1\r\nX: " if number % 2 else b"")
            assert door.guard.held <= MOST_CONNECTIONS
            if number % 100 == 99:
                assert door.call("GET", "/healthz") == (200, "ok\n")
        assert door.post(event())[0] == 202
        until(lambda: len(door.shed) >= IDLE, lambda: Counter(door.shed))
        assert set(door.shed) <= {"crowded", "late"}
        assert door.call("GET", "/healthz") == (200, "ok\n")
    assert len(door.facts) <= 2


def test_a_head_that_drips_is_cut(queue_of_one: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though a byte comes all the time."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 1.0)
    door = Served(queue_of_one, token=TOKEN)
    try:
        with socket.create_connection(("127.0.0.1", door.port), timeout=120) as slow, pytest.raises(OSError, match=CUT):
            drip(slow)
        assert door.shed == ["late"]
    finally:
        door.close()


def drip(connection: socket.socket) -> None:
    """Until the other side has had enough."""
    began = time.monotonic()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
    while time.monotonic() - began < 120:
        connection.sendall(b"y")
        time.sleep(0.05)


@pytest.mark.slow
def test_an_answer_that_nobody_reads_is_given_up(queue_of_one: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is not held by it."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 1.0)
    door = Served(queue_of_one, token=TOKEN)
    try:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            deaf.settimeout(120)
            deaf.connect(("127.0.0.1", door.port))
            with pytest.raises(OSError, match=CUT):
                deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000_000)
    finally:
        door.close()


@pytest.fixture
def queue_of_one(tmp_path: Path) -> Iterator[Queue]:
    opened = open_queue(str(tmp_path / "queue.sqlite"))
    yield opened
    opened.close()


def test_a_stranger_cannot_lock_the_owner_out(queue_of_one: Queue) -> None:
    """Behind a proxy all come from one address: calls without credentials do not count against it."""
    door = Served(queue_of_one, token=TOKEN, secret=SECRET, rate=0.001, burst=2)
    try:
        for _ in range(20):
            assert door.call("POST", "/events", b"{}", Authorization="Bearer wrong")[0] == 401
            assert door.call("POST", "/events", b"{}", webhook_id="x", webhook_signature="v1,AAAA")[0] == 401
        assert [door.post(event())[0] for _ in range(3)] == [202, 202, 429]
    finally:
        door.close()


def test_behind_a_trusted_proxy_each_caller_has_a_rate_of_its_own(queue_of_one: Queue) -> None:
    """Whom the proxy names last; what callers write themselves counts for nothing, nor does a proxy that nobody trusts."""
    door = Served(queue_of_one, token=TOKEN, rate=0.001, burst=1, proxies=networks("127.0.0.1, 10.0.0.0/8"))
    strict = Served(queue_of_one, token=TOKEN, rate=0.001, burst=1)
    try:
        for header, value, status in (
            ("X-Forwarded-For", "203.0.113.7", 202),
            ("X-Forwarded-For", "203.0.113.8, 10.0.0.3", 202),
            ("X-Forwarded-For", "198.51.100.1, 203.0.113.7", 429),
            ("Forwarded", 'for=203.0.113.8;proto=https, for="10.1.2.3:4711"', 429),
            ("Forwarded", 'for="[2001:db8::1]:4711"', 202),
            ("Forwarded", 'for="[2001:db8::2]"', 429),
            ("Forwarded", "for=unknown", 202),
            ("X-Forwarded-For", "\xff,,,", 202),
        ):
            assert door.post(event(), **{header.replace("-", "_"): value})[0] == status, value
        assert [strict.post(event(), X_Forwarded_For=f"203.0.113.{n}")[0] for n in range(2)] == [202, 429]
    finally:
        door.close()
        strict.close()


# --- nothing that makes sense

ODD = [
    b"Authorization: Bearer \xff\xfe", b"Authorization: \xff", b"Authorization: Bearer", b"webhook-signature: v1,\xff",
    b"webhook-signature: v1,x\r\nwebhook-id: \xff\r\nwebhook-timestamp: 1e400", b"Content-Length: 99999999999999999999",
    b"webhook-signature: v1,x\r\nwebhook-id: 1\r\nwebhook-timestamp: 99999999999999999999", b"X-Forwarded-For: \xff",
    b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Content-Type: \xff/\xff; charset=\xff", b"Expect: 100-continue",
    b"\0: \0", b"X" * 20_000 + b": y", b"Accept: ;;;,,,q=\xff",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=[repr(each[:40]) for each in ODD])
@pytest.mark.parametrize("first", [b"POST /events", b"GET /metrics", b"GET /readyz"], ids=["events", "metrics", "readyz"])
def test_odd_headers_are_a_bad_call_or_none(door: Served, caplog: pytest.LogCaptureFixture, first: bytes, odd: bytes) -> None:
    """4xx, 200, or the connection is closed; nothing is written about a single one."""
    with caplog.at_level(logging.INFO):
        answer = raw(door, first + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + odd + b"\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 5")
    assert not caplog.records
    assert not [fact for fact in door.facts if fact["fact"] == "door.failed"]


@pytest.mark.parametrize(
    "request_line", [b"\xff" * 100, b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"A" * 100_000]
)
def test_what_is_no_http_is_counted_and_not_logged(door: Served, caplog: pytest.LogCaptureFixture, request_line: bytes) -> None:
    """TLS on a plain port, a scanner's bytes."""
    with caplog.at_level(logging.INFO):
        assert not raw(door, request_line).startswith((b"HTTP/1.1 5", b"HTTP/1.0 5"))
    assert not caplog.records


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("1") | DATA,
        "source": st.just("/x") | DATA,
        "specversion": st.sampled_from(["1.0", "0.3", 1.0, None]),
        "type": st.sampled_from(["url.submitted", "outlet.due"]) | DATA,
        "subject": DATA,
        "time": st.sampled_from(["2026-11-22T10:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60+99:99"]) | DATA,
        "datacontenttype": st.sampled_from(["application/json", "text/plain", "application/json; charset=utf-16"]) | DATA,
        "data": DATA
        | st.fixed_dictionaries({"url": DATA | st.sampled_from(["https://[", "https://www.enabbaladi.net:99999/1", URL])})
        | st.fixed_dictionaries({"outlet": DATA | st.sampled_from(["geiroon"])}),
        "data_base64": st.text(max_size=20) | DATA,
        "extension": DATA,
    },
)
BODIES = (
    ATTRIBUTES.map(json.dumps).map(str.encode) | st.lists(ATTRIBUTES, max_size=3).map(json.dumps).map(str.encode) | st.binary()
)
TYPES = st.sampled_from(
    ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "application/cloudevents+xml", ""]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=BODIES, kind=TYPES, attributes=st.dictionaries(st.sampled_from(["id", "type", "source", "specversion", "x"]), st.text())
)
@example(
    b'{"specversion":"1.0","id":"1","source":"/x","type":"url.submitted","data":{"url":"https://["}}',
    "application/cloudevents+json",
    {},
)
@example(
    b'{"specversion":"1.0","id":"1","source":"/x","type":"url.submitted","data":{"url":"\\ud800"}}',
    "application/cloudevents+json",
    {},
)
@example(
    b'{"specversion":"1.0","id":"1","source":"/x","type":"outlet.due","data":{"outlet":["x"]}}',
    "application/cloudevents+json",
    {},
)
@example(b"[" * 30_000, "application/cloudevents+json", {})
@example(b'{"a":' * 10_000, "application/cloudevents-batch+json", {})
@example(b'{"id":NaN}', "application/cloudevents+json", {})
@example(b'{"id":1e999}', "application/cloudevents+json", {})
@example(b'{"id":' + b"9" * 5_000 + b"}", "application/cloudevents+json", {})
def test_whatever_the_owner_posts_is_taken_or_told_in_a_line(
    door: Served, body: bytes, kind: str, attributes: dict[str, str]
) -> None:
    """202, or 4xx with one line; never a 500."""
    headers = {f"ce-{name}": "".join(each for each in value if " " < each <= "~")[:50] for name, value in attributes.items()}
    status, told = door.call("POST", "/events", body, **MINE, **headers, **({"Content-Type": kind} if kind else {}))
    assert status == 202 or 400 <= status < 500
    assert status == 202 or "\n" not in told["detail"]
    assert not [fact for fact in door.facts if fact["fact"] == "door.failed"]


GOOD = {"specversion": "1.0", "id": "1", "source": "/desk", "type": "url.submitted", "data": {"url": URL}}


def posted(door: Served, document: object, kind: str = "application/cloudevents+json", **headers: str) -> tuple[int, str]:
    status, told = door.call("POST", "/events", json.dumps(document).encode(), **MINE, **{"Content-Type": kind}, **headers)
    return status, told.get("detail", "")


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("empty", ["", None], ids=["empty", "missing"])
def test_an_event_without_a_required_attribute_is_none(door: Served, missing: str, empty: str | None) -> None:
    """CloudEvents 1.0 §3.1, in each mode."""
    event = {name: value for name, value in {**GOOD, missing: empty}.items() if value is not None}
    assert posted(door, event) == (400, f"no CloudEvent 1.0: {missing} is missing or empty")
    assert posted(door, [GOOD, event], "application/cloudevents-batch+json")[0] == 400
    binary = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}
    assert posted(door, GOOD["data"], "application/json", **binary) == (400, f"no CloudEvent 1.0: {missing} is missing or empty")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"specversion": "0.3"}, "specversion is '0.3'"),
        ({"time": "yesterday"}, "time is no RFC 3339"),
        ({"source": "a b"}, "source is no URI reference"),
        ({"subject": ""}, "subject is no text, or empty"),
        ({"Extension": "x"}, "small letters and digits"),
        ({"extension": ["x"]}, "neither text nor a number"),
        ({"data": None, "data_base64": "x"}, "no base64"),
        ({"data_base64": "e30="}, "not both"),
    ],
)
def test_an_attribute_that_is_not_as_specified_is_told(door: Served, change: dict[str, object], says: str) -> None:
    """In one line."""
    status, detail = posted(door, {**GOOD, **change})
    assert (status, says in detail) == (400, True), detail


def test_every_mode_of_an_event_is_taken(door: Served) -> None:
    """Structured with data or data_base64, batched, binary with percent-encoded attributes; optional ones may be null."""
    encoded = {name: value for name, value in GOOD.items() if name != "data"}
    assert posted(door, {**encoded, "data_base64": "eyJvdXRsZXQiOiAiZ2Vpcm9vbiJ9", "type": "outlet.due"})[0] == 202
    assert posted(door, {**GOOD, "time": "2026-11-22T10:00:00.123456789Z", "subject": None, "ext1": 7, "ext2": True})[0] == 202
    assert posted(door, [GOOD, GOOD], "application/cloudevents-batch+json; charset=utf-8")[0] == 202
    assert posted(door, [], "application/cloudevents-batch+json")[0] == 202
    binary = {f"ce-{name}": str(value) for name, value in encoded.items()}
    assert posted(door, GOOD["data"], "application/json", **binary, **{"ce-subject": "%D8%AE%D8%A8%D8%B1"})[0] == 202
    assert posted(door, GOOD["data"], "application/vnd.desk+json", **binary)[0] == 202


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        (None, True),
        ("*/*", True),
        ("text/plain", False),
        ("text/plain;version=0.0.4", False),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", True),
        ("text/plain;q=0.9,application/openmetrics-text;q=0.1", False),
        ("text/*", False),
        ("application/openmetrics-text;q=0,*/*", False),
        ("text/html;q=x", True),
    ],
)
def test_metrics_come_as_they_are_accepted(door: Served, accept: str | None, *, openmetrics: bool) -> None:
    """OpenMetrics unless the text format is preferred (RFC 9110 §12.5.1)."""
    answer = urllib3.request("GET", f"http://127.0.0.1:{door.port}/metrics", headers={"Accept": accept} if accept else {})
    assert answer.status == 200
    assert ("openmetrics-text" in answer.headers["Content-Type"]) is openmetrics
    assert answer.data.endswith(b"# EOF\n") is openmetrics
