"""Checkpoints (C2SP tlog-checkpoint): what a log of runs comes to, in a signed note.

    warraq/6f1c…                     origin: this archive and no other
    412                              how many lines the log of runs has (`seals/*/runs.jsonl`, one after the other)
    SgZV…=                           root of the Merkle tree over those lines, base64
    sealed 2026-11-29T12:00:00Z      when it was signed, by the signer's clock
    key operator+1f2e3d4c+AW…        the verifier key of the signer

    — operator Hy49TAp…              Ed25519

https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from storage.record import rfc3339
from storage.seals.signed_note import NoteError, SignerKey, VerifierKey, sign, signers, split

_ORIGIN = re.compile(r"warraq/[0-9a-f]{32}")
MAX_BYTES = 16_384
"""No checkpoint is longer (ours have some 400 bytes): what is given as one may be anything."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """size: lines of the log; root: 32 bytes; sealed_at: aware; key: of the signer; note: the bytes that were signed and
    signatures.
    """

    origin: str
    size: int
    root: bytes
    sealed_at: datetime
    key: VerifierKey
    note: bytes

    @property
    def text(self) -> str:
        """What was signed."""
        return split(self.note)[0]

    def signers(self, keys: list[VerifierKey]) -> list[VerifierKey]:
        """Those of the keys that signed it; its own key must be right. NoteError: a signature is false, or its own is missing."""
        if not signers(self.note, [self.key]):
            raise NoteError(f"is not signed by the key it names ({self.key.name})")
        return signers(self.note, keys)


def sign_checkpoint(origin: str, size: int, root: bytes, at: datetime, keys: list[SignerKey]) -> Checkpoint:
    """A checkpoint signed by all these keys, the first of which it names (the others bear witness to a change of keys)."""
    own = keys[0].verifier
    encoded = base64.b64encode(root).decode()
    text = f"{origin}\n{size}\n{encoded}\nsealed {rfc3339(at)}\nkey {own}\n"
    return Checkpoint(origin, size, root, at, own, sign(text, keys))


def parse_checkpoint(note: bytes) -> Checkpoint:
    """A checkpoint of ours, its signatures not yet checked. NoteError: it is none; SealKeyError: its key is none."""
    if len(note) > MAX_BYTES:
        raise NoteError("is too long for a checkpoint")
    text, _ = split(note)
    lines = text.split("\n")[:-1]
    if len(lines) < 5 or not _ORIGIN.fullmatch(lines[0]):
        raise NoteError("is no checkpoint of a Warraq archive (its first line is not warraq/ and 32 hex digits)")
    fields = dict(line.split(" ", 1) for line in lines[3:] if " " in line)
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        sealed_at = datetime.fromisoformat(fields["sealed"])
        key = VerifierKey.parse(fields["key"])
    except (ValueError, KeyError) as error:
        raise NoteError(f"is no checkpoint of a Warraq archive ({error!r})") from None
    if str(size) != lines[1] or size < 1 or len(root) != 32 or sealed_at.tzinfo is None:
        raise NoteError("is no checkpoint of a Warraq archive (size, root or time cannot be)")
    return Checkpoint(lines[0], size, root, sealed_at, key, note)
