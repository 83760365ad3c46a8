"""The queue on SQS: what its groups, its five minutes and its redrive policy mean for us, and errors that name what to set."""

from __future__ import annotations

import json
import os

import boto3
import pytest

from storage.queues import BadQueue, Item, QueueError, QueueUnavailable, open_queue
from tests.storage.queues.conftest import Place, make_sqs_queue
from tests.storage.queues.events import drained, event, keys, one, put, until_depth


@pytest.fixture
def kind() -> str:
    return "sqs"


def messages(place: Place) -> str:
    return str(boto3.client("sqs").get_queue_url(QueueName=place.uri.removeprefix("sqs://") + ".fifo")["QueueUrl"])


def test_a_queue_is_named_or_given_by_its_url(place: Place, sqs_aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without .fifo; a URL tells the endpoint by itself."""
    put(place.open(), "1")
    url = messages(place)
    for uri in (f"{place.uri}.fifo", url):
        assert open_queue(uri).depth().waiting == 1
    monkeypatch.delenv("AWS_ENDPOINT_URL_SQS")
    assert open_queue(url).depth().waiting == 1


def test_events_that_wait_are_coalesced_although_they_are_taken_one_by_one(place: Place) -> None:
    """Those that were sent before the work began are done with it; those sent after are not."""
    queue = place.open()
    for _ in range(4):
        put(queue, "x")
    lease = one(queue)
    put(queue, "x")
    queue.ack(lease)
    last = one(queue)
    assert last.key == "x"
    queue.ack(last)
    assert queue.take() == []
    until_depth(queue, waiting=0)


def test_a_message_of_somebody_else_is_work_if_it_is_an_event(place: Place) -> None:
    """As EventBridge sends it, without our attributes; its key is its subject, else its source and ID."""
    sqs, url = boto3.client("sqs"), messages(place)
    for number, sent in enumerate([event("https://a.example/1"), {"id": "7", "source": "aws.scheduler", "detail": {}}]):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(sent), MessageGroupId="a", MessageDeduplicationId=str(number))
    assert keys(place.open().take(2)) == ["https://a.example/1", "aws.scheduler 7"]


@pytest.mark.parametrize("body", ["no JSON", "[1]", '"text"', "{"])
def test_a_message_that_is_no_event_goes_to_the_dead_letters_at_once(body: str, place: Place) -> None:
    """It does not hold up its group."""
    boto3.client("sqs").send_message(QueueUrl=messages(place), MessageBody=body, MessageGroupId="a", MessageDeduplicationId="1")
    queue = place.open()
    put(queue, "good", "a")
    assert drained(queue) == ["good"]
    (letter,) = queue.dead()
    assert (letter.event, letter.reason) == ({"data": body}, "no CloudEvent")


def test_large_events_are_sent_in_requests_that_sqs_takes(place: Place) -> None:
    """256 KiB in all, however many there are."""
    queue, text = place.open(), "x" * 60_000
    assert queue.put_all([Item(event(text), "a", str(n)) for n in range(9)]) == [True] * 9
    assert drained(queue) == [str(n) for n in range(9)]


def test_a_queue_without_order_or_without_dead_letters_is_refused(sqs_aws: str) -> None:
    """One line."""
    sqs = boto3.client("sqs")
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    with pytest.raises(BadQueue, match="not a FIFO queue"):
        open_queue(plain)
    sqs.create_queue(QueueName="alone.fifo", Attributes={"FifoQueue": "true"})
    with pytest.raises(BadQueue, match="no dead-letter queue"):
        open_queue("sqs://alone")


@pytest.mark.parametrize(
    ("settings", "uri", "says"),
    [
        ({}, "sqs://not-there", "the queue does not exist"),
        ({}, "sqs://not there", "not of the form sqs://NAME"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, None, "no credentials: set AWS_ACCESS_KEY_ID"),
        ({"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:1"}, None, "the endpoint does not answer"),
        ({"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, None, "no region: set AWS_REGION"),
    ],
)
def test_a_wrong_setting_is_named(
    settings: dict[str, str | None], uri: str | None, says: str, sqs_aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with the queue."""
    uri = uri or make_sqs_queue(3)
    for name, value in settings.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(QueueError, match=says) as failure:
        open_queue(uri)
    assert uri in str(failure.value)
    assert "\n" not in str(failure.value)


def test_an_endpoint_on_this_machine_is_reached_without_proxies(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy on another machine never leads here."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert put(place.open(), "1")


def test_a_queue_that_has_gone_is_said(place: Place) -> None:
    """While it is used."""
    queue = place.open()
    boto3.client("sqs").delete_queue(QueueUrl=messages(place))
    with pytest.raises(QueueUnavailable, match="the queue does not exist"):
        put(queue, "1")
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "test"
