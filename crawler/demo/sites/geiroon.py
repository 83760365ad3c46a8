"""The pages Geiroon served on its three domains while it lived: WordPress with TieLabs themes, seen through the archive."""

from __future__ import annotations

from crawler.demo import markup
from crawler.demo.markup import LEVANTINE, escape
from crawler.demo.story import DemoStory

HOSTS = ("geroun.net", "www.geroun.net", "geiroon.com", "geiroon.net", "www.geiroon.net")
_MONTHS = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip
_CATEGORIES = {"21": "كلمة جيرون", "46": "مقالات الرأي", "5": "آخر الأخبار", "9": "سورية الآن"}


def url(story: DemoStory) -> str:
    """On the last of its domains."""
    return f"https://geiroon.net/archives/{story.id}"


def article(story: DemoStory, base: str, others: list[DemoStory]) -> str:
    """The page as the host `base` (scheme and host) served it; `sahifa` is the older theme, without metadata."""
    when = story.published
    categories = (
        f'<a class="post-cat" href="{base}/archives/category/{number}">{_CATEGORIES[number]}</a>'
        for number in story.section.split()
    )
    tags = (f'<a rel="tag" href="{base}/archives/tag/{markup.slug(word)}">{word}</a>' for word in story.keywords)
    values = {
        "title": escape(story.headline),
        "url": f"{base}/archives/{story.id}",
        "base": base,
        "head": "" if story.layout == "sahifa" else _head(story, base),
        "categories": "".join(categories),
        "byline": _byline(story, base),
        "day": f"{when.day} {LEVANTINE[when.month - 1]}/ {_MONTHS[when.month - 1]} {when.year}",
        "figure": _figure(story, base),
        "body": markup.body(story, _style(base, {other.id: other for other in others})),
        "tags": " ".join(tags),
        "related": "".join(_teaser(other, base, "h3") for other in others if other != story),
        "comments": '<ol class="comment-list"><li><p>شكرا لكم على هذا المقال.</p></li></ol>' if story.section == "46" else "",
    }
    return markup.shell("geiroon_sahifa" if story.layout == "sahifa" else "geiroon_jannah", values)


def listing(stories: list[DemoStory], base: str) -> str:
    """/archives/category/<n>: teasers that end in «أكمل القراءة »»."""
    rows = "".join(
        f"{_teaser(story, base, 'h2')}<p>{escape(story.paragraphs[0][:80])}…</p>"
        f'<a href="{base}/archives/{story.id}">أكمل القراءة »</a>'
        for story in stories
    )
    head = '<head><meta charset="UTF-8"><title>كلمة جيرون</title></head>'
    return f'<!DOCTYPE html><html dir="rtl" lang="ar">{head}<body class="archive category">{rows}</body></html>'


def _byline(story: DemoStory, base: str) -> str:
    links = [f'<a href="{base}/archives/author/{markup.slug(name)}">{name}</a>' for name in story.authors]
    return f'<span class="meta-author">{"".join(links)}</span> ' if links else ""


def _figure(story: DemoStory, base: str) -> str:
    if not story.caption:
        return ""
    caption = escape(story.caption)
    picture = f'<img src="{base}/wp-content/uploads/{story.published:%Y/%m}/{story.id}.jpg" alt="{caption}">'
    caption = f'<figcaption class="single-caption-text">{caption}</figcaption>'
    return f'<figure class="single-featured-image">{picture}{caption}</figure>'


def _head(story: DemoStory, base: str) -> str:
    metas = {
        "og:type": "article",
        "og:title": escape(story.headline),
        "og:url": f"{base}/archives/{story.id}",
        "og:site_name": "جيرون",
        "article:published_time": story.published.isoformat(),
        "article:modified_time": story.changed.isoformat(),
    }
    return "\n".join(f'<meta property="{name}" content="{value}">' for name, value in metas.items())


def _teaser(story: DemoStory, base: str, tag: str) -> str:
    return f'<div class="related-item"><{tag}><a href="{base}/archives/{story.id}">{escape(story.headline)}</a></{tag}></div>'


def _style(base: str, stories: dict[str, DemoStory]) -> markup.Style:
    def related(number: str) -> str:
        return f'<div class="related-inline"><a href="{base}/archives/{number}">{escape(stories[number].headline)}</a></div>'

    return markup.Style(related=related)
