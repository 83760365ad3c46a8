"""Heads of WARC records and of the HTTP messages in them, as their writers wrote them, which is not always as they should."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from storage.warc.digests import is_misspelt

Headers = tuple[tuple[str, str], ...]

_STATUS: Final = re.compile(rb"(?i)[\r\n]{0,8}(?:(?:HTTP(?:/\d+(?:\.\d+)?)?|ICY)[ \t]+|:status:[ \t]*)(\d{3})(?!\d)([^\r\n]*)")
"""A status line (RFC 9112 §4) as servers write it, or the pseudo-header that HTTP/2 has instead (RFC 9113 §8.3.2)."""
_TUNNEL: Final = re.compile(rb"(?i)\s*connection established\s*")
"""What a proxy answers to CONNECT, before the server's own answer; curl and wget write it too."""
_FOLDED: Final = re.compile(r"\r?\n[ \t]+")
_FOLD: Final = "\x1f"
_END: Final = re.compile(rb"\r?\n\r?\n")
_VERSION: Final = re.compile(r"WARC/\d+\.\d+")
_MERGED: Final = re.compile(r"WARC/\d\.\d{1,3}\r?\n")
_BARE: Final = re.compile(r"\r(?!\n)")
_ONCE: Final = ("warc-type", "warc-record-id", "warc-date", "warc-target-uri", "content-length")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DIGEST: Final = re.compile(r"(?i)(?:sha-?\d{1,3}|md5|\ba\d{1,3}|\d{1,3}):\s*(?:[A-Z2-7]{26,}|[0-9a-f]{32,})")
_IN_NO_URL: Final = re.compile(r"[\t\r\n]")
_SCHEME: Final = re.compile(r"(?i)(https?):[/\\]*")
_HOST: Final = re.compile(r"(?i)(?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\.?(?::\d+)?(?:[/?#]|\Z)")
_LOOSE: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ])(\d{1,2}):(\d{1,2}):(\d{1,2})(.*)")
_DIGITS_ONLY: Final = re.compile(r"[0-9]{12}(?:[0-9]{2})?")
_LEAP: Final = re.compile(r"(T\d\d:\d\d):60")
_MIDNIGHT: Final = re.compile(r"\A(\d{4}-\d\d-\d\d[T ])24:00:00")
_REDUCED: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)Z)?)?)?")


class BadHeadError(Exception):
    """A record cannot be read as what it says it is; the message says why. fields: of its header, as far as they are known."""

    def __init__(self, reason: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.fields = fields or {}


class WarcHead(NamedTuple):
    """Fields by lower-case name (the first of each) and the length of the block."""

    fields: dict[str, str]
    length: int

    def get(self, name: str) -> str | None:
        return self.fields.get(name)


class HttpHead(NamedTuple):
    """status, headers, and where the body begins."""

    status: int
    headers: Headers
    body_at: int


def warc_head(data: bytes) -> WarcHead:
    """The head of a record (WARC 1.1 §4). BadHeadError without a usable Content-Length, which the standard demands (§5.3)."""
    version, _, lines = data.decode("utf-8", "replace").removeprefix("\ufeff").partition("\n")
    if not _VERSION.fullmatch(version.strip()):
        raise BadHeadError(f"{version.strip()[:40]!r} is no WARC version")
    if _BARE.search(lines.rstrip("\r\n")):  # two lines run into one: the second may have been the digest
        raise BadHeadError("a line of its header is cut")
    # From behind, so that the first of a name stays.
    pairs = _without_repeats(_pairs(lines))
    fields = {name.lower(): content for name, content in reversed(pairs)}
    if len(fields) < len(pairs) or _MERGED.search(lines):
        _refuse_merged(lines, [name.lower() for name, _ in pairs])
    length = fields.get("content-length")
    if length is None or not _DIGITS.fullmatch(length):
        shown = "a record without Content-Length" if length is None else f"Content-Length {length[:40]!r} is no number"
        raise BadHeadError(shown, fields)
    return WarcHead(fields, int(length))


def _without_repeats(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the lines that their writer wrote twice in a row."""
    return [pair for number, pair in enumerate(pairs) if not number or pair != pairs[number - 1]]


def _refuse_merged(lines: str, names: list[str]) -> None:
    """BadHeadError for a header that was cut and runs into that of the next record: nobody knows whose body follows."""
    if _MERGED.search(lines) or any(names.count(name) > 1 for name in _ONCE):
        raise BadHeadError("its header is cut and runs into the next")


def suspicious(head: bytes) -> bool:
    """Whether a record's header that no digest and no checksum vouches for looks damaged: a line that is no field (WARC 1.1 §4),
    or a digest that stands where none belongs, so that the name of its field is what was lost.
    """
    lines = _FOLDED.sub(" ", head.decode("utf-8", "replace")).splitlines()[1:]
    fields = [line.partition(":") for line in lines if line.strip()]
    return any(not colon or not _TOKEN.fullmatch(name.strip()) or _strays(name, content) for name, colon, content in fields)


def _strays(name: str, content: str) -> bool:
    wanted = name.strip().lower()
    if wanted in ("warc-block-digest", "warc-payload-digest"):
        return is_misspelt(content)
    if wanted == "warc-record-id" and content.strip().startswith("<") and not content.strip().endswith(">"):
        return True  # a line that runs into the next one
    return not wanted.endswith(("-uri", "-digest", "-digest-sha1")) and bool(_DIGEST.search(f"{name}:{content}"))


def http_head(block: bytes) -> HttpHead | None:
    """The head of an HTTP response; None if the block does not begin with one.

    Answers that came before it are passed over: interim ones (RFC 9110 §15.2) and a proxy's to CONNECT.
    """
    begins = 0
    while (status := _STATUS.match(block, begins)) is not None:
        end = _END.search(block, status.end())
        behind = end.end() if end else len(block)
        passing = status[1].startswith(b"1") or _TUNNEL.fullmatch(status[2])
        if passing and _STATUS.match(block, behind):
            begins = behind
            continue
        lines = block[status.end() : end.start() if end else len(block)].decode("latin-1").partition("\n")[2]
        return HttpHead(int(status[1]), tuple(_pairs(lines)), behind)
    return None


def value(headers: Headers, name: str) -> str | None:
    """The first value of a header; name in lower case."""
    return next((content for each, content in headers if each.lower() == name), None)


def address(text: str | None) -> str | None:
    """A target URI, out of the angle brackets that WARC/1.0 asked for by mistake (wget writes them), or out of quotes.

    As browsers read one (WHATWG URL §4.4): without tabs and line ends, any slashes behind `https:`. `http` is what a host without
    scheme means.
    """
    if not text:
        return None
    plain = _IN_NO_URL.sub("", text).strip(" \"'").removeprefix("<").removesuffix(">").strip()
    if (scheme := _SCHEME.match(plain)) is not None:
        return f"{scheme[1]}://{plain[scheme.end() :]}" if scheme[0] != f"{scheme[1]}://" else plain
    return f"http://{plain.lstrip('/')}" if _HOST.match(plain) else plain


def moment(text: str | None) -> datetime | None:
    """A WARC-Date (WARC 1.1 §5.4: W3C date-time, any fraction, or shortened), aware, in UTC; None for what is no date.

    Also as others write it: in small letters, with an offset, without a zone (UTC then), as 12 or 14 digits, as an HTTP date
    (RFC 9110 §5.6.7), with a leap second, with slashes, without leading zeros, with the end of the day as 24:00:00.
    """
    text = (text or "").strip().upper().removesuffix("[UTC]")
    if loose := _LOOSE.fullmatch(text):
        year, *rest, zone = loose.groups()
        month, day, between, hour, minute, second = (part.zfill(2) if part.isdecimal() else part for part in rest)
        text = f"{year}-{month}-{day}{between}{hour}:{minute}:{second}{zone}"
    try:
        if _DIGITS_ONLY.fullmatch(text):
            return datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if short := _REDUCED.fullmatch(text):
            year, month, day, hour, minute = short.groups()
            return datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), tzinfo=UTC)
        if text[:1].isalpha():
            read = parsedate_to_datetime(text)
        else:
            whole, leap = _LEAP.subn(r"\g<1>:59", text.removesuffix("UTC").removesuffix("GMT").rstrip())
            whole, days = _MIDNIGHT.subn(r"\g<1>00:00:00", whole)
            read = datetime.fromisoformat(whole) + timedelta(days=days, seconds=leap)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _pairs(text: str) -> list[tuple[str, str]]:
    """Name and value of each line; a line that begins with a space goes on with the one before."""
    if "\n " in text or "\n\t" in text:
        lines = [line.partition(":") for line in _FOLDED.sub(_FOLD, text).split("\n")]
        return [
            (name.strip(), content.replace(_FOLD, "" if name.strip().lower().endswith("-uri") else " ").strip())
            for name, colon, content in lines
            if colon
        ]
    # Called for every record twice: a comprehension is three times as fast as a generator with branches.
    return [
        (name.strip(), content.strip()) for name, colon, content in [line.partition(":") for line in text.split("\n")] if colon
    ]
