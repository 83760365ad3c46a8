"""Rights: what the crawler may do is what it does, and what it must not do is denied by more than one rule."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from storage.queues import open_queue
from tests.crawler.conftest import warraq
from tests.deploy.conftest import NAME, Stack
from tests.deploy.iam import allowed, several, statements

NEW = {"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "true", "s3:if-none-match": "*"}
OVER = {"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "true"}
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ACCOUNT = "123456789012"  # moto's
ROLES = ("TaskRole", "ExecutionRole", "ScheduleRole", "VerifyRole")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_wildcard_action_or_an_unlimited_resource(stack: Stack, role: str) -> None:
    policies = _role(stack, role)
    assert policies
    for document in policies:
        for statement in statements(document):
            assert statement["Effect"] == "Allow"
            assert not [action for action in several(statement["Action"]) if "*" in action]
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            for resource in several(statement["Resource"]):
                assert resource != "*"
                assert resource.count("*") <= 1, resource
                services = [f"arn:aws:{service}:eu-central-1:" for service in ("sqs", "logs", "ecs")]
                assert resource.startswith((stack.bucket_arn, f"arn:aws:iam::{ACCOUNT}:role/", *services))


def test_the_task_may_do_nothing_but_this(stack: Stack) -> None:
    actions = {
        action for document in _role(stack, "TaskRole") for one in statements(document) for action in several(one["Action"])
    }
    work = ["GetQueueUrl", "GetQueueAttributes", "SendMessage", "ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage"]
    work.append("ListQueueTags")  # where pauses stand
    assert actions == {"s3:ListBucket", "s3:GetObject", "s3:PutObject", *(f"sqs:{action}" for action in work)}


@pytest.mark.parametrize(
    ("action", "key", "context", "may"),
    [
        ("s3:GetObject", "articles/a.json", NEW, True),
        ("s3:PutObject", "articles/a.json", NEW, True),
        ("s3:PutObject", "articles/a.json", OVER, False),
        ("s3:PutObject", "archive.json", OVER, False),
        ("s3:PutObject", "state/enab_baladi/discovery.json", OVER, True),
        ("s3:PutObject", "state/probe/create-only", NEW, True),
        ("s3:PutObject", "../other/a.json", NEW, False),
        ("s3:DeleteObject", "articles/a.json", OVER, False),
        ("s3:DeleteObject", "state/enab_baladi/discovery.json", OVER, False),
        ("s3:DeleteObjectVersion", "articles/a.json", OVER, False),
        ("s3:BypassGovernanceRetention", "articles/a.json", OVER, False),
        ("s3:PutObjectRetention", "articles/a.json", OVER, False),
        ("s3:PutObject", "articles/a.json", {**NEW, "aws:SecureTransport": "false"}, False),
        ("s3:GetObject", "articles/a.json", {**NEW, "aws:SecureTransport": "false"}, False),
    ],
)
def test_the_task_creates_and_reads_and_replaces_only_state(
    stack: Stack, action: str, key: str, context: dict[str, str], may: bool
) -> None:
    resource = f"{stack.bucket_arn}/{key.removeprefix('../')}" if key.startswith("../") else f"{stack.archive_arn}/{key}"
    assert allowed(action, resource, [*_role(stack, "TaskRole"), _bucket_policy(stack)], context) is may


@pytest.mark.parametrize(
    ("action", "key", "context", "may"),
    [
        ("s3:PutObject", "articles/a.json", OVER, False),
        ("s3:PutObject", "articles/a.json", NEW, True),
        ("s3:PutObject", "articles/a.json", {**OVER, "s3:ObjectCreationOperation": "false"}, True),  # a part of an upload
        ("s3:PutObject", "state/x", OVER, True),
        ("s3:DeleteObject", "articles/a.json", OVER, False),
        ("s3:DeleteObjectVersion", "articles/a.json", OVER, False),
        ("s3:DeleteObject", "state/x", OVER, True),
        ("s3:GetObject", "articles/a.json", {"aws:SecureTransport": "false"}, False),
    ],
)
def test_the_bucket_itself_denies_even_an_administrator(
    stack: Stack, action: str, key: str, context: dict[str, str], may: bool
) -> None:
    assert allowed(action, f"{stack.archive_arn}/{key}", [EVERYTHING, _bucket_policy(stack)], context) is may


def test_the_bucket_cannot_be_deleted_by_an_administrator_either(stack: Stack) -> None:
    assert not allowed("s3:DeleteBucket", stack.bucket_arn, [EVERYTHING, _bucket_policy(stack)])


def test_the_bucket_policy_is_one_that_s3_takes(stack: Stack) -> None:
    s3, policy = boto3.client("s3"), _bucket_policy(stack)
    s3.put_bucket_policy(Bucket=stack.outputs["BucketName"], Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=stack.outputs["BucketName"])["Policy"]) == policy
    s3.delete_bucket_policy(Bucket=stack.outputs["BucketName"])


@pytest.mark.slow
def test_a_crawl_into_the_bucket_asks_for_nothing_that_it_may_not(stack: Stack) -> None:
    stack.listening.s3.clear()
    uri = stack.outputs["ArchiveUri"]
    assert warraq("demo", "--archive", uri).code == 0
    assert warraq("status", "--archive", uri).code == 0
    assert warraq("verify", "--archive", uri).code == 0
    policies = [*_role(stack, "TaskRole"), _bucket_policy(stack)]
    asked = list(stack.listening.s3)
    assert {request.action for request in asked} == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}
    for request in asked:
        resource = f"{stack.bucket_arn}/{request.key}" if request.key else stack.bucket_arn
        assert allowed(request.action, resource, policies, request.context), request
    assert [request for request in asked if "s3:if-none-match" in request.context]


def test_a_worker_at_the_queue_asks_for_nothing_that_it_may_not(stack: Stack) -> None:
    stack.listening.sqs.clear()
    queue = open_queue(stack.outputs["QueueUri"], lease_seconds=30)
    event = {"specversion": "1.0", "id": "7", "source": "/test", "type": "outlet.due", "subject": "geiroon"}
    queue.put(event, group="geiroon", key="geiroon")
    for _ in range(5):
        (lease,) = queue.take(1, 5)
        queue.release(queue.extend(lease, 60), "it fails")
    queue.depth()
    work = list(stack.listening.sqs)
    policies = _role(stack, "TaskRole")
    queues = stack.outputs["QueueArn"].rpartition(":")[0]
    for action, name in work:
        assert allowed(action.replace("Batch", ""), f"{queues}:{quote(name)}", policies), (action, name)
    assert {action for action, name in work if name == f"{NAME}-dead.fifo"} == {
        "sqs:GetQueueUrl",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    }
    assert queue.redrive() == 1  # a person's work, under the operator's policy
    (lease,) = queue.take(1, 5)
    queue.ack(lease)
    persons = [stack.documents["OperatorPolicy"]["PolicyDocument"]]
    assert not allowed("sqs:ReceiveMessage", stack.outputs["DeadLettersArn"], policies)
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:StartMessageMoveTask"):
        assert allowed(action, stack.outputs["DeadLettersArn"], persons)
    assert not allowed("sqs:DeleteMessage", stack.outputs["QueueArn"], persons)
    assert not allowed("s3:PutObject", f"{stack.archive_arn}/articles/a.json", persons, NEW)


def _bucket_policy(stack: Stack) -> dict[str, Any]:
    document = stack.documents["BucketPolicy"]["PolicyDocument"]
    return {**document, "Statement": statements(document)}


def _role(stack: Stack, logical: str) -> list[dict[str, Any]]:
    """All policies of a role."""
    return [policy["PolicyDocument"] for policy in stack.documents[logical]["Policies"]]
