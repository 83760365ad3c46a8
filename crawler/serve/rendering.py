"""Templates into bytes. Everything is escaped; text of the web is isolated, so that its direction does not spread."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from crawler.serve.collection import outlet_name, outlet_zone

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]")
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_URL: Final = re.compile(r"[^\s\x00-\x20\x7f\"<>\\^`{|}]{1,2000}")
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur", "ku", "ckb", "ps", "sd", "ug", "yi", "dv", "arc", "syr"})
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")


def render(template: str, **values: Any) -> bytes:
    """A page, in UTF-8."""
    return _environment().get_template(template).render(**values).encode(errors="replace")


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("crawler.serve", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "plain": plain,
        "marked": marked,
        "direction": direction,
        "language_tag": language_tag,
        "paragraphs": grouped,
        "readable": partial(json.dumps, ensure_ascii=False, indent=2),
        "readable_line": partial(json.dumps, ensure_ascii=False),
    }
    found.tests["web_address"] = is_web_address
    found.globals |= {"outlet_name": outlet_name, "outlet_zone": outlet_zone}
    return found


def _finalized(value: Any) -> Any:
    """Nothing for None; of a text what HTML and XML may hold."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value
    return _CONTROL.sub("\ufffd", value) if isinstance(value, str) else value


def plain(text: str | None) -> str:
    """Text for a place that has no elements (a title, an attribute): without marks that turn the direction of what follows."""
    return _DIRECTION.sub("", " ".join((text or "").split()))


def marked(text: str, places: Any) -> Markup:
    """A text with `<mark>` around the places (start, end)."""
    parts, at = [], 0
    for start, end in sorted(places):
        if start >= at:
            parts += [_escaped(text[at:start]), Markup("<mark>"), _escaped(text[start:end]), Markup("</mark>")]
            at = end
    return Markup("").join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> Markup:
    return escape(_CONTROL.sub("\ufffd", text))


def is_web_address(url: object) -> bool:
    """Whether a text may become a link: http or https, of printable characters. Anything else is shown as text."""
    if not isinstance(url, str) or not _URL.fullmatch(url) or any(unicodedata.category(char)[0] == "C" for char in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def language_tag(language: str | None) -> str:
    """A BCP 47 tag for a `lang` attribute; Arabic where a record has none that can be one."""
    return language if language and _LANGUAGE.fullmatch(language) else "ar"


def direction(language: str | None) -> str:
    """`rtl` or `ltr`, by the language of a record."""
    return "rtl" if language_tag(language).lower().partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def grouped(blocks: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Blocks of a body, those of a list, a table or a quotation that follow each other together: (type, blocks)."""
    groups: list[tuple[str, list[dict[str, Any]]]] = []
    for block in blocks:
        kind = str(block["type"])
        if groups and groups[-1][0] == kind and kind in ("list_item", "table_row", "quote"):
            groups[-1][1].append(block)
        else:
            groups.append((kind, [block]))
    return groups
