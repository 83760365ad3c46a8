"""How far what was read is from gold: figures from 0 to 1, higher is better, for a page, a site and a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Literal

from extractors.measures import folded, paragraph_rate, phrase, shared, word_figures, words
from infra.eval import cases
from infra.eval.gold import Gold
from infra.eval.reading import ALL_FIELDS, MeasuredReader, ReaderResult

Dated = Literal["right", "wrong", "null", "unstated"]
# precision, recall, f1: multisets of words. paragraphs: those of gold that are there exactly, out of the longer of the two.
# clean: no furniture in the body. day, minute: right, of the pages that state it. no_wrong_date: right or left out.
# refused: pages that are no article taken for none; read: articles taken for one. half, nine_tenths: F1 is at least that.
# median: of the F1 of a group's pages. holds: everything that a case asks for.
FIGURES = (
    "precision", "recall", "f1", "median", "half", "nine_tenths", "paragraphs", "clean", "headline", "day", "minute",
    "no_wrong_date", "authors", "editors", "dateline", "sources", "read", "refused", "holds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """A page read by one reader. figures: those that apply. leaked: furniture that stands in the body, as gold has it."""

    gold: Gold
    reading: ReaderResult
    figures: Mapping[str, float]
    leaked: tuple[str, ...] = ()
    day: Dated = "unstated"
    minute: Dated = "unstated"


def score(gold: Gold, reading: ReaderResult, fields: frozenset[str] = ALL_FIELDS) -> Score:
    """Compares; `fields`: what the reader reads besides the body."""
    if gold.refusal is not None:
        return Score(gold, reading, {"refused": float(not reading.body)})
    if gold.expected:
        failed = cases.complaints(gold.expected, reading)
        return Score(gold, reading, {"holds": float(not failed)}, failed)
    leaked = leaks(gold, reading.body)
    day, minute = (judge_day(gold, reading), judge_minute(gold, reading)) if "date" in fields else ("unstated", "unstated")
    measured = word_figures(gold.body, _without(gold.free, reading.body))
    figures: dict[str, float] = {
        **dict(zip(("precision", "recall", "f1"), measured, strict=True)),
        "half": float(measured[2] >= 0.5),
        "nine_tenths": float(measured[2] >= 0.9),
        "paragraphs": paragraph_rate(gold.body, reading.body),
        "clean": float(not leaked),
        "read": float(bool(reading.body)),
    }
    if "date" in fields:
        figures["no_wrong_date"] = float("wrong" not in (day, minute))
    for name, judged in (("day", day), ("minute", minute)):
        if judged != "unstated" and gold.date is not None:
            figures[name] = float(judged == "right")
    exact = _exact_fields(gold, reading)
    figures |= {name: float(right) for name, right in exact.items() if name in fields}
    if gold.figures is not None:
        figures = {name: value for name, value in figures.items() if name in gold.figures}
    return Score(gold, reading, figures, leaked, day, minute)


def _without(free: Iterable[str], read: Iterable[str]) -> list[str]:
    """What was read, without the paragraphs that may stand there or not: nine tenths of their words are those of a free one."""
    allowed = [words([text]) for text in free]
    found = [(text, words([text])) for text in read]
    return [text for text, own in found if not own or all(shared(own, each) < 0.9 * len(own) for each in allowed)]


def leaks(gold: Gold, read: Iterable[str]) -> tuple[str, ...]:
    """Furniture that stands in the body oftener than the newsroom wrote those words there."""
    wanted, found = phrase(" ".join(gold.body)), phrase(" \n ".join(read))
    return tuple(
        text
        for text in gold.boilerplate_lines
        if (words := phrase(text)).strip() and _times(words, found) > _times(words, wanted)
    )


def _times(words: str, text: str) -> int:
    # Neighbouring phrases share the blank between them, which str.count would use up.
    return text.replace(" ", "  ").count(words.replace(" ", "  ")[1:-1])


def judge_day(gold: Gold, reading: ReaderResult) -> Dated:
    """The day as printed or at gold's offset: a page's day, however the instant is written."""
    if gold.date is None:
        return "wrong" if reading.date else "unstated"
    if not reading.date:
        return "null"
    expected, found = datetime.fromisoformat(gold.date), datetime.fromisoformat(reading.date)
    days = {found.date()}
    if expected.tzinfo and found.tzinfo and reading.precision != "day":
        days.add(found.astimezone(expected.tzinfo).date())
    return "right" if expected.date() in days else "wrong"


def judge_minute(gold: Gold, reading: ReaderResult) -> Dated:
    """The instant, where gold has the minute. A reader that claims the day alone is not wrong about the minute."""
    if gold.date is None or gold.precision != "minute":
        return "unstated"
    if not reading.date:
        return "null"
    if reading.precision == "day" or len(reading.date) <= len("2026-01-01"):
        return "null" if judge_day(gold, reading) == "right" else "wrong"
    expected, found = datetime.fromisoformat(gold.date), datetime.fromisoformat(reading.date)
    if found.tzinfo is None:
        found = found.replace(tzinfo=expected.tzinfo)
    return "right" if abs((expected - found).total_seconds()) < 60 else "wrong"


def _exact_fields(gold: Gold, reading: ReaderResult) -> dict[str, bool]:
    line, wanted = reading.dateline, gold.dateline
    same_line = (line is None) == (wanted is None) and (
        line is None or wanted is None or [folded(text or "") for text in (line if gold.parted else line[:1])]
        == [folded(text or "") for text in (wanted if gold.parted else wanted[:1])]
    )  # fmt: skip
    return {
        "headline": folded(reading.headline or "") == folded(gold.headline),
        "authors": _names(reading.authors) == _names(gold.authors),
        "editors": _names(reading.editors) == _names(gold.editors),
        "sources": _names(reading.sources) == _names(gold.sources),
        "dateline": same_line and bool(reading.body),
    }


def _names(names: Iterable[str]) -> list[str]:
    return [folded(name) for name in names]


def scores(reader: MeasuredReader, pages: Iterable[Gold]) -> list[Score]:
    """Every page read by one reader."""
    return [score(gold, reader.reading(gold), reader.fields) for gold in pages]


def by_site(found: Iterable[Score]) -> dict[tuple[str, str], dict[str, float]]:
    """Mean of the pages for each group and site, figure by figure."""
    parts: dict[tuple[str, str], dict[str, list[float]]] = {}
    for each in found:
        kept = parts.setdefault((each.gold.group, each.gold.site), {})
        for name, value in each.figures.items():
            kept.setdefault(name, []).append(value)
    return {site: {name: fmean(values) for name, values in kept.items()} for site, kept in parts.items()}


def by_group(found: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Mean of the sites for each group, so that a site with many pages does not drown the others."""
    parts: dict[str, dict[str, list[float]]] = {}
    for (group, _), figures in by_site(found).items():
        for name, value in figures.items():
            parts.setdefault(group, {}).setdefault(name, []).append(value)
    medians = {group: median(kept["f1"]) for group, kept in parts.items() if "f1" in kept}
    return {
        group: {
            name: medians[group] if name == "median" else fmean(kept[name])
            for name in FIGURES
            if name in kept or (name == "median" and group in medians)
        }
        for group, kept in parts.items()
    }
