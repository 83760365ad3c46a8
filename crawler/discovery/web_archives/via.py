"""`--via` and `--captures`: which web archives are asked for an outlet's past, and how many captures of an article."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from crawler.config import ConfigError
from crawler.discovery.asking import Source
from crawler.discovery.web_archives.ccnews import CcNews
from crawler.discovery.web_archives.commoncrawl import CommonCrawl
from crawler.discovery.web_archives.source import CaptureIndex, MementoSource
from crawler.discovery.web_archives.wayback import Wayback
from crawler.suggestion import did_you_mean

ARCHIVES: dict[str, Callable[[tuple[str, ...]], CaptureIndex]] = {
    "wayback": Wayback,
    "commoncrawl": CommonCrawl,
    "ccnews": CcNews,
}

PAST = (CaptureIndex, MementoSource)
"""Sources that look back."""


class ViaError(ConfigError):
    """An archive that nobody knows, or a number of captures that is none; one line."""


@dataclass(frozen=True, slots=True)
class Via:
    """archives: none = the outlet's own sources; captures: most of one article, None = all that differ."""

    archives: tuple[str, ...] = ()
    captures: int | None = 2

    @classmethod
    def parse(cls, archives: str | Iterable[str] | None, captures: str | int) -> Via:
        """From the words of the command line; several archives in one word are parted by commas. Raises ViaError."""
        words = archives.split(",") if isinstance(archives, str) else list(archives or ())
        names = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        for name in names:
            if name not in ARCHIVES:
                raise ViaError(
                    f"--via {name!r} is no web archive; there are {', '.join(ARCHIVES)}.{did_you_mean(name, ARCHIVES)}"
                )
        return cls(names, captures_of(captures))


def captures_of(text: str | int) -> int | None:
    """A number from 1, or `all`. Raises ViaError."""
    if str(text) == "all":
        return None
    if not str(text).isdecimal() or int(text) < 1:
        raise ViaError(f"--captures (WARRAQ_HISTORY_CAPTURES) {text!r}: a number from 1, or all")
    return int(text)


def past_sources(via: Via, sources: Iterable[Source]) -> tuple[Source, ...]:
    """One source for all archives asked for, looking where the outlet's own sources say that its pages were."""
    stated = tuple(dict.fromkeys(prefix for source in sources for prefix in getattr(source, "prefixes", ())))
    return (MementoSource(tuple(ARCHIVES[name](stated) for name in via.archives)),)
