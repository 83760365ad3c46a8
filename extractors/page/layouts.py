"""Where the story stands on a page: an outlet's own layouts first, then the names that themes of all kinds share.

A layout is believed only when its container holds text; a page where none does is searched by structure: `body/container.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.outlet import Layout, Outlet
from extractors.page.same_page import STRICT, titles_agree, titles_of
from extractors.text import display

# Signals that outlive redesigns: microdata, then class names shared by thousands of themes.
SHARED = (
    Layout(name="microdata", body=("[itemprop~=articleBody]", "[property~='articleBody']")),
    Layout(
        name="theme",
        body=(
            "article .entry-content",
            ".itemBody",  # K2 of Joomla: the lead and the rest in an element each
            ".entry-content",
            ".amp-wp-article-content",
            ".article-content",
            ".article-body",
            ".articleBody",
            ".article__body",
            ".article_body",
            ".story-body",
            ".td-post-content",
            ".single-post-content",
            ".post-content",
            ".wp-block-post-content",
            ".elementor-widget-theme-post-content",
            ".field-name-body",
            ".field--name-body",
            ".post-body",
            "#article-body",
            "#articleBody",
        ),
    ),
)

# Holds no text that anybody reads.
NEVER_TEXT = "script, style, template, svg, iframe, select, input, textarea"
# Hardly ever the story, whatever the outlet: structure and roles, then names. `removal.py` looks into what is large.
DROP = (
    "noscript, object, form, nav, aside, button, dialog, "
    "figcaption, [class*='caption' i], "
    "blockquote.twitter-tweet, blockquote.instagram-media, .fb-post, .fb-video, blockquote.tiktok-embed, "
    "amp-twitter, amp-facebook, amp-instagram, amp-tiktok, amp-sidebar, amp-ad, amp-social-share, amp-user-notification, "
    "blockquote:has(a[href*='/status/']), blockquote:has(> p[lang][dir]), "
    "[role=navigation], [role=complementary], [role=dialog], [role=alertdialog], [aria-modal=true], "
    "[role=region][aria-labelledby], "
    "[hidden], [style*='display:none'], [style*='display: none'], "
    ".sharedaddy, .addtoany_share_save_container, .share, .sharing, .social, .social-share, "
    ".share-buttons, .post-share, "
    ".read-more, .read-also, .more-on, .also-read, "
    ".c-ad, .ad-container, .ad-slot, .ad-wrapper, .ad-label, .subscribe, .comments, "
    "#comments, #respond, .comment-respond, .advertisement, .ads, .ad, .adsbygoogle, .banner, .tags, .post-tags, "
    ".correction, .wp-block-embed, .wp-block-buttons, .itemContentFooter, .itemImageBlock, "
    "[class*='newsletter' i], [class*='signup' i], [class*='sign-up' i], [class*='sign-in' i], [class*='subscri' i], "
    "[class*='consent' i], [id*='consent' i], [class*='cookie' i], [id*='cookie' i], [class*='gdpr' i], "
    "#didomi-host, #onetrust-banner-sdk, .qc-cmp2-container, "
    "[class*='promo' i], [class*='related' i], [class*='recommend' i], "
    "[class*='pullquote' i], [class*='pull-quote' i], [class*='player' i], [class*='fallback' i], "
    "[class*='author-b' i], [class*='about-author' i], [class*='donat' i], [class*='support-us' i], "
    "article[class*='teaser' i], [class*='advert' i], [class*='sponsor' i], "
    ".screen-reader-text, .sr-only, .visually-hidden, .breadcrumb, .breadcrumbs"
)
ENOUGH = 60  # characters; a container with less is none
TEASER = 700  # characters; no teaser is longer
_CARD_LEVELS = 3
_LINKED_HEADING = ", ".join(f"{one}" for n in range(2, 7) for one in (f"h{n} a[href]", f"a[href] h{n}"))


@dataclass(frozen=True, slots=True)
class Match:
    """The layout that spoke and what it found: the element that holds the story, or those that hold its parts, in order."""

    layout: Layout
    parts: tuple[LexborNode, ...]

    @property
    def container(self) -> LexborNode:
        """The one element, or the first part."""
        return self.parts[0]


def match_layout(tree: LexborHTMLParser, outlet: Outlet | None, url: str = "") -> Match | None:
    """The first layout, most specific first, that finds a story: `ENOUGH` text that is no teaser. None when none does.

    url: of the page; a teaser links elsewhere.
    """
    for layout in (*(outlet.layouts if outlet else ()), *SHARED):
        for selector in layout.body:
            parts = _parts(tree.css(selector), url, tree)
            if parts:
                return Match(layout, parts)
    return None


def _parts(nodes: list[LexborNode], url: str, tree: LexborHTMLParser) -> tuple[LexborNode, ...]:
    """What of these hits is the story: one element, or several in order, each with a part; nothing if all are teasers."""
    sizes = {node.mem_id: len(node.text(strip=True)) for node in nodes}
    nodes = _outermost([node for node in nodes if sizes[node.mem_id]])
    prose = [node for node in nodes if sizes[node.mem_id] > TEASER or len(node.text()) > TEASER or not _is_teaser(node, url)]
    if sum(sizes[node.mem_id] for node in prose) < ENOUGH:
        return ()
    if len(prose) == 1:
        return (prose[0],)
    parent = prose[0].parent
    if (
        parent is not None
        and parent.tag != "body"
        and all(node.parent is not None and node.parent == parent for node in prose[1:])
    ):
        return (parent,)
    stories = _by_article(prose)
    if len(stories) == 1:
        return tuple(prose)
    titles = titles_of(tree)

    def rank(story: list[LexborNode]) -> tuple[bool, int]:
        return _is_titled(story[0], titles), sum(map(_weight, story))

    best = max(stories, key=rank)
    return tuple(best)


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    if len(nodes) < 2:
        return nodes
    known = {node.mem_id for node in nodes}
    return [node for node in nodes if not any(above.mem_id in known for above in _above(node))]


def _above(node: LexborNode) -> Iterator[LexborNode]:
    while (node := node.parent) is not None:  # type: ignore[assignment]
        yield node


def _is_teaser(node: LexborNode, url: str) -> bool:
    """Whether a short hit tells of another page: it stands in a link, is mostly links, or shares a card with a linked heading."""
    if any(above.tag == "a" for above in _above(node)):
        return True
    own = len(node.text(strip=True))
    if 2 * sum(len(link.text(strip=True)) for link in node.css("a[href]")) > own:
        return True
    card: LexborNode | None = node
    for _ in range(_CARD_LEVELS + 1):
        if card is None or card.tag in {"body", "main"} or card.css_first("h1") is not None or len(card.text()) > 2 * TEASER:
            return False
        if any(not _is_here(link, url) for link in card.css(_LINKED_HEADING)):
            return True
        card = card.parent
    return False


def _is_here(node: LexborNode, url: str) -> bool:
    """Whether a link, or the link round a heading, leads to this very page, as a headline may."""
    link = node if node.tag == "a" else next((above for above in _above(node) if above.tag == "a"), node)
    href = link.attributes.get("href") or "#"
    return href.startswith("#") or urlsplit(href).path.rstrip("/") == urlsplit(url).path.rstrip("/")


def _by_article(nodes: list[LexborNode]) -> list[list[LexborNode]]:
    """The hits, parted by the <article> they stand in where each has a heading of its own: pages that load the next story too."""
    articles: dict[int, list[LexborNode]] = {}
    for node in nodes:
        article = next((above for above in _above(node) if above.tag == "article"), None)
        own = article is not None and article.css_first("h1, h2") is not None
        articles.setdefault(article.mem_id if own and article is not None else 0, []).append(node)
    return list(articles.values())


def _is_titled(node: LexborNode, titles: list[str]) -> bool:
    """Whether the <article> round a hit has the page's own headline."""
    article = next((above for above in _above(node) if above.tag == "article"), None)
    heading = article.css_first("h1, h2") if article is not None else None
    return heading is not None and any(titles_agree(display(heading.text()), title) >= STRICT for title in titles)


def _weight(node: LexborNode) -> int:
    """How much text stands in paragraphs."""
    return sum(len(each.text()) for each in node.css("p")) or len(node.text())
