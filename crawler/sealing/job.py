"""One sealing: sign a checkpoint, announce it, have it time-stamped. `warraq seal` does it on demand, a watch at intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crawler.config import Config, ConfigError
from crawler.sealing.authority import StampError
from crawler.sealing.keys import listed, signer_keys
from storage import Archive, keys
from storage.record import rfc3339, to_bytes
from storage.seals.log import seal_key
from storage.seals.sealing import Seal, Sealer

if TYPE_CHECKING:
    from crawler.sealing.opentimestamps import OpenTimestamps

ANNOUNCED: Final = keys.state("seals", "announced.json")
PENDING, CONFIRMED = "checkpoint.ots", "checkpoint.confirmed.ots"
"""Proofs of OpenTimestamps."""


@dataclass(slots=True)
class Sealed:
    """seal: the newest, None where there is nothing to seal; stamps: objects with time stamps that were made; missing: why
    others were not.
    """

    seal: Seal | None
    stamps: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def seal_archive(archive: Archive, config: Config, versions: dict[str, str]) -> Sealed:
    """Seal what is not sealed yet. ConfigError: no key, or settings that cannot be used; ArchiveError.

    An authority that is down, or answers rubbish, is named in `missing` and asked again with the next sealing.
    """
    stamps = _stamps(config)
    signers = signer_keys(config)
    if not signers:
        raise ConfigError("WARRAQ_SEAL_KEY is not set: no key to sign with (`warraq seal --new-key NAME` makes one)")
    seal = Sealer(archive.store, signers).seal()
    if seal is None:
        return Sealed(None)
    _announce(archive, seal, versions)
    sealed = Sealed(seal)
    for name, stamp in stamps:
        key = seal_key(seal.number, name)
        if archive.store.stat(key) is not None:
            continue
        try:
            answer = stamp(archive, seal)
        except StampError as error:
            sealed.missing.append(str(error))
            continue
        if answer is not None:
            archive.store.create(key, answer, "application/octet-stream")
            sealed.stamps.append(name)
    return sealed


Stamp = Callable[[Archive, Seal], bytes | None]


def _stamps(config: Config) -> list[tuple[str, Stamp]]:
    """(name of the object, what makes it) of every authority in the settings. ConfigError."""
    found: list[tuple[str, Stamp]] = []
    try:  # each needs an extra
        for url in listed(config.tsa):
            from crawler.sealing.rfc3161 import Rfc3161  # noqa: PLC0415

            authority = Rfc3161(url)
            found.append((authority.name, lambda _archive, seal, authority=authority: authority.stamp(seal.checkpoint.note)))  # type: ignore[misc]
        if calendars := listed(config.ots):
            from crawler.sealing.opentimestamps import OpenTimestamps  # noqa: PLC0415

            timestamps = OpenTimestamps(calendars)
            found.append((PENDING, lambda _archive, seal: timestamps.stamp(seal.checkpoint.note)))
            found.append((CONFIRMED, lambda archive, seal: _upgraded(timestamps, archive, seal)))
    except StampError as error:
        raise ConfigError(f"WARRAQ_TSA, WARRAQ_OTS: {error}") from None
    return found


def _upgraded(timestamps: OpenTimestamps, archive: Archive, seal: Seal) -> bytes | None:
    pending = archive.store.get(seal_key(seal.number, PENDING))
    return timestamps.upgrade(pending) if pending else None


def _announce(archive: Archive, seal: Seal, versions: dict[str, str]) -> None:
    """Put `archive.sealed` into the change log unless it stands there already, so that sinks carry the checkpoint away."""
    try:
        known = json.loads(archive.store.get(ANNOUNCED) or b"{}").get("seal", 0)
    except (ValueError, AttributeError):
        known = 0
    if known == seal.number:
        return
    checkpoint = seal.checkpoint
    data = {
        "seal": seal.number,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "sealed_at": rfc3339(checkpoint.sealed_at),
        "checkpoint": checkpoint.note.decode(),
    }
    run = archive.begin(versions)
    run.announce_seal(seal.number, checkpoint.origin, data)
    run.finish()
    archive.store.replace(ANNOUNCED, to_bytes({"seal": seal.number}))
