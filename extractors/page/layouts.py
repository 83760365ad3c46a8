"""Where the story stands on a page: an outlet's own layouts first, then the names that themes of all kinds share.

A layout is believed only when its container holds text; a page where none does goes to the structural search in `body.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.outlet import Layout, Outlet

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

# Never the story, whatever the outlet. Structure and roles, then names whose meaning is beyond doubt.
DROP = (
    "script, style, noscript, template, svg, iframe, object, form, nav, aside, button, select, input, textarea, dialog, "
    "figure figcaption, figcaption, .wp-caption-text, .caption, .image-caption, .photo-caption, .img-caption, "
    "blockquote.twitter-tweet, blockquote.instagram-media, .fb-post, .fb-video, blockquote.tiktok-embed, "
    "amp-twitter, amp-facebook, amp-instagram, amp-tiktok, amp-sidebar, amp-ad, amp-social-share, amp-user-notification, "
    "blockquote:has(a[href*='/status/']), blockquote:has(> p[lang][dir]), "
    "[role=navigation], [role=complementary], [role=dialog], [hidden], [style*='display:none'], [style*='display: none'], "
    ".sharedaddy, .addtoany_share_save_container, .jp-relatedposts, .share, .sharing, .social, .social-share, "
    ".share-buttons, .post-share, "
    ".related, .related-posts, .related-articles, .related-news, .read-more, .read-also, .more-on, .also-read, .newsletter, "
    ".subscribe, .donation, .donate, .comments, "
    "#comments, #respond, .comment-respond, .advertisement, .ads, .ad, .adsbygoogle, .banner, .tags, .post-tags, "
    ".correction, .wp-block-embed, .wp-block-buttons, .itemContentFooter, .itemImageBlock, "
    ".screen-reader-text, .sr-only, .visually-hidden, .breadcrumb, .breadcrumbs"
)
ENOUGH = 60


@dataclass(frozen=True, slots=True)
class Match:
    """The layout that spoke and the container it found."""

    layout: Layout
    container: LexborNode


def match_layout(tree: LexborHTMLParser, outlet: Outlet | None) -> Match | None:
    """The first layout, most specific first, whose container holds at least `ENOUGH` characters of text; None when none does."""
    for layout in (*(outlet.layouts if outlet else ()), *SHARED):
        for selector in layout.body:
            nodes = [node for node in tree.css(selector) if len(node.text(strip=True)) >= ENOUGH]
            if nodes:
                return Match(layout, nodes[0] if len(nodes) == 1 else _fullest(nodes))
    return None


def _fullest(nodes: list[LexborNode]) -> LexborNode:
    """Of several hits the one with the most text in paragraphs (teasers carry the class too); parts give their parent."""
    parents = {node.parent.mem_id for node in nodes if node.parent is not None}
    if len(parents) == 1 and nodes[0].parent is not None and nodes[0].parent.tag != "body":
        return nodes[0].parent
    return max(nodes, key=lambda node: sum(len(each.text()) for each in node.css("p")) or len(node.text()))
