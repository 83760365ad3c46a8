"""A table's file into a bucket."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from storage.tables.errors import TableError


def upload(file: Path, uri: str) -> None:
    """Put a file under `s3://bucket/key`, whatever stood there. TableError: no such bucket, no credentials, an endpoint that is
    down.
    """
    from boto3.exceptions import S3UploadFailedError  # noqa: PLC0415 - 0.3 s, and a file needs none of it

    from storage import aws  # noqa: PLC0415

    parts = urlsplit(uri)
    key = parts.path.strip("/")
    if not parts.netloc or not key:
        raise TableError(f"{uri}: write s3://bucket/name.parquet")
    try:
        aws.client("s3").upload_file(str(file), parts.netloc, key)
    except S3UploadFailedError as error:
        raise TableError(f"{uri}: {error}") from None
    except aws.ERRORS as error:
        raise TableError(f"{uri}: {aws.reason(error, {'NoSuchBucket': 'there is no such bucket'})}") from None
