"""Digests as WARC headers state them: `sha1:<BASE32>`, `sha256:<hex>`, and what else writers have come up with."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

_ALGORITHMS: Final = {"sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256", "sha512": "sha512",
                      "sha-512": "sha512", "md5": "md5"}  # fmt: skip
_BASE32: Final = re.compile("[A-Za-z2-7]+")
_AS_INT: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnop" * 2 + "qrstuv"
)


def agrees(stated: str, data: bytes) -> bool | None:
    """Whether the stated digest is that of the data: in hex, base32 or base64; None for an algorithm we do not know."""
    label, colon, text = stated.strip().partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower()) if colon else None
    if algorithm is None:
        return None
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    text = text.strip().rstrip("=")
    return _same(text, digest)


def _same(text: str, digest: bytes) -> bool:
    number, bits = int.from_bytes(digest, "big"), len(digest) * 8
    if len(text) == bits // 4:
        return text.lower() == digest.hex()
    if len(text) == -(-bits // 5) and _BASE32.fullmatch(text):
        # As a number: base64.b32encode takes as long as hashing a page does.
        return int(text.translate(_AS_INT), 32) == number << -bits % 5
    plain, safe = (encode(digest).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    return text in (plain, safe)
