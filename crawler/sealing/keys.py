"""The keys that seals are signed with, and those that are believed, out of the settings."""

from __future__ import annotations

from crawler.config import Config, ConfigError
from storage.seals.signed_note import SealKeyError, SignerKey, VerifierKey


def signer_keys(config: Config) -> list[SignerKey]:
    """The keys of WARRAQ_SEAL_KEY, the one that signs first. ConfigError: one of them is none; none are shown."""
    text = config.seal_key.get_secret_value() if config.seal_key else ""
    try:
        return [SignerKey.parse(each) for each in listed(text)]
    except SealKeyError as error:
        raise ConfigError(f"WARRAQ_SEAL_KEY: {error}") from None


def known_keys(config: Config) -> list[VerifierKey]:
    """The public keys that a checkpoint may be signed by: those of WARRAQ_SEAL_KEY and WARRAQ_SEAL_TRUST. ConfigError."""
    try:
        trusted = [VerifierKey.parse(each) for each in listed(config.seal_trust)]
    except SealKeyError as error:
        raise ConfigError(f"WARRAQ_SEAL_TRUST: {error}") from None
    return [*(each.verifier for each in signer_keys(config)), *trusted]


def listed(text: str) -> list[str]:
    """The parts of a setting with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
