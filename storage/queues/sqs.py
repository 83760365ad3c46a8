"""A queue on SQS, or a server that speaks like it: a FIFO queue with a dead-letter queue.

- Group: the MessageGroupId is the outlet. SQS gives no message of a group while another of it is invisible.
- Repeats: the MessageDeduplicationId is made of the event's own `source` and `id`, so the same event sent twice within five
  minutes (a lost answer, a producer that delivers again) stands once.
- Coalescing: *not* by MessageDeduplicationId. SQS remembers it for five minutes after sending even when the message was
  taken and done in the first second: news that came after that would be dropped. Instead `put` always accepts, and a message
  that was sent before another of its key was first delivered, or comes together with one, is deleted when it is received (both
  times are the server's; each process remembers the last 10,000 keys). What two processes receive is done twice.
- Attempts: counted by SQS, which counts all alike, also those that ended with a worker's death or a stop. A `release` of
  work that failed moves the event to the dead letters, with its reason, from the fifth attempt on. An event whose leases
  expire is moved by the queue's redrive policy, whose `maxReceiveCount` should be several times as large.
- Pauses: see `sqs_pauses`; seen within five seconds, and half a minute after `resume` the last message is delivered again.
- Any message whose body is a CloudEvent is work, whoever sent it (EventBridge, a schedule); without the attribute `key` its
  key is its subject, or its source and ID.

One file, though long: the contract of a queue on SQS, method by method.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from botocore import exceptions as boto

from storage import aws
from storage.one_line import one_line
from storage.queues import sqs_client, sqs_message
from storage.queues.errors import BadQueue, QueueError, QueueUnavailable
from storage.queues.queue import (
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    DeadLetter,
    Depth,
    Item,
    Lease,
    Queue,
    checked_group,
    lease_lost,
    serialized,
)
from storage.queues.sqs_pauses import Pauses

_LONGEST_POLL: Final = 20
_LONGEST_LEASE: Final = 12 * 3600
_INSPECTION_SECONDS: Final = 30
_REMEMBERED: Final = 10_000
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
_STALE_HANDLE: Final = {"ReceiptHandleIsInvalid", "InvalidParameterValue", "InvalidReceiptHandle", "MessageNotInflight"}

logger = logging.getLogger(__name__)


class SqsQueue(Queue):
    """A queue on SQS."""

    def __init__(self, uri: str, *, lease_seconds: float = LEASE_SECONDS, max_attempts: int = MAX_ATTEMPTS) -> None:
        self.uri = uri
        self._lease_seconds = max(1, math.ceil(lease_seconds))
        self._closed = False
        self._remembering = threading.Lock()
        self._delivered: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()
        with self._explained():
            self._sqs: Any = sqs_client.client(uri)
            self._url = sqs_client.queue_url(self._sqs, uri)
            found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["FifoQueue", "RedrivePolicy"])
            attributes = found.get("Attributes", {})
            if attributes.get("FifoQueue") != "true":
                raise BadQueue(f"{uri}: not a FIFO queue, so an outlet could be worked by two workers at once")
            if not attributes.get("RedrivePolicy"):
                raise BadQueue(f"{uri}: the queue has no dead-letter queue: set its RedrivePolicy")
            policy = json.loads(attributes["RedrivePolicy"])
            self._max_attempts = min(max_attempts, int(policy["maxReceiveCount"]))
            self._pauses = Pauses(self._sqs, uri, self._url)
            self._dead_url = sqs_client.url_of_arn(self._sqs, policy["deadLetterTargetArn"])

    def put_all(self, items: Sequence[Item]) -> list[bool]:
        """See `Queue.put_all`. Ten a request."""
        entries = [sqs_message.entry(item, serialized(item)) for item in items]
        for batch in sqs_message.batches(entries):
            with self._explained():
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=batch)
            if failed := answer.get("Failed"):
                why = f"{failed[0].get('Message') or ''} ({failed[0].get('Code')})"
                raise QueueUnavailable(f"{self.uri}: {len(failed)} of {len(batch)} events were not accepted: {one_line(why)}")
        return [True] * len(items)

    def take(self, limit: int = 1, wait_seconds: float = 0, most_groups: int | None = None) -> list[Lease]:
        """See `Queue.take`. Long polls, ten messages a request, as many of one group as there are."""
        deadline, leases = time.monotonic() + wait_seconds, list[Lease]()
        while not self._closed and len(leases) < limit:
            wait = 0 if leases else min(_LONGEST_POLL, max(0, math.ceil(deadline - time.monotonic())))
            wanted = min(sqs_message.BATCH, limit - len(leases))
            asked, messages = time.monotonic(), self._receive(self._url, wanted, wait, self._lease_seconds)
            # Delivered during the poll; near its end, for it answers as soon as there is a message.
            until = max(asked, time.monotonic() - 1) + self._lease_seconds
            together = set[tuple[str, str]]()
            paused = self._pauses.known() if messages else {}
            leases += [lease for message in messages if (lease := self._lease(message, until, together, paused))]
            if (leases and len(messages) < wanted) or (not messages and time.monotonic() >= deadline):
                break
            if most_groups is not None and len({lease.group for lease in leases}) >= most_groups:
                break
        return leases

    def extend(self, lease: Lease, seconds: float) -> Lease:
        """See `Queue.extend`. SQS gives at most 12 hours in all."""
        until = time.monotonic() + seconds
        self._set_visibility(lease, max(1, min(_LONGEST_LEASE, math.ceil(seconds))))
        return replace(lease, until=until)

    def ack(self, lease: Lease) -> None:
        self._require_valid(lease)
        with self._explained():
            try:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=lease.token)
            except boto.ClientError as error:
                if aws.code(error) not in _STALE_HANDLE:
                    raise
                # The lease has not run out, so the message is deleted already: an answer was lost. If it was released
                # before, it stays and is worked again.

    def release(self, lease: Lease, reason: str, delay_seconds: float = 0, *, failed: bool = True) -> None:
        """See `Queue.release`. Delays are whole seconds."""
        if failed and lease.attempt >= self._max_attempts:
            self._require_valid(lease)
            text = json.dumps(lease.event, separators=(",", ":"))
            self._move_to_dead_letters(text, lease.group, lease.key, lease.attempt, reason, lease.token)
        else:
            self._set_visibility(lease, min(_LONGEST_LEASE, max(0, math.ceil(delay_seconds))))

    def depth(self) -> Depth:
        """See `Queue.depth`. Approximate, and without groups: SQS does not tell."""
        with self._explained():
            counts = [
                {name: int(number) for name, number in found.get("Attributes", {}).items()}
                for url in (self._url, self._dead_url)
                for found in [self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))]
            ]
        alive, dead = counts
        waiting = alive.get(_COUNTS[0], 0) + alive.get(_COUNTS[1], 0)
        return Depth(waiting=waiting, taken=alive.get(_COUNTS[2], 0), dead=sum(dead.values()))

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        """See `Queue.dead`. SQS shows at most ten of a group; they are out of sight for others while we look."""
        shown = list[dict[str, Any]]()
        while len(shown) < limit:
            more = self._receive(self._dead_url, min(sqs_message.BATCH, limit - len(shown)), 0, _INSPECTION_SECONDS)
            if not more:
                break
            shown += more
        with self._explained():
            for message in shown:
                self._sqs.change_message_visibility(
                    QueueUrl=self._dead_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        return [sqs_message.dead_letter(message) for message in shown]

    def redrive(self, limit: int | None = None) -> int:
        """See `Queue.redrive`. By hand, so that it works on every server and counts; AWS's own redrive serves as well."""
        count = 0
        while limit is None or count < limit:
            wanted = sqs_message.BATCH if limit is None else min(sqs_message.BATCH, limit - count)
            messages = self._receive(self._dead_url, wanted, 0, _INSPECTION_SECONDS)
            for message in messages:
                with self._explained():
                    self._sqs.send_message(QueueUrl=self._url, **sqs_message.resent(message, "redrive"))
                    self._sqs.delete_message(QueueUrl=self._dead_url, ReceiptHandle=message["ReceiptHandle"])
            count += len(messages)
            if not messages:
                break
        return count

    def pause(self, group: str) -> None:
        self._pauses.pause(checked_group(group))

    def resume(self, group: str) -> bool:
        return self._pauses.resume(group)

    def paused(self) -> dict[str, datetime]:
        """See `Queue.paused`. At most five seconds old."""
        return dict(self._pauses.known())

    def close(self) -> None:
        """See `Queue.close`. A long poll under way ends by itself, in at most 20 s."""
        self._closed = True

    def _receive(self, url: str, most: int, wait: int, visible_after: int) -> list[dict[str, Any]]:
        with self._explained():
            answer = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=wait,
                VisibilityTimeout=visible_after,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        return list(answer.get("Messages", ()))

    def _lease(
        self, message: dict[str, Any], until: float, together: set[tuple[str, str]], paused: Collection[str]
    ) -> Lease | None:
        """None for a message that is coalesced, is no event, or is of a paused group."""
        attributes, handle = message["Attributes"], message["ReceiptHandle"]
        if attributes.get("MessageGroupId") in paused:
            self._pauses.put_off(message)
            return None
        group, attempt = attributes.get("MessageGroupId", ""), int(attributes.get("ApproximateReceiveCount", 1))
        event = sqs_message.event_of(message["Body"])
        if event is None:
            logger.error("%s: message %s is no CloudEvent; moved to the dead letters", self.uri, message["MessageId"])
            self._move_to_dead_letters(
                message["Body"], group, sqs_message.key_of(message, None), attempt, "no CloudEvent", handle
            )
            return None
        key = sqs_message.key_of(message, event)
        if (group, key) in together or self._coalesced(message, group, key):
            with self._explained():
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
            return None
        together.add((group, key))
        return Lease(event=event, group=group, key=key, attempt=attempt, until=until, token=handle)

    def _coalesced(self, message: dict[str, Any], group: str, key: str) -> bool:
        """Whether it was sent before another of its key was first delivered to this process, whose work covers it."""
        sent = int(message["Attributes"].get("SentTimestamp", 0))
        first_delivered = int(message["Attributes"].get("ApproximateFirstReceiveTimestamp", 0))
        with self._remembering:
            number, given = self._delivered.get((group, key), ("", -1))
            if number != message["MessageId"] and sent <= given:
                return True
            self._delivered[group, key] = message["MessageId"], first_delivered
            self._delivered.move_to_end((group, key))
            if len(self._delivered) > _REMEMBERED:
                self._delivered.popitem(last=False)
        return False

    def _move_to_dead_letters(self, text: str, group: str, key: str, attempts: int, reason: str, handle: str) -> None:
        """Send to the dead-letter queue, then delete: killed in between, it is in both, which costs one more attempt."""
        with self._explained():
            self._sqs.send_message(
                QueueUrl=self._dead_url,
                MessageBody=text,
                MessageGroupId=group,
                MessageDeduplicationId=sqs_message.digest("dead", handle),
                MessageAttributes=sqs_message.attributes(
                    key=key, attempts=str(attempts), reason=one_line(reason) or "none given"
                ),
            )
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def _set_visibility(self, lease: Lease, seconds: int) -> None:
        self._require_valid(lease)
        with self._stale_is_lost(lease):
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=lease.token, VisibilityTimeout=seconds)

    def _require_valid(self, lease: Lease) -> None:
        """LeaseLost by our own clock: not every server refuses the handle of an expired lease."""
        if time.monotonic() >= lease.until:
            raise lease_lost(lease)

    @contextmanager
    def _stale_is_lost(self, lease: Lease) -> Iterator[None]:
        try:
            with self._explained():
                yield
        except QueueError as error:
            if aws.code(error.__cause__) in _STALE_HANDLE:
                raise lease_lost(lease) from error
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with sqs_client.explained(self.uri):
            yield
