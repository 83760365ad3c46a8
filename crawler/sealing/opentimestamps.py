"""OpenTimestamps: calendars that write the root of many digests into the Bitcoin chain (https://opentimestamps.org).

At once a calendar promises to do so (a *pending* proof); hours later its answer leads to a block, and the proof needs no
calendar any more. `stamp` fetches the first, `upgrade` the second.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from crawler.sealing.authority import ANSWER_BYTES, StampError, host_of, post
from crawler.sealing.http_request import ask

if TYPE_CHECKING:
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

_ACCEPT = "application/vnd.opentimestamps.v1"
PENDING, CONFIRMED = "checkpoint.ots", "checkpoint.confirmed.ots"


class OpenTimestamps:
    """Calendars; a proof is made as soon as one of them answers."""

    name = PENDING

    def __init__(self, calendars: list[str]) -> None:
        """StampError: no address, or the extra `seal` is not installed."""
        try:
            import opentimestamps.core.timestamp  # noqa: PLC0415  # an extra
        except ImportError:
            raise StampError("OpenTimestamps needs the extra: pip install 'warraq[seal]'") from None
        del opentimestamps
        self._calendars = [(host_of(url), url.rstrip("/")) for url in calendars]

    def stamp(self, data: bytes) -> bytes:
        """A pending proof over the SHA-256 of the bytes. StampError: no calendar took it."""
        from opentimestamps.core.op import OpSHA256  # noqa: PLC0415
        from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp  # noqa: PLC0415

        digest = hashlib.sha256(data).digest()
        whole = Timestamp(digest)
        problems = []
        for host, url in self._calendars:
            try:
                answer, _ = post(f"{url}/digest", digest, {"Accept": _ACCEPT, "Content-Type": "application/octet-stream"})
                whole.merge(_parse(answer, digest, host))
            except StampError as error:
                problems.append(str(error))
        if len(problems) == len(self._calendars):
            raise StampError("; ".join(problems))
        return _dump(DetachedTimestampFile(OpSHA256(), whole))

    def upgrade(self, proof: bytes) -> bytes | None:
        """The proof with what calendars know by now, once one of them leads to a block; None: none does yet. StampError."""
        from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation  # noqa: PLC0415

        file = _load(proof)
        for part in list(_parts(file.timestamp)):
            for attestation in part.attestations:
                if isinstance(attestation, PendingAttestation):
                    self._ask_again(part, attestation.uri)
        confirmed = any(
            isinstance(each, BitcoinBlockHeaderAttestation) for part in _parts(file.timestamp) for each in part.attestations
        )
        return _dump(file) if confirmed else None

    def _ask_again(self, part: Timestamp, uri: str) -> None:
        """Ask the calendar that promised, if it is one of ours: what a proof names is not asked unseen."""
        for host, url in self._calendars:
            if uri.rstrip("/") != url:
                continue
            try:
                answer = ask("GET", f"{url}/timestamp/{part.msg.hex()}", most=ANSWER_BYTES, headers={"Accept": _ACCEPT})
            except HTTPError as error:
                raise StampError(f"{host}: {type(error).__name__}") from error
            if answer.status == 200:
                part.merge(_parse(answer.data, part.msg, host))
            elif answer.status != 404:  # 404: not yet
                raise StampError(f"{host}: HTTP {answer.status}")


def _parts(timestamp: Timestamp) -> list[Timestamp]:
    found, left = [], [timestamp]
    while left:
        part = left.pop()
        found.append(part)
        left.extend(part.ops.values())
    return found


def _parse(answer: bytes, message: bytes, host: str) -> Timestamp:
    from opentimestamps.core.serialize import BytesDeserializationContext, DeserializationError  # noqa: PLC0415
    from opentimestamps.core.timestamp import Timestamp  # noqa: PLC0415

    try:
        return Timestamp.deserialize(BytesDeserializationContext(answer), message)
    except (DeserializationError, ValueError) as error:
        raise StampError(f"{host}: no proof of OpenTimestamps ({type(error).__name__})") from error


def _load(proof: bytes) -> DetachedTimestampFile:
    from opentimestamps.core.serialize import DeserializationError, StreamDeserializationContext  # noqa: PLC0415
    from opentimestamps.core.timestamp import DetachedTimestampFile  # noqa: PLC0415

    try:
        return DetachedTimestampFile.deserialize(StreamDeserializationContext(io.BytesIO(proof)))
    except (DeserializationError, ValueError) as error:
        raise StampError(f"no proof of OpenTimestamps ({type(error).__name__})") from error


def _dump(file: DetachedTimestampFile) -> bytes:
    from opentimestamps.core.serialize import StreamSerializationContext  # noqa: PLC0415

    out = io.BytesIO()
    file.serialize(StreamSerializationContext(out))
    return out.getvalue()
