"""The pictures of a story, with caption and credit. The lead picture often stands above the container of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.addresses import absolute
from extractors.article import Image
from extractors.text import display, matching

_LAZY = ("data-src", "data-lazy-src", "data-original", "src")
_CAPTION = "figcaption, .wp-caption-text, .caption, .image-caption, .photo-caption, .img-caption, .single-caption-text"
_CREDIT = ".credit, .photo-credit, .copyright, [itemprop=copyrightHolder]"
_PICTURES = "img, amp-img"
_JUNK = re.compile(r"^data:|pixel|spacer|blank\.gif|gravatar|/emoji/|logo", re.IGNORECASE)
_RESIZED = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w+$)|-scaled(?=\.\w+$)")
_FEW = 60


def read_images(container: LexborNode | None, around: LexborNode | None, lead: str | None, base: str) -> tuple[Image, ...]:
    """The lead picture and the pictures in the story, each once, with the captions of their figures.

    around: the element that holds headline and story, where the lead picture stands; lead: what og:image says.
    """
    inside = container.css(_PICTURES) if container is not None else []
    found: dict[str, Image] = {}
    for node in inside:
        url = _source(node, base)
        if url and url not in found:
            found[url] = Image(url, *_caption(node))
    url = urljoin(base, lead) if lead and not _JUNK.search(lead) else None
    own = {node.mem_id for node in inside}
    above = [node for node in around.css(_PICTURES)[:_FEW] if node.mem_id not in own] if around is not None else []
    first = _lead(above, url, base)
    if first is not None and first.url not in found:
        found = {first.url: first, **found}
    return tuple(found.values())


def _lead(nodes: Iterable[LexborNode], url: str | None, base: str) -> Image | None:
    """The picture that og:image names, under that address; without one, the first that has a caption."""
    for node in nodes:
        source = _source(node, base)
        if source is None or (url is not None and _bare(source) != _bare(url)):
            continue
        caption, credit = _caption(node)
        if url is not None or caption:
            return Image(url or source, caption, credit)
    return Image(url) if url else None


def _bare(url: str) -> str:
    """The picture's own name, whatever size it is asked in."""
    return _RESIZED.sub("", url.partition("?")[0]).rpartition("/")[2]


def with_printed_caption(images: tuple[Image, ...], lines: list[str]) -> tuple[Image, ...]:
    """Give the lead picture the caption that stands as a line of text before the story, if its figure has none."""
    if not images or images[0].caption or not lines:
        return images
    caption = caption_text(lines[0])
    if any(matching(image.caption or "") == matching(caption) for image in images):
        return images
    return (Image(images[0].url, caption, credit_in(caption)), *images[1:])


def read_captions(root: LexborNode) -> frozenset[str]:
    """Every caption and alternative text of the page, for telling captions that stand as plain lines."""
    texts = [node.text() for node in root.css(_CAPTION)]
    texts += [node.attributes.get("alt") or "" for node in root.css("img[alt], amp-img[alt]")]
    lines = [display(text) for text in texts]
    return frozenset(text for line in lines for text in (line, boilerplate.without_icon(line)) if len(text) > 8)


def caption_text(line: str) -> str:
    """A caption as the newsroom wrote it: without the icon's name before it, and once if it is printed twice in a row."""
    text = boilerplate.without_icon(display(line))
    for gap in (" ", ""):
        half = (len(text) - len(gap)) // 2
        if half >= 6 and text == f"{text[:half]}{gap}{text[:half]}":
            return text[:half]
    return text


def credit_in(caption: str) -> str | None:
    """Whose picture it is, where the caption ends in it: «… (الأناضول)»."""
    found = boilerplate.CREDITED.fullmatch(caption) or boilerplate.DATED_CREDIT.fullmatch(caption)
    return caption[caption.rindex("(") + 1 :].strip(" )") or None if found else None


def _source(node: LexborNode, base: str) -> str | None:
    attributes = node.attributes
    for name in _LAZY:
        value = (attributes.get(name) or "").strip()
        if value and not _JUNK.search(value):
            return absolute(base, value)
    return None


def _caption(node: LexborNode) -> tuple[str | None, str | None]:
    parent = node.parent
    for _ in range(4):
        if parent is None or parent.tag in {"body", "article", "main"}:
            return None, None
        if parent.tag == "figure" or "caption" in (parent.attributes.get("class") or ""):
            caption, credit = parent.css_first(_CAPTION), parent.css_first(_CREDIT)
            text = caption_text(caption.text()) or None if caption is not None else None
            printed = display(credit.text()) or None if credit is not None else None
            return text, printed or (credit_in(text) if text else None)
        parent = parent.parent
    return None, None
