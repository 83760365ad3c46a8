"""A client of SQS or of a server that speaks like it, and its errors in one line each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from storage import aws
from storage.queues.errors import BadQueue, QueueFull, QueueUnavailable

_NAME: Final = re.compile(r"sqs://(?P<name>[A-Za-z0-9_-]{1,75})(\.fifo)?/?")
_AWS: Final = re.compile(r"sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_WHY: Final = {
    "NonExistentQueue": "the queue does not exist",
    "QueueDoesNotExist": "the queue does not exist",
    "AccessDenied": "access denied: may these credentials send, receive, delete and change visibility here?",
    "AccessDeniedException": "access denied: may these credentials send, receive, delete and change visibility here?",
    "KmsAccessDenied": "the queue's KMS key may not be used with these credentials",
}
_FULL: Final = {"OverLimit"}


def client(uri: str) -> Any:
    """A client of the endpoint that the queue's URL or the environment names (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL)."""
    host = urlsplit(uri).hostname or ""
    if uri.startswith("http") and (found := _AWS.fullmatch(host)):
        return aws.client("sqs", region_name=found["region"])
    if uri.startswith("http"):
        return aws.client("sqs", endpoint_url="{0.scheme}://{0.netloc}".format(urlsplit(uri)))
    return aws.client("sqs")


def queue_url(sqs: Any, uri: str) -> str:
    """The URL of the queue named by `sqs://NAME` (`.fifo` may be left out), or the URL itself."""
    if uri.startswith("http"):
        return uri
    found = _NAME.fullmatch(uri)
    if not found:
        raise BadQueue(f"{uri!r} is not of the form sqs://NAME")
    return str(sqs.get_queue_url(QueueName=f"{found['name']}.fifo")["QueueUrl"])


def url_of_arn(sqs: Any, arn: str) -> str:
    """The URL of the queue with this ARN, which may be another account's."""
    *_, account, name = arn.split(":")
    return str(sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """QueueErrors, in one line with what to set, for those of botocore."""
    try:
        yield
    except aws.ERRORS as error:
        if aws.code(error) in _FULL:
            raise QueueFull(f"{uri}: the queue takes no more ({aws.code(error)})") from error
        raise QueueUnavailable(f"{uri}: {aws.reason(error, _WHY)}") from error
