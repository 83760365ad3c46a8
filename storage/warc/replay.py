"""What a capture of a web archive's replay stands for: the page itself, as a memento of it (RFC 7089).

Somebody who crawls the Wayback Machine has records of `https://web.archive.org/web/20190304050607id_/https://site/page`. What
interests in them is the page at `https://site/page` as it was on 4 March 2019.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from storage.warc.addresses import plain_address
from storage.warc.capture import Record
from storage.warc.headers import Headers, moment, value

REPLAY_HOSTS: Final = frozenset({
    "web.archive.org", "wayback.archive.org", "archive.org", "www.archive.org", "wayback.archive-it.org",
    "web.archive.bibalex.org", "arquivo.pt", "www.arquivo.pt", "webarchive.loc.gov", "webarchive.nationalarchives.gov.uk",
    "www.webarchive.org.uk", "webarchive.org.uk", "swap.stanford.edu", "wayback.vefsafn.is", "wayback.webarchiv.cz",
    "webarchive.library.unt.edu", "web.archive.org.au", "webarchive.nla.gov.au", "webarchive.bac-lac.gc.ca",
    "perma-archives.org", "conifer.rhizome.org",
})  # fmt: skip
"""Hosts that replay what a web archive holds. Of another host a replay is known by its `Memento-Datetime`."""

TOOLBAR: Final = (b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", b'id="wm-ipp-base"', b"id='wm-ipp-base'", b'id="wm-ipp"')
"""What the Wayback Machine puts into a page that is asked for without `id_`."""

OWN_WORDS: Final = (
    b"has not archived that URL",
    b"Got an HTTP 30",
    b"The Wayback Machine is an initiative of",
    b"services are temporarily offline",
    b"This snapshot cannot be displayed",
    b"This URL has been excluded from the Wayback Machine",
    b"Page cannot be displayed due to robots.txt",
)
OWN_TITLE: Final = re.compile(rb"<title>\s*(?:Internet Archive(?::? ?Wayback Machine)?|Wayback Machine)\b", re.IGNORECASE)
"""What the Wayback Machine's own pages say: messages in place of a capture."""

_REPLAY: Final = re.compile(
    r"(?P<prefix>https?://(?P<host>[^/?#]+)/(?:[^/?#]+/){0,4}?)(?P<at>\d{4,14})(?P<modifier>[a-z]{2}_)?/(?P<url>https?:.+|[^/\s]*\.[^/\s]*.*)",
    re.DOTALL | re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"https?:/+", re.IGNORECASE)
_SCHEME_AS_RUN: Final = re.compile(r"(?i)(https?):/+")
_INSERTS: Final = (
    (b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", b"<!-- END WAYBACK TOOLBAR INSERT -->"),
    (b"<!-- WB Insert -->", b"<!-- End WB Insert -->"),
    (b"<!-- BEGIN WAYBACK", b"-->"),
)
_REWRITE_JS: Final = b"<!-- End Wayback Rewrite JS Include -->"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay's address taken apart. url: the page's own; at: the moment that stands in it (None: not to the second).

    prefix: what stands before the moment; raw: the archive was asked for the page as it was received (`id_`).
    """

    url: str
    at: datetime | None
    prefix: str
    raw: bool


def replayed(url: str, headers: Headers = ()) -> Replayed | None:
    """The replay that an address names; None if it names none. headers: of its answer, which tell for hosts that are unknown."""
    found = _REPLAY.fullmatch(url.strip())
    if found is None:
        return None
    known = found["host"].lower().partition(":")[0] in REPLAY_HOSTS
    named = _SCHEME.match(found["url"]) is not None
    if not known and not (named and len(found["at"]) == 14 and value(headers, "memento-datetime")):
        return None
    own = (
        _SCHEME_AS_RUN.sub(lambda scheme: f"{scheme[1].lower()}://", found["url"], count=1) if named else f"http://{found['url']}"
    )
    return Replayed(own, moment(found["at"]) if len(found["at"]) == 14 else None, found["prefix"], found["modifier"] == "id_")


def memento(record: Record) -> Record | None:
    """The record at the page's own address and at the moment when the archive captured it; where it is no replay, at its own.

    None: the archive's own answer (a message, a redirect between captures, a list of captures), which says nothing of the page.
    The moment is that of `Memento-Datetime` (RFC 7089 §2.1.1), else the one in the address.
    """
    replay = replayed(record.url, record.headers)
    if replay is None:
        return replace(record, url=plain_address(record.url))
    at = memento_datetime(record.headers)
    if at is None:
        at = replay.at if record.kind == "revisit" or _is_page(record) else None
    return None if at is None else replace(record, url=plain_address(replay.url), at=at)


def unrewritten(body: bytes, url: str) -> bytes:
    """A page as it was before the replay at `url` rewrote it: without the archive's toolbar, its links the page's own.

    body: without content coding. A raw replay is given as it is, for nothing was rewritten in it.
    """
    replay = replayed(url)
    if replay is None or (replay.raw and not any(mark in body for mark in TOOLBAR)):
        return body
    for opening, closing in _INSERTS:
        body = _without(body, opening, closing)
    if (included := body.find(_REWRITE_JS)) >= 0 and (head := body.rfind(b"<head", 0, included)) >= 0:
        begins = body.find(b">", head, included) + 1
        body = body[:begins] + body[included + len(_REWRITE_JS) :] if begins else body
    if (archived := body.rfind(b"FILE ARCHIVED ON")) >= 0 and (begins := body.rfind(b"<!--", 0, archived)) >= 0:
        ends = body.find(b"-->", archived)
        body = body[:begins] + (body[ends + 3 :] if ends >= 0 else b"")
    return _links(replay.prefix).sub(b"", body)


def _links(prefix: str) -> re.Pattern[bytes]:
    """What a replay puts before the addresses in a page, absolute, without scheme or host, and as JSON writes it."""
    _, _, rest = prefix.partition("://")
    host, _, path = rest.partition("/")
    slash = rb"\\?/"
    steps = slash.join(re.escape(step.encode()) for step in ["", *path.strip("/").split("/")] if step or path)
    start = (
        rb"(?:(?:https?:)?" + slash + slash + re.escape(host.encode()) + rb")?" + (slash + steps.lstrip(slash) if path else b"")
    )
    return re.compile(start + slash + rb"\d{1,14}(?:[a-z]{2}_)?" + slash + rb"(?=https?:|" + slash + slash + rb"|mailto:|data:)")


def _is_page(record: Record) -> bool:
    """Whether an answer without `Memento-Datetime` is a page all the same: 200, and none of the archive's own."""
    own = any(mark in record.body for mark in OWN_WORDS) or OWN_TITLE.search(record.body[:4096])
    return record.status == 200 and not own


def memento_datetime(headers: Headers) -> datetime | None:
    """When the answer was captured, as its `Memento-Datetime` says (RFC 7089 §2.1.1); aware, in UTC."""
    try:
        at = parsedate_to_datetime(value(headers, "memento-datetime") or "")
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _without(body: bytes, begin: bytes, end: bytes) -> bytes:
    """The bytes without every stretch from `begin` to `end`; one that does not end is left."""
    kept: list[bytes] = []
    at = 0
    while (start := body.find(begin, at)) >= 0 and (stop := body.find(end, start)) >= 0:
        kept.append(body[at:start])
        at = stop + len(end)
    return b"".join([*kept, body[at:]])
