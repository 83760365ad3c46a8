"""One share of a re-reading: its captures out of their WARC files, each read with today's extractor, written as one part.

Nothing here depends on the clock, on chance or on who else is at work: the same share comes out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from crawler.read.warc_page import page_of
from crawler.reread.comparing import Furniture, compare
from crawler.reread.report import ShareReport
from extractors import Article, NotAnArticle, Outlet, Page, outlets, reader
from storage import Store
from storage.errors import Damaged
from storage.generations import Generation, Part
from storage.parallel_map import parallel_map
from storage.record import Capture, Json, Pointer, from_bytes, record, to_bytes
from storage.text.identity import NORMALIZATION, content_hash
from storage.warc.content_coding import CodingError
from storage.warc.headers import moment, warc_head
from storage.warc.read_ahead import ReadAheadStore
from storage.warc.reader import Record, record_at

AHEAD: Final = 4
"""Articles fetched while pages are read: a bucket takes longer to answer than a page to read."""

NEEDED: Final = frozenset(
    {"id", "outlet", "url", "fetched_url", "headline", "body", "date_published_source", "content_hash", "normalization"}
    | {"revision", "previous", "capture", "run_id"}
)
"""What must stand in a record to be read again beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadJob:
    """A re-reading, as every worker gets it.

    started: what stands in started.json. page_seconds: a reader has for one page; memory_mb: address space of one reader, MiB;
    outlets: those that are not built in, so that every worker reads by the same facts.
    """

    archive: str
    single_writer: bool
    name: str
    started: Json
    page_seconds: float
    memory_mb: int
    max_page_bytes: int
    outlets: Mapping[str, Outlet]


def read_share(
    store: Store, job: RereadJob, outlet: str, n: int, skip: Mapping[str, str], sign: Callable[[str | None], None]
) -> Json:
    """Reads and writes share n of an outlet; its share.json, also when it stood already.

    skip: articles whose pages broke a reader before, and how. sign: called with an article's key when its page is about to
    be read and with None afterwards. ArchiveError when the archive does not give or take what it must.
    """
    generation = Generation(store, job.name)
    if (standing := generation.share(outlet, n)) is not None:
        return standing
    work = _Work(store, job, outlet, sign)

    def fetched(planned: Json) -> tuple[str, bytes | None, list[Pointer]]:
        """The key, the bytes of the record, the pointer to its capture and others to the same payload; none: no raw bytes."""
        key, place = planned["article"], planned["warc"]
        pointers = [Pointer(**where) for where in (place, *planned.get("same", ()))] if place else []
        return key, store.get(key) if pointers else None, pointers

    for key, data, pointers in parallel_map(fetched, generation.planned(job.started, outlet, n), AHEAD, 2 * AHEAD):
        if not pointers:
            work.stays(key, "no_raw")
        elif key in skip:
            work.stays(key, "broken", skip[key])
        else:
            work.take(key, data, pointers)
    report, kept = work.report, work.originals  # the counts have each article once
    share = {"articles": report.counts.total(), "originals": kept, "lost": report.named["lost"], "report": report.json()}
    return generation.write(outlet, n, work.part, share)


class _Work:
    """What one share comes to."""

    def __init__(self, store: Store, job: RereadJob, outlet: str, sign: Callable[[str | None], None]) -> None:
        self._job, self._outlet, self._sign = job, outlet, sign
        self._store, self._window = store, ReadAheadStore(store)
        self._furniture = Furniture(outlets()[outlet].catalogue, frozenset(job.started["furniture"].get(outlet, ())))
        self.part, self.report = Part(), ShareReport()
        self.originals: list[str] = []

    def take(self, key: str, data: bytes | None, pointers: list[Pointer]) -> None:
        """One article and its capture."""
        old: Json = {}
        try:
            old = _kept(key, data)
            page = as_kept(self._capture(pointers), old, self._job.max_page_bytes)
        except (Damaged, CodingError) as error:
            self.stays(key, "damaged", str(error), old.get("url"))
            return
        self._sign(key)
        try:  # `read` is asked of the module: a test puts a breaking one in its place
            result = reader.read(page, self._outlet, self._furniture.learned)
        except MemoryError:
            self.stays(key, "broken", "the reader ran out of its memory", old["url"])
            return
        except Exception as error:  # noqa: BLE001 - any page may trip any parser; it is named, and its kept record stands
            self.stays(key, "broken", f"{type(error).__name__}: {error}"[:500], old["url"])
            return
        finally:
            self._sign(None)
        if isinstance(result, NotAnArticle):
            self.report.note("lost", key, old["url"], result.reason)
        else:
            self._write(key, old, _anew(result, old, page), page)

    def _capture(self, pointers: list[Pointer]) -> Record:
        """The capture; if it is a `revisit`, with the body of another capture of the same payload. Damaged when there is none."""
        own = record_at(self._window, pointers[0])
        if own.kind != "revisit":
            return own
        for pointer in pointers[1:]:
            other = record_at(self._store, pointer)
            if other.kind != "revisit":
                return own.with_payload_of(other)
        raise Damaged(f"{own.record_id} in {pointers[0].file} repeats a capture that no article was kept from")

    def stays(self, key: str, why: str, reason: str | None = None, url: str | None = None) -> None:
        """The kept record stands for the generation too. reason: what broke a reader, or is damaged."""
        self.originals.append(key)
        self.report.note(why, key, url, reason)

    def _write(self, key: str, old: Json, new: Json, page: Page) -> None:
        found = compare(old, new, page, self._furniture)
        self.report.add(key, old, new, found)
        if self._job.started["asked"]["changed_only"] and not found.differs:
            self.originals.append(key)
        else:
            self.part.add(to_bytes(new))


def as_kept(capture: Record, old: Json, max_bytes: int) -> Page:
    """The page of a capture as the crawl that kept the article saw it. CodingError if its body has no readable form."""
    seen = old["capture"]
    page = page_of(capture, seen["via"], max_bytes)
    at, memento = moment(seen["fetched_at"]), moment(seen["memento_at"])
    # The replay of a web archive stands for a page elsewhere; our own captures say for which.
    replayed = None if seen["via"] == "live" else warc_head(capture.raw[: capture.raw.index(b"\r\n\r\n") + 4])
    url = (replayed and replayed.get("warc-memento-target-uri")) or capture.url
    return replace(
        page, url=url, fetched_url=old["fetched_url"], fetched_at=at or capture.at, memento_at=memento, status=seen["status"]
    )


def _anew(article: Article, old: Json, page: Page) -> Json:
    """The article as read now, in the place of the one that was kept. A date that only its source stated stays."""
    capture = Capture(page.fetched_at, page.status)
    same = (article.headline, article.body, NORMALIZATION) == (old["headline"], old["body"], old["normalization"])
    digest = old["content_hash"] if same else content_hash(article.headline, article.body)
    new = record(article, capture, content_hash=digest, revision=old["revision"], previous=old["previous"], run_id=old["run_id"])
    new |= {name: old[name] for name in ("id", "outlet", "url", "capture")}
    if new["date_published"] is None and old["date_published_source"] in ("feed", "sitemap"):
        new |= {name: old[name] for name in new if name.startswith("date_published") and name in old}
    return new


def _kept(key: str, data: bytes | None) -> Json:
    """Damaged for what is missing now, or no record: it was one when the plan was made."""
    if data is None:
        raise Damaged(f"{key} is missing")
    kept = from_bytes(key, data)
    if missing := NEEDED - kept.keys():
        raise Damaged(f"{key} is no article record (without {', '.join(sorted(missing))})")
    return kept
