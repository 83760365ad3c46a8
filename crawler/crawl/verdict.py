"""Whether a crawl got anything where there was something to get; if not, which of the known causes it is, in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel

from crawler.state_file import PastMoment, StateFile

if TYPE_CHECKING:
    from crawler.crawl.statistics import CrawlStatistics

Cause = Literal["challenge", "pages", "elsewhere", "grammar", "sources", "died"]
CAUSES: Final[tuple[Cause, ...]] = ("challenge", "pages", "elsewhere", "grammar", "sources", "died")
MANY: Final = 3
"""So few pages that are honestly no articles, or links that lead elsewhere, say nothing of an outlet."""
SAME: Final = 5
"""So many addresses of one crawl that show one text, and are most of what it got: the site sends it in the articles' place."""
_NAMED: Final = 3
"""So many different reasons are named in the line."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """cause: one of CAUSES; detail: for a person, one line."""

    cause: Cause
    detail: str


class StandingVerdict(BaseModel):
    """What `warraq status` shows. since: of the first crawl that came to this cause."""

    cause: Cause
    detail: str
    since: PastMoment
    at: PastMoment


VERDICT = StateFile[StandingVerdict | None]("verdict.json", StandingVerdict | None, default=lambda: None, is_note=True)


def judge(statistics: CrawlStatistics) -> Verdict | None:
    """The verdict on a crawl's addresses; None for one that got articles, or that had nothing new to get."""
    counts = statistics.addresses
    if counts.moved:
        return Verdict("elsewhere", "; ".join(counts.moved))
    if not counts.articles_named and counts.other_kinds.total() >= MANY:
        total = counts.other_kinds.total()
        return Verdict("grammar", f"{total} addresses, none has the form of an article: {_listed(counts.other_kinds)}")
    ((_, same),) = counts.same_text.most_common(1) or [("", 0)]
    if same >= SAME and 2 * same > counts.got:
        return Verdict("pages", f"{same} addresses show one and the same text, which another address has too")
    if counts.got:
        return None
    known = counts.left_known
    bad = counts.failed if counts.failed or known else counts.failed + counts.failed_again
    honest = counts.no_article if bad or not known or counts.no_article.total() >= MANY else Counter()
    reasons = bad + honest
    if not reasons:
        return None
    total = reasons.total()
    line = f"{total} address{'es' * (total > 1)}, none became an article: {_listed(reasons)}"
    challenged = sum(number for reason, number in reasons.items() if reason.startswith("challenge"))
    return Verdict("challenge" if challenged * 2 > total else "pages", line)


def _listed(reasons: Counter[str]) -> str:
    """`12 × challenge (cloudflare), 3 × HTTP 500, and 2 more`."""
    most = reasons.most_common(_NAMED)
    rest = reasons.total() - sum(number for _, number in most)
    return ", ".join(f"{number} × {reason}" for reason, number in most) + (f", and {rest} more" if rest else "")
