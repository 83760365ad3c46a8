"""SQS, SNS and EventBridge as sinks."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from botocore import exceptions as boto

from crawler.delivery.sink import Event, Refusal, Sink, SinkError, UnavailableError, json_of
from storage import aws

_BATCH: Final = 10
_WHY: Final = {
    "NonExistentQueue": "the queue does not exist",
    "NotFound": "the topic does not exist",
    "ResourceNotFoundException": "the bus does not exist",
}
_FIFO_NAME: Final = re.compile(r"[^A-Za-z0-9!-~]")


def open_sink(scheme: str, uri: str) -> Sink:
    """`sqs://queue-name`, `sns://<topic ARN>` or `eventbridge://<bus>`. SinkError if it is not there."""
    name = uri.removeprefix(f"{scheme}://").strip("/")
    if not name:
        raise SinkError(f"{uri!r} names no {'queue' if scheme == 'sqs' else 'topic' if scheme == 'sns' else 'bus'}")
    kinds: dict[str, Callable[[str], Sink]] = {"sqs": SqsSink, "sns": SnsSink, "eventbridge": EventBridgeSink}
    try:
        return kinds[scheme](name)
    except aws.ERRORS as error:
        raise SinkError(f"{uri}: {aws.reason(error, _WHY)}") from error


class _Batches(Sink):
    """Hands over up to ten at a time; each entry of the answer says what became of one event."""

    batch = _BATCH

    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """See `Sink.deliver`."""
        try:
            failed = self._send(events)
        except (boto.ClientError, boto.BotoCoreError) as error:
            raise UnavailableError(aws.reason(error, _WHY)) from error
        refused = [Refusal(event, reason) for event, reason, for_good in failed if for_good]
        if len(refused) < len(failed):
            raise UnavailableError(next(reason for _, reason, for_good in failed if not for_good))
        return refused

    @abstractmethod
    def _send(self, events: Sequence[Event]) -> list[tuple[Event, str, bool]]:
        """(event, reason, whether it will never be taken) of those that were not taken."""


class SqsSink(_Batches):
    """An SQS queue. In a FIFO queue the events of one article are one group, and one delivered twice within 5 minutes is one."""

    def __init__(self, name: str) -> None:
        self._client: Any = aws.client("sqs")
        self._url = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        self._fifo = name.endswith(".fifo")

    def _send(self, events: Sequence[Event]) -> list[tuple[Event, str, bool]]:
        entries = [{"Id": str(at), "MessageBody": json_of(each), **_group(each, self._fifo)} for at, each in enumerate(events)]
        answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        return [(events[int(one["Id"])], one["Code"], one["SenderFault"]) for one in answer.get("Failed", ())]


class SnsSink(_Batches):
    """An SNS topic; the event's type is a message attribute, for filters."""

    def __init__(self, arn: str) -> None:
        self._client: Any = aws.client("sns")
        self._arn = arn
        self._client.get_topic_attributes(TopicArn=arn)
        self._fifo = arn.endswith(".fifo")

    def _send(self, events: Sequence[Event]) -> list[tuple[Event, str, bool]]:
        entries = [
            {
                "Id": str(at),
                "Message": json_of(event),
                "MessageAttributes": {"type": {"DataType": "String", "StringValue": event["type"]}},
                **_group(event, self._fifo),
            }
            for at, event in enumerate(events)
        ]
        answer = self._client.publish_batch(TopicArn=self._arn, PublishBatchRequestEntries=entries)
        return [(events[int(one["Id"])], one["Code"], one["SenderFault"]) for one in answer.get("Failed", ())]


class EventBridgeSink(_Batches):
    """An EventBridge bus. It keeps no order: rules fire as they like; `data.n` tells the order of an article's events."""

    def __init__(self, name: str) -> None:
        self._client: Any = aws.client("events")
        self._name = name
        self._client.describe_event_bus(Name=name)

    def _send(self, events: Sequence[Event]) -> list[tuple[Event, str, bool]]:
        entries = [
            {"Source": "warraq", "DetailType": event["type"], "Detail": json_of(event), "EventBusName": self._name}
            for event in events
        ]
        answer = self._client.put_events(Entries=entries)
        pairs = zip(events, answer["Entries"], strict=True)
        return [(event, one["ErrorCode"], one["ErrorCode"] == "MalformedDetail") for event, one in pairs if "ErrorCode" in one]


def _group(event: Event, fifo: bool) -> dict[str, str]:
    if not fifo:
        return {}
    return {
        "MessageGroupId": _FIFO_NAME.sub("-", event["subject"])[:128],
        "MessageDeduplicationId": _FIFO_NAME.sub("-", event["id"])[-128:],
    }
