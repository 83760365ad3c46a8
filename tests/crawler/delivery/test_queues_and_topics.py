"""SQS, SNS and EventBridge on moto's server and Redis itself get every event, in order where they keep one."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest
from redis import Redis

from crawler.delivery.dispatcher import Dispatcher
from crawler.delivery.opening import open_sink
from crawler.delivery.sink import SinkError, UnavailableError
from infra.testing.servers import RedisServer
from storage import Archive
from tests.crawler.delivery.conftest import ids
from tests.crawler.delivery.test_webhook import ToldFacts
from tests.storage.conftest import aws, s3_endpoint
from tests.storage.queues.conftest import redis_server

__all__ = ["aws", "redis_server", "s3_endpoint"]


def deliver(archive: Archive, uri: str) -> int:
    return Dispatcher(archive, open_sink(uri), uri, ToldFacts()).deliver().delivered


def received(queue: str) -> list[dict[str, object]]:
    """Everything in an SQS queue, as it comes."""
    client, got = boto3.client("sqs"), []
    while messages := client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            got.append(json.loads(message["Body"]))
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return got


@pytest.mark.parametrize("name", ["changes", "changes.fifo"])
def test_an_sqs_queue_gets_every_event(news: Archive, aws: str, name: str) -> None:
    """The same ones again are dropped by a FIFO queue, which knows their ids."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    queue = boto3.client("sqs").create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
    uri = f"sqs://{name}"
    assert deliver(news, uri) == 8
    Dispatcher(news, open_sink(uri), uri, ToldFacts()).replay(news.changes())
    got = [str(event["id"]) for event in received(queue)]
    assert sorted(got) == sorted(ids(news) * (1 if fifo else 2))
    if fifo:
        edits = [id_ for id_ in got if id_.startswith("article.") and ids(news)[0].split(":")[1] in id_]
        assert [id_.split(":")[0] for id_ in edits] == ["article.kept", "article.revised"]


def test_an_sns_topic_gets_every_event(news: Archive, aws: str) -> None:
    """With its type as an attribute, which subscriptions filter by."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="changes")["TopicArn"]
    queue = sqs.create_queue(QueueName="kept-only")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"type": ["article.kept"]})}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    assert deliver(news, f"sns://{topic}") == 8
    assert sorted(str(event["id"]) for event in received(queue)) == sorted(i for i in ids(news) if i.startswith("article.kept"))


def test_an_eventbridge_bus_gets_every_event(news: Archive, aws: str) -> None:
    """A rule on the type sends it on."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name="news")
    queue = sqs.create_queue(QueueName="revised-only")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="revised", EventBusName="news", EventPattern=json.dumps({"detail-type": ["article.revised"]}))
    events.put_targets(Rule="revised", EventBusName="news", Targets=[{"Id": "1", "Arn": arn}])
    assert deliver(news, "eventbridge://news") == 8
    assert [event["detail"]["type"] for event in received(queue)] == ["article.revised"]  # type: ignore[index]


@pytest.mark.parametrize("uri", ["sqs://missing", "sns://arn:aws:sns:eu-central-1:123456789012:missing", "eventbridge://missing"])
def test_one_that_is_not_there_is_said(aws: str, uri: str) -> None:
    """When it is opened, not when the first event comes."""
    with pytest.raises(SinkError, match=r"missing: the (queue|topic|bus) does not exist"):
        open_sink(uri)


@pytest.fixture
def redis_url(redis_server: Callable[..., RedisServer]) -> str:
    """A Redis server of the test's own."""
    return f"redis://127.0.0.1:{redis_server().port}/0?stream=news"


def test_a_redis_stream_gets_every_event_in_order(news: Archive, redis_url: str) -> None:
    """One entry each, with id and type beside the event."""
    assert deliver(news, redis_url) == 8
    with Redis.from_url(redis_url.partition("?")[0]) as client:
        entries = client.xrange("news")
    assert [fields[b"id"].decode() for _, fields in entries] == ids(news)
    assert [json.loads(fields[b"event"])["id"] for _, fields in entries] == ids(news)


def test_a_redis_that_is_down_takes_nothing_and_loses_nothing(news: Archive) -> None:
    """It is unavailable, which a dispatcher waits out."""
    with pytest.raises(UnavailableError, match="redis"):
        open_sink("redis://127.0.0.1:1/0").deliver([next(news.changes()).event])
