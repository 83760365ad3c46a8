"""Writing a page as a recorded one: `NAME.html`, its bytes, beside `NAME.json`, the article read from it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from extractors.article import Page
from extractors.fixture import fixture_json
from extractors.reader import read


def record_page(page: Page, outlet: str, folder: Path, name: str | None = None) -> tuple[Path, Path]:
    """Writes both into the folder, which is made; gives their names. name: without ending; else from the address."""
    result = read(page, outlet)
    html = folder / f"{name or page_name(page.url)}.html"
    expected = html.with_suffix(".json")
    folder.mkdir(parents=True, exist_ok=True)
    html.write_bytes(page.body)
    expected.write_text(fixture_json(page, result), encoding="utf-8")
    return html, expected


def page_name(url: str) -> str:
    """A file's name from an address: the words of its last part, Arabic ones too, after its number; `page` where it has neither.

    https://www.enabbaladi.net/812204/%D9%85%D8%AF%D9%8A%D9%86%D8%A9-%D8%AD%D9%84%D8%A8/ becomes `812204-مدينة-حلب`.
    """
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    words = re.findall(r"[^\W_]+", parts[-1]) if parts else []
    number = next((part for part in reversed(parts[:-1]) if part.isdecimal() and len(part) > 2), "")
    if not number or any(word.isdecimal() and len(word) > 2 for word in words):
        name = "-".join(words)[:60].rstrip("-") or "page"
    else:
        name = "-".join([number, *words])[:60].rstrip("-")
    if any(char.isdecimal() for char in name):
        return name
    # `/?p=4711`, `index.php?id=4711:slug` and `read.php?title=slug` name a page by their query.
    values = [value for _, value in parse_qsl(urlsplit(url).query)]
    numbers = [found[0] for value in values if (found := re.match(r"[0-9]{1,12}", value))]
    texts = ["-".join(re.findall(r"[^\W_]+", value)) for value in values if not parts or "." in parts[-1]]
    asked = max(numbers or texts, key=len, default="")
    return f"{name}-{asked}"[:80].rstrip("-")
