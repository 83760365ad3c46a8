"""What a sink is, and how it is named: `https://…`, `sqs://NAME`, `sns://ARN`, `eventbridge://BUS`, `redis://…`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from storage.masking import without_path

Event = dict[str, Any]
"""A CloudEvents 1.0 object."""


class SinkError(Exception):
    """The sink cannot be used as it is named or set up: one line that names it."""


class UnavailableError(Exception):
    """The sink did not take the events; they are delivered later. wait: seconds it asked to be left alone, if it did."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that the sink will never take as it is."""

    event: Event
    reason: str


class Sink(Protocol):
    """A place that events are delivered to. batch: how many at most are handed over at once."""

    batch: int

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """Returns when the sink has them, in this order, with those it refuses for good.

        UnavailableError: it is not known that it has them all; the same ones are handed over again.
        """
        ...


def open_sink(uri: str, *, secret: str | None = None) -> Sink:
    """The sink of this name. SinkError if there is no such kind, or a setting is missing."""
    scheme = urlsplit(uri).scheme
    match scheme:
        case "http" | "https":
            from crawler.delivery.webhook import Webhook  # noqa: PLC0415 - a sink's libraries load when it is used

            return Webhook(uri, secret)
        case "sqs" | "sns" | "eventbridge":
            from crawler.delivery import aws  # noqa: PLC0415

            return aws.open_sink(scheme, uri)
        case "redis" | "rediss":
            from crawler.delivery.redis_stream import RedisStream  # noqa: PLC0415

            return RedisStream(uri)
    raise SinkError(
        f"{without_path(uri)!r} is no sink: https://…, sqs://NAME, sns://ARN, eventbridge://BUS or redis://HOST/0?stream=NAME"
    )
