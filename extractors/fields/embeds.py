"""What a page shows beside its text: embedded posts and players, links out of the story. Pictures: `pictures.py`."""

from __future__ import annotations

import re
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from extractors.addresses import absolute
from extractors.article import Embed

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
_PLUGIN = re.compile(r"facebook\.com/(?:v[\d.]+/)?plugins/\w+\.php\?(?:.*&)?href=(?P<post>[^&]+)")
_CANONICAL = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "x": "https://x.com/{}",
    "telegram": "https://t.me/{}",
    "instagram": "https://www.instagram.com/{}/",
    "tiktok": "https://www.tiktok.com/{}",
    "vimeo": "https://vimeo.com/{}",
    "dailymotion": "https://www.dailymotion.com/video/{}",
}
_AMP = {
    "amp-youtube": ("youtube", "data-videoid", _CANONICAL["youtube"]),
    "amp-twitter": ("x", "data-tweetid", "https://x.com/i/status/{}"),
    "amp-instagram": ("instagram", "data-shortcode", "https://www.instagram.com/p/{}/"),
}


def read_embeds(container: LexborNode, base: str) -> tuple[Embed, ...]:
    """Players and posts set into the story, with canonical URLs."""
    found: dict[Embed, None] = {}
    for node in container.css(
        "iframe, amp-iframe, amp-youtube, amp-twitter, amp-instagram, amp-facebook, blockquote, script[data-telegram-post], "
        ".fb-post, .fb-video, audio, video, audio source, video source"
    ):
        embed = _embed(node, base)
        if embed is not None:
            found[embed] = None
    return tuple(found)


def read_links(container: LexborNode, base: str) -> tuple[str, ...]:
    """Absolute http(s) targets of the links in the story, in order, each once."""
    urls = (absolute(base, (node.attributes.get("href") or "").strip()) for node in container.css("a[href]"))
    return tuple(dict.fromkeys(url for url in urls if url and url.partition("#")[0] != base))


def _embed(node: LexborNode, base: str) -> Embed | None:
    attributes = node.attributes
    if node.tag in {"audio", "video", "source"}:
        url = absolute(base, attributes.get("src") or "") if attributes.get("src") else None
        kind = "audio" if node.tag == "audio" or (node.parent is not None and node.parent.tag == "audio") else "video"
        return Embed(kind, url) if url else None
    if node.tag in _AMP:
        kind, name, form = _AMP[node.tag]
        number = attributes.get(name)
        return Embed(kind, form.format(number)) if number else None
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
    if known is None and node.tag in {"iframe", "amp-iframe"} and (url := absolute(base, targets[-1])) and targets[-1]:
        return Embed("iframe", url)
    return known


def _known(target: str, base: str) -> Embed | None:
    shown = _PLUGIN.search(target)
    if shown:  # facebook.com/plugins/post.php?href=<the post>
        target = unquote(shown["post"])
    for kind, pattern in _HOSTS:
        found = pattern.search(target)
        if found:
            form = _CANONICAL.get(kind)
            url = form.format(found["id"]) if form else absolute(base, target)
            return Embed(kind, url) if url else None
    return None
