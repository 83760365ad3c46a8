"""A second reader, asked where something gives reason to doubt the first: trafilatura, on the page as a whole.

The rule: where our body has less than half of the words that the second reader finds, the second reader's text is taken. Its
lines are looked up on the page, so that words stay apart and headings are kept; what the page says beside its story goes as ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree
from lxml.html import HtmlElement
from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura import bare_extraction

from extractors.article import Doubt, SecondReading
from extractors.body.blocks import Block, walk
from extractors.body.labels import byline_rule, labelled
from extractors.body.removal import parse_fragment
from extractors.body.story import Context, Story
from extractors.explanation import Dropped
from extractors.measures import shared
from extractors.names.lone_names import lone_names
from extractors.text import display, squeezed, word_count

READER = "trafilatura"
LIMIT = 1_500_000  # characters of markup; a longer page would take seconds
MUCH = 60  # words
SHORT = 20
_CONSENT = re.compile(r"consent|cookie|gdpr|didomi-host|onetrust|qc-cmp", re.IGNORECASE)
# Of a line that the second reader takes for story these labels say what else it is.
_NO_STORY = frozenset(
    {"headline", "furniture", "ticker", "editor", "caption", "closing", "aside", "link", "date", "relative-date"}
)
_OPENING = frozenset({"dateline", "signed", "byline"})  # the same before the first paragraph


@dataclass(slots=True)
class SecondOpinion:
    """reading: as it goes into the record; lines: what the second reader takes for main text."""

    reading: SecondReading
    lines: list[str]

    def is_better(self, ours: list[str]) -> bool:
        """Whether our body has less than half of its words."""
        return self.reading.words >= MUCH and 2 * _words(ours) < self.reading.words


def doubts_of(story: Story, *, own_layout: bool, page_characters: int, raised: set[Doubt]) -> tuple[Doubt, ...]:
    """What gives reason to doubt a body, in alphabetical order.

    own_layout: one of the outlet's own matched; page_characters: in all paragraphs of the page; raised: doubts from before.
    """
    found = set(raised)
    if not own_layout:
        found.add("no-layout")
    kept = _words(story.paragraphs)
    cut = sum(word_count(each.text) for each in story.dropped if each.rule in {"closing", "after-story"})
    if cut >= MUCH and 3 * cut > kept:
        found.add("much-cut-off")
    if page_characters > 600 and 2 * sum(map(len, story.paragraphs)) < page_characters:
        found.add("small-container")
    return tuple(sorted(found))


def second_opinion(source: str, ours: list[str], latest: date) -> SecondOpinion | None:
    """The page read by the second reader; None when it finds nothing, or the page is too long to ask.

    source: the decoded markup; ours: the paragraphs of our body; latest: the day of the capture, no date after it is believed.
    """
    if len(source) > LIMIT or (tree := parse_fragment(source)) is None:
        return None
    _remove_consent(tree)
    # It removes them itself, one by one, and copies the text between them each time.
    etree.strip_elements(tree, "input", "button", "svg", "select", "iframe", "embed", with_tail=False)
    document = bare_extraction(
        tree,
        favor_precision=True,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        deduplicate=False,
        date_extraction_params={"max_date": latest.isoformat()},
    )
    text = getattr(document, "text", None) or ""
    found = [line for each in text.splitlines() if (line := display(each))]
    if not found:
        return None
    words, theirs = [word for each in ours for word in each.split()], [word for each in found for word in each.split()]
    agreement = round(shared(words, theirs) / max(len(words), len(theirs)), 3)
    return SecondOpinion(SecondReading(READER, len(theirs), agreement), found)


def _remove_consent(tree: HtmlElement) -> None:
    """Remove boxes that ask for consent, which it takes for main text, where enough for a story stands outside of them."""
    boxes = [element for element in tree.iter() if isinstance(element.tag, str) and element.attrib and _asks_consent(element)]
    found = [box for box in boxes if not any(map(_asks_consent, box.iterancestors())) and next(box.iter("h1"), None) is None]
    if found and word_count(tree.text_content()) - sum(word_count(box.text_content()) for box in found) >= MUCH:
        for box in found:
            box.drop_tree()


def _asks_consent(element: HtmlElement) -> bool:
    if element.get("role") in {"dialog", "alertdialog"} or element.get("aria-modal") == "true":
        return True
    return _CONSENT.search(f"{element.get('id') or ''} {element.get('class') or ''}") is not None


def characters_outside_links(tree: LexborHTMLParser) -> int:
    """How much text a page shows, what stands in links left out."""
    if tree.body is None:
        return 0
    hidden = tree.css("svg, template")
    known = {node.mem_id for node in hidden}
    apart = [*tree.css("script, style, select, a"), *(node for node in hidden if not _is_below(node, known))]
    return len(tree.body.text()) - sum(len(node.text()) for node in apart)


def _is_below(node: LexborNode, known: set[int]) -> bool:
    """Whether an element above the node is one of these."""
    above = node.parent
    while above is not None and above.mem_id not in known:
        above = above.parent
    return above is not None


def taken(opinion: SecondOpinion, source: str, context: Context) -> Story:
    """The story as the second reader has it, without the lines that name themselves something else."""
    story = Story()
    tree = parse_fragment(source)
    blocks = _on_page(walk(tree), opinion.lines) if tree is not None else []
    for line in labelled(blocks, replace(context, trusted=False)):
        rule = line.rule or ("byline" if byline_rule(line.text) or lone_names(line.text, context.newsroom_names) else None)
        no_story = _NO_STORY if story.kept else _NO_STORY | _OPENING
        if rule in no_story and not line.prose:
            story.dropped.append(Dropped(line.text, rule or ""))
        else:
            story.kept.append(line.block)
    return story


def _on_page(lines: list[Block], found: list[str]) -> list[Block]:
    """The lines of the page that make up this text, each once, in page order."""
    wanted = {squeezed(each) for each in found}
    main = "\n".join(squeezed(each) for each in found)
    blocks: list[Block] = []
    seen: set[str] = set()
    for block in lines:
        form = squeezed(block.text)
        if form not in seen and (form in wanted or (len(form) >= SHORT and form in main)):
            seen.add(form)
            blocks.append(block)
    return blocks


def _words(paragraphs: list[str]) -> int:
    return sum(map(word_count, paragraphs))
