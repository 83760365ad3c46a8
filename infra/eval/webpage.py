"""The figures as one HTML page, with a word diff of every page for the eyes.

It holds texts of gold: it stays out of the repository.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from html import escape

from rich.console import Console
from rich.table import Table

from extractors.measures import folded
from infra.eval.metrics import Score
from infra.eval.table import cell, comparison, faults_of, sites

STYLE = """
:root { color-scheme: light dark; --lost: #b3261e; --extra: #1b6e3c; --line: #8884; }
body { font: 17px/1.9 "Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", "Geeza Pro", Tahoma, sans-serif; max-width: 72rem;
  margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1, h2, h3, summary, .legend, .fields { font-family: system-ui, "Noto Sans Arabic", Tahoma, sans-serif; }
h1, h2, h3, .legend, .what { direction: ltr; text-align: left; line-height: 1.4; }
pre { direction: ltr; overflow-x: auto; font-size: .7rem; line-height: 1.4; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
summary { direction: ltr; text-align: left; cursor: pointer; font-size: .9rem; }
summary .bad { color: var(--lost); }
.diff { padding: .5rem 1rem; border-inline-start: 3px solid var(--line); }
.diff p { margin: .6rem 0; }
.diff h3 { direction: rtl; text-align: right; }
del { color: var(--lost); background: #b3261e1f; text-decoration: line-through; }
ins { color: var(--extra); background: #1b6e3c24; text-decoration: underline; }
.what { font-size: .85rem; margin: .2rem 0; }
""".strip()
BREAK = "¶"
_WIDTH = 260  # columns of the tables


def webpage(runs: Mapping[str, Sequence[Score]], ours: str, made_of: Mapping[str, str]) -> str:
    """The whole document. `runs`: scores by reader; `made_of`: versions of the readers."""
    versions = escape(" · ".join(f"{name} {version}" for name, version in made_of.items()))
    return (
        f'<!DOCTYPE html>\n<html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>Warraq: how well pages are read</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>\n'
        f'<h1>How well pages are read</h1><p class="legend">{versions}</p>\n'
        f"{_rendered(comparison(runs), sites(runs[ours], ours))}\n"
        f'<h2>Page by page</h2><p class="legend">Words of gold that were <del>lost</del>, words that were read and '
        f"<ins>should not be</ins>; {BREAK} where only a paragraph's end differs. Pages with faults are open.</p>\n"
        f"{''.join(_page(number, runs, ours) for number in range(len(runs[ours])))}</body></html>\n"
    )


def _rendered(*tables: Table) -> str:
    """Tables of the terminal as HTML."""
    console = Console(record=True, file=io.StringIO(), width=_WIDTH)
    console.print(*tables)
    return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def _page(number: int, runs: Mapping[str, Sequence[Score]], ours: str) -> str:
    score = runs[ours][number]
    gold = score.gold
    missed = [f"{name} {cell(value)}" for name, value in score.figures.items() if value < 1]
    date_cell = f'<span class="bad">{escape(", ".join(missed))}</span>' if missed else "exact"
    peers = " · ".join(f"{name} {cell(scores[number].figures.get('f1'))}" for name, scores in runs.items() if name != ours)
    if gold.expected:
        content = "".join(f'<p class="what">{escape(fault)}</p>' for fault in faults_of(score))
    elif gold.refusal is not None:
        content = f'<p class="what">No article. Read as: {escape(score.reading.reason or "an article")}</p>'
    else:
        told_in_words = "".join(f'<p class="what">{escape(fault)}</p>' for fault in faults_of(score))
        content = f'{told_in_words}<div class="diff"><h3>{escape(gold.headline)}</h3>{diff(gold.body, score.reading.body)}</div>'
    layout = f" · {score.reading.layout}" if score.reading.layout else ""
    return (
        f"<details{' open' if missed else ''}><summary>{escape(gold.key)}{escape(layout)} · {date_cell}"
        f"{f' · F1 of others: {escape(peers)}' if peers and gold.refusal is None else ''}</summary>{content}</details>\n"
    )


def diff(gold: Sequence[str], read: Sequence[str]) -> str:
    """Paragraphs of gold as HTML, <del> round words that were not read, <ins> round words that are not gold's."""
    left, right = _tokens(gold), _tokens(read)
    parts: list[str] = []
    for change, start, end, other_start, other_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if change == "equal":
            parts.append(_plain(left[start:end]))
            continue
        parts.append(_marked("del", left[start:end]) + _marked("ins", right[other_start:other_end]))
    return (
        f"<p>{' '.join(part for part in parts if part)}</p>".replace("<p></p>", "")
        .replace("<p> ", "<p>")
        .replace(" </p>", "</p>")
    )


def _tokens(paragraphs: Sequence[str]) -> list[str]:
    return [token for text in paragraphs for token in (*folded(text).split(), BREAK)]


def _plain(tokens: Sequence[str]) -> str:
    return "</p><p>".join(escape(part.strip()) for part in " ".join(tokens).split(BREAK))


def _marked(tag: str, tokens: Sequence[str]) -> str:
    """Each paragraph's part in a mark of its own; the end of a paragraph is shown where it differs."""
    end = f"<{tag}>{BREAK}</{tag}>"
    if list(tokens) == [BREAK]:
        return end
    parts = [escape(part.strip()) for part in " ".join(tokens).split(BREAK)]
    return f"{end}</p><p>".join(f"<{tag}>{part}</{tag}>" if part else "" for part in parts)
