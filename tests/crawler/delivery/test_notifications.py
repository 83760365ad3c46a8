"""Sinks `apprise:URL`, against real servers on loopback: one that takes JSON, and one that takes mail."""

from __future__ import annotations

import email
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from crawler.config import load_config
from crawler.delivery.dispatcher import Dispatcher
from crawler.delivery.messages import ALARMS, TYPES, is_one_of, message
from crawler.delivery.notification import Notifications
from crawler.delivery.opening import listed_sinks, open_sink
from crawler.delivery.sink import Event, SinkError, UnavailableError
from infra.testing.waiting import LONG
from storage import Archive, open_archive
from storage.masking import without_login, without_path
from tests.crawler.conftest import environment, warraq
from tests.crawler.delivery.conftest import answering
from tests.storage.newsroom import article, keep_all

VERSIONS = {"warraq": "test"}


class Service(ThreadingHTTPServer):
    """Takes what Apprise's `json://` posts. refusals: so many of the next messages are answered with 500."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[dict[str, Any]] = []
        self.refusals = 0
        self.called = threading.Semaphore(0)

    @property
    def uri(self) -> str:
        return f"apprise:json://me:hidden-word@127.0.0.1:{self.server_port}/path-token"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.refusals:
            self.server.refusals -= 1
            self.send_response(500)
        else:
            self.server.messages.append(body)
            self.send_response(200)
        self.end_headers()
        self.server.called.release()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with answering(Service()) as server:
        yield server


def announce(archive: Archive, *events: tuple[str, str, dict[str, Any]]) -> None:
    """(outlet, type, data): in one run."""
    run = archive.begin(VERSIONS)
    for event in events:
        run.announce(*event)
    run.finish()


SILENT = {"last_article": "2026-11-27T08:00:00+00:00", "expected_intervals": 2.4, "cause": "sources", "detail": "HTTP 503"}
FAILED = {"sources": ["https://outlet.example/feed: HTTP 500"]}


def test_only_what_comes_from_now_on_is_told_and_only_alarms(news: Archive, service: Service) -> None:
    """An archive of years is no reason for a thousand messages. A silent outlet is one, with the command to run."""
    facts: list[tuple[str, object]] = []
    sink = open_sink(service.uri, archive=news)
    dispatcher = Dispatcher(news, sink, service.uri, lambda fact, **more: facts.append((fact, more)))
    assert dispatcher.deliver().delivered == 0
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    keep_all(news, article(7), at=datetime.now(UTC))
    assert dispatcher.deliver().delivered == 1
    (sent,) = service.messages
    assert sent["title"] == "enab_baladi is silent: its feeds and sitemaps do not answer"
    assert "2026-11-27 08:00" in sent["message"]
    assert "warraq crawl enab_baladi --since 2026-11-27" in sent["message"]
    assert sent["type"] == "warning"
    assert dispatcher.deliver().delivered == 0
    assert not facts


def test_many_events_of_a_window_are_one_message_with_counts_and_the_gravest_first(news: Archive, service: Service) -> None:
    sink = open_sink(service.uri, archive=news, window=0.01, shown=3)
    dispatcher = Dispatcher(news, sink, service.uri, lambda *_, **__: None)
    dispatcher.deliver(collect=True)
    failures = [("smart", "source.failed", FAILED)] * 30 + [("enab_baladi", "outlet.silent", SILENT)]
    announce(
        news, *failures, ("archive", "archive.damaged", {"pass": "full", "finished_at": "2026-11-28T02:00:00Z", "damage": 7})
    )
    assert dispatcher.deliver(collect=True).delivered == 32
    (sent,) = service.messages
    assert sent["title"] == "Warraq: 32 events"
    assert sent["type"] == "failure"
    lines = sent["message"].splitlines()
    assert lines[:3] == ["30 source.failed: smart 30", "1 outlet.silent: enab_baladi 1", "1 archive.damaged"]
    assert "7 damaged objects" in lines[4]
    assert "and 29 more: `warraq events show --since" in sent["message"]
    assert "`warraq verify --json`" in sent["message"]


def test_article_events_come_with_their_headline_if_asked_for(news: Archive, service: Service) -> None:
    uri = f"{service.uri}?events=article.*,run.finished&outlets=enab_baladi"
    dispatcher = Dispatcher(news, open_sink(uri, archive=news), uri, lambda *_, **__: None)
    dispatcher.deliver()
    kept = article(42)
    keep_all(news, kept, at=datetime.now(UTC))
    assert dispatcher.deliver().delivered == 2
    assert kept.headline in service.messages[0]["message"]
    other = f"{service.uri}?events=article.*&outlets=smart"
    assert not any(open_sink(other).wants(change.event) for change in news.changes())


def test_a_message_that_is_not_taken_is_sent_again_and_then_put_aside(news: Archive, service: Service) -> None:
    facts: list[dict[str, Any]] = []
    dispatcher = Dispatcher(
        news,
        open_sink(service.uri, archive=news),
        service.uri,
        lambda fact, **more: facts.append({"fact": fact, **more}),
        patience=0.0,
    )
    dispatcher.deliver()
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    service.refusals = 1
    assert dispatcher.deliver().dead == 1
    assert [fact["fact"] for fact in facts] == ["event.dead"]
    assert "500" in facts[0]["reason"]
    assert not [fact for fact in facts if "hidden" in str(fact) or "token" in str(fact)]
    assert [note["event"]["type"] for note in dispatcher.dead()] == ["outlet.silent"]
    assert dispatcher.retry_dead().delivered == 1
    assert len(service.messages) == 1


def test_a_stop_ends_the_wait_and_sends_what_was_collected(news: Archive, service: Service) -> None:
    sink = open_sink(service.uri, archive=news, window=3600.0)
    dispatcher = Dispatcher(news, sink, service.uri, lambda *_, **__: None)
    dispatcher.deliver()
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    collecting = threading.Thread(target=dispatcher.deliver, kwargs={"collect": True})
    collecting.start()
    dispatcher.stop.set()
    collecting.join(LONG)
    assert len(service.messages) == 1
    again = Dispatcher(news, open_sink(service.uri, archive=news), service.uri, lambda *_, **__: None)
    assert again.deliver().delivered == 0, "it is not told twice"


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_courier_that_ends_while_it_collects_loses_nothing(news: Archive, service: Service, sign: signal.Signals) -> None:
    """SIGTERM: the digest goes out, once. SIGKILL: the next one sends it."""
    command = [sys.executable, "-m", "crawler", "events", "deliver", "--to", service.uri, "--archive", news.uri]
    assert warraq(*command[3:]).code == 0
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    running = subprocess.Popen(
        [*command, "--follow"],
        env=environment(WARRAQ_NOTIFY_SECONDS="3600"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with pytest.raises(subprocess.TimeoutExpired):  # it collects: whenever the signal comes, nothing was sent before
        running.communicate(timeout=5)
    assert not service.messages
    running.send_signal(sign)
    running.communicate(timeout=LONG)
    assert len(service.messages) == (1 if sign is signal.SIGTERM else 0)
    assert warraq(*command[3:]).code == 0
    assert len(service.messages) == 1


class Mailbox:
    """Keeps the messages that a mail server takes."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - its name there
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


def test_a_mail_arrives_with_its_arabic_headline(tmp_path: Any) -> None:
    archive = open_archive(str(tmp_path / "a"))
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        uri = f"apprise:mailto://127.0.0.1:{port}?from=warraq@example.org&to=desk@example.org&mode=insecure&events=article.*"
        dispatcher = Dispatcher(archive, open_sink(uri, archive=archive), uri, lambda *_, **__: None)
        dispatcher.deliver()
        kept = article(1)
        keep_all(archive, kept, at=datetime.now(UTC))
        assert dispatcher.deliver().delivered == 1
    finally:
        server.stop()
    (mail,) = mailbox.mails
    assert kept.headline in str(mail["Subject"])
    assert mail["To"] == "desk@example.org"
    body = mail.get_body()
    assert body is not None
    assert kept.url in body.get_content()


def test_a_test_message_says_that_warraq_can_reach_you(news: Archive, service: Service) -> None:
    done = warraq("events", "test", "--to", service.uri, "--archive", news.uri)
    assert (done.code, service.messages[0]["title"]) == (0, "Warraq can reach you here"), done.err
    service.refusals = 1
    done = warraq("events", "test", "--to", service.uri, "--archive", news.uri)
    assert done.code == 1
    assert done.err.startswith("warraq: apprise:json://***: ")
    assert "hidden" not in done.out + done.err
    assert "token" not in done.out + done.err


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("apprise:jsn://u:hidden@127.0.0.1/", "knows no such service"),
        ("apprise:tgram://hidden/", "knows no such service"),
        ("apprise:", "knows no such service"),
        ("apprise:json://u:hidden@h/?events=outlet.slient", "events=outlet.slient: there is none. Did you mean outlet.silent?"),
        ("apprise:json://u:hidden@h/?outlets=enab_balady", "Did you mean enab_baladi?"),
    ],
)
def test_a_bad_address_is_one_line_without_its_secrets(uri: str, words: str) -> None:
    with pytest.raises(SinkError) as error:
        open_sink(uri)
    assert words in str(error.value)
    assert "hidden" not in str(error.value)


def test_without_the_extra_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SinkError, match=r"pip install 'warraq\[notify\]'"):
        open_sink("apprise:json://127.0.0.1/")


def test_a_server_that_is_not_there_is_named_without_secrets(news: Archive) -> None:
    sink = open_sink("apprise:json://user:hidden-word@127.0.0.1:1/path-token", archive=news)
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    with pytest.raises(UnavailableError) as error:
        sink.deliver([change.event for change in news.changes() if change.event["type"] == "outlet.silent"])
    assert str(error.value).startswith("apprise:json://***: ")
    assert "hidden" not in str(error.value)
    assert "path-token" not in str(error.value)


def test_addresses_of_services_are_masked_wherever_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    uris = "https://h.example/hook, apprise:mailtos://u:p@ex.org?to=a@b.org,c@d.org,apprise:tgram://tok/42,sqs://q"
    assert without_path(uris) == "https://h.example/***, apprise:mailtos://***,apprise:tgram://***,sqs://q"
    assert without_login("apprise:tgram://tok/42") == "apprise:tgram://***"
    assert listed_sinks(uris) == [
        "https://h.example/hook",
        "apprise:mailtos://u:p@ex.org?to=a@b.org,c@d.org",
        "apprise:tgram://tok/42",
        "sqs://q",
    ]
    monkeypatch.setenv("WARRAQ_SINKS", uris)
    monkeypatch.setenv("WARRAQ_NOTIFY_SECONDS", "5")
    assert load_config().notify_seconds == 5
    shown = warraq("settings", WARRAQ_SINKS=uris)
    assert "tok" not in shown.out.replace("token", "")


def test_every_type_of_event_has_a_message_also_with_data_of_another_version() -> None:
    for kind in TYPES:
        event: Event = {"type": kind, "source": "urn:warraq:archive", "subject": "s", "time": "2026-11-01T00:00:00Z", "data": {}}
        assert message([event], lambda _: "", 3).title
        assert message([event, event], lambda _: "", 1).title == "Warraq: 2 events"
    assert all(any(is_one_of(kind, [alarm]) for kind in TYPES) for alarm in ALARMS)
    assert not is_one_of("article.kept", ALARMS)


def test_two_readings_of_one_event_are_one_line(news: Archive, service: Service) -> None:
    sink = open_sink(service.uri, archive=news)
    assert isinstance(sink, Notifications)
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    (event,) = (change.event for change in news.changes() if change.event["type"] == "outlet.silent")
    sink.deliver([event, event])
    assert service.messages[0]["title"].startswith("enab_baladi is silent")


@pytest.mark.slow
def test_the_first_delivery_says_that_it_begins_now_and_a_replay_tells_the_rest(news: Archive, service: Service) -> None:
    """Once: a second one has begun before."""
    announce(news, ("enab_baladi", "outlet.silent", SILENT))
    first = warraq("events", "deliver", "--to", service.uri, "--archive", news.uri)
    assert "this sink begins now" in first.err
    assert "this sink begins now" not in warraq("events", "deliver", "--to", service.uri, "--archive", news.uri).err
    assert not service.messages
    assert warraq("events", "replay", "--to", service.uri, "--archive", news.uri).code == 0
    assert len(service.messages) == 1
