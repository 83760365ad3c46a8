"""A full record from a page, against trafilatura with metadata and against parsing alone."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import trafilatura
from lxml import html

from extractors import Article, Page
from extractors.reader import read
from infra.bench.measure import cpu_seconds, generated

TURN = 10  # pages


def reading(pages: int, kilobytes: int, rounds: int) -> dict[str, object]:
    """CPU milliseconds a page, medians over pages and rounds. The subjects take turns every few pages: whoever reads pages reads
    one after the other, and what one subject leaves behind, in caches and as garbage, is not on the next one's bill.
    """
    documents = [
        Page(url=url, body=body, content_type="text/html; charset=utf-8", fetched_at=datetime.now(UTC))
        for url, body in generated(pages, kilobytes)
    ]
    subjects: dict[str, Callable[[Page], object]] = {
        "warraq": _ours,
        "trafilatura": lambda page: trafilatura.bare_extraction(page.body.decode(), with_metadata=True),
        "lxml_parse": lambda page: html.document_fromstring(page.body.decode()),
    }
    spent: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for first in range(0, len(documents), TURN):
            for name, subject in subjects.items():
                gc.collect()
                spent[name] += [1000 * cpu_seconds(partial(subject, page)) for page in documents[first : first + TURN]]
    medians = {name: statistics.median(values) for name, values in spent.items()}
    return {
        "pages": pages,
        "kilobytes": round(len(documents[0].body) / 1024),
        **{f"{name}_ms": round(value, 2) for name, value in medians.items()},
        "times_as_fast_as_trafilatura": round(medians["trafilatura"] / medians["warraq"], 1),
        "times_lxml_parse_alone": round(medians["warraq"] / medians["lxml_parse"], 2),
    }


def _ours(page: Page) -> Article:
    result = read(page, "enab_baladi")
    assert isinstance(result, Article), result
    return result
