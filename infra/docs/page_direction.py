"""A hook of mkdocs: a page whose front matter says `lang: ar` is set from right to left, all of it."""

from __future__ import annotations

from typing import Any


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Called by mkdocs with the HTML of a page."""
    if page.meta.get("lang") != "ar":
        return output
    return output.replace('<html lang="en"', '<html lang="ar"', 1).replace('<body dir="ltr"', '<body dir="rtl"', 1)
