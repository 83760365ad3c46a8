"""An article record as Markdown (CommonMark): headline, where and when, then the body with its structure."""

from __future__ import annotations

import re

from storage.record import Json, blocks_of

_SIGNS = re.compile(r"([\\`*_\[\]<>&])")
_AT_START = re.compile(r"(?P<number>\d+)(?P<point>[.)])(?=\s|$)|(?P<sign>[#+\-=~|])")


def to_markdown(record: Json) -> str:
    """One article, a line end after it."""
    facts = (record["url"], record["date_published"], *record["authors"])
    parts = [f"# {_escaped(record['headline'])}", " · ".join(_escaped(fact) for fact in facts if fact)]
    before = ""
    for block in blocks_of(record):
        line = _line(block)
        if block["type"] == before == "list_item":
            parts[-1] += f"\n{line}"
        elif block["type"] == before == "table_row":
            parts[-1] += f"\\\n{line}"
        elif block["type"] == before == "quote":
            parts[-1] += f"\n>\n{line}"
        else:
            parts.append(line)
        before = block["type"]
    return "\n\n".join(parts) + "\n"


def _line(block: Json) -> str:
    """A row of a table stands on a line of its own: which cells it had is not kept."""
    text = _escaped(block["text"])
    if block["type"] == "heading":
        # The headline is the only heading of the first level.
        return f"{'#' * max(2, block['level'])} {text}"
    if block["type"] == "list_item":
        return f"{'  ' * (block['level'] - 1)}- {text}"
    return f"> {text}" if block["type"] == "quote" else text


def _escaped(text: str) -> str:
    """The text with backslashes where Markdown would see a sign of its own."""
    escaped = _SIGNS.sub(r"\\\1", text)
    start = _AT_START.match(escaped)
    if start is None:
        return escaped
    if start["sign"]:
        return f"\\{escaped}"
    return f"{start['number']}\\{escaped[start.start('point') :]}"
