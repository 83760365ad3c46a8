"""Clients of AWS, or of servers that speak like it: what every one of them needs and botocore does not do by itself."""

from __future__ import annotations

import ipaddress
import os
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5},  # 500, 503, time-outs and lost connections, with back-off
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=10,
    read_timeout=60,  # a long poll of a queue is 20 s
    max_pool_connections=32,
)


def client(service: str, **asked: Any) -> Any:
    """A client of the endpoint that the environment names (AWS_ENDPOINT_URL, AWS_PROFILE, …). Raises what botocore raises.

    asked: `endpoint_url` and `region_name` where they are known from elsewhere.
    """
    session = boto3.session.Session()
    # botocore does not know SSL_CERT_FILE, which every other fetch honours; AWS_CA_BUNDLE goes first, as it does there.
    asked["verify"] = None if os.environ.get("AWS_CA_BUNDLE") else os.environ.get("SSL_CERT_FILE")
    made = session.client(service, config=CONFIG, **asked)  # type: ignore[call-overload]  # any service
    host = urlsplit(made.meta.endpoint_url).hostname or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return made
    # Few others answer at bucket.host; and a proxy on another machine never leads to a server on this one.
    config = CONFIG.merge(Config(s3={"addressing_style": "path"}, proxies={} if _is_loopback(host) else None))
    return session.client(service, config=config, **asked)  # type: ignore[call-overload]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
