"""Opens the sink of a URI: `https://…`, `sqs://NAME`, `sns://ARN`, `eventbridge://BUS`, `redis://…`, `apprise:URL`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from crawler.config import Config
from crawler.delivery.sink import Sink, SinkError
from storage import Archive
from storage.masking import without_path

_BETWEEN: Final = re.compile(r",(?=\s*[A-Za-z][A-Za-z0-9+.-]*:)")
"""A comma that a URI follows: others belong to the URI they stand in (`apprise:mailto://…?to=a@example.org,b@example.org`)."""


def listed_sinks(text: str) -> list[str]:
    """The URIs of a list with commas, as WARRAQ_SINKS has it."""
    return [uri for part in _BETWEEN.split(text) if (uri := part.strip().strip(",").strip())]


def configured_sink(uri: str, config: Config, archive: Archive | None = None) -> Sink:
    """The sink of this name, by the settings. SinkError."""
    secret = config.webhook_secret.get_secret_value() if config.webhook_secret else None
    return open_sink(uri, secret=secret, archive=archive, window=config.notify_seconds, shown=config.notify_shown)


def open_sink(
    uri: str, *, secret: str | None = None, archive: Archive | None = None, window: float = 0.0, shown: int = 10
) -> Sink:
    """The sink of this name. SinkError if there is no such kind, or something is missing.

    secret: signs webhooks. Of a sink that speaks to persons: archive, where headlines are looked up; window, seconds for which
    events are collected; shown, how many of them a message tells one by one.
    """
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
        case "apprise":
            from crawler.delivery.notification import Notifications  # noqa: PLC0415

            return Notifications(uri, archive, window=window, shown=shown)
    raise SinkError(
        f"{without_path(uri)!r} is no sink: https://…, sqs://NAME, sns://ARN, eventbridge://BUS, redis://HOST/0?stream=NAME"
        " or apprise:URL"
    )
