"""What is remembered of a reading: contradictions and doubts always; where everything came from, if it is to be explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from selectolax.lexbor import LexborNode

from extractors.article import Article, Dateline, Disagreement, Doubt, NotAnArticle
from extractors.explanation import Dropped, Explanation, FieldSource
from extractors.text import bare, display, matching

T = TypeVar("T")
_CUT_SHORT = 30  # letters; a headline cut at fewer would be another headline


class Trace:
    """Chooses fields by their stated order and keeps what disagreed; `awake`, also what it chose from and what was cut away."""

    def __init__(self, *, awake: bool) -> None:
        self.awake = awake
        self.layout = "none"
        self.container = "page"
        self.doubts: set[Doubt] = set()
        self.ours: list[str] = []
        self.second: list[str] = []
        self.judged: list[Dropped] = []
        self._fields: list[FieldSource] = []
        self.disagreements: list[Disagreement] = []
        self._cut: list[tuple[str, str]] = []
        self._lines: list[str] = []
        self._next: list[str] = []

    def choose(self, name: str, candidates: Iterable[tuple[str, T]], *, same: Callable[[T, T], bool] | None = None) -> T | None:
        """The first candidate that says anything.

        same: tells whether two candidates agree; without it any two do, and those after the first are looked at only when awake.
        """
        if same is None and not self.awake:
            return next((value for _, value in candidates if value), None)
        values = [(source, value) for source, value in candidates if value]
        if not values:
            return None
        (source, chosen), *lost = values
        if self.awake:
            shown = tuple((loser, _shown(value)) for loser, value in lost)
            self._fields.append(FieldSource(name, _shown(chosen), source, shown))
        for loser, value in lost:
            if same is not None and not same(chosen, value):
                self.disagree(Disagreement(name, source, loser, _shown(value)))
        return chosen

    def disagree(self, disagreement: Disagreement) -> None:
        """Note a contradiction between parts of the page, once."""
        if disagreement not in self.disagreements:
            self.disagreements.append(disagreement)

    def field(self, source: FieldSource) -> None:
        """Note a field whose choice was made elsewhere."""
        if self.awake:
            self._fields.append(source)

    def found(self, layout: str, container: LexborNode | None) -> None:
        """Note the path that spoke and the element it chose."""
        if self.awake:
            self.layout = layout
            self.container = _path(container) if container is not None else "page"

    def cut(self, text: str, rule: str) -> None:
        """Note an element that is taken out of the tree: its text, a line for each part, and the selector that names it."""
        if self.awake:
            self._cut += [(line, f"markup: {rule}") for each in text.splitlines() if (line := display(each))]

    def drop(self, texts: Iterable[str], rule: str) -> None:
        """Note lines that go before they are judged one by one."""
        if self.awake:
            self.judged += [Dropped(text, rule) for text in texts]

    def see(self, lines: list[str]) -> None:
        """Take all lines of the page, in page order, before anything is cut away."""
        self._lines = lines

    def see_next(self, lines: Iterable[str]) -> None:
        """Take the lines of another story that the page loads under its own; none of them is looked at."""
        self._next += lines

    def explanation(self, result: Article | NotAnArticle) -> Explanation:
        """Everything remembered."""
        kept = result.body.split("\n\n") if isinstance(result, Article) else []
        headline = result.headline if isinstance(result, Article) else None
        dropped = tuple(self._in_page_order(Counter(kept), headline))
        chosen = {field.name: field.value for field in self._fields}
        disagreements = tuple(_sentence(each, chosen.get(each.field)) for each in self.disagreements)
        doubts = tuple(sorted(self.doubts))
        texts = (tuple(self.ours), tuple(self.second))
        return Explanation(result, self.layout, self.container, tuple(self._fields), dropped, disagreements, doubts, *texts)

    def _in_page_order(self, kept: Counter[str], headline: str | None) -> Iterable[Dropped]:
        rules: dict[str, list[str]] = {}
        for each in reversed(self.judged):
            rules.setdefault(bare(each.text), []).append(each.rule)
        cut = dict(reversed(self._cut))
        body = "".join("".join(text.split()) for text in kept)
        # Where no layout named a container there is none to be outside of.
        outside = "outside the container" if self.container != "page" else "beside the story"
        for text in self._lines:
            disagreement = rules.get(bare(text))
            if disagreement:
                rule = disagreement[-1] if len(disagreement) == 1 else disagreement.pop()
            elif kept[text] > 0 or (len(text) > 40 and "".join(text.split()) in body):
                kept[text] -= 1
                continue
            else:
                rule = _cut_rule(text, cut) or ("headline" if text == headline else outside)
            yield Dropped(text, rule)
        for text in self._next:
            yield Dropped(text, "next story")


def _sentence(disagreement: Disagreement, value: str | None) -> str:
    chosen = disagreement.chosen
    believed = f"{chosen} {value}" if chosen and value else "nothing is believed" if disagreement.field != "body" else chosen
    note = f" ({disagreement.note})" if disagreement.note else ""
    return f"{disagreement.field}: {believed}, {disagreement.other} {disagreement.value}{note}"


def _cut_rule(text: str, cut: dict[str, str]) -> str | None:
    """The rule that took a line's element; a line of several inline parts was noted in parts."""
    if text in cut:
        return cut[text]
    return next((rule for line, rule in cut.items() if len(line) >= 8 and text.startswith(line)), None)


def _path(node: LexborNode) -> str:
    """«body > div.wrap > div.content-article», the last four steps."""
    steps: list[str] = []
    at: LexborNode | None = node
    while at is not None and at.tag not in {None, "html", "-undef"} and len(steps) < 4:
        mark = at.attributes.get("id")
        classes = (at.attributes.get("class") or "").split()
        steps.append(f"{at.tag}{f'#{mark}' if mark else ''}{''.join('.' + each for each in classes[:3])}")
        at = at.parent
    return " > ".join(reversed(steps))


def _shown(value: object) -> str:
    if isinstance(value, Dateline):
        return value.text
    if isinstance(value, tuple | list):
        return " · ".join(map(str, value))
    return str(value)


def same_headline(one: str, other: str) -> bool:
    """Whether two headlines say the same, one of them perhaps cut short or the other with the site's name beside it."""
    shorter, longer = sorted((matching(one), matching(other)), key=len)
    return longer == shorter or (len(shorter) >= _CUT_SHORT and shorter in longer)


def same_names(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists hold the same names, in any order."""
    return {matching(each) for each in one} == {matching(each) for each in other}


def share_names(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists have a name in common: a breadcrumb names more sections than the data do."""
    return not {matching(each) for each in one}.isdisjoint(map(matching, other))
