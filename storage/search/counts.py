"""How many articles answer a question, by month of publication and outlet."""

from __future__ import annotations

from dataclasses import dataclass

from storage.search.index import SearchIndex
from storage.search.query import Query
from storage.search.search import EVERYTHING, MAX_SECONDS, Filters, bounded, is_exact


@dataclass(frozen=True, slots=True)
class MonthCount:
    """month: YYYY-MM (UTC), None for articles whose date of publication is not known; articles: distinct ids."""

    month: str | None
    outlet: str
    articles: int


def months(
    index: SearchIndex, query: Query | None, filters: Filters = EVERYTHING, *, seconds: float = MAX_SECONDS
) -> list[MonthCount]:
    """Counts of the articles that `search` finds, by month and outlet, in their order. QueryError: it takes longer than
    `seconds`.

    Read from one covering index, not from the texts; only a query with exact phrases looks into each text that may have them.
    """
    clauses, values = filters.clauses()
    source = "article INDEXED BY article_facts"
    if query is not None:
        clauses.append("row IN (SELECT rowid FROM text WHERE text MATCH ?)")
        values.append(query.match)
        if query.exact or query.absent:
            exactly = lambda headline, body, authors: is_exact(query, headline, body, authors)  # noqa: E731
            index.database.create_function("exactly", 3, exactly, deterministic=True)
            source = "article JOIN body USING (row)"
            clauses.append("exactly(headline, body, authors)")
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    sql = f"SELECT substr(published, 1, 7) AS month, outlet, count(DISTINCT id) FROM {source} {where}GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608  # our own words
    with bounded(index.database, seconds) as (database, _):
        return [MonthCount(*row) for row in database.execute(sql, values)]
