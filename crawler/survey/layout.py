"""How the pages of a site are laid out, from those that read as articles: container, dates, furniture, ends of titles, zone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from crawler.survey.containers import Agreed, Sample, container_of, element_with
from crawler.survey.page import PageLook
from extractors.article import Article
from extractors.body.container import page_lines
from extractors.boilerplate import is_date_line
from extractors.page.decoding import as_markup, decode

REPEATED: Final = 0.5
"""A line that stands in so many of the stories is furniture."""
CANDIDATES: Final = (
    *(
        "Asia/Damascus",
        "Asia/Beirut",
        "Asia/Riyadh",
        "Africa/Cairo",
        "Europe/Istanbul",
        "Asia/Amman",
        "Asia/Baghdad",
        "Asia/Dubai",
    ),
    *("Africa/Tunis", "Africa/Casablanca", "Europe/London", "Europe/Paris"),
)
"""Zones of Arabic outlets, tried in this order against the offsets that a site states."""
UNKNOWN_ZONE: Final = "Asia/Riyadh"
"""Where nothing tells: the time of Mecca, which pan-Arab outlets print."""
_DATELINE: Final = re.compile(r" ?[-–—ـ(]|$(?<![.!؟?])")
_SEPARATORS: Final = "-–—|:»•·"


@dataclass(frozen=True, slots=True)
class RepeatedLines:
    """What stands in many stories. furniture: lines, with the number of stories they stand in; agency: what the line of place and
    reporter begins with, empty where there is none; stories: how many there are.
    """

    furniture: tuple[tuple[str, int], ...]
    agency: str
    stories: int


@dataclass(frozen=True, slots=True)
class SeenLayout:
    """body, dates: selectors; lines: of the stories as the reader found them; title_suffix: as printed, with its separator."""

    body: Agreed | None
    dates: Agreed | None
    lines: RepeatedLines
    title_suffix: str


def layout_of(looks: Sequence[PageLook]) -> SeenLayout:
    """Runs in a reader process. looks: pages that read as articles."""
    articles = [(look, look.result) for look in looks if isinstance(look.result, Article)]
    trees = [LexborHTMLParser(as_markup(decode(look.page.body, look.page.content_type))) for look, _ in articles]
    samples = [Sample(tree, tuple(article.body.split("\n\n"))) for tree, (_, article) in zip(trees, articles, strict=True)]
    printed = [
        (tree, article.date_published_raw)
        for tree, (_, article) in zip(trees, articles, strict=True)
        if article.date_published_source == "page" and article.date_published_raw
    ]
    return SeenLayout(
        body=container_of(samples),
        dates=element_with(printed or _date_lines(trees, articles)),
        lines=repeated_lines([article for _, article in articles]),
        title_suffix=_suffix([(look.title, article.headline) for look, article in articles]),
    )


def _date_lines(
    trees: Sequence[LexborHTMLParser], articles: Sequence[tuple[PageLook, Article]]
) -> list[tuple[LexborHTMLParser, str]]:
    """Lines that are dates, on pages whose date the reader did not find. The same on all pages: it is today's."""
    found = [
        (tree, line)
        for tree, (_, article) in zip(trees, articles, strict=True)
        if article.date_published is None
        and (line := next((block.text for block in page_lines(tree) if is_date_line(block.text)), None)) is not None
    ]
    return found if len({line for _, line in found}) > 1 else []


def repeated_lines(articles: Sequence[Article]) -> RepeatedLines:
    """Of articles as they were read."""
    return RepeatedLines(_furniture(articles), _agency(articles), len({article.body for article in articles}))


def _furniture(articles: Sequence[Article]) -> tuple[tuple[str, int], ...]:
    stories: dict[str, Article] = {article.body: article for article in articles}  # an article may have been met twice
    lines = Counter(line for article in stories.values() for line in dict.fromkeys(article.body.split("\n\n")))
    least = max(3, REPEATED * len(stories))
    return tuple((line, times) for line, times in lines.most_common() if times >= least)


def _agency(articles: Sequence[Article]) -> str:
    """The words, the same on most pages, in which a first line begins that is no sentence: «فرات بوست - حلب (خاص)»."""
    firsts = {article.body: article.body.split("\n\n")[0] for article in articles}
    lines = [line for line in firsts.values() if len(line) <= 80 and _DATELINE.search(line)]
    if len(lines) < max(2, REPEATED * len(firsts)):
        return ""
    names = Counter(_DATELINE.split(line)[0].strip() for line in lines)
    name, times = names.most_common(1)[0]
    return name if times > REPEATED * len(lines) and 1 <= len(name.split()) <= 4 and not re.search(r"\d", name) else ""


def _suffix(titles: Sequence[tuple[str, str]]) -> str:
    """What all titles end in, from a separator on; empty where that is nothing, or there is but one headline."""
    distinct = list(dict.fromkeys(title for title, _ in titles if title))
    if len(distinct) < 2:
        return ""
    shortest = min(distinct, key=len)
    size = next((n for n in range(len(shortest), 0, -1) if all(title.endswith(shortest[-n:]) for title in distinct)), 0)
    common = shortest[len(shortest) - size :]
    found = re.search(rf"\s*[{re.escape(_SEPARATORS)}]\s*\S.*$", common)
    return found[0] if found and any(title.removesuffix(found[0]) for title in distinct) else ""


def zone_of_offsets(stated: Sequence[str]) -> str | None:
    """The zone in which these moments (ISO 8601) have their offsets; None where they are in UTC, or in none known."""
    moments = [datetime.fromisoformat(each) for each in stated]
    moments = [moment for moment in moments if moment.tzinfo is not None]
    if not any(moment.utcoffset() for moment in moments):
        return None
    fits = {
        name: sum(moment.astimezone(ZoneInfo(name)).utcoffset() == moment.utcoffset() for moment in moments)
        for name in CANDIDATES
    }
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] > 0.8 * len(moments) else None


def zone_of_difference(pairs: Sequence[tuple[str, str]]) -> str | None:
    """The zone of printed times: (local time without an offset, moment that a feed states) of the same articles."""
    stated = []
    for local, moment in pairs:
        at, wall = datetime.fromisoformat(moment), datetime.fromisoformat(local).replace(tzinfo=None)
        if at.tzinfo is None:
            continue
        offset = wall - at.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        quarters = round(offset / timedelta(minutes=15))
        if abs(quarters) <= 56 and abs(offset - quarters * timedelta(minutes=15)) < timedelta(minutes=3):
            sign = "+" if quarters >= 0 else "-"
            stated.append(f"{wall.isoformat()}{sign}{abs(quarters) // 4:02}:{abs(quarters) % 4 * 15:02}")
    return zone_of_offsets(stated)
