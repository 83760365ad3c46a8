"""What keeping costs a bucket: requests by fate, counted as S3 gets them, and puts a second by how many are in flight."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from extractors.article import Article, Extractor
from infra.testing.servers import environment, make_bucket, moto_apart, settings
from storage import Archive, Capture, open_archive

CAPTURE = Capture(fetched_at=datetime(2026, 11, 22, 12, tzinfo=UTC), status=200)


def requests(articles: int) -> dict[str, object]:
    """Requests an article, by fate, one article at a time: the dearest way, since nothing is shared."""
    with endpoint():
        archive = open_archive("s3://bench/requests")
        asked = _counting(archive)
        figures: dict[str, object] = {"articles": articles}
        run = archive.begin({})
        run.keep(article(-1), CAPTURE)  # the first pays for the probe and for the run's start marker
        for name, made in (
            ("new", [article(number) for number in range(articles)]),
            ("duplicate", [replace(article(number), url=f"https://baladi-news.com/{number}") for number in range(articles)]),
            ("unchanged", [article(number) for number in range(articles)]),
            ("revised", [replace(article(number), body=f"نص بعد التحرير {number}") for number in range(articles)]),
        ):
            before = Counter(asked)
            for each in made:
                run.keep(each, CAPTURE)
            spent = asked - before
            figures[name] = round(spent.total() / articles, 2)
            figures[f"{name}_by_kind"] = " ".join(f"{kind} {count / articles:.2f}" for kind, count in sorted(spent.items()))
        run.finish()
    return figures


def rate(articles: int, in_flight: tuple[int, ...]) -> dict[str, object]:
    """New articles and puts a second over a socket, by how many are kept at once."""
    figures: dict[str, object] = {"articles": articles}
    with endpoint():
        for threads in in_flight:
            archive = open_archive(f"s3://bench/rate-{threads}")
            asked = _counting(archive)
            run = archive.begin({})
            started = time.monotonic()
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda number, run=run: run.keep(article(number), CAPTURE), range(articles)))
            seconds = time.monotonic() - started
            figures[f"{threads}_in_flight"] = f"{articles / seconds:.0f} articles/s, {asked['PutObject'] / seconds:.0f} puts/s"
            run.finish()
    return figures


def article(number: int, url: str | None = None, text: str | None = None) -> Article:
    """One of so many, at an address and with a text of its own unless they are given."""
    url = url or f"https://www.enabbaladi.net/archives/{number}"
    body = text or "\n\n".join(f"الفقرة {part} من المادة {number} " + "كلمة " * 120 for part in range(8))
    return Article(
        id=f"enab_baladi:{number}",
        outlet="enab_baladi",
        kind="article",
        language="ar",
        url=url,
        fetched_url=url,
        headline=f"عنوان المادة {number}",
        body=body,
        extractor=Extractor("warraq", "bench", "bench"),
    )


def _counting(archive: Archive) -> Counter[str]:
    """Counts the requests of an archive's client by operation, retries included."""
    asked: Counter[str] = Counter()
    client = archive.store._client  # type: ignore[attr-defined]  # noqa: SLF001  # a bench may look inside

    def count(model: object, **_: object) -> None:
        asked[model.name] += 1  # type: ignore[attr-defined]  # botocore's OperationModel

    client.meta.events.register("before-call.s3", count)
    return asked


@contextmanager
def endpoint() -> Iterator[None]:
    """An S3 endpoint in a process of its own, with the bucket `bench`, in the environment of this one."""
    with moto_apart() as url, settings(environment(url)):
        make_bucket(url, "bench")
        yield
