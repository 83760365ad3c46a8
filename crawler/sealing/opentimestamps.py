"""OpenTimestamps: calendars that write the root of many digests into the Bitcoin chain (https://opentimestamps.org).

At once a calendar promises to do so (a *pending* proof); hours later its answer leads to a block, and the proof needs no
calendar any more. `stamp` fetches the first, `upgrade` the second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from crawler.sealing.authority import StampError, answer_of, host_of

try:
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext, DeserializationError
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp
except ImportError:
    raise StampError("OpenTimestamps needs the extra: pip install 'warraq[seal]'") from None

_ACCEPT = "application/vnd.opentimestamps.v1"


class OpenTimestamps:
    """Calendars; a proof is made as soon as one of them answers."""

    def __init__(self, calendars: list[str]) -> None:
        """StampError: no address."""
        self._calendars = [(host_of(url), url.rstrip("/")) for url in calendars]

    def stamp(self, data: bytes) -> bytes:
        """A pending proof over the SHA-256 of the bytes. StampError: no calendar took it."""
        digest = hashlib.sha256(data).digest()
        whole = Timestamp(digest)
        problems = []
        for host, url in self._calendars:
            try:
                answer = answer_of(f"{url}/digest", {"Accept": _ACCEPT, "Content-Type": "application/octet-stream"}, digest)
                assert answer is not None  # of a POST
                whole.merge(_timestamp(answer.data, digest, host))
            except StampError as error:
                problems.append(str(error))
        if len(problems) == len(self._calendars):
            raise StampError("; ".join(problems))
        return _dump(DetachedTimestampFile(OpSHA256(), whole))

    def upgrade(self, proof: bytes) -> bytes | None:
        """The proof with what calendars know by now, once one of them leads to a block; None: none does yet. StampError."""
        file = _read(DetachedTimestampFile.deserialize, proof)
        for part in list(_parts(file.timestamp)):
            for attestation in part.attestations:
                if isinstance(attestation, PendingAttestation):
                    self._ask_again(part, attestation.uri)
        confirmed = any(isinstance(each, BitcoinBlockHeaderAttestation) for _, each in file.timestamp.all_attestations())
        return _dump(file) if confirmed else None

    def _ask_again(self, part: Timestamp, uri: str) -> None:
        """Ask the calendar that promised, if it is one of ours: what a proof names is not asked unseen."""
        for host, url in self._calendars:
            if uri.rstrip("/") == url:
                answer = answer_of(f"{url}/timestamp/{part.msg.hex()}", {"Accept": _ACCEPT})
                if answer is not None:  # else: not yet
                    part.merge(_timestamp(answer.data, part.msg, host))


def _parts(timestamp: Timestamp) -> list[Timestamp]:
    found, left = [], [timestamp]
    while left:
        part = left.pop()
        found.append(part)
        left.extend(part.ops.values())
    return found


def _timestamp(answer: bytes, message: bytes, host: str) -> Timestamp:
    return _read(lambda context: Timestamp.deserialize(context, message), answer, f"{host}: ")


def _read(deserialize: Callable[[Any], Any], data: bytes, whose: str = "") -> Any:
    """Raises StampError for what is no proof."""
    try:
        return deserialize(BytesDeserializationContext(data))
    except (DeserializationError, ValueError) as error:
        raise StampError(f"{whose}no proof of OpenTimestamps ({type(error).__name__})") from error


def _dump(file: DetachedTimestampFile) -> bytes:
    context = BytesSerializationContext()
    file.serialize(context)
    return bytes(context.getbytes())
