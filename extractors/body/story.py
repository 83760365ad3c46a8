"""The lines of a page as they are sorted: those kept as body, and those dropped, each with the rule that dropped it."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractors.body.blocks import Block
from extractors.explanation import Dropped
from extractors.outlet import Catalogue
from extractors.text import bare


@dataclass(slots=True)
class Story:
    """kept: the lines of the body in order; dropped: all others, as printed; headline: as found among the lines."""

    kept: list[Block] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    headline: str | None = None

    def lines(self, *rules: str) -> list[str]:
        """The dropped lines of these rules, in page order."""
        return [each.text for each in self.dropped if each.rule in rules]

    @property
    def paragraphs(self) -> list[str]:
        """The body."""
        return [block.text for block in self.kept]

    def drop_last(self, rule: str) -> str:
        """Take the last paragraph back."""
        text = bare(self.kept.pop().text)
        self.dropped.append(Dropped(text, rule))
        return text


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the page before its lines are judged.

    trusted: a layout gave the container, so that unlabelled short lines are story; headlines, newsroom_names:
    in matching form; captions: as printed; boilerplate_lines: those that recur on the site's pages, as hashes.
    """

    catalogue: Catalogue
    trusted: bool
    headlines: frozenset[str] = frozenset()
    captions: frozenset[str] = frozenset()
    boilerplate_lines: frozenset[str] = frozenset()
    newsroom_names: frozenset[str] = frozenset()
