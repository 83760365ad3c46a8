"""What bytes a time stamp is over, as far as it tells without its authority's certificates; `openssl ts -verify` is the judge."""

from __future__ import annotations

import re
from typing import Final

_OTS: Final = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"
"""How a proof of OpenTimestamps begins: magic, version 1, «SHA-256»; the digest follows."""
_DIGEST: Final = re.compile(rb"(?=\x04(?:\x20|\x81\x20)(.{32}))", re.DOTALL)
"""A digest of 32 bytes in DER or BER (OCTET STRING): that of what is stamped, and others about the authority."""
_SEQUENCE: Final = 0x30
_LONG: Final = 0x80
"""A length from here on says how many bytes of length follow; by itself, that BER states none."""


def stamped_digests(kind: str, data: bytes) -> set[bytes]:
    """The SHA-256 digests, one of which is of the bytes that a time stamp is over; none: it is no time stamp, or not whole.

    kind: `token` (RFC 3161) or `ots`.
    """
    if kind == "ots":
        digest = data[len(_OTS) : len(_OTS) + 32]
        return {digest} if data.startswith(_OTS) and len(digest) == 32 else set()
    return set(_DIGEST.findall(data)) if _is_whole(data) else set()


def _is_whole(data: bytes) -> bool:
    """Whether a DER or BER sequence has the length that it states."""
    if len(data) < 2 or data[0] != _SEQUENCE:
        return False
    if data[1] == _LONG:
        return data.endswith(b"\x00\x00")
    if data[1] < _LONG:
        return len(data) == 2 + data[1]
    wide = data[1] - _LONG
    return len(data) == 2 + wide + int.from_bytes(data[2 : 2 + wide])
