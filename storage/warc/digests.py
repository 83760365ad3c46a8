"""Digests as WARC headers state them: `sha1:<BASE32>`, `sha256:<hex>`, and what else writers have come up with."""

from __future__ import annotations

import base64
import hashlib
import re
from difflib import get_close_matches
from typing import Final

_ALGORITHMS: Final = {"sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256", "sha512": "sha512",
                      "sha-512": "sha512", "md5": "md5"}  # fmt: skip
_OTHERS: Final = frozenset({"sha224", "sha-224", "sha384", "sha-384", "sha3", "sha3-256", "sha3-512"})
_NONE: Final = frozenset({"", "-", "--", "none", "null", "nil", "n/a", "na", "unknown"})
_BASE32: Final = re.compile("[A-Za-z2-7]+")
_AS_INT: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnop" * 2 + "qrstuv"
)


def agrees(stated: str, data: bytes) -> bool | None:
    """Whether the stated digest is that of the data: in hex, base32 or base64 (RFC 4648).

    None for an algorithm we do not know, and for a digest that says that there is none (`sha1:-`).
    """
    label, colon, text = stated.strip().partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower()) if colon else None
    text = text.strip().rstrip("=")
    if algorithm is None or text.lower() in _NONE:
        return None
    return _same(text, hashlib.new(algorithm, data, usedforsecurity=False).digest())


def is_stated(text: str) -> bool:
    """Whether the text of a digest field names a digest at all, of whatever algorithm: `-` and `sha1:-` do not."""
    return text.strip().rpartition(":")[2].strip().lower() not in _NONE


def is_misspelt(text: str) -> bool:
    """Whether the algorithm that a digest field names is almost one that we know: a damaged field, not another algorithm."""
    label = text.strip().partition(":")[0].strip().lower()
    return label not in _ALGORITHMS and label not in _OTHERS and bool(get_close_matches(label, _ALGORITHMS, cutoff=0.5))


def _same(text: str, digest: bytes) -> bool:
    number, bits = int.from_bytes(digest, "big"), len(digest) * 8
    if len(text) == bits // 4:
        return text.lower() == digest.hex()
    if len(text) == -(-bits // 5) and _BASE32.fullmatch(text):
        # As a number: base64.b32encode takes as long as hashing a page does.
        return int(text.translate(_AS_INT), 32) == number << -bits % 5
    plain, safe = (encode(digest).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    return text in (plain, safe)
