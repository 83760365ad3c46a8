"""Receivers of webhooks that answer nonsense, slowly, or for ever: each costs a delivery its time and nothing else."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from crawler.config import load_config
from crawler.delivery import webhook
from crawler.delivery.dispatcher import LONGEST_WAIT, Dispatcher
from crawler.delivery.sink import UnavailableError, json_of
from crawler.delivery.webhook import Webhook
from crawler.facts import Facts
from crawler.watch import sinks
from crawler.watch.metrics import Metrics
from infra.testing.waiting import until
from storage import Archive
from tests.crawler.conftest import environment
from tests.crawler.delivery.conftest import SECRET, Receiver, ids

EVENT = {"id": "1", "type": "article.kept", "source": "/x", "subject": "s", "specversion": "1.0", "data": {}}
Act = Callable[[socket.socket], None]


@contextlib.contextmanager
def receiving(act: Act) -> Iterator[str]:
    """The URL of a server that does `act` with each connection, once something was sent."""

    def one(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(65_536)
            act(connection)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=one, args=[listening.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


def answering(head: bytes, then: bytes = b"", pause: float = 0.0) -> Act:
    """The head, and `then` for as long as somebody listens."""

    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        while then:
            connection.sendall(then)
            time.sleep(pause)

    return act


OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE: dict[str, Act] = {
    "says nothing": lambda connection: time.sleep(60),
    "drips its head": answering(b"HTTP/1.1 503 X\r\nX: ", b"y", 0.05),
    "drips an error": answering(b"HTTP/1.1 500 X\r\nContent-Length: 500\r\n\r\n", b"y", 0.05),
    "endless head": answering(OK, b"X: " + b"y" * 1000 + b"\r\n"),
    "endless line": answering(b"HTTP/1.1 200 ", b"y" * 65_536),
    "endless interim answers": answering(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "no HTTP": answering(b"220 mail.example ESMTP\r\n"),
    "bad length": answering(b"HTTP/1.1 500 X\r\nContent-Length: -1\r\n\r\nno"),
    "bad chunks": answering(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "closes": lambda connection: None,
}


@pytest.mark.parametrize("act", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_receiver_that_gives_no_answer_is_unavailable_within_the_bound(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """One kind of error, in one line, whatever it does."""
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    with receiving(act) as url, pytest.raises(UnavailableError) as raised:
        Webhook(url, SECRET).deliver([EVENT])
    assert "\n" not in str(raised.value)


def test_a_handshake_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that takes connections and says nothing of TLS."""
    monkeypatch.setattr(webhook, "SECONDS", 0.5)
    with receiving(HOSTILE["says nothing"]) as url, pytest.raises(UnavailableError, match="no answer within"):
        Webhook(url.replace("http:", "https:"), SECRET).deliver([EVENT])


def test_an_answer_without_end_is_an_answer() -> None:
    """After 200 the event is there, whatever follows; of an error as much is read as says why. The connection is cut."""
    with receiving(answering(OK + b"\r\n", b"y" * 65_536)) as url:
        assert Webhook(url, SECRET).deliver([EVENT]) == []
    with receiving(answering(OK + b"Content-Length: 500\r\n\0\xff: \x01\r\n\r\n", b"y", 0.1)) as url:
        assert Webhook(url, SECRET).deliver([EVENT]) == []
    with receiving(answering(b"HTTP/1.1 422 no\r\n\r\n", b"y" * 65_536)) as url:
        (refusal,) = Webhook(url, SECRET).deliver([EVENT])
    assert len(refusal.reason) <= 520


@pytest.mark.parametrize(
    "asked", ["9" * 400, "-1", "1e400", "nan", "\xff", "Mon, 99 Xxx 99999 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_no_pause_that_is_asked_for_ends_the_delivery(news: Archive, receiver: Receiver, asked: str) -> None:
    """It is a day at most, and a stop is heard within it."""
    receiver.answers = [(503, {"Retry-After": asked})] * 3
    waits: list[float] = []
    there = Dispatcher(news, Webhook(receiver.url, SECRET), receiver.url, lambda fact, **told: waits.append(told["retry_in"]))
    thread = threading.Thread(target=there.deliver)
    thread.start()
    assert receiver.called.acquire(timeout=120)
    until(lambda: waits)
    there.stop.set()
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert 0 <= waits[0] <= LONGEST_WAIT


def test_a_thread_outlives_whatever_its_sink_raises(
    news: Archive, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told as a fact; when the sink works again, everything arrives."""
    monkeypatch.setattr(sinks, "AGAIN", 0.05)
    monkeypatch.setenv("WARRAQ_SINKS", receiver.url)
    monkeypatch.setenv("WARRAQ_WEBHOOK_SECRET", SECRET)
    wrong = iter([RuntimeError("one"), RecursionError(), UnicodeError("two"), AssertionError()])
    real = Webhook.deliver

    def deliver(self: Webhook, events: list[dict[str, object]]) -> list[object]:
        if (error := next(wrong, None)) is not None:
            raise error
        return list(real(self, events))

    monkeypatch.setattr(Webhook, "deliver", deliver)
    there = sinks.Sinks(news, load_config(), Facts(sys.stdout), Metrics())
    there.start()
    until(lambda: len(receiver.events) == len(ids(news)))
    there.stop(20)
    facts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [fact["reason"].partition(":")[0] for fact in facts if fact["fact"] == "sink.failed"] == [
        "RuntimeError", "RecursionError", "UnicodeError", "AssertionError",
    ]  # fmt: skip


@pytest.mark.slow
def test_sigterm_ends_a_delivery_to_a_receiver_that_never_ends(news: Archive) -> None:
    """Within the time for one delivery."""
    with receiving(HOSTILE["endless interim answers"]) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "events", "deliver", "--to", url, "--archive", news.uri.removeprefix("file:")],
            env={**environment(), "WARRAQ_WEBHOOK_SECRET": SECRET},
        )
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        process.wait(timeout=120)
    assert time.monotonic() - began < webhook.SECONDS + 15


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    """An event is delivered whatever a page brought."""
    assert json.loads(json_of({"x": "خبر"})) == {"x": "خبر"}
    assert json_of({"x": "خبر"}).encode()
    assert json.loads(json_of({"x": "\ud800"}).encode()) == {"x": "\ud800"}
