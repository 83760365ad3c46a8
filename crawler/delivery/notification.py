"""`apprise:URL`: messages to persons, by mail, Telegram, Slack and a hundred other services that Apprise knows."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from crawler.delivery.messages import ALARMS, TYPES, is_one_of, message, outlet_of
from crawler.delivery.sink import Event, Refusal, Sink, SinkError, UnavailableError
from crawler.suggestion import did_you_mean
from extractors import outlets as known_outlets
from storage import Archive, ArchiveError
from storage.masking import MASK, without_path
from storage.one_line import one_line

PREFIX: Final = "apprise:"
_PARAMETERS: Final = ("events", "outlets")
_SHORTEST_SECRET: Final = 4
"""A part of a service's address of so many characters is masked in its errors."""

_logger = logging.getLogger("apprise")
_logger.propagate = False  # its lines hold addresses and texts; what a person must know of them is in our facts


class Notifications(Sink):
    """Sends events as messages; those that come within a window as one (a digest).

    URI: `apprise:` and a URL as Apprise has it. Two parameters of its query are ours: `events=` (types, `article.*` names
    several; default: what an operator must know) and `outlets=` (slugs; default: all), each a list with commas.

    window: seconds; shown: how many events a digest tells one by one; archive: where headlines are looked up.
    """

    batch = 10_000
    from_now: ClassVar[bool] = True

    def __init__(self, uri: str, archive: Archive | None, *, window: float, shown: int) -> None:
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise SinkError(f"a sink {PREFIX}… needs the package apprise: pip install 'warraq[notify]'") from error
        self._name, self.window = without_path(uri), window
        self._archive, self._shown = archive, shown
        url, parameters = _split(uri.removeprefix(PREFIX))
        self._types = _listed(self._name, parameters.get("events"), "events", TYPES) or ALARMS
        self._outlets = _listed(self._name, parameters.get("outlets"), "outlets", tuple(known_outlets()) if parameters else ())
        with _warnings():
            service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            raise SinkError(
                f"{self._name}: Apprise knows no such service, or its address lacks a part (see the list of services in its wiki)"
            )
        # A window is a slower pace than any service asks for, and a stop must not wait for one.
        service.request_rate_per_sec = min(service.request_rate_per_sec, 1.0)
        if "overflow=" not in url:
            service.overflow_mode = apprise.OverflowMode.SPLIT
        self._service: Any = service
        self._format = apprise.NotifyFormat.TEXT
        self._secrets = _parts(url)

    def wants(self, event: Event) -> bool:
        """By type, and by outlet where the event is about one."""
        outlet = outlet_of(event)
        kind = str(event["type"])
        return kind == "sink.test" or (
            is_one_of(kind, self._types) and (not self._outlets or outlet is None or outlet in self._outlets)
        )

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Sink.deliver`. Nothing is refused: services do not say whether a message or its receiver is at fault."""
        unique = list({event["id"]: event for event in events}.values())
        sent = message(unique, self._headline, self._shown)
        with _warnings() as warnings:
            try:
                taken = self._service.notify(body=sent.body, title=sent.title, notify_type=sent.level, body_format=self._format)
            except Exception as error:  # a hundred plugins of others; named, and tried again
                raise UnavailableError(self._masked(f"{self._name}: {type(error).__name__}: {error}")) from error
        if not taken:
            raise UnavailableError(self._masked(f"{self._name}: {'; '.join(warnings) or 'the service did not take the message'}"))
        return []

    def _headline(self, event: Event) -> str:
        """Of the article's record. Empty where the event names none, or the record cannot be read: the message goes out."""
        key = event["data"].get("key")
        if self._archive is None or not key:
            return ""
        try:
            return str(self._archive.get(key).get("headline") or "")
        except ArchiveError:
            return ""

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return one_line(text)


def _split(url: str) -> tuple[str, dict[str, str]]:
    """The URL as Apprise gets it, and our parameters of its query."""
    base, _, query = url.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    rest = "&".join(f"{name}{equals}{value}" for name, equals, value in pairs if name not in _PARAMETERS)
    return f"{base}?{rest}" if rest else base, {name: unquote(value) for name, _, value in pairs if name in _PARAMETERS}


def _listed(sink: str, text: str | None, parameter: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names of a list with commas. SinkError: one of them is none, or names nothing."""
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    for name in names:
        if not any(is_one_of(each, [name]) for each in known):
            raise SinkError(f"{sink}: {parameter}={name}: there is none.{did_you_mean(name, known)} Known: {', '.join(known)}")
    return names


def _parts(url: str) -> list[str]:
    """What may be a secret in a service's address: every part of it but the service's name, the longest first."""
    rest = url.partition("://")[2]
    parts = {*re.split(r"[/?&=@:,#]", rest), *re.split(r"[/?&=@:,#]", unquote(rest))}
    return sorted((part for part in parts if len(part) >= _SHORTEST_SECRET and part != "localhost"), key=len, reverse=True)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What Apprise warns of meanwhile in this thread: the only place where it says why a message was not sent."""
    found: list[str] = []
    thread = threading.get_ident()

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                found.append(record.getMessage())

    handler = Collecting(logging.WARNING)
    _logger.addHandler(handler)
    try:
        yield found
    finally:
        _logger.removeHandler(handler)
