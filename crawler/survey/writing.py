"""A draft as the text of an outlet's file, with comments that say how each fact was found."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from crawler.survey.drafting import Draft, Stated

WIDTH = 120


def outlet_file(draft: Draft) -> str:
    """The whole file."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield from _comment(draft.about)
    yield from _comment("Every key: warraq outlet keys. Check the file, and its recorded pages: warraq outlet check")
    if draft.doubts:
        yield "# Not sure:"
        yield from (line for doubt in draft.doubts for line in _comment(f"- {doubt}"))
    for name, stated in draft.top.items():
        yield from ("", *_stated({name: stated}))
    for each in draft.routes:
        facts = {name: getattr(each.route, name) for name in ("kind", "path", "query", "canonical")}
        yield from (
            "\n[[routes]]",
            *_comment(each.why),
            *_pairs({name: value for name, value in facts.items() if value is not None}),
        )
    if draft.layout:
        yield from ("\n[[layouts]]", *_stated(draft.layout))
    if draft.catalogue:
        yield from ("\n[catalogue]", *_stated(draft.catalogue))
    for source in draft.sources:
        yield from ("\n[[sources]]", *_comment(source.why), *_pairs(source.facts))


def _stated(values: Mapping[str, Stated]) -> Iterator[str]:
    for name, stated in values.items():
        yield from (*_comment(stated.why), *_pairs({name: stated.value}))


def _pairs(facts: Mapping[str, object]) -> Iterator[str]:
    return (f"{name} = {_value(value)}" for name, value in facts.items())


def _comment(text: str) -> Iterable[str]:
    return (f"# {line}" for line in textwrap.wrap(_plain(text), WIDTH - 2, break_long_words=False, break_on_hyphens=False))


def _plain(text: str) -> str:
    """Without control characters, which TOML allows in no comment; text of a page stands here."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _value(value: object) -> str:
    """TOML: expressions in single quotes, so that their backslashes stay as they are."""
    if isinstance(value, list):
        items = [_value(each) for each in value]
        return (
            f"[{', '.join(items)}]"
            if sum(map(len, items)) < WIDTH - 20
            else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
        )
    if isinstance(value, str) and "\\" in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    # JSON's texts are TOML's, but for the letter DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
