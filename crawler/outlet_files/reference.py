"""The reference of every key of an outlet's file, made from its model: `python -m crawler.outlet_files.reference`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from crawler.outlet_files.model import SOURCES, CatalogueFacts, LayoutFacts, OutletFacts, RouteFacts

HEAD: Final = """# The file of an outlet

One TOML file for an outlet, `NAME.toml`, in the folder that `WARRAQ_OUTLETS` names (default: `./outlets`) or in a package with
an entry point of the group `warraq.outlets`. `warraq outlet add URL` drafts one, [CONTRIBUTING](../CONTRIBUTING.md) shows one.
The name of the file is the outlet's slug: small letters, digits, `_` and `-`.

What is wrong with a file is named with its line, all at once: keys that do not exist, values that cannot be, expressions and
selectors that cannot be read, expressions whose time is not linear in the length of a text, names and hosts of another
outlet. Write regular expressions in single quotes, where TOML leaves backslashes alone.

Made from the model by `python -m crawler.outlet_files.reference`; a test compares.
"""
_TABLES: Final = (("[[routes]]", RouteFacts), ("[[layouts]]", LayoutFacts), ("[catalogue]", CatalogueFacts))
_TYPES: Final = {"str": "text", "bool": "true or false"}


def markdown() -> str:
    """The whole document."""
    parts = [HEAD, _section("At the top", OutletFacts)]
    parts += [_section(f"`{heading}`", model) for heading, model in _TABLES]
    parts += [_section(f'`[[sources]]` with `kind = "{_kind(model)}"`', model) for model in SOURCES]
    return "\n".join(parts)


def _section(heading: str, model: type[BaseModel]) -> str:
    rows = "\n".join(_rows(model))
    return f"## {heading}\n\n{model.__doc__}\n\n| key | type | meaning | default | example |\n|---|---|---|---|---|\n{rows}\n"


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name == "kind" and model is not RouteFacts:
            continue
        example = f"`{_toml(field.examples[0])}`" if field.examples else ""
        default = "needed" if field.default is PydanticUndefined else _default(field.default)
        cells = (f"`{name}`", _type(field.annotation), field.description or "", default, example)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: object) -> str:
    return "" if value in (None, [], "") or isinstance(value, BaseModel) else f"`{_toml(value)}`"


def _type(annotation: Any) -> str:
    """In words."""
    text = str(annotation)
    if "OutletFacts" in text or "Facts" in text:
        return "tables" if "list" in text else "table"
    if "Literal" in text:
        return "one of " + ", ".join(f"`{each}`" for each in get_args(annotation))
    if "list[typing.Any]" in text or "Any" in text:
        return "list of [number, month]"
    if text.startswith("list"):
        return "list of texts"
    return next((word for name, word in _TYPES.items() if name in text), "text")


def _toml(value: object) -> str:
    """A value as TOML writes it; texts with a backslash in single quotes."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str) and "\\" in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _kind(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["kind"].annotation)[0])


if __name__ == "__main__":
    sys.stdout.write(markdown())
