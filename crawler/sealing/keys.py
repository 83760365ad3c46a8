"""The keys that sign seals and the keys that are trusted, read from the settings."""

from __future__ import annotations

from crawler.config import Config, ConfigError
from storage.seals.signed_note import SealKeyError, SignerKey, VerifierKey


def signer_keys(config: Config) -> list[SignerKey]:
    """The signer keys in WARRAQ_SEAL_KEY, in their order. ConfigError: one of them is malformed (its text is not shown)."""
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
    """The parts of a comma-separated setting."""
    return [part.strip() for part in text.split(",") if part.strip()]
