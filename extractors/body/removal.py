"""A container without what is never story: elements that a rule names go, unless they hold the story themselves.

A rule is a guess from a name (`aside`, `[hidden]`, `.social`). What an element holds is measured against what would be left: the
rule does not take an element that holds most of the prose where no story stands before it, nor one that carries on among
paragraphs like its own. Small elements are taken unseen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import html as lxml_html
from lxml.etree import ParserError
from lxml.html import HtmlElement
from selectolax.lexbor import LexborNode

from extractors import boilerplate
from extractors.body.blocks import Block, walk
from extractors.outlet import Catalogue
from extractors.page.layouts import DROP, NEVER_TEXT
from extractors.page.nesting import flattened
from extractors.text import display, ends_sentence, is_prose, matching, word_count
from extractors.trace import Trace

SMALL = 150  # characters; an element with less is taken without a look
A_STORY = 40  # words of prose between headline and element: the story stands there, and not in the element
SHARE = 4  # an element that goes on among the paragraphs counts from a quarter of the prose that is left
BOX, FEW = 300, 2  # characters and paragraphs; the box of a form holds no more
FORMS = 10  # of which the box is looked for
MANY_WORDS = 60  # taken with so much prose, a second reader is asked
_INLINE = frozenset({"a", "span", "b", "strong", "em", "i", "u", "mark", "font", "bdi"})
_HIDDEN = re.compile(r"sr-only|screen-reader|visually-?hidden|display: ?none", re.IGNORECASE)
# What a paragraph so named is, is said and not guessed.
_SAID = re.compile(
    r"caption|correction|newsletter|signup|sign-up|sign-in|subscri|consent|donat|paywall|screen-reader|sr-only|hidden|comment",
    re.IGNORECASE,
)
_MARK = "data-warraq-rule"
_DROPS = tuple(re.split(r",\s*", f"{NEVER_TEXT}, {DROP}"))
# What makes trafilatura and our own walk pass over an element that is shown after all.
_HIDING = ("hidden", "style", "class", "id", "role", "aria-hidden", _MARK)
# Without huge_tree everything below the 256th level is lost, and the parser's log tells it.
_PARSER = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
_PARSER_OF_DEEP = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def cut_out(parts: Sequence[LexborNode], drop: tuple[str, ...] = (), trace: Trace | None = None) -> HtmlElement | None:
    """The parts of a container, in order, as one lxml tree without what is never story.

    The Lexbor tree loses these nodes: read fields first.
    """
    trace = trace or Trace(awake=False)
    rules = _rules(parts, drop) if trace.awake else {}
    doubtful = sum(_take_small(part, drop, rules, trace) for part in parts)
    markup = "".join(part.html or "" for part in parts)
    # Inside <article>, trafilatura sees at once where the story is and does not search the "wild".
    tree = parse_fragment(markup if parts[0].tag == "body" else f"<article>{markup}</article>")
    if tree is not None and doubtful:
        _settle(tree, trace)
    return tree


def parse_fragment(markup: str) -> HtmlElement | None:
    """Markup as an lxml tree, flattened where it nests too deep for libxml2 and for trafilatura, which recurses; None when there
    is nothing in it.
    """
    if not markup.strip():
        return None
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=_PARSER)
        if any("Excessive depth" in error.message for error in _PARSER.error_log):
            shallow = flattened(markup).encode("utf-8", "replace")
            tree = lxml_html.document_fromstring(shallow, parser=_PARSER_OF_DEEP)
    except ParserError:  # nothing but comments
        return None
    return tree


def _rules(parts: Sequence[LexborNode], drop: tuple[str, ...]) -> dict[int, str]:
    """The first rule that names an element itself, by the element's identity; what stands in it does not count."""
    rules: dict[int, str] = {}
    for rule in (*drop, *_DROPS):
        for part in parts:
            for node in part.css(rule):
                rules.setdefault(node.mem_id, rule)
    return rules


def _take_small(part: LexborNode, drop: tuple[str, ...], rules: dict[int, str], trace: Trace) -> int:
    """Take out what is no text and what is small; mark what is large. How many were marked."""
    for node in part.css(NEVER_TEXT):
        if node.mem_id != part.mem_id:
            node.decompose()
    taken: list[LexborNode] = []
    gone: set[int] = set()
    doubtful = forms = 0
    for node in part.css(", ".join((DROP, *drop))):
        if node.mem_id == part.mem_id or _is_inside(node, part, gone) or _is_in_sentence(node):
            continue
        forms += node.tag == "form"
        goes = _box_of_form(node, part) if node.tag == "form" and forms <= FORMS else node
        if _is_paragraph(node):
            del node.attrs["class"]  # trafilatura goes by it too
            continue
        if len(goes.text()) >= SMALL:
            goes.attrs[_MARK] = rules.get(node.mem_id, str(node.tag))
            doubtful += 1
        else:
            gone.add(goes.mem_id)
            taken.append(goes)
    for node in taken:
        if trace.awake:
            trace.cut(node.text(separator="\n"), rules.get(node.mem_id, str(node.tag)))
        node.decompose()
    return doubtful


def _is_in_sentence(node: LexborNode) -> bool:
    """Whether an inline element that is shown stands between words: «قال <a class='related'>فلان</a> إن …»."""
    before, after = node.prev, node.next
    if node.tag not in _INLINE or before is None or after is None or before.tag != "-text" or after.tag != "-text":
        return False
    if (
        _HIDDEN.search(f"{node.attributes.get('class') or ''} {node.attributes.get('style') or ''}")
        or "hidden" in node.attributes
    ):
        return False
    return bool((before.text() or "").strip() and (after.text() or "").strip())


def _is_paragraph(node: LexborNode) -> bool:
    """Whether a <p> that a rule names by its class is a sentence among others, without a link: «<p class='promo-end'>»."""
    name = node.attributes.get("class") if node.tag == "p" else None
    if not name or _SAID.search(name) or "hidden" in node.attributes:
        return False
    if _HIDDEN.search(node.attributes.get("style") or "") or node.css_first("a[href]") is not None:
        return False
    text = display(node.text())
    return is_prose(text) and ends_sentence(text) and any(each is not None and each.tag == "p" for each in _neighbours(node))


def _neighbours(node: LexborNode) -> tuple[LexborNode | None, LexborNode | None]:
    """The elements before and after, text between them passed over."""
    before, after = node.prev, node.next
    while before is not None and before.tag == "-text":
        before = before.prev
    while after is not None and after.tag == "-text":
        after = after.next
    return before, after


def _box_of_form(form: LexborNode, part: LexborNode) -> LexborNode:
    """The box that a form stands in with a heading and a sentence of its own, if it is small beside the rest of the part: «اشترك
    في نشرتنا البريدية …»; else the form.
    """
    box, limit = form, min(BOX, len(part.text()) // SHARE) if len(form.text()) < SMALL else 0
    while (above := box.parent) is not None and above.mem_id != part.mem_id and len(above.text()) <= limit:
        if above.css_first("h1") is not None or len(above.css("p")) > FEW:
            break
        box = above
    return box


def _is_inside(node: LexborNode, part: LexborNode, gone: set[int]) -> bool:
    """Whether an element above the node, below the part, goes."""
    above = node.parent if gone else None
    while above is not None and above.mem_id != part.mem_id:
        if above.mem_id in gone:
            return True
        above = above.parent
    return False


@dataclass(slots=True, eq=False)
class _Candidate:
    """A large element that a rule names. within: the candidates round it; blocks: its lines, as places among all lines."""

    element: HtmlElement
    within: list[_Candidate] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    stays: bool = False


def _settle(tree: HtmlElement, trace: Trace) -> None:
    """Decide for every marked element, the outer before the inner, whether its rule takes it."""
    found = [_Candidate(each) for each in tree.iter() if isinstance(each.tag, str) and each.get(_MARK) is not None]
    for each in found:
        if each.element.tag in {"button", "object", "noscript"}:
            each.element.tag = "div"
    blocks = walk(tree)
    lines = _Lines(blocks, _enclosing(found, blocks), [_prose_words(block) for block in blocks])
    for each in found:
        if all(outer.stays for outer in each.within):
            each.stays = _holds_story(each, lines)
    for each in found:
        if each.stays:
            _show(each.element)
        elif all(outer.stays for outer in each.within):
            if sum(lines.words[n] for n in each.blocks) >= MANY_WORDS:
                trace.doubts.add("element-dropped")
            trace.cut("\n".join(blocks[n].text for n in each.blocks), each.element.get(_MARK) or "")
            _remove(each.element)


@dataclass(slots=True)
class _Lines:
    """The lines of a container; around: the candidates round each, outermost first; words: of each that is prose, else 0."""

    blocks: list[Block]
    around: list[list[_Candidate]]
    words: list[int]


def _prose_words(block: Block) -> int:
    return word_count(block.text) if block.linked < 0.3 and is_prose(block.text) else 0


def _enclosing(found: list[_Candidate], blocks: list[Block]) -> list[list[_Candidate]]:
    """For every line the candidates round it, outermost first; fills what each candidate holds."""
    by_element = {each.element: each for each in found}
    known: dict[HtmlElement, list[_Candidate]] = {}
    for each in found:
        each.within = [by_element[above] for above in each.element.iterancestors() if above in by_element][::-1]
    around: list[list[_Candidate]] = []
    for n, block in enumerate(blocks):
        if block.element not in known:
            line = [block.element, *block.element.iterancestors()]
            known[block.element] = [by_element[above] for above in line if above in by_element][::-1]
        around.append(known[block.element])
        for each in around[-1]:
            each.blocks.append(n)
    return around


def _holds_story(one: _Candidate, lines: _Lines) -> bool:
    """Whether the element holds the story, or a good part of it, measured against the prose that stands in no such element."""
    blocks, words = lines.blocks, sum(lines.words[n] for n in one.blocks)
    free = sum(count for count, outer in zip(lines.words, lines.around, strict=True) if not outer)
    titled = any(blocks[n].tag == "h1" for n in range(max(0, one.blocks[0] - 1), one.blocks[-1])) if one.blocks else False
    if not words or (SHARE * words < free and not titled):
        return False
    inside = [blocks[n] for n in one.blocks]
    prose = [blocks[n] for n in one.blocks if lines.words[n]]
    if boilerplate.closing_strength(inside[0].text, Catalogue()):
        return False
    known = set(map(id, one.within))  # whoever stands round the innermost of them stands round the element too
    left = [n for n, outer in enumerate(lines.around) if not outer or id(outer[-1]) in known]
    outside = [blocks[n] for n in left if lines.words[n]]
    forms = {matching(block.text) for block in outside}
    if sum(matching(block.text) in forms for block in prose) * 2 > len(prose):
        return False  # said again for another screen
    rest = sum(lines.words[n] for n in left)
    title = max((n for n, block in enumerate(blocks[: one.blocks[-1]]) if block.tag == "h1"), default=-1)
    above = sum(lines.words[n] for n in left if title < n < one.blocks[0])
    if words >= A_STORY and above < A_STORY and (words > rest or one.blocks[0] <= title + 1):
        return True
    return _goes_on(one, inside, prose, outside) and SHARE * words >= rest


def _goes_on(one: _Candidate, inside: list[Block], prose: list[Block], outside: list[Block]) -> bool:
    """Plain paragraphs, like those that stand beside the element and with hardly anything between them."""
    before = one.element.getprevious()
    places = {one.element.getparent(), before if before is not None and before.tag == one.element.tag else None} - {None}
    beside = [block for block in outside if block.element.getparent() in places]
    plain = sum(len(block.text) for block in prose) >= 0.8 * sum(len(block.text) for block in inside)
    return len(prose) > 1 and bool(beside) and plain and {block.tag for block in prose} <= {block.tag for block in beside}


def _show(element: HtmlElement) -> None:
    """Make a plain division of it, so that no later rule passes over it by its name."""
    element.tag = "div"
    for name in _HIDING:
        element.attrib.pop(name, None)


def _remove(element: HtmlElement) -> None:
    """Take it out, what stands behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail:
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
