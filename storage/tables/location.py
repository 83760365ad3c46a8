"""Where a Delta table lies: a folder, or a bucket reached with the settings by which archives are reached."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from storage.stores.opening import folder_path
from storage.tables.errors import TableError

_FORM: Final = "a table is a folder, file:PATH or s3://bucket/prefix"


def table_location(uri: str) -> tuple[str, dict[str, str]]:
    """(URI, storage options) for deltalake. TableError: a URI of another kind, no credentials."""
    if uri.startswith("s3://"):
        if not urlsplit(uri).netloc or not urlsplit(uri).path.strip("/"):
            raise TableError(f"{uri!r}: {_FORM}")
        return uri.rstrip("/"), _bucket_options(uri)
    if (path := folder_path(uri)) is None:
        raise TableError(f"{uri!r}: {_FORM}")
    return str(path.resolve()), {}


def _bucket_options(uri: str) -> dict[str, str]:
    """Endpoint, region and credentials as boto3 finds them (environment, profile, role of the machine)."""
    import boto3  # noqa: PLC0415 - 0.3 s, and a folder needs none of it

    from storage import aws  # noqa: PLC0415

    try:
        client = aws.client("s3")
        credentials = boto3.session.Session().get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except aws.ERRORS as error:
        raise TableError(f"{uri}: {aws.reason(error, {})}") from None
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        raise TableError(f"{uri}: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    endpoint = str(client.meta.endpoint_url)
    options = {
        "aws_access_key_id": frozen.access_key,
        "aws_secret_access_key": frozen.secret_key,
        "aws_region": str(client.meta.region_name),
        "aws_conditional_put": "etag",  # create-only commits by If-None-Match, as the archive's own
        "max_retries": "5",
        "retry_timeout": "60s",
    }
    if frozen.token:
        options["aws_session_token"] = frozen.token
    if not (urlsplit(endpoint).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
        options |= {"aws_endpoint_url": endpoint, "aws_allow_http": str(endpoint.startswith("http://")).lower()}
    return options
