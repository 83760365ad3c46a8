"""Addresses as they may be shown: in settings, facts, errors and logs, without what may be a secret in them."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"
_LOGIN: Final = re.compile(
    r"(https?://)[^/?#\s,@]*@|([A-Za-z][A-Za-z0-9+.-]*://)(?<!http://)(?<!https://)[^\s,]*@", re.IGNORECASE
)
"""In a web address until the path begins; elsewhere as far as the last `@`: a password may hold what should have been quoted."""
_NAMED: Final = re.compile(r"([?&](?:password|secret|token|key)=)[^&#\s,]*", re.IGNORECASE)
_WEB: Final = re.compile(r"(https?://[^/?#\s,]*)[/?#][^\s,]*", re.IGNORECASE)
_NOTIFICATION: Final = re.compile(r"(apprise:(?:[a-z0-9+.-]+:/?/?)?)(?:(?!,\s*[a-z][a-z0-9+.-]*:)\S)*", re.IGNORECASE)
"""A notification service (a sink): any part of its address may be a token. As far as the next URI of a list."""


def without_login(text: str) -> str:
    """Every URI in it without user and password; of notification services nothing but which one it is."""
    return _NAMED.sub(
        rf"\1{MASK}", _LOGIN.sub(lambda match: f"{match[1] or match[2]}{MASK}@", _NOTIFICATION.sub(rf"\1{MASK}", text))
    )


def without_path(text: str) -> str:
    """The same, and web addresses without path and query: those of webhooks often hold a token."""
    return _WEB.sub(rf"\1/{MASK}", without_login(text))
