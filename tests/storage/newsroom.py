"""Articles and stores for the tests of the storage room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from extractors.article import Article, Dateline, Extractor, Image
from infra.bench.stores import MemoryStore
from storage import Archive, Capture, Run
from storage.stores.store import NewObject, Store, Stored, create_in_turn

__all__ = ["CAPTURE", "NOON", "MemoryStore", "WrappedStore", "article", "begin", "keep_all", "tree"]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAPTURE = Capture(fetched_at=NOON, status=200)


def article(number: int, text: str = "", *, outlet: str = "enab_baladi", url: str | None = None) -> Article:
    """Article `number` of an outlet; `text` tells its versions apart."""
    return Article(
        id=f"{outlet}:{number}",
        outlet=outlet,
        kind="article",
        language="ar",
        url=url or f"https://www.{outlet}.example/archives/{number}",
        fetched_url=f"https://www.{outlet}.example/archives/{number}?amp",
        headline=f"المجلس المحلي يعيد فتح السوق رقم {number}",
        body=f"أعلن المجلس المحلي إعادة فتح السوق «القديم» رقم {number}.\n\nوقال التجار إن الحركة عادت ٢٠ بالمئة. {text}".strip(),
        dateline=Dateline(text="حلب – خاص", place="حلب"),
        authors=("ليلى",),
        images=(Image(url="https://img.example/1.jpg", caption="السوق"),),
        date_published="2026-11-22T10:00:00+03:00",
        extractor=Extractor(name="warraq", version="0", layout="test"),
    )


def begin(archive: Archive, at: datetime = NOON) -> Run:
    """A run whose clock stands at `at` and moves on by a millisecond whenever it is read."""
    ticks = iter(range(10**9))
    return archive.begin({"warraq": "test"}, now=lambda: at + timedelta(milliseconds=next(ticks)))


def keep_all(archive: Archive, *articles: Article, at: datetime = NOON) -> dict[str, Any]:
    """A whole run that discovers and keeps these; its manifest."""
    run = begin(archive, at)
    for one in articles:
        run.discover(one.outlet, one.url)
        run.keep(one, Capture(fetched_at=at, status=200))
    return run.finish()


def tree(store: Store, *, without: tuple[str, ...] = ("state/", "runs/")) -> list[str]:
    """The keys of an archive."""
    return [found.key for found in store.listing() if not found.key.startswith(without)]


class WrappedStore:
    """A store in which a test sees or disturbs every call."""

    def __init__(self, beneath: Store) -> None:
        self.beneath = beneath
        self.uri = beneath.uri
        self.calls: Counter[str] = Counter()

    def before(self, call: str, key: str) -> None:
        self.calls[call] += 1

    def ready(self) -> None:
        self.beneath.ready()

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bytes:
        self.before("create", key)
        return self.beneath.create(key, data, content_type)

    def create_all(self, phases: Sequence[Sequence[NewObject]]) -> bool:
        return create_in_turn(self, phases)

    def get(self, key: str) -> bytes | None:
        self.before("get", key)
        return self.beneath.get(key)

    def part(self, key: str, offset: int, length: int) -> bytes | None:
        self.before("part", key)
        return self.beneath.part(key, offset, length)

    def stat(self, key: str) -> Stored | None:
        self.before("stat", key)
        return self.beneath.stat(key)

    def listing(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        self.before("listing", prefix)
        return self.beneath.listing(prefix, start_after)

    def everything(self, prefix: str = "", start_after: str = "") -> Iterator[Stored]:
        self.before("listing", prefix)
        return self.beneath.everything(prefix, start_after)

    def replace(self, key: str, data: bytes) -> None:
        self.before("replace", key)
        self.beneath.replace(key, data)
