"""A visit of a URL that showed an article, and what becomes of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from extractors.article import Article
from storage import keys
from storage.index.known import RevisitHints
from storage.record import Capture, Json, capture_json, record
from storage.record import moment as instant
from storage.text.identity import content_hash

Fate = Literal["kept", "revised", "unchanged", "duplicate", "not_an_article", "gone", "refused", "failed"]
Settled = Literal["unchanged", "not_an_article", "gone", "refused", "failed"]
"""The fates a URL can be settled with without an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a URL. content_hash, key, revision: of the content it shows (None, None, None without one)."""

    fate: Fate
    url: str
    outlet: str
    content_hash: str | None = None
    key: str | None = None
    revision: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeepRequest:
    """An article to be kept. hint: what discovery says of it. for_url: the discovered URL that led to it, if it is another than
    `article.url`; it is the one that is settled, and both are known from now on. validators: of the page, by request header, for
    the next look at it.
    """

    article: Article
    capture: Capture
    hint: str | None = None
    for_url: str | None = None
    validators: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleVisit:
    """A URL that showed an article. `record`: the article's record, given its revision and the hash of the one before.

    captured: when we got it, by which the article is filed; moment: when the URL showed it, which is earlier for a capture
    of a web archive. older: whether it is from before what is known, where that was settled already; None: see for yourself.
    hints: what a later visit needs, None if there is to be none.
    """

    outlet: str
    url: str
    id: str
    content_hash: str
    record: Callable[[int, str | None], Json]
    captured: datetime
    capture: Json | None
    moment: datetime
    hint: str | None = None
    older: bool | None = None
    hints: RevisitHints | None = None


def visit(
    article: Article, capture: Capture, run_id: str, hint: str | None = None, validators: dict[str, str] | None = None
) -> ArticleVisit:
    """The visit that `article` was read at. validators: of its page, by request header."""
    live = capture.via == "live"
    moment = (capture.memento_at or capture.fetched_at).astimezone(UTC)
    digest = content_hash(article.headline, article.body)
    return ArticleVisit(
        outlet=keys.checked_slug(article.outlet),
        url=article.url,
        id=article.id,
        content_hash=digest,
        record=lambda revision, previous: record(
            article, capture, content_hash=digest, revision=revision, previous=previous, run_id=run_id
        ),
        captured=capture.fetched_at.astimezone(UTC),
        capture=capture_json(capture),
        moment=moment,
        hint=hint,
        hints=RevisitHints(
            address=article.fetched_url if live else None,
            published=instant(article.date_published) or moment,
            validators=validators if live else None,
        ),
    )


def outcome_of(visit: ArticleVisit, fate: Fate, key: str | None, revision: int) -> Outcome:
    """What became of a visit, by the article (key) and the revision that its content is."""
    return Outcome(
        fate=fate,
        url=visit.url,
        outlet=visit.outlet,
        content_hash=visit.content_hash,
        key=key,
        revision=revision,
    )
