"""Time stamps of RFC 3161 over HTTP (§3.4): a request with the SHA-256 of the bytes, an answer signed by the authority.

The answer is kept as it came, and read here only to see that it is one over these bytes. Some authorities write BER where DER
is asked for, which the library refuses: their answer is kept where the digest stands in it, and `openssl ts -verify` is its
judge.
"""

from __future__ import annotations

import hashlib
from typing import Final

from crawler.sealing.authority import StampError, answer_of, host_of

try:
    import rfc3161_client
except ImportError:
    raise StampError("time stamps need the extra: pip install 'warraq[seal]'") from None

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
_GRANTED: Final = (0, 1)
"""PKIStatus granted and grantedWithMods (RFC 3161 §2.4.2)."""


class Rfc3161:
    """An authority at an address, such as http://timestamp.digicert.com."""

    def __init__(self, url: str) -> None:
        """StampError: no address."""
        self._url = url
        self.name = f"checkpoint.{host_of(url)}.tsr"

    def stamp(self, data: bytes) -> bytes:
        """The answer over these bytes, as it came. StampError."""
        builder = rfc3161_client.TimestampRequestBuilder().data(data).hash_algorithm(rfc3161_client.HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        answer = answer_of(self._url, {"Content-Type": QUERY, "Accept": REPLY}, request.as_bytes())
        assert answer is not None  # of a POST
        if answer.content_type != REPLY:
            raise StampError(f"{host_of(self._url)}: answered with {answer.content_type or 'no media type'}, not {REPLY}")
        problem = self._problem(answer.data, hashlib.sha256(data).digest(), request.nonce)
        if problem:
            raise StampError(f"{host_of(self._url)}: {problem}")
        return answer.data

    def _problem(self, answer: bytes, digest: bytes, nonce: int | None) -> str | None:
        try:
            response = rfc3161_client.decode_timestamp_response(answer)
            if int(response.status) not in _GRANTED:
                return f"refused (status {int(response.status)} {', '.join(response.status_string)})".replace("\n", " ")
            info = response.tst_info
        except (ValueError, TypeError) as error:
            if answer[:1] == b"\x30" and digest in answer:
                return None
            return f"no time stamp ({error})".replace("\n", " ")[:200]
        if info.message_imprint.message != digest:
            return "its time stamp is over other bytes"
        if nonce is not None and info.nonce != nonce:
            return "its time stamp answers another request"
        return None
