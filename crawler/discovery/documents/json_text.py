"""JSON as servers send it: a PHP notice may stand before it, a comment of a cache after it, and it may be cut."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from crawler.discovery.documents.text import UnreadableError

MOST_BEGINNINGS: Final = 64
"""Places tried, where a notice before the document has brackets of its own."""
MOST_BROKEN: Final = 200
"""Places tried in a list that is broken."""
MOST_DIGITS: Final = 18
_BEGINNING: Final = re.compile(r"[\[{]")
_PAGE: Final = re.compile(r"<html|<!doctype\s+html|<head|<body", re.IGNORECASE)
"""A page may hold JSON; it is not the document that was asked for."""
_PLAIN: Final = (ValueError, RecursionError)


def unwrapped(text: str) -> str:
    """The text of a document that was encoded twice, so that it is a string of JSON; any other text as it is."""
    inner = text.strip().removeprefix("\ufeff")
    if not inner.startswith('"') or "{" not in inner:
        return text
    try:
        value, _ = _DECODER.raw_decode(inner)
    except _PLAIN:
        return text
    return value if isinstance(value, str) else text


def load_json(text: str) -> Any:
    """The first array that holds an object, or object that holds anything; else the first empty one. Raises UnreadableError.

    An integer of more digits than 18 is None: Python refuses the longest, which would cost the document.
    """
    if _PAGE.search(text, 0, text.find("{") if "{" in text else len(text)):
        raise UnreadableError("is not JSON (it is an HTML page)")
    empty, trouble = None, "is not JSON"
    for number, beginning in enumerate(_BEGINNING.finditer(text)):
        if number >= MOST_BEGINNINGS:
            break
        try:
            value, _ = _DECODER.raw_decode(text, beginning.start())
        except _PLAIN as error:
            if number == 0:
                trouble = f"is not JSON: {_words(error)}"
            if isinstance(error, RecursionError):
                break
            continue
        if any(isinstance(each, dict) for each in value) if isinstance(value, list) else value:
            return value
        empty = value if empty is None else empty
    if empty is None:
        raise UnreadableError(trouble)
    return empty


def load_rows(text: str) -> tuple[list[Any], bool]:
    """The rows of an array, and whether all of it could be read: of one that is broken or cut, the objects that can be read.

    Raises UnreadableError for what is no array.
    """
    text = unwrapped(text)
    try:
        array = load_json(text)
    except UnreadableError:
        objects = _objects_of_broken(text)
        if not objects:
            raise
        return objects, False
    if isinstance(array, dict) and text[: text.find("{")].rstrip().endswith("["):
        return _objects_of_broken(text), False
    rows = array if isinstance(array, list) else _rows_in(array, text)
    if rows is None:
        raise UnreadableError("is not a list")
    return rows, True


def _rows_in(document: Any, text: str) -> list[Any] | None:
    """The rows of an object that stands for a list: numbered as PHP writes an array with gaps, the one list in a wrapper, or the
    first of objects that follow each other, a line each. None for any other.
    """
    if not isinstance(document, dict) or not document:
        return None
    values = list(document.values())
    if all(name.isdigit() for name in document) and all(isinstance(each, dict) for each in values):
        return values
    lists = [each for each in values if isinstance(each, list) and any(isinstance(row, dict) for row in each)]
    if len(lists) == 1 and not any(isinstance(each, dict) for each in values):
        return list(lists[0])
    return _following(text) if "link" in document else None


def _following(text: str) -> list[Any]:
    rows, position = [], text.find("{")
    while position >= 0:
        try:
            row, end = _DECODER.raw_decode(text, position)
        except _PLAIN:
            break
        rows.append(row)
        position = text.find("{", end)
    return rows


def _objects_of_broken(text: str) -> list[dict[str, Any]]:
    position, objects, broken = text.find("["), [], 0
    while position >= 0 and broken < MOST_BROKEN and (position := text.find("{", position)) >= 0:
        try:
            value, position = _DECODER.raw_decode(text, position)
            objects.append(value)
        except _PLAIN:
            broken, position = broken + 1, position + 1
    return objects


def _words(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


_DECODER: Final = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) <= MOST_DIGITS else None, strict=False)
