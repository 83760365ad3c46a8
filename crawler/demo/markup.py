"""From the blocks of a story to HTML, and the shells (`shells/*.html`) that pages are set in."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from urllib.parse import quote

from crawler.demo.story import LINK, DemoStory

escape = html.escape


def _no_boxes(number: str) -> str:
    raise ValueError(f"{number}: this outlet prints no related boxes inside the text")


@dataclass(frozen=True, slots=True)
class Style:
    """How one outlet sets each kind of block: templates with `{}` for the finished inner HTML.

    related: makes the box for a story id; `between` stands between the blocks.
    """

    related: Callable[[str], str] = _no_boxes
    paragraph: str = "<p>{}</p>"
    subhead: str = "<h2>{}</h2>"
    items: str = "<ul>{}</ul>"
    item: str = "<li>{}</li>"
    quote: str = "<blockquote><p>{}</p></blockquote>"
    picture: str = '<figure><img src="https://pictures.example/{hash}.jpg" alt=""><figcaption>{}</figcaption></figure>'
    post: str = '<blockquote class="twitter-tweet"><p lang="ar" dir="rtl">{}</p></blockquote>'
    between: str = "\n"


def body(story: DemoStory, style: Style) -> str:
    """The blocks of a story as HTML."""
    return style.between.join(_block(story, index, style) for index in range(len(story.blocks)))


def _block(story: DemoStory, index: int, style: Style) -> str:
    block = story.blocks[index]
    inner = inline(block.lines[0])
    if block.kind == "items":
        return style.items.format("".join(style.item.format(inline(line)) for line in block.lines))
    if block.kind == "related":
        return style.related(block.lines[0])
    if block.kind == "picture":
        return style.picture.format(inner, hash=f"{story.id[-12:]}-{index}".replace("/", "-"))
    templates = {"paragraph": style.paragraph, "subhead": style.subhead, "quote": style.quote, "post": style.post}
    return templates[block.kind].format(inner)


def inline(text: str) -> str:
    """A line of a story with its links as <a>."""
    return LINK.sub(lambda link: f'<a href="{link[2]}">{link[1]}</a>', escape(text, quote=False))


@cache
def _shell(name: str) -> Template:
    return Template((resources.files("crawler.demo") / "shells" / f"{name}.html").read_text("utf-8"))


def shell(name: str, values: Mapping[str, str]) -> str:
    """The shell `name` with its `$fields` filled; a field that is missing is a KeyError."""
    return _shell(name).substitute(values)


def json_ld(data: object) -> str:
    """A JSON-LD script; `</` is escaped as JSON allows, or a headline could end the script."""
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def slug(headline: str, encoded_bytes: int | None = None) -> str:
    """Words of a headline joined by hyphens, punctuation gone.

    encoded_bytes: WordPress keeps 200 bytes of the percent-encoded form, so that Arabic slugs end in mid-word.
    """
    words = re.sub(r"[^\w\s-]", "", unicodedata.normalize("NFC", headline)).split()
    joined = "-".join(words)
    if encoded_bytes is not None:
        while len(quote(joined)) > encoded_bytes:
            joined = joined[:-1]
    return joined.strip("-")


LEVANTINE = (
    "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران",
    "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول",
)  # fmt: skip
WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
