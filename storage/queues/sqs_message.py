"""The messages on SQS: a CloudEvent as its body; group, key, attempts and reason as its attributes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from storage.queues.queue import MAX_BYTES, DeadLetter, Item

BATCH: Final = 10
_BATCH_BYTES: Final = 256 * 1024 - 10 * 3_000
"""SQS takes 256 KiB in one request (1 MiB since 2025; not every server does), keys and attributes included."""


def entry(item: Item, text: str) -> dict[str, Any]:
    """One entry of a SendMessageBatch, without its Id."""
    return {
        "MessageBody": text,
        "MessageGroupId": item.group,
        "MessageDeduplicationId": digest(item.group, str(item.event["source"]), str(item.event["id"]), item.key),
        "MessageAttributes": attributes(key=item.key),
    }


def batches(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """As many as one request takes, by number and size."""
    batch, size = list[dict[str, Any]](), 0
    for entry in entries:
        if batch and (len(batch) == BATCH or size + len(entry["MessageBody"]) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append({"Id": str(len(batch)), **entry})
        size += len(entry["MessageBody"])
    if batch:
        yield batch


def event_of(body: str) -> dict[str, Any] | None:
    """None: the body is no JSON object, or a huge one."""
    try:
        event = json.loads(body) if len(body) <= 2 * MAX_BYTES else None
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def key_of(message: dict[str, Any], event: dict[str, Any] | None) -> str:
    """The attribute `key`; of foreign messages the event's subject, or its source and ID."""
    stated_key = message.get("MessageAttributes", {}).get("key", {}).get("StringValue")
    if stated_key:
        return str(stated_key)
    subject = (event or {}).get("subject")
    return str(subject or f"{(event or {}).get('source', 'sqs')} {(event or {}).get('id', message['MessageId'])}")


def resent(message: dict[str, Any], purpose: str) -> dict[str, Any]:
    """A received message as it is sent again. purpose: tells its deduplication ID from those of other sendings."""
    return {
        "MessageBody": message["Body"],
        "MessageDeduplicationId": digest(purpose, message["MessageId"]),
        "MessageGroupId": message["Attributes"]["MessageGroupId"],
        "MessageAttributes": attributes(key=key_of(message, event_of(message["Body"]))),
    }


def dead_letter(message: dict[str, Any]) -> DeadLetter:
    """Also of a message that SQS itself has moved, or that is no event."""
    attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    system, event = message["Attributes"], event_of(message["Body"])
    return DeadLetter(
        event=event or {"data": message["Body"]},
        group=system.get("MessageGroupId", ""),
        key=key_of(message, event),
        # SQS's own move keeps the message with its count, to which our look adds one.
        attempts=int(attributes.get("attempts") or max(0, int(system.get("ApproximateReceiveCount", 1)) - 1)),
        reason=attributes.get("reason") or "given too often, and the last worker never answered for it",
        at=datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
    )


def digest(*parts: str) -> str:
    """A MessageDeduplicationId."""
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()


def attributes(**values: str) -> dict[str, dict[str, str]]:
    """As SQS wants them."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
