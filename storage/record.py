"""The article record, schema version 2: what stands in `articles/`, field by field, in this order.

The JSON Schemas (2020-12) of all versions are `storage/schema/article-<n>.json`, also written into every archive. A record of an
earlier version stays as it is and keeps to its own schema.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from types import UnionType
from typing import Any, Final

from extractors.article import Article, TextBlock, Via
from storage.errors import Damaged
from storage.text.identity import NORMALIZATION

SCHEMA_VERSION: Final = 2
_KINDS: Final[tuple[tuple[type | UnionType, tuple[str, ...]], ...]] = (
    (str, ("id", "outlet", "url", "headline", "body", "content_hash", "run_id")),
    (str | None, ("date_published", "date_modified")),
    (list, ("authors", "editors", "section", "keywords", "sources", "links", "images", "embeds")),
    (int, ("revision",)),
)
"""What those that read a record take for granted, beside its capture."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Where the raw bytes stand: `length` bytes at `offset` of the archive's object `file` are one gzip member, one WARC record.

    record_id: `<urn:uuid:…>`; payload_digest: `sha256:<hex>` of the HTTP body as it came (content coding kept).
    """

    file: str
    offset: int
    length: int
    record_id: str
    payload_digest: str


@dataclass(frozen=True, slots=True)
class Capture:
    """How the page behind an article came to us. fetched_at, memento_at: aware; warc: None where raw bytes are not kept."""

    fetched_at: datetime
    status: int
    via: Via = "live"
    memento_at: datetime | None = None
    warc: Pointer | None = None


def record(article: Article, capture: Capture, *, content_hash: str, revision: int, previous: str | None, run_id: str) -> Json:
    """The record of an article as this run keeps it. `previous`: content hash of the revision before, or None.

    content_hash: of headline and body, see `storage.text.identity`.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "id": article.id,
        "outlet": article.outlet,
        "kind": article.kind,
        "language": article.language,
        "url": article.url,
        "fetched_url": article.fetched_url,
        "headline": article.headline,
        "description": article.description,
        "body": article.body,
        "blocks": [{"type": block.type, "level": block.level, "text": block.text} for block in _blocks(article)],
        "dateline": to_dict(article.dateline) if article.dateline else None,
        "authors": list(article.authors),
        "editors": list(article.editors),
        "section": list(article.section),
        "keywords": list(article.keywords),
        "sources": list(article.sources),
        "date_published": article.date_published,
        "date_modified": article.date_modified,
        "date_published_raw": article.date_published_raw,
        "date_published_precision": article.date_published_precision,
        "date_published_source": article.date_published_source,
        "date_published_relative": article.date_published_relative,
        "images": [to_dict(image) for image in article.images],
        "embeds": [to_dict(embed) for embed in article.embeds],
        "links": list(article.links),
        "disagreements": [to_dict(each) for each in article.disagreements],
        "reading": {"doubts": list(article.reading.doubts), "second": _second(article)},
        "content_hash": content_hash,
        "normalization": NORMALIZATION,
        "revision": revision,
        "previous": previous,
        "capture": capture_json(capture),
        "extractor": to_dict(article.extractor),
        "run_id": run_id,
    }


def blocks_of(record: Json) -> list[Json]:
    """The structure of a record's body; of one of schema 1, which tells none, paragraphs."""
    paragraphs = (TextBlock("paragraph", text) for text in record["body"].split("\n\n") if text)
    return record.get("blocks") or [to_dict(block) for block in paragraphs]


def _blocks(article: Article) -> tuple[TextBlock, ...]:
    """The structure of the body; paragraphs alone where the article does not tell it, or tells it of another text."""
    if article.blocks and "\n\n".join(block.text for block in article.blocks) == article.body:
        return article.blocks
    return tuple(TextBlock("paragraph", text) for text in article.body.split("\n\n") if text)


def _second(article: Article) -> Json | None:
    return to_dict(article.reading.second) if article.reading.second else None


def to_dict(value: Any) -> Any:
    """As `dataclasses.asdict` does, in a tenth of the time: no value is copied, for none of an article's can change."""
    names = getattr(value, "__dataclass_fields__", None)
    if names is not None:
        return {name: to_dict(getattr(value, name)) for name in names}
    return tuple(map(to_dict, value)) if isinstance(value, tuple) else value


def capture_json(capture: Capture) -> Json:
    """The `capture` object of a record."""
    return {
        "via": capture.via,
        "fetched_at": rfc3339(capture.fetched_at),
        "memento_at": rfc3339(capture.memento_at) if capture.memento_at else None,
        "status": capture.status,
        "warc": to_dict(capture.warc) if capture.warc else None,
    }


def rfc3339(moment: datetime) -> str:
    """UTC with `Z`, whole seconds or microseconds. ValueError for a naive datetime: it names no instant."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(text: object) -> datetime | None:
    """An RFC 3339 instant (aware), None if the text is none or names no offset."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds from 1970 to an aware moment: they compare as moments do."""
    return (at - _EPOCH) // _MICROSECOND


def instant(micros: int) -> datetime:
    """The moment of `micros`, aware."""
    return _EPOCH + micros * _MICROSECOND


def to_bytes(value: Json) -> bytes:
    """One line of JSON in UTF-8, a line end after it. The same value gives the same bytes.

    A lone surrogate (from a broken escape in a page's JSON-LD) has no UTF-8 and becomes "?".
    """
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode(errors="replace")


def from_bytes(where: str, data: bytes) -> Json:
    """The JSON object in these bytes. Damaged, with `where` they stand, if there is none."""
    try:
        value = json.loads(data)
        if _MAY_BE_HALVES.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Damaged(f"{where} holds half a surrogate pair, which is no character") from error
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{where} is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise Damaged(f"{where} is not a JSON object")
    return value


_MAY_BE_HALVES: Final = re.compile(rb"\\u[dD]|\xed[\xa0-\xbf]")
"""An escape, or what Python takes for UTF-8, of half a surrogate pair: `to_bytes` writes neither, and no output takes it."""


def article_from_bytes(where: str, data: bytes) -> Json:
    """The article record in these bytes, with all that every version of the record has. Damaged: it is none.

    Whether each value is what its schema says is for `verify`: one that is odd keeps nobody from the others.
    """
    value = from_bytes(where, data)
    problem = _problem(value)
    if problem is not None:
        raise Damaged(f"{where} is no article record ({problem})")
    return value


def _problem(value: Json) -> str | None:
    for name in _required():
        if name not in value:
            return f"it has no {name}"
    for kind, names in _KINDS:
        for name in names:
            if not isinstance(value[name], kind):
                return f"{name} is {value[name]!r}"[:100]
    capture = value["capture"]
    if not isinstance(capture, dict) or not isinstance(capture.get("fetched_at"), str) or "warc" not in capture:
        return "its capture is none"
    return None


@cache
def _required() -> tuple[str, ...]:
    return tuple(json.loads(schema(1))["required"])


def schema(version: int = SCHEMA_VERSION) -> bytes:
    """The JSON Schema of a version of the record, as shipped. FileNotFoundError for a version that is none."""
    return resources.files("storage").joinpath("schema", f"article-{version}.json").read_bytes()
