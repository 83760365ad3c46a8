"""The figures on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from infra.eval.metrics import FIGURES, Dated, Score, by_group, by_site

BODY = ("precision", "recall", "f1", "median", "paragraphs")
HEADINGS = ("P", "R", "F1", "median", "paragraphs", "< .5", "< .9")  # of BODY and the tail
FIELDS = ("headline", "authors", "editors", "dateline", "sources")
Runs = Mapping[str, Sequence[Score]]


def comparison(runs: Runs) -> Table:
    """Every reader, group by group: body, leaked texts, fields, dates as right/wrong/null."""
    table = Table(title="Readers side by side (means of sites)", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("gold")
    table.add_column("reader", no_wrap=True)
    for heading in (*HEADINGS, "leaked", "headline", "authors", "day r/w/null", "minute r/w/null", "no article", "cases"):
        table.add_column(heading, justify="right")
    for group in _groups(runs):
        for number, (reader, scores) in enumerate(runs.items()):
            own = [each for each in scores if each.gold.group == group]
            figures = by_group(own).get(group, {})
            table.add_row(
                f"{group} ({len(own)})" if number == 0 else "",
                reader,
                *(_coloured(figures.get(name)) for name in BODY),
                *tail(own),
                str(sum(len(each.leaked) for each in own if "clean" in each.figures)),
                _coloured(figures.get("headline")),
                _coloured(figures.get("authors")),
                counts(each.day for each in own),
                counts(each.minute for each in own),
                _coloured(figures.get("refused")),
                _coloured(figures.get("holds")),
                style="bold" if number == 0 else "",
                end_section=number == len(runs) - 1,
            )
    return table


def sites(scores: Sequence[Score], reader: str) -> Table:
    """One reader, site by site, every figure."""
    table = Table(title=f"{reader}, outlet by outlet", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("gold", no_wrap=True)
    table.add_column("pages", justify="right")
    for name in FIGURES:
        table.add_column(name.replace("_", " "), justify="right")
    for (group, site), figures in by_site(scores).items():
        pages = sum((each.gold.group, each.gold.site) == (group, site) for each in scores)
        table.add_row(f"{group}/{site}", str(pages), *(_coloured(figures.get(name)) for name in FIGURES))
    return table


def faults(scores: Sequence[Score]) -> Table | None:
    """The pages with a figure below 1, and which; None when there is none."""
    table = Table(title="Pages with faults", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("page", overflow="fold")
    table.add_column("figures", overflow="fold")
    table.add_column("what", overflow="fold")
    for each in scores:
        missed = {name: value for name, value in each.figures.items() if value < 1}
        if missed:
            shown = " ".join(f"{name} {value:.3f}" if value > 0 else name for name, value in missed.items())
            table.add_row(each.gold.key, shown, Text("; ".join(faults_of(each))))
    return table if table.row_count else None


def faults_of(score: Score) -> list[str]:
    """The faults of a page in words: why it was refused, what leaked, which field is what instead of what."""
    gold, reading = score.gold, score.reading
    if reading.reason and not gold.refusal:
        return [reading.reason]
    if gold.expected:
        return list(score.leaked)
    faults = [f"leaked «{text}»" for text in score.leaked[:3]] if "clean" in score.figures else []
    wrong = [name for name in FIELDS if score.figures.get(name, 1.0) < 1]
    faults += [f"{name} {getattr(reading, name)!r} for {getattr(gold, name)!r}" for name in wrong]
    if min(score.figures.get("day", 1.0), score.figures.get("minute", 1.0), score.figures.get("no_wrong_date", 1.0)) < 1:
        faults.append(f"date {reading.date} for {gold.date}")
    return faults


def _groups(runs: Runs) -> list[str]:
    return list(dict.fromkeys(each.gold.group for scores in runs.values() for each in scores))


def tail(scores: Iterable[Score]) -> tuple[str, str]:
    """How many pages have an F1 below .5, and below .9: a mean hides stories that are lost."""
    measured = [each.figures["f1"] for each in scores if "f1" in each.figures]
    return (str(sum(each < 0.5 for each in measured)), str(sum(each < 0.9 for each in measured))) if measured else ("–", "–")


def cell(value: float | None) -> str:
    """Three decimals, never rounded up to 1."""
    if value is None:
        return "–"
    return "1" if value == 1 else f"{min(value, 0.9994):.3f}".removeprefix("0")


def _coloured(value: float | None) -> Text:
    """The cell, red where a page of a hundred is wrong."""
    return Text(cell(value), style="red" if value is not None and value < 0.99 else "")


def counts(judged: Iterable[Dated]) -> str:
    """Dates right/wrong/null, of the pages that state one or for which one was invented."""
    found = list(judged)
    if all(each == "unstated" for each in found):
        return "–"
    return "/".join(str(found.count(each)) for each in ("right", "wrong", "null"))
