"""Which pages of an unknown site are looked at, and in what order, to find out which addresses are articles."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.discovery.listing_pages import is_numbered
from crawler.survey.evidence import NAV_WORDS, Evidence, SeenAddress
from crawler.survey.grammar import USUAL, takes
from crawler.survey.past import PastPage


class PageChooser:
    """Which address to look at next: shapes that feeds name first, then those whose pages were articles, then others in turn."""

    def __init__(self, evidence: Evidence, past: Mapping[str, list[PastPage]]) -> None:
        """past: captures by address, where the site itself is gone: no other address can be looked at."""
        self._evidence, self._past = evidence, past
        self._looked: dict[tuple[str, ...], list[bool]] = {}
        self._done: set[str] = set()

    def learn(self, seen: SeenAddress) -> None:
        self._looked.setdefault(seen.shape.key, []).append(bool(seen.is_article))

    def next(self) -> SeenAddress | None:
        clusters: dict[tuple[str, ...], list[SeenAddress]] = {}
        for seen in self._evidence.all:
            if seen.url not in self._done and self._is_candidate(seen):
                clusters.setdefault(seen.shape.key, []).append(seen)
        if not clusters:
            return None
        key = max(clusters, key=lambda each: self._worth(each, clusters[each]))
        if self._worth(key, clusters[key])[0] < 0:
            return None
        chosen = self._one_of(clusters[key], len(self._looked.get(key, ())))
        self._done.add(chosen.url)
        return chosen

    def _worth(self, key: tuple[str, ...], cluster: list[SeenAddress]) -> tuple[int, float]:
        """Three of each cluster at first, where some are articles; then the largest."""
        looked = self._looked.get(key, [])
        listed = sum(seen.listed_as_article for seen in cluster)
        telling = sum(seen.words > 3 or seen.listed_as_article for seen in cluster)
        if len(looked) >= 2 and not any(looked):
            return -1, 0
        if not looked:
            return (4 if listed else 3 if telling else 1), telling or len(cluster) / 1000
        return (2 if any(looked) else 0), -len(looked)

    def _is_candidate(self, seen: SeenAddress) -> bool:
        if seen.is_article is not None or self._evidence.is_navigation(seen) or (self._past and seen.url not in self._past):
            return False
        if is_numbered(seen.url) and seen.words <= NAV_WORDS and not seen.named_by:
            return False  # the next page of a listing
        if not seen.listed_as_article and any(takes(route, seen) for route, _ in USUAL):
            return False
        last = (*seen.shape.path, *seen.shape.query)[-1]
        return seen.listed_as_article or last.kind != "word" or seen.words > 3 or bool(seen.named_by)

    def _one_of(self, cluster: list[SeenAddress], turn: int) -> SeenAddress:
        """By turns the newest, the oldest and one between, as far as the order of lists tells."""
        listed = [seen for seen in cluster if seen.listed_as_article or seen.words > 3] or cluster
        return listed[(0, -1, len(listed) // 2, len(listed) // 4)[turn % 4]]
