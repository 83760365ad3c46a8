"""A draft as the text of an outlet's file, with comments that say how each fact was found."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator

from crawler.survey.drafting import Draft, Stated

WIDTH = 120


def outlet_file(draft: Draft) -> str:
    """The whole file."""
    return "\n".join([*_head(draft), *_top(draft), *_routes(draft), *_layout(draft), *_catalogue(draft), *_sources(draft)]) + "\n"


def _head(draft: Draft) -> Iterator[str]:
    yield from _comment(draft.about)
    yield from _comment("Every key: infra/OUTLET_FILES.md of Warraq. Check the file, and its recorded pages: warraq outlet check")
    yield from ("# Not sure:", *(line for doubt in draft.doubts for line in _comment(f"- {doubt}"))) if draft.doubts else ()


def _top(draft: Draft) -> Iterator[str]:
    for name, stated in draft.top.items():
        yield ""
        yield from _pair(name, stated)


def _routes(draft: Draft) -> Iterator[str]:
    for each in draft.routes:
        yield "\n[[routes]]"
        yield from _comment(each.why)
        yield f"kind = {_value(each.route.kind)}"
        yield f"path = {_value(each.route.path)}"
        for name in ("query", "canonical"):
            value = getattr(each.route, name)
            if value is not None:
                yield f"{name} = {_value(value)}"


def _layout(draft: Draft) -> Iterator[str]:
    if draft.layout:
        yield "\n[[layouts]]"
        for name, stated in draft.layout.items():
            yield from _pair(name, stated)


def _catalogue(draft: Draft) -> Iterator[str]:
    if draft.catalogue:
        yield "\n[catalogue]"
        for name, stated in draft.catalogue.items():
            yield from _pair(name, stated)


def _sources(draft: Draft) -> Iterator[str]:
    for source in draft.sources:
        yield "\n[[sources]]"
        yield from _comment(source.why)
        for name, value in source.facts.items():
            yield f"{name} = {_value(value)}"


def _pair(name: str, stated: Stated) -> Iterator[str]:
    yield from _comment(stated.why)
    yield f"{name} = {_value(stated.value)}"


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
