"""What two archives of one world have in common, wherever they lie and whoever was first."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3

OF_THE_RUN = {"run_id", "at", "time", "fetched_at", "moment", "n", "file", "offset", "length", "record_id"}
"""What differs between two runs over one world: ids, times, places in files, and numbers that depend on who came first."""


def objects(env: dict[str, str], uri: str) -> dict[str, bytes]:
    """Every object of an archive in a bucket, by key. env: of the endpoint, as AWS's tools read it."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client = boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region_name=env["AWS_REGION"],
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key.removeprefix(f"{prefix}/"): client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def comparable(objects: dict[str, bytes]) -> dict[str, Any]:
    """Articles, claims and ledger by key; the announced changes as a set.

    Left out: the texts that stand at two addresses word for word. Which of them keeps it is a matter of who is first.
    """
    addresses = Counter(json.loads(data)["content_hash"] for key, data in objects.items() if key.startswith("urls/"))
    shared = [text.removeprefix("sha256:").encode() for text, count in addresses.items() if text and count > 1]
    assert shared
    objects = {
        key: data for key, data in objects.items() if key.startswith("changes/") or not any(text in data for text in shared)
    }
    compared: dict[str, Any] = {
        key: _without_run(json.loads(data))
        for key, data in objects.items()
        if key.startswith(("articles/", "hashes/", "urls/", "schema/", "archive.json"))
    }
    events = [
        json.loads(line)["data"] for key, data in objects.items() if key.startswith("changes/") for line in data.splitlines()
    ]
    compared["changes"] = {
        (event["url"], event["content_hash"], event["revision"])
        for event in events
        if "content_hash" in event and not any(text.decode() in event["content_hash"] for text in shared)
    }
    return compared


def _without_run(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_run(inner) for name, inner in value.items() if name not in OF_THE_RUN}
    return value
