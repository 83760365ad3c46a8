"""Recorded pages: `<name>.html`, the bytes as the server sent them, beside `<name>.json`, how they came and what they say.

{"page": {"url": …, "content_type": …, "status": 200, "fetched_at": …}, "article": {…}} or {"page": …, "not_an_article":
"listing"}
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from extractors.article import (
    Article,
    BlockType,
    Dateline,
    Disagreement,
    Embed,
    Extractor,
    Image,
    NotAnArticle,
    Page,
    Reading,
    SecondReading,
    TextBlock,
)

_PAGE_FIELDS = ("url", "content_type", "status", "fetched_at", "fetched_url", "via", "memento_at")


class MissingExpectationError(Exception):
    """A recorded page without its .json: nobody said what it should give. The message names the command that writes it."""


def page_from_fixture(html_path: Path) -> tuple[Page, Article | str]:
    """A recorded page and what is expected of it: an article, or the reason why it is none. Raises MissingExpectationError."""
    json_path = html_path.with_suffix(".json")
    if not json_path.exists():
        outlet = html_path.parent.name
        raise MissingExpectationError(f"{json_path} is missing; write it with: warraq record {outlet} {html_path}")
    data = json.loads(json_path.read_text(encoding="utf-8"))
    page = _page(data["page"], html_path.read_bytes())
    return page, (article_from_json(data["article"]) if "article" in data else str(data["not_an_article"]))


def fixture_json(page: Page, result: Article | NotAnArticle) -> str:
    """The .json of a recorded page: for a person to check, so unknown fields are left out and Arabic stays readable."""
    stated = {name: getattr(page, name) for name in _PAGE_FIELDS if getattr(page, name) is not None}
    if stated.get("via") == "live":
        del stated["via"]
    data: dict[str, Any] = {"page": stated}
    if isinstance(result, NotAnArticle):
        data["not_an_article"] = result.reason
    else:
        article = {name: value for name, value in asdict(result).items() if value not in (None, (), False)}
        article["body"] = result.body.split("\n\n")
        article["blocks"] = [_structure(block) for block in result.blocks]
        if article["blocks"] == ["paragraph"] * len(article["body"]):
            del article["blocks"]
        if result.reading == Reading():
            del article["reading"]
        data["article"] = article
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain) + "\n"


def article_from_json(data: dict[str, Any]) -> Article:
    """An article as it stands in a fixture: body is a list of paragraphs there, blocks what each is («heading 2»; left out where
    all are paragraphs), reading left out where nothing was doubted.
    """
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    fields["body"] = "\n\n".join(data["body"])
    kinds = data.get("blocks", ["paragraph"] * len(data["body"]))
    fields["blocks"] = tuple(_block(kind, text) for kind, text in zip(kinds, data["body"], strict=True))
    if "reading" in data:
        second = data["reading"]["second"]
        fields["reading"] = Reading(tuple(data["reading"]["doubts"]), SecondReading(**second) if second else None)
    fields["extractor"] = Extractor(**data["extractor"])
    if data.get("dateline"):
        fields["dateline"] = Dateline(**data["dateline"])
    fields["images"] = tuple(Image(**image) for image in data.get("images", ()))
    fields["embeds"] = tuple(Embed(**embed) for embed in data.get("embeds", ()))
    fields["disagreements"] = tuple(Disagreement(**each) for each in data.get("disagreements", ()))
    return Article(**fields)


def _structure(block: TextBlock) -> str:
    return f"{block.type} {block.level}" if block.level is not None else block.type


def _block(structure: str, text: str) -> TextBlock:
    kind, _, level = structure.partition(" ")
    return TextBlock(cast(BlockType, kind), text, int(level) if level else None)


def _page(data: dict[str, Any], body: bytes) -> Page:
    moments = {name: datetime.fromisoformat(data[name]) for name in ("fetched_at", "memento_at") if data.get(name)}
    return Page(body=body, **{**data, **moments})


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a fixture")
