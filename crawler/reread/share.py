"""One share of a re-reading: its captures out of their WARC files, each read with today's extractor, written as one part.

Nothing here depends on the clock, on chance or on who else is at work: the same share comes out the same.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from crawler.read.warc_page import page_of
from crawler.reread.comparing import Furniture, compare
from crawler.reread.report import ShareReport
from extractors import Article, Outlet, Page, outlets, reader
from storage import Store
from storage.errors import Damaged
from storage.generations import Generation, Part
from storage.record import Capture, Json, Pointer, record, to_bytes
from storage.text.identity import NORMALIZATION, content_hash
from storage.warc.content_coding import CodingError
from storage.warc.headers import moment, warc_head
from storage.warc.read_ahead import ReadAheadStore
from storage.warc.reader import Record, record_at

AHEAD: Final = 4
"""Articles fetched while pages are read: a bucket takes longer to answer than a page to read."""

NEEDED: Final = frozenset(
    {
        "id",
        "outlet",
        "url",
        "fetched_url",
        "headline",
        "body",
        "date_published_source",
        "content_hash",
        "normalization",
        "revision",
    }
    | {"previous", "capture", "run_id"}
)
"""What must stand in a record to be read again beside it."""


def no_sign(article: str | None) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
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


class Planned(NamedTuple):
    """An article of a share: its key, the bytes of its record (None: no raw bytes), its pointer, others to the same payload."""

    key: str
    kept: Future[bytes | None] | None
    pointers: list[Pointer]


class Shares:
    """Reads shares of one job. Made once in a process, since parsers and a bucket's client take a second to load."""

    def __init__(self, job: Job, store: Store) -> None:
        self._job, self._store = job, store
        self._generation = Generation(store, job.name)
        self._changed_only = bool(job.started["asked"]["changed_only"])

    def read(
        self, outlet: str, n: int, skip: Mapping[str, str] | None = None, sign: Callable[[str | None], None] = no_sign
    ) -> Json:
        """Reads and writes share n of an outlet; its share.json, also when it stood already.

        skip: articles whose pages broke a reader before, and how. sign: called with an article's key when its page is about to
        be read and with None afterwards. ArchiveError when the archive does not give or take what it must.
        """
        standing = self._generation.share(outlet, n)
        if standing is not None:
            return standing
        work = _Work(self._store, self._job, outlet, self._changed_only)
        articles = 0
        with closing(_fetched(self._store, self._generation.planned(self._job.started, outlet, n))) as planned:
            for each in planned:
                articles += 1
                if each.kept is None:
                    work.stays(each.key, "no_raw")
                elif skip and each.key in skip:
                    work.breaks(each.key, skip[each.key])
                else:
                    work.take(each, each.kept.result(), sign)
        share = {"articles": articles, "originals": work.originals, "lost": work.lost, "report": work.report.json()}
        return self._generation.write(outlet, n, work.part, share)


class _Work:
    """What one share comes to."""

    def __init__(self, store: Store, job: Job, outlet: str, changed_only: bool) -> None:
        self._job, self._outlet, self._changed_only = job, outlet, changed_only
        self._store, self._window = store, ReadAheadStore(store)
        self._learned = frozenset(job.started["furniture"].get(outlet, ()))
        self.part, self.report = Part(), ShareReport()
        self.originals: list[str] = []
        self.lost: list[Json] = []

    @cached_property
    def _furniture(self) -> Furniture:
        return Furniture(outlets()[self._outlet].catalogue, self._learned)

    def take(self, planned: Planned, data: bytes | None, sign: Callable[[str | None], None]) -> None:
        """One article and its capture."""
        key = planned.key
        old: Json = {}
        try:
            old = _kept(key, data)
            page = as_kept(self._capture(planned.pointers), old, self._job.max_page_bytes)
        except (Damaged, CodingError) as error:
            self.stays(key, "damaged")
            self.report.damaged.append({"article": key, "url": old.get("url"), "reason": str(error)})
            return
        sign(key)
        try:
            result = reader.read(
                page, self._outlet, self._learned
            )  # asked of the module: a test puts a breaking one in its place
        except MemoryError:
            self.breaks(key, "the reader ran out of its memory", old["url"])
            return
        except Exception as error:  # noqa: BLE001 - any page may trip any parser; it is named, and its kept record stands
            self.breaks(key, f"{type(error).__name__}: {error}"[:500], old["url"])
            return
        finally:
            sign(None)
        if isinstance(result, Article):
            self._write(key, old, _anew(result, old, page), page)
        else:
            self.lost.append({"article": key, "url": old["url"], "reason": result.reason})
            self.report.counts["lost"] += 1

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

    def stays(self, key: str, why: str) -> None:
        """The kept record stands for the generation too."""
        self.originals.append(key)
        self.report.counts[why] += 1

    def breaks(self, key: str, reason: str, url: str | None = None) -> None:
        """A page that hung, crashed or bloated its reader."""
        self.stays(key, "broken")
        self.report.broken.append({"article": key, "url": url, "reason": reason})

    def _write(self, key: str, old: Json, new: Json, page: Page) -> None:
        found = compare(old, new, page, self._furniture)
        self.report.add(key, old, new, found)
        if self._changed_only and not found.differs:
            self.originals.append(key)
        else:
            self.part.add(to_bytes(new))


def as_kept(capture: Record, old: Json, max_bytes: int) -> Page:
    """The page of a capture as the crawl that kept the article saw it. CodingError if its body has no readable form."""
    seen = old["capture"]
    page = page_of(capture, seen["via"], max_bytes)
    at, memento = moment(seen["fetched_at"]), moment(seen["memento_at"])
    # The replay of a web archive stands for a page elsewhere; our own captures say for which.
    url = capture.url if seen["via"] == "live" else _field(capture, "warc-memento-target-uri") or capture.url
    return replace(
        page, url=url, fetched_url=old["fetched_url"], fetched_at=at or capture.at, memento_at=memento, status=seen["status"]
    )


def _field(capture: Record, name: str) -> str | None:
    return warc_head(capture.raw[: capture.raw.index(b"\r\n\r\n") + 4]).get(name)


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


def _fetched(store: Store, planned: Iterator[Json]) -> Generator[Planned]:
    """The articles of a share, their records fetched some way ahead. An ArchiveError of a fetch is raised by its `kept`."""
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="articles") as pool:
        ahead: deque[Planned] = deque()
        for each in planned:
            key, place = each["article"], each["warc"]
            pointers = [Pointer(**where) for where in (place, *each.get("same", ()))] if place else []
            ahead.append(Planned(key, pool.submit(store.get, key) if pointers else None, pointers))
            if len(ahead) > 2 * AHEAD:
                yield ahead.popleft()
        yield from ahead


def _kept(key: str, data: bytes | None) -> dict[str, Any]:
    """Damaged for what is missing now, or no record: it was one when the plan was made."""
    if data is None:
        raise Damaged(f"{key} is missing")
    try:
        kept: dict[str, Any] = dict(json.loads(data))
    except (ValueError, TypeError) as error:
        raise Damaged(f"{key} is no article record ({error})") from error
    if missing := NEEDED - kept.keys():
        raise Damaged(f"{key} is no article record (without {', '.join(sorted(missing))})")
    return kept
