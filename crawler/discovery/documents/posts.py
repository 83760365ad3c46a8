"""The collection of posts of WordPress' REST API (`wp/v2/posts`)."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.discovery.documents.addresses import absolute
from crawler.discovery.documents.json_text import load_json, load_rows
from crawler.discovery.documents.text import RawDocument, UnreadableError, text_of


@dataclass(frozen=True, slots=True)
class Post:
    """id: "" where the API gives none; url: None where its link is no address; dates as they stand there (UTC without offset)."""

    id: str
    url: str | None
    published: str
    modified: str
    status: str


@dataclass(frozen=True, slots=True)
class Posts:
    """whole: False where the list is cut or broken, so that some of its posts are missing."""

    posts: tuple[Post, ...]
    whole: bool


def read_posts(document: RawDocument) -> Posts:
    """Raises UnreadableError for what is no list of posts."""
    text = text_of(document)
    try:
        rows, whole = load_rows(text.text)
    except UnreadableError as error:
        raise UnreadableError(f"{error} of posts" if str(error) == "is not a list" else str(error)) from None
    if rows and not any(isinstance(row, dict) and "link" in row for row in rows):
        raise UnreadableError(f"has {len(rows)} rows, none of which is a post")
    return Posts(tuple(_post(row, document.url) for row in rows), whole and text.whole)


def read_code(document: RawDocument) -> str | None:
    """The `code` of an error that the API states; None for anything else."""
    try:
        error = load_json(text_of(document).text)
    except UnreadableError:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    return code[:100] if isinstance(code, str) else None


def _post(value: object, base: str) -> Post:
    row = value if isinstance(value, dict) else {}
    link, number = row.get("link"), row.get("id")
    return Post(
        str(number) if isinstance(number, (int, str)) and not isinstance(number, bool) else "",
        absolute(base, link) if isinstance(link, str) else None,
        published=_text(row.get("date_gmt")),
        modified=_text(row.get("modified_gmt")),
        status=_text(row.get("status")) or "publish",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
