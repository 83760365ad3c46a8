"""One row of a web archive's index (CDX, CDXJ), judged field by field: whatever stands in it, it costs no more than itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from crawler.discovery.web_archives.captures import moment
from storage.warc.digests import is_stated

FIRST_YEAR: Final = "1996"
"""No web archive is older."""

SLACK: Final = timedelta(days=1)
"""How far ahead of ours an archive's clock may be."""

LONGEST_ADDRESS: Final = 16_384
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_ADDRESS: Final = re.compile(r"https?://[^\s\"',\\\]}]{4,2000}")

NO_ADDRESS: Final = "no moment or no address"
OF_THE_FUTURE: Final = "dated in the future"
TOO_OLD: Final = "dated before any web archive"


@dataclass(slots=True)
class Skipped:
    """Rows that cannot be used. reasons: how many for which reason; addresses: of those whose capture may be missed."""

    reasons: Counter[str] = field(default_factory=Counter)
    addresses: list[str] = field(default_factory=list)

    def add(self, reason: str, address: str = "") -> None:
        """One row. address: of its capture, where it can be read and the capture is missed."""
        self.reasons[reason] += 1
        if is_address(address):
            self.addresses.append(address)

    def unreadable(self, text: str, reason: str) -> None:
        """A row that is no row, as text: it may show of which address it was."""
        found = _ADDRESS.search(text)
        self.add(reason, found[0] if found else "")


def is_address(text: str) -> bool:
    """Whether a field can be the address of a capture: http(s), of reasonable length, encodable."""
    if len(text) > LONGEST_ADDRESS or not text.lower().startswith(("http://", "https://")):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return False
    return True


def odd(timestamp: str, address: str) -> str | None:
    """Why a row names no capture that can be asked for: by its moment (14 digits, UTC) or its address. None if it does."""
    at = moment(timestamp) if timestamp.isascii() and timestamp.isdigit() else None
    if at is None or not is_address(address):
        return NO_ADDRESS
    if at > datetime.now(UTC) + SLACK:
        return OF_THE_FUTURE
    return TOO_OLD if timestamp < FIRST_YEAR else None


def number(text: str) -> int | None:
    """A count of bytes; None where none is stated."""
    return int(text) if _NUMBER.fullmatch(text) else None


def digest_of(text: str) -> str:
    """SHA-1 in base32 without its label; "" where none is stated (`-`) or it is no text of that kind."""
    digest = text.strip().removeprefix("sha1:")
    return digest if is_stated(text) and digest.isascii() and digest.isalnum() and len(digest) <= 64 else ""
