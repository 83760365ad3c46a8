"""The paused groups of an SQS queue: stored as tags of the queue, since SQS has no other place; and how their messages are put
off.

SQS cannot be asked for certain groups, so a message of a paused one is received all the same. It is made invisible for
`HIDDEN_SECONDS`, and its whole group with it. The second time it is sent anew and deleted, so that receiving it again and again
is not counted as that many attempts; it then stands at the end of its group.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

from storage import aws
from storage.queues import sqs_client, sqs_message
from storage.queues.errors import QueueError

HIDDEN_SECONDS: Final = 30
"""How long after `resume` a message may still be out of sight."""
_TRUSTED_SECONDS: Final = 5.0
"""How long the tags are cached."""
_PREFIX: Final = "warraq:paused:"
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnsupportedOperation", "InvalidAction"}

logger = logging.getLogger(__name__)


class Pauses:
    """Of one queue. Thread-safe."""

    def __init__(self, sqs: Any, uri: str, url: str) -> None:
        self._sqs, self._uri, self._url = sqs, uri, url
        self._turn = threading.Lock()
        self._asked = float("-inf")
        self._groups: dict[str, datetime] = {}
        self._warned = False

    def pause(self, group: str) -> None:
        """Set the group's tag. QueueUnavailable; a queue has fifty tags at most."""
        if group not in self.groups():
            since = datetime.now(UTC).isoformat(timespec="seconds")
            with sqs_client.explained(self._uri):
                self._sqs.tag_queue(QueueUrl=self._url, Tags={_PREFIX + group: since})
        self._asked = float("-inf")

    def resume(self, group: str) -> bool:
        """Take the tag away; whether there was one."""
        if group not in self.groups():
            return False
        with sqs_client.explained(self._uri):
            self._sqs.untag_queue(QueueUrl=self._url, TagKeys=[_PREFIX + group])
        self._asked = float("-inf")
        return True

    def groups(self) -> dict[str, datetime]:
        """Since when which are paused, asked of the server. QueueUnavailable."""
        with sqs_client.explained(self._uri):
            tags = self._sqs.list_queue_tags(QueueUrl=self._url).get("Tags") or {}
        return {
            name.removeprefix(_PREFIX): datetime.fromisoformat(since)
            for name, since in sorted(tags.items())
            if name.startswith(_PREFIX)
        }

    def known(self) -> dict[str, datetime]:
        """The same, at most five seconds old. Where tags may not be read nothing is paused; the log says so once."""
        with self._turn:
            if time.monotonic() - self._asked < _TRUSTED_SECONDS:
                return self._groups
            self._asked = time.monotonic()
            try:
                self._groups = self.groups()
            except QueueError as error:
                if aws.code(error.__cause__) not in _DENIED:
                    raise
                self._groups = {}
                if not self._warned:
                    logger.warning("%s: pauses cannot be seen: allow sqs:ListQueueTags (%s)", self._uri, error)
                    self._warned = True
            return self._groups

    def put_off(self, message: dict[str, Any]) -> None:
        """Leave a received message of a paused group in the queue. QueueUnavailable."""
        with sqs_client.explained(self._uri):
            if int(message["Attributes"].get("ApproximateReceiveCount", 1)) > 1:
                self._sqs.send_message(QueueUrl=self._url, **sqs_message.resent(message, "pause"))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            else:
                self._sqs.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=HIDDEN_SECONDS
                )
