"""Common Crawl in small: collinfo.json, an index a crawl (pywb's CDX server API), WARC files with ranges, and the CC-NEWS lists.

Formats as https://index.commoncrawl.org and https://data.commoncrawl.org give them: JSON lines, 404 with a message where a
crawl has nothing of a site, one gzip member a record, bodies without their content coding.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from functools import cached_property
from urllib.parse import parse_qs

from crawler.demo.answer import JSON, Answer, SiteRequest, text
from crawler.demo.sites.site import Site
from crawler.demo.sites.wayback import ServedCapture, urlkey

INDEX, DATA = "index.commoncrawl.org", "data.commoncrawl.org"
EMPTY_CRAWL = "CC-MAIN-2026-43"
"""Listed, and without any capture of the world's outlets: its index answers 404."""

_ROWS_A_PAGE = 8
_FILE = "crawl-data/{crawl}/segments/1524125937193.1/warc/CC-MAIN-20180420081400-20180420101400-00000.warc.gz"
_NEWS = "crawl-data/CC-NEWS/{at:%Y/%m}/CC-NEWS-{at:%Y%m%d}000000-00001.warc.gz"
Row = dict[str, str]


def crawl_of(moment: date) -> str:
    """The crawl of the month: named by the week of its first Monday, as the real ones are by the week they end in."""
    first = date(moment.year, moment.month, 1)
    year, week, _ = (first + timedelta(days=-first.weekday() % 7)).isocalendar()
    return f"CC-MAIN-{year}-{week:02}"


class CommonCrawlSite(Site):
    """The captures by month; `news`: those that CC-NEWS has instead, one file a month."""

    outlet = "commoncrawl"
    home = INDEX
    hosts = (INDEX, DATA)

    def __init__(self, captures: Iterable[ServedCapture], news: Iterable[ServedCapture] = ()) -> None:
        super().__init__(())
        self._captures = sorted(captures, key=lambda each: (each.urlkey, each.timestamp))
        self._news = sorted(news, key=lambda each: each.timestamp)

    def answer(self, request: SiteRequest) -> Answer:
        """One of the two hosts' answers."""
        if request.path == "/robots.txt":
            return text("User-agent: *\nDisallow:\n")
        return self._index(request) if request.host == INDEX else self._data(request)

    def _index(self, request: SiteRequest) -> Answer:
        if request.path == "/collinfo.json":
            return _json([_crawl(name) for name in sorted({EMPTY_CRAWL, *self._by_crawl}, reverse=True)])
        named = re.fullmatch(r"/(CC-MAIN-[\d-]+)-index", request.path)
        if named is None:
            return self.missing(request)
        query = parse_qs(request.target.partition("?")[2], keep_blank_values=True)
        url = query["url"][-1]
        rows = [row for row in self._rows.get(named[1], []) if _wanted(row, urlkey(url.rstrip("*")), query.get("filter", []))]
        if not rows:
            return _json({"message": f"No Captures found for: {url}"}, 404)
        pages = -(-len(rows) // _ROWS_A_PAGE)
        if query.get("showNumPages", [""])[-1].lower() == "true":
            return _json({"pages": pages, "pageSize": 5, "blocks": pages})
        page = int(query.get("page", ["0"])[-1])
        if page >= pages:
            return _json({"message": f"Page {page} invalid: First Page is 0, Last Page is {pages - 1}"}, 400)
        shown = rows[page * _ROWS_A_PAGE : (page + 1) * _ROWS_A_PAGE]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in shown)
        return Answer(body=lines.encode(), content_type="text/x-ndjson")

    def _data(self, request: SiteRequest) -> Answer:
        body = self._files.get(request.path.lstrip("/"))
        if body is None:
            return Answer(status=404, body=b"<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml")
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if span is None:
            return Answer(body=body, content_type="application/octet-stream", lasting=False)
        first, last = int(span[1]), min(int(span[2]), len(body) - 1)
        if first >= len(body):
            return Answer(status=416, headers=(("Content-Range", f"bytes */{len(body)}"),), lasting=False)
        headers = (("Content-Range", f"bytes {first}-{last}/{len(body)}"), ("Accept-Ranges", "bytes"))
        kind = "application/octet-stream"
        return Answer(status=206, body=body[first : last + 1], content_type=kind, headers=headers, lasting=False)

    @cached_property
    def _by_crawl(self) -> dict[str, list[ServedCapture]]:
        found: dict[str, list[ServedCapture]] = {}
        for capture in self._captures:
            if capture.status == 200:
                found.setdefault(crawl_of(capture.moment.date()), []).append(capture)
        return found

    @cached_property
    def _files(self) -> dict[str, bytes]:
        files = {_FILE.format(crawl=crawl): _warc(captures)[0] for crawl, captures in self._by_crawl.items()}
        lists: dict[str, list[str]] = {}
        for at in sorted({capture.moment.date().replace(day=1) for capture in self._news}):
            name = _NEWS.format(at=at)
            files[name] = _warc([each for each in self._news if each.moment.date().replace(day=1) == at])[0]
            lists.setdefault(f"crawl-data/CC-NEWS/{at:%Y/%m}/warc.paths.gz", []).append(name)
        return files | {name: gzip.compress("".join(f"{path}\n" for path in paths).encode()) for name, paths in lists.items()}

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        found = {}
        for crawl, captures in self._by_crawl.items():
            spans = _warc(captures)[1]
            file = _FILE.format(crawl=crawl)
            found[crawl] = [_row(capture, file, *span) for capture, span in zip(captures, spans, strict=True)]
        return found


def _crawl(name: str) -> dict[str, str]:
    base = f"https://{INDEX}/{name}"
    return {"id": name, "name": f"{name} Index", "timegate": f"{base}/", "cdx-api": f"{base}-index"}


def _wanted(row: Row, start: str, filters: list[str]) -> bool:
    """Filters as pywb has them: `[!][=|~]field:expression`; without a sign the field contains the expression."""
    if not row["urlkey"].startswith(start):
        return False
    for condition in filters:
        negated, plain = condition.startswith("!"), condition.removeprefix("!")
        sign = plain[0] if plain[0] in "=~" else ""
        name, _, expression = plain.removeprefix(sign).partition(":")
        value = row.get(name, "")
        met = value == expression if sign == "=" else bool(re.match(expression, value)) if sign == "~" else expression in value
        if met is negated:
            return False
    return True


def _row(capture: ServedCapture, file: str, offset: int, length: int) -> Row:
    row = {
        "urlkey": capture.urlkey,
        "timestamp": capture.timestamp,
        "url": capture.original,
        "mime": capture.mimetype,
        "mime-detected": capture.mimetype,
        "status": str(capture.status),
        "digest": _sha1(capture.body),
        "length": str(length),
        "offset": str(offset),
        "filename": file,
    }
    return row | ({"truncated": "length"} if _is_cut(capture) else {"languages": "ara", "encoding": "UTF-8"})


def _warc(captures: list[ServedCapture]) -> tuple[bytes, list[tuple[int, int]]]:
    """A WARC file of one gzip member a record, and (offset, length) of each capture's."""
    info = b"isPartOf: CC-MAIN\r\npublisher: Common Crawl\r\nformat: WARC File Format 1.0\r\n"
    members = [gzip.compress(_record("warcinfo", "warcinfo", {"Content-Type": "application/warc-fields"}, info), mtime=0)]
    spans = []
    offset = len(members[0])
    for capture in captures:
        member = gzip.compress(_response(capture), mtime=0)
        spans.append((offset, len(member)))
        members.append(member)
        offset += len(member)
    return b"".join(members), spans


def _response(capture: ServedCapture) -> bytes:
    head = (
        f"HTTP/1.1 {capture.status} OK\r\nServer: nginx\r\nContent-Type: {capture.mimetype}; charset=UTF-8\r\n"
        f"X-Crawler-Content-Encoding: gzip\r\nContent-Length: {len(capture.body)}\r\n\r\n"
    )
    block = head.encode() + capture.body
    headers = {
        "Content-Type": "application/http; msgtype=response",
        "WARC-IP-Address": "192.0.2.7",
        "WARC-Target-URI": capture.original,
        "WARC-Payload-Digest": f"sha1:{_sha1(capture.body)}",
        "WARC-Block-Digest": f"sha1:{_sha1(block)}",
        "WARC-Identified-Payload-Type": capture.mimetype,
    }
    cut = {"WARC-Truncated": "length"} if _is_cut(capture) else {}
    name = f"{capture.timestamp} {capture.original}"
    at = {"WARC-Date": f"{capture.moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    return _record("response", name, {**at, **headers, **cut}, block)


def _record(kind: str, name: str, headers: dict[str, str], block: bytes) -> bytes:
    identity = uuid.uuid5(uuid.NAMESPACE_URL, name)
    fields = {
        "WARC-Type": kind,
        "WARC-Date": "2018-04-20T08:14:00Z",
        "WARC-Record-ID": f"<urn:uuid:{identity}>",
        "Content-Length": str(len(block)),
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def _is_cut(capture: ServedCapture) -> bool:
    return capture.mimetype == "text/html" and not capture.body.rstrip().endswith(b"</html>")


def _sha1(data: bytes) -> str:
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(value).encode(), content_type=JSON)
