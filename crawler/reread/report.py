"""What a re-reading found, in figures and names: of one share, and of all shares together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from crawler.reread.comparing import Comparison
from storage.record import Json
from storage.text.difference import difference

EXAMPLES_OF_A_SHARE: Final = 2
EXAMPLES: Final = 5
"""Kept for each judgement, in a share and in the manifest."""
NAMED: Final = 1_000
"""Pages named in the manifest, of each kind; the shares name all of them."""

COUNTS: Final = ("articles", "equal", "better", "worse", "undecided", "lost", "no_raw", "damaged", "broken")
"""Each article of a generation counts once in `articles` and once in one of the others."""


class ShareReport:
    """Gathers the report of one share."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.unchanged = 0
        self._fields: dict[str, Counter[str]] = {}
        self._sums: Counter[str] = Counter()
        self._doubts: Counter[str] = Counter()
        self._likeness = [0.0, 0.0]
        self._examples: dict[str, list[Json]] = {}
        self.named: dict[str, list[Json]] = {"lost": [], "broken": [], "damaged": []}

    def note(self, kind: str, article: str, url: str | None, reason: str | None) -> None:
        """An article of which there is nothing to compare; named with the reason if it needs a look."""
        self.counts[kind] += 1
        if kind in self.named:
            self.named[kind].append({"article": article, "url": url, "reason": reason})

    def add(self, article: str, old: Json, new: Json, found: Comparison) -> None:
        """An article that was read again."""
        self.counts[found.text] += 1
        self.unchanged += not found.differs
        for name, change in found.fields.items():
            self._fields.setdefault(name, Counter())[change] += 1
        self._doubts.update(new.get("reading", {}).get("doubts", ()))
        self._sums.update(
            words_before=found.words[0],
            words_now=found.words[1],
            paragraphs_won=len(found.won),
            paragraphs_lost=len(found.lost),
            furniture_before=found.furniture[0],
            furniture_now=found.furniture[1],
        )
        self._likeness[0] += found.likeness[0]
        self._likeness[1] += found.likeness[1]
        examples = self._examples.setdefault(found.text, [])
        if found.text != "equal" and len(examples) < EXAMPLES_OF_A_SHARE:
            examples.append({"article": article, "url": old["url"], "why": found.why, "diff": _lines(old, new)})

    def json(self) -> Json:
        """As it stands in share.json."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "unchanged": self.unchanged,
            "fields": {name: dict(sorted(count.items())) for name, count in sorted(self._fields.items())},
            "sums": dict(sorted(self._sums.items())),
            "doubts": dict(sorted(self._doubts.items())),
            "likeness": {"words": round(self._likeness[0], 6), "paragraphs": round(self._likeness[1], 6)},
            "examples": {text: found for text, found in sorted(self._examples.items()) if found},
            "broken": self.named["broken"],
            "damaged": self.named["damaged"],
        }


def together(shares: Iterable[tuple[str, Json]]) -> Json:
    """The report of all shares, of (outlet, share.json) each; the same shares in the same order give the same report."""
    counts: dict[str, Counter[str]] = {}
    fields: dict[str, Counter[str]] = {}
    sums: Counter[str] = Counter()
    doubts: Counter[str] = Counter()
    likeness = {"words": 0.0, "paragraphs": 0.0}
    examples: dict[str, list[Json]] = {}
    named: dict[str, list[Json]] = {"lost": [], "broken": [], "damaged": []}
    unchanged = 0
    for outlet, share in shares:
        report = share["report"]
        counts.setdefault(outlet, Counter()).update({"articles": share["articles"], **report["counts"]})
        unchanged += report["unchanged"]
        for name, count in report["fields"].items():
            fields.setdefault(name, Counter()).update(count)
        sums.update(report["sums"])
        doubts.update(report.get("doubts", {}))  # shares that an earlier Warraq wrote have none
        for name in likeness:
            likeness[name] += report["likeness"][name]
        for text, found in report["examples"].items():
            examples.setdefault(text, []).extend(found[: EXAMPLES - len(examples.get(text, ()))])
        for kind, whole in (("lost", share["lost"]), ("broken", report["broken"]), ("damaged", report["damaged"])):
            named[kind].extend(whole[: NAMED - len(named[kind])])
    total = sum(counts.values(), Counter())
    compared = sum(total[text] for text in ("equal", "better", "worse", "undecided"))
    return {
        "counts": {name: total[name] for name in COUNTS},
        "outlets": {outlet: {name: count[name] for name in COUNTS} for outlet, count in sorted(counts.items())},
        "unchanged": unchanged,
        "fields": {
            name: {change: count[change] for change in ("won", "lost", "changed")} for name, count in sorted(fields.items())
        },
        "measures": {
            "compared": compared,
            "f1_to_kept": round(likeness["words"] / compared, 4) if compared else None,
            "paragraphs_to_kept": round(likeness["paragraphs"] / compared, 4) if compared else None,
            **dict(sorted(sums.items())),
        },
        "doubts": dict(sorted(doubts.items())),
        "examples": examples,
        **named,
    }


def _lines(old: Json, new: Json, width: int = 400) -> list[str]:
    """The paragraphs that differ, `- ` before one that went and `+ ` before one that came, a moved one did both; cut if long."""
    lines: list[str] = []
    for row in difference(old, new).paragraphs:
        before, after = ("".join(getattr(piece, side) for piece in row.pieces).strip() for side in ("old", "new"))
        if row.kind == "moved":
            before = after
        if row.kind != "same":
            lines += [f"{sign} {text[:width]}" for sign, text in (("-", before), ("+", after)) if text]
    return lines
