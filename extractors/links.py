"""Addresses as pages write them, made whole."""

from __future__ import annotations

from urllib.parse import urljoin


def absolute(base: str, value: str) -> str | None:
    """The http(s) address that `value` means on the page `base`; None for any other kind (mailto:, javascript:, broken ones)."""
    if value.startswith(("http://", "https://")):
        return value
    if value.startswith("/") and not value.startswith("//"):
        return "/".join(base.split("/", 3)[:3]) + value
    try:
        url = urljoin(base, value)
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None
