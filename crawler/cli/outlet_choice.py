"""Which outlets a command is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crawler.suggestion import did_you_mean
from extractors import locate
from extractors import outlets as known_outlets

if TYPE_CHECKING:
    from storage import Archive


class UnknownOutletError(Exception):
    """A name on the command line is no outlet's slug."""


def chosen_outlets(names: list[str] | None) -> list[str]:
    """The slugs asked for, each once, or all. Raises UnknownOutletError."""
    known = known_outlets()
    for name in names or ():
        if name not in known:
            raise UnknownOutletError(_unknown(name, known))
    return list(dict.fromkeys(names)) if names else sorted(known)


def kept_outlets(names: list[str], archive: Archive) -> list[str]:
    """The slugs asked for, each once: of outlets that can be crawled, and of those whose texts this archive has although they
    cannot (their file was removed, or is on another machine). Raises UnknownOutletError.
    """
    known = known_outlets()
    if any(name not in known for name in names):
        from storage.queries.articles import outlets as with_articles  # noqa: PLC0415 - few ask for such an outlet

        kept = set(with_articles(archive.store))
        for name in names:
            if name not in known and name not in kept:
                every = sorted({*known, *kept})
                raise UnknownOutletError(_unknown(name, every))
    return list(dict.fromkeys(names))


def _unknown(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is no outlet's."""
    listed = f"unknown outlet {name!r}; known: {', '.join(sorted(known))}."
    if "." not in name:
        from crawler.config import load_config  # noqa: PLC0415 - who names an outlet right needs no settings for it

        return listed + (did_you_mean(name, known) or f" Your own are read from {load_config().outlets} (WARRAQ_OUTLETS).")
    place = locate(name if "://" in name else f"https://{name}")
    if place is None:
        return f"{listed} `warraq outlet add {name}` makes an outlet of a site"
    return f"{name!r} is an address: its outlet is {place.outlet}; `warraq read URL` and `warraq submit URL` take addresses"
