"""Opens the sink of a URI: `https://…`, `sqs://NAME`, `sns://ARN`, `eventbridge://BUS`, `redis://…`."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.delivery.sink import Sink, SinkError
from storage.masking import without_path


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
