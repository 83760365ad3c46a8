"""Who may read: whoever reaches a loopback address under a name of this machine; elsewhere who shows the token, or whom a reverse
proxy lets through.

The Host header is compared, since a page of a stranger can make a browser ask loopback under the stranger's name (DNS rebinding).
A token is shown as a password (RFC 7617), which browsers ask for, or as a bearer token (RFC 6750). Whoever shows wrong ones is
soon answered no more (429), whatever is shown then: else tokens could be tried as fast as the network carries them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from crawler.config import ConfigError
from crawler.http_server.caller import Networks, caller, proxies_of
from crawler.http_server.rate_limit import Buckets
from crawler.serve.response import RequestError

SHORTEST_TOKEN: Final = 16
WRONG_AT_ONCE: Final = 10
"""Tokens that are not the one, from one address."""
WRONG_SECONDS: Final = 30.0
"""After which one more may be tried."""
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?")
_LOOPBACK_6: Final = "::/64"
"""As `caller` has ::1."""
_CHALLENGE: Final = 'Basic realm="warraq", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class Access:
    """token: that a request must show, None = none; names: hosts that a request may name, None = any; url: the address of the
    reverse proxy, "" = none; proxies: who is believed for whom they ask.
    """

    token: bytes | None
    names: frozenset[str] | None
    url: str
    proxies: Networks = ()
    _wrong: Buckets = field(default_factory=lambda: Buckets(1 / WRONG_SECONDS, WRONG_AT_ONCE))

    def check(self, request: web.Request) -> None:
        """RequestError: 400 or 421 for another host, 401 without the token, 429 after too many wrong ones."""
        found = _HOST.fullmatch(request.headers.get("Host", ""))
        if found is None:
            raise RequestError(400, "host")
        if self.names is not None and found["name"].strip("[]").lower() not in self.names:
            raise RequestError(421, "host")
        if self.token is not None:
            self._check_token(request, self.token)

    def _check_token(self, request: web.Request, token: bytes) -> None:
        shown = _shown(request.headers.get("Authorization", ""))
        asking = self._asking(request) if shown else None
        if asking is not None and not self._wrong.may(asking, takes=False):
            raise RequestError(429, "tokens", **{"Retry-After": f"{WRONG_SECONDS:.0f}"})
        if not hmac.compare_digest(shown, token):
            if asking is not None:
                self._wrong.may(asking)
            raise RequestError(401, "token", **{"WWW-Authenticate": _CHALLENGE})

    def _asking(self, request: web.Request) -> str | None:
        """The address by which wrong tokens are counted; None for this machine: the user of it, or a proxy that is not named,
        behind which one stranger would shut out all.
        """
        forwarded, forwarded_for = (request.headers.getall(name, []) for name in ("Forwarded", "X-Forwarded-For"))
        found = caller(request.remote or "", forwarded, forwarded_for, self.proxies)
        return None if found == _LOOPBACK_6 or _is_loopback(found) else found

    def origin(self, request: web.Request) -> str:
        """Scheme and host of links that leave the page, checked by `check` before."""
        return self.url.rstrip("/") or f"http://{request.headers['Host']}"


def access_for(host: str, token: str | None, url: str, proxies: str = "") -> Access:
    """Who may read at an address that is bound. ConfigError: it is open to others and neither token nor proxy is given.

    proxies: addresses and CIDR blocks of reverse proxies, comma-separated.
    """
    trusted = proxies_of(proxies)
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"WARRAQ_SERVE_TOKEN: at least {SHORTEST_TOKEN} characters, please: it can be guessed over the network")
    proxy = _proxy_host(url)
    loopback = _is_loopback(host)
    if not loopback and token is None and not proxy:
        raise ConfigError(
            f"{host} can be reached by others: set WARRAQ_SERVE_TOKEN, or say with --behind-proxy URL (WARRAQ_SERVE_URL) at which"
            " address a reverse proxy offers it to those who may read"
        )
    names = frozenset({"localhost", "127.0.0.1", "::1", host.lower(), *([proxy] if proxy else [])})
    return Access(token.encode() if token else None, None if token and not loopback else names, url, trusted)


def _proxy_host(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError(f"WARRAQ_SERVE_URL={url!r}: write https://HOST, without a path")
    return parts.hostname.lower()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(header: str) -> bytes:
    """The token of an Authorization header, b"" for none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("utf-8", "surrogateescape")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
