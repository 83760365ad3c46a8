"""The miniature web in WARC files, as the tools of others write them."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import brotli
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.demo.answer import SiteRequest, encoded
from crawler.demo.history import captures
from crawler.demo.router import Router
from infra.world.worlds import World
from tests.storage.warc.inputs import record, sha1, zipped

AT = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A page as somebody captured it."""

    url: str
    body: bytes
    at: datetime = AT
    status: int = 200
    content_type: str = "text/html; charset=UTF-8"

    @property
    def date(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ}"


def seen_of(world: World) -> list[Seen]:
    """Every page of the world that others would have: of the living outlets now, of the dead as they were archived."""
    router, found = Router(world), {}
    for offer in world.offers:
        url = encoded(offer.url)
        host, _, path = url.removeprefix("https://").removeprefix("http://").partition("/")
        if router.knows(host):
            answer = router.answer(SiteRequest("GET", "https", host, "/" + path))
            body = answer.body if answer.chunks is None else b""
            found[url] = Seen(url, body, AT, answer.status, answer.content_type)
    dead = [
        Seen(
            each.original,
            each.body,
            datetime.strptime(each.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC),
            each.status,
            each.mimetype,
        )
        for each in captures(world.stories, world.links)
    ]
    return [*found.values(), *dead]


def _head(seen: Seen, *headers: tuple[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {seen.status} X", f"Content-Type: {seen.content_type}", *(f"{name}: {text}" for name, text in headers)]
    return "\r\n".join([*lines, "", ""]).encode()


def _chunked(body: bytes) -> bytes:
    parts = [body[at : at + 1500] for at in range(0, len(body), 1500)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def by_wget(pages: Iterable[Seen]) -> bytes:
    """WARC/1.0, addresses in angle brackets, chunks left in, a request before each response, metadata at the end."""
    parts = [record(b"software: Wget/1.21\r\n", "", "warcinfo", Content_Type="application/warc-fields")]
    for seen in pages:
        parts.append(record(b"GET / HTTP/1.1\r\n\r\n", f"<{seen.url}>", "request", at=seen.date))
        block = _head(seen, ("Transfer-Encoding", "chunked")) + _chunked(seen.body)
        digests = {"WARC_Block_Digest": sha1(block), "WARC_Payload_Digest": sha1(_chunked(seen.body))}
        parts.append(record(block, f"<{seen.url}>", at=seen.date, **digests))
    parts.append(record(b"wget log", "metadata://gnu.org/software/wget/warc/wget.log", "resource", Content_Type="text/plain"))
    return zipped(*parts)


def by_heritrix(pages: Iterable[Seen]) -> bytes:
    """WARC/1.0, dns records, metadata after each response, the payload's digest only."""
    parts = [record(b"software: Heritrix/3.4\r\n", "", "warcinfo")]
    for seen in pages:
        host = seen.url.split("/")[2]
        parts.append(
            record(f"20190101\n{host}. 1 IN A 192.0.2.1\n".encode(), f"dns:{host}", at=seen.date, Content_Type="text/dns")
        )
        parts.append(record(_head(seen) + seen.body, seen.url, at=seen.date, WARC_Payload_Digest=sha1(seen.body)))
        parts.append(record(b"fetchTimeMs: 12\r\n", seen.url, "metadata", at=seen.date))
    return zipped(*parts)


def by_common_crawl(pages: Iterable[Seen]) -> bytes:
    """The coding taken off and its header renamed, digests of what is left, long payloads cut and said so."""
    parts = [record(b"isPartOf: CC-MAIN-2026-47\r\n", "", "warcinfo")]
    for seen in pages:
        head = _head(seen, ("X-Crawl-Content-Encoding", "br"), ("X-Crawl-Transfer-Encoding", "chunked"))
        block = head + seen.body
        parts.append(record(b"GET / HTTP/1.1\r\n\r\n", seen.url, "request", at=seen.date))
        digests = {"WARC_Payload_Digest": sha1(seen.body), "WARC_Block_Digest": sha1(block)}
        parts.append(record(block, seen.url, at=seen.date, WARC_Identified_Payload_Type="text/html", **digests))
        parts.append(record(b"charset-detected: UTF-8\r\n", seen.url, "metadata", at=seen.date))
    cut = Seen("https://www.enabbaladi.net/archives/999999", b"<html><body><article><p>" + b"x " * 3000)
    parts.append(record(_head(cut) + cut.body, cut.url, at=cut.date, WARC_Truncated="length"))
    return zipped(*parts)


def by_cc_news(pages: Iterable[Seen]) -> bytes:
    """StormCrawler: WARC/1.0, the header says gzip and the body is not."""
    return zipped(
        record(b"isPartOf: CC-NEWS\r\n", "", "warcinfo"),
        *(record(_head(seen, ("Content-Encoding", "gzip")) + seen.body, seen.url, at=seen.date) for seen in pages),
    )


def by_browsertrix(pages: Iterable[Seen]) -> bytes:
    """WARC/1.1 of warcio.js: fractions of seconds, page info, bodies as on the wire in br, repeated payloads as revisits."""
    parts = [record(b"software: Browsertrix-Crawler\r\n", "", "warcinfo", version="WARC/1.1")]
    for seen in pages:
        block = _head(seen, ("content-encoding", "br")) + brotli.compress(seen.body, quality=3)
        at = seen.date.replace("Z", ".123Z")
        parts.append(record(json.dumps({"url": seen.url}).encode(), f"urn:pageinfo:{seen.url}", "resource", version="WARC/1.1"))
        parts.append(record(block, seen.url, version="WARC/1.1", at=at, WARC_Block_Digest=sha1(block)))
        again = seen.date.replace("T03", "T23")
        fields = {"WARC_Refers_To_Target_URI": seen.url, "WARC_Refers_To_Date": at, "WARC_Payload_Digest": sha1(seen.body)}
        parts.append(record(_head(seen), seen.url, "revisit", version="WARC/1.1", at=again, **fields))
    return zipped(*parts)


def in_zstd(pages: Iterable[Seen]) -> bytes:
    """A .warc.zst with a dictionary of its own, as some crawlers write them."""
    blocks = [record(_head(seen) + seen.body, seen.url, version="WARC/1.1", at=seen.date) for seen in pages]
    dictionary = zstandard.train_dictionary(8192, blocks * 3)
    pack = zstandard.ZstdCompressor(dict_data=dictionary)
    kept = zstandard.compress(dictionary.as_bytes())
    return b"\x5d\x2a\x4d\x18" + len(kept).to_bytes(4, "little") + kept + b"".join(pack.compress(block) for block in blocks)


def as_one_member(pages: Iterable[Seen]) -> bytes:
    """Plain records that somebody gzipped as a whole."""
    return gzip.compress(b"".join(record(_head(seen) + seen.body, seen.url, at=seen.date, end="\n") for seen in pages))


def as_resources(pages: Iterable[Seen]) -> bytes:
    """Pages without HTTP heads, uncompressed."""
    good = [seen for seen in pages if seen.status == 200]
    return b"".join(record(seen.body, seen.url, "resource", at=seen.date, Content_Type=seen.content_type) for seen in good)


def by_warcio(pages: Iterable[Seen]) -> bytes:
    """WARC/1.1 of warcio, with its digests."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for seen in pages:
        headers = StatusAndHeaders(f"{seen.status} X", [("Content-Type", seen.content_type)], protocol="HTTP/1.1")
        payload = io.BytesIO(seen.body)
        given = {"WARC-Date": seen.date}
        made = writer.create_warc_record(
            seen.url, "response", payload, len(seen.body), http_headers=headers, warc_headers_dict=given
        )
        writer.write_record(made)
    return out.getvalue()


WRITERS: dict[str, Callable[[Iterable[Seen]], bytes]] = {
    "wget.warc.gz": by_wget,
    "heritrix.warc.gz": by_heritrix,
    "common-crawl.warc.gz": by_common_crawl,
    "cc-news.warc.gz": by_cc_news,
    "browsertrix.warc.gz": by_browsertrix,
    "zstd.warc.zst": in_zstd,
    "one-member.warc.gz": as_one_member,
    "resources.warc": as_resources,
    "warcio.warc.gz": by_warcio,
}
