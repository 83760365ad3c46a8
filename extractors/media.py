"""What a page shows beside its text: pictures with captions, embedded posts and players, links out of the story."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.article import Embed, Image
from extractors.text import display

_HOSTS = (
    (
        "youtube",
        re.compile(
            r"(?:youtube(?:-nocookie)?\.com/(?:embed|shorts|live)/|youtube\.com/watch\?(?:.*&)?v=|youtu\.be/)(?P<id>[\w-]{11})"
        ),
    ),
    ("x", re.compile(r"(?:twitter|x)\.com/(?P<id>\w+/status/\d+)")),
    ("telegram", re.compile(r"(?:t\.me|telegram\.me)/(?P<id>[\w+]+/\d+)")),
    ("facebook", re.compile(r"facebook\.com/(?!tr\b)(?P<id>.+)")),
    ("instagram", re.compile(r"instagram\.com/(?P<id>(?:p|reel|tv)/[\w-]+)")),
    ("tiktok", re.compile(r"tiktok\.com/(?P<id>@[\w.]+/video/\d+)")),
    ("soundcloud", re.compile(r"soundcloud\.com/(?P<id>.+)")),
    ("vimeo", re.compile(r"vimeo\.com/(?:video/)?(?P<id>\d+)")),
    ("dailymotion", re.compile(r"dailymotion\.com/(?:embed/)?video/(?P<id>\w+)")),
)
_CANONICAL = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "x": "https://x.com/{}",
    "telegram": "https://t.me/{}",
    "instagram": "https://www.instagram.com/{}/",
    "tiktok": "https://www.tiktok.com/{}",
    "vimeo": "https://vimeo.com/{}",
    "dailymotion": "https://www.dailymotion.com/video/{}",
}
_LAZY = ("data-src", "data-lazy-src", "data-original", "src")
_CAPTION = "figcaption, .wp-caption-text, .caption, .image-caption"
_CREDIT = ".credit, .photo-credit, .copyright, [itemprop=copyrightHolder]"
_JUNK = re.compile(r"^data:|pixel|spacer|blank\.gif|gravatar|/emoji/|logo", re.IGNORECASE)


def read_images(container: LexborNode | None, lead: str | None, base: str) -> tuple[Image, ...]:
    """The lead picture (og:image) and the pictures in the story, each once, with the caption of their figure."""
    found: dict[str, Image] = {}
    if container is not None:
        for node in container.css("img, amp-img"):
            url = _source(node, base)
            if url and url not in found:
                found[url] = Image(url, *_caption(node))
    if lead and not _JUNK.search(lead):
        url = urljoin(base, lead)
        if url not in found:
            found = {url: Image(url), **found}
    return tuple(found.values())


def read_captions(root: LexborNode) -> frozenset[str]:
    """Every caption and alternative text of the page, for telling captions that stand as plain lines."""
    texts = [node.text() for node in root.css(_CAPTION)]
    texts += [node.attributes.get("alt") or "" for node in root.css("img[alt], amp-img[alt]")]
    lines = [display(text) for text in texts]
    return frozenset(text for line in lines for text in (line, boilerplate.without_icon(line)) if len(text) > 8)


def read_embeds(container: LexborNode, base: str) -> tuple[Embed, ...]:
    """Players and posts set into the story, with canonical URLs."""
    found: dict[Embed, None] = {}
    for node in container.css(
        "iframe, amp-youtube, blockquote, script[data-telegram-post], .fb-post, .fb-video, audio, video, audio source, "
        "video source"
    ):
        embed = _embed(node, base)
        if embed is not None:
            found[embed] = None
    return tuple(found)


def read_links(container: LexborNode, base: str) -> tuple[str, ...]:
    """Absolute http(s) targets of the links in the story, in order, each once."""
    urls = (_joined(base, (node.attributes.get("href") or "").strip()) for node in container.css("a[href]"))
    return tuple(dict.fromkeys(url for url in urls if url and url.partition("#")[0] != base))


def _source(node: LexborNode, base: str) -> str | None:
    for name in _LAZY:
        value = (node.attributes.get(name) or "").strip()
        if value and not _JUNK.search(value):
            return _joined(base, value)
    return None


def _joined(base: str, value: str) -> str | None:
    if value.startswith(("http://", "https://")):
        return value
    if value.startswith("/") and not value.startswith("//"):
        return "/".join(base.split("/", 3)[:3]) + value
    try:
        url = urljoin(base, value)
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None


def _caption(node: LexborNode) -> tuple[str | None, str | None]:
    parent = node.parent
    for _ in range(4):
        if parent is None or parent.tag in {"body", "article", "main"}:
            return None, None
        if parent.tag == "figure" or "caption" in (parent.attributes.get("class") or ""):
            caption, credit = parent.css_first(_CAPTION), parent.css_first(_CREDIT)
            return _text(caption), _text(credit)
        parent = parent.parent
    return None, None


def _text(node: LexborNode | None) -> str | None:
    return boilerplate.without_icon(display(node.text())) or None if node is not None else None


def _embed(node: LexborNode, base: str) -> Embed | None:
    attributes = node.attributes
    if node.tag in {"audio", "video", "source"}:
        url = _joined(base, attributes.get("src") or "") if attributes.get("src") else None
        kind = "audio" if node.tag == "audio" or (node.parent is not None and node.parent.tag == "audio") else "video"
        return Embed(kind, url) if url else None
    if node.tag == "amp-youtube":
        video = attributes.get("data-videoid")
        return Embed("youtube", _CANONICAL["youtube"].format(video)) if video else None
    if node.tag == "blockquote":
        links = [a.attributes.get("href") or "" for a in node.css("a[href]")] if attributes.get("class") else []
        targets = [attributes.get("data-instgrm-permalink") or "", attributes.get("cite") or "", *reversed(links)]
    else:
        post = attributes.get("data-telegram-post")
        targets = [
            f"https://t.me/{post}" if post else "",
            attributes.get("data-href") or "",
            attributes.get("src") or attributes.get("data-src") or "",
        ]
    known = next((embed for target in targets if target and (embed := _known(target, base))), None)
    if known is None and node.tag == "iframe" and (url := _joined(base, targets[-1])) and targets[-1]:
        return Embed("iframe", url)
    return known


def _known(target: str, base: str) -> Embed | None:
    for kind, pattern in _HOSTS:
        found = pattern.search(target)
        if found:
            form = _CANONICAL.get(kind)
            url = form.format(found["id"]) if form else _joined(base, target)
            return Embed(kind, url) if url else None
    return None
