"""Why a page reads as it does: where each field came from, what lost, which lines went and by which rule. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from extractors.article import Article, Doubt, NotAnArticle


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line that is not story. rule: a short fixed name such as `caption`, `ticker`, `closing`, `markup: figcaption`."""

    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where a field came from. value: as text, lists joined by « · »; source: such as `json-ld`, `page`, `og:title`.

    lost: the other candidates that said something, as (source, value), in the order in which they would have been taken.
    """

    name: str
    value: str
    source: str
    lost: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reading, told. container: CSS-like path of the element chosen, or "page" when no layout named one.

    dropped: every line of the page that did not become body, in page order. disagreements: sentences such as
    "date_published: json-ld 2020-01-02T…, page 3 كانون الثاني 2020 (more than a day apart)".
    doubts: of the body; ours, second: what we and a second reader took for the story, in paragraphs; empty where none was asked.
    """

    result: Article | NotAnArticle
    layout: str
    container: str
    fields: tuple[FieldSource, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    disagreements: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    ours: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
