"""Clients of AWS and of compatible servers, and their errors in one line: what botocore does not do by itself."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import exceptions as boto
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from storage.one_line import one_line

CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5},  # 500, 503, time-outs and lost connections, with back-off
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=10,
    read_timeout=60,  # a long poll of a queue is 20 s
    max_pool_connections=32,
)
ERRORS: Final = (boto.ClientError, boto.BotoCoreError, ValueError)
"""What making and using a client raises, ValueError for an endpoint that is no URL."""

_WHY: Final = {
    "InvalidAccessKeyId": "AWS_ACCESS_KEY_ID is unknown there",
    "InvalidClientTokenId": "AWS_ACCESS_KEY_ID is unknown there",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is wrong",
    "ExpiredToken": "the credentials have expired (AWS_SESSION_TOKEN)",
    "InvalidToken": "AWS_SESSION_TOKEN is not valid",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
}


def client(service: str, **asked: Any) -> Any:
    """A client of the endpoint that the environment names (AWS_ENDPOINT_URL, AWS_PROFILE, …). Raises what botocore raises.

    asked: `endpoint_url` and `region_name` where they are known from elsewhere.
    """
    underneath = botocore.session.get_session()
    underneath.register_component("data_loader", _models(underneath.get_config_variable("data_path")))
    session = boto3.session.Session(botocore_session=underneath)
    # botocore does not know SSL_CERT_FILE, which every other fetch honours; AWS_CA_BUNDLE goes first, as it does there.
    asked["verify"] = None if os.environ.get("AWS_CA_BUNDLE") else os.environ.get("SSL_CERT_FILE")
    made = session.client(service, config=CONFIG, **asked)  # type: ignore[call-overload]  # any service
    host = urlsplit(made.meta.endpoint_url).hostname or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return made
    # Few others answer at bucket.host; and a proxy on another machine never leads to a server on this one.
    config = CONFIG.merge(Config(s3={"addressing_style": "path"}, proxies={} if _is_loopback(host) else None))
    return session.client(service, config=config, **asked)  # type: ignore[call-overload]


def code(error: BaseException | None) -> str:
    """The error code of the server's answer, without a prefix such as `AWS.SimpleQueueService.`; empty if there was no answer."""
    if not isinstance(error, boto.ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]


def reason(error: Exception, known: Mapping[str, str]) -> str:
    """An exception of ERRORS as one line that names what to set. known: the meaning of error codes of this service."""
    if isinstance(error, boto.ClientError):
        message = error.response.get("Error", {}).get("Message") or "refused"
        return one_line(known.get(code(error)) or _WHY.get(code(error)) or f"{message} ({code(error)})")
    if isinstance(error, (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)):
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    if isinstance(error, boto.NoRegionError):
        return "no region: set AWS_REGION"
    if isinstance(error, (boto.HTTPClientError, boto.ConnectionError)):
        return f"the endpoint does not answer (AWS_ENDPOINT_URL): {one_line(error)}"
    return one_line(error)


@cache
def _models(data_path: str | None) -> Loader:
    """What botocore knows of AWS's services, parsed once in a process: each client would take 10 MB and 40 to 100 ms for it."""
    return create_loader(data_path)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
