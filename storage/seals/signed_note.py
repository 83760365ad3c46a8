"""Signed notes (C2SP signed-note v1): a text, and below it a line for each Ed25519 signature.

A verifier key is `<name>+<8 hex of the key's hash>+<base64 of 0x01 ‖ 32 bytes>`, a signer key the same behind `PRIVATE+KEY+` with
the seed instead. https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storage.errors import ArchiveError

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]{1,100}")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/]+={0,2})")


class SealKeyError(ArchiveError):
    """A key that cannot be used for seals; the message says why and never shows the key."""


class NoteError(ArchiveError):
    """A text that is no signed note, or that no known key has signed; the message says why."""


def _hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """name: of the signer, without spaces and plus signs; public: 32 bytes."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """A key in the form of its `str`. SealKeyError."""
        name, public = _parse(text.strip(), "verifier")
        return cls(name, public)

    def __str__(self) -> str:
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{_hash(self.name, self.public).hex()}+{key}"

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature (64 bytes) of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SignerKey:
    """seed: 32 secret bytes."""

    name: str
    seed: bytes

    @classmethod
    def new(cls, name: str) -> SignerKey:
        """A fresh key. SealKeyError: the name has spaces or plus signs."""
        if not _NAME.fullmatch(name):
            raise SealKeyError(f"{name!r} cannot name a key (no spaces, no plus signs, at most 100 characters)")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """A key in the form of `secret`. SealKeyError."""
        text = text.strip()
        if not text.startswith("PRIVATE+KEY+"):
            raise SealKeyError("it does not begin with PRIVATE+KEY+ (`warraq seal --new-key`; a public key cannot sign)")
        name, seed = _parse(text.removeprefix("PRIVATE+KEY+"), "signer", private=True)
        return cls(name, seed)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    @property
    def secret(self) -> str:
        """The form that `parse` reads: to be kept from everybody."""
        key = base64.b64encode(_ED25519 + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{_hash(self.name, self.verifier.public).hex()}+{key}"

    def signature(self, text: str) -> bytes:
        """64 bytes; the same text gives the same ones (RFC 8032)."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())


def _parse(text: str, kind: str, *, private: bool = False) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    hashed, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise SealKeyError(f"it is no {kind} key of a signed note (its last part is not base64)") from None
    if not _NAME.fullmatch(name) or len(key) < 1:
        raise SealKeyError(f"it is no {kind} key of a signed note (name+hash+key)")
    if key[:1] != _ED25519 or len(key) != 33:
        raise SealKeyError(
            f"it is a key of another kind: seals are signed with Ed25519 (kind 1, 32 bytes), this is kind {key[0]}"
        )
    public = Ed25519PrivateKey.from_private_bytes(key[1:]).public_key().public_bytes_raw() if private else key[1:]
    if hashed != _hash(name, public).hex():
        raise SealKeyError("its name, hash and key do not belong together: a part of it was changed or cut off")
    return name, key[1:]


def sign(text: str, keys: list[SignerKey]) -> bytes:
    """The note: the text (which must end in a newline) with a signature of each key."""
    if not text.endswith("\n"):
        raise ValueError("the text of a signed note ends in a newline")
    lines = [
        f"— {key.name} {base64.b64encode(_hash(key.name, key.verifier.public) + key.signature(text)).decode()}\n" for key in keys
    ]
    return f"{text}\n{''.join(lines)}".encode()


def split(note: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """(text, [(name, 4 bytes of key hash, signature)]). NoteError: it is no signed note."""
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise NoteError("is no signed note (not UTF-8)") from None
    text, separator, below = whole.rpartition("\n\n")
    lines = below.split("\n")
    found = [_SIGNATURE.fullmatch(line) for line in lines[:-1]]
    if not separator or lines[-1] or not found:
        raise NoteError("is no signed note (text, empty line, signatures)")
    signatures: list[tuple[str, bytes, bytes]] = []
    for each in found:
        if each is None:
            raise NoteError("is no signed note (a line below the text is no signature)")
        try:
            value = base64.b64decode(each["value"], validate=True)
        except (binascii.Error, ValueError):
            raise NoteError(f"the signature of {each['name']} is not base64") from None
        signatures.append((each["name"], value[:4], value[4:]))
    return f"{text}\n", signatures


def signers(note: bytes, keys: list[VerifierKey]) -> list[VerifierKey]:
    """Those of the keys that have signed the note. NoteError: it is none, or a signature that bears a key's name is false."""
    text, signatures = split(note)
    signed: list[VerifierKey] = []
    for key in keys:
        ours = [value for name, hashed, value in signatures if (name, hashed) == (key.name, _hash(key.name, key.public))]
        if any(not key.signed(text, value) for value in ours):
            raise NoteError(f"the signature of {key.name} is not one of this text: text or signature was changed")
        if ours:
            signed.append(key)
    return signed
