"""A Redis stream as a sink: one entry for each event, with the event under `event`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit, urlunsplit

from crawler.delivery.sink import Event, Refusal, Sink, SinkError, UnavailableError, json_of
from storage.masking import without_login


class RedisStream(Sink):
    """`redis://HOST:PORT/DB?stream=NAME`; the stream is not trimmed: that is its readers' business."""

    batch = 500

    def __init__(self, uri: str) -> None:
        try:
            from redis import Redis  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise SinkError("a redis:// sink needs the package redis: pip install 'warraq[redis]'") from error
        parts = urlsplit(uri)
        self._stream = parse_qs(parts.query).get("stream", ["warraq:changes"])[0]
        try:
            self._redis = Redis.from_url(urlunsplit(parts._replace(query="")), socket_timeout=30, socket_connect_timeout=10)
        except ValueError as error:
            raise SinkError(f"{without_login(uri)}: quote what is special in user and password") from error

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Sink.deliver`. All or none: one transaction."""
        from redis.exceptions import RedisError  # noqa: PLC0415

        pipeline = self._redis.pipeline(transaction=True)
        for event in events:
            pipeline.xadd(self._stream, {"id": event["id"], "type": event["type"], "event": json_of(event)})
        try:
            pipeline.execute()
        except RedisError as error:
            raise UnavailableError(f"redis: {' '.join(str(error).split())}") from error
        return []
