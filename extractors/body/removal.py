"""A container without what is never story: elements that a rule selects are removed, unless they hold the story themselves.

A rule is a guess from a name (`aside`, `[hidden]`, `.social`). Small elements are removed unseen; whether a large one holds the
story, or many of one kind together, is measured in `large_elements.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import html as lxml_html
from lxml.etree import ParserError
from lxml.html import HtmlElement
from selectolax.lexbor import LexborNode

from extractors.body.large_elements import MARK, remove_marked
from extractors.body.line_groups import GROUP, groups_of_lines
from extractors.page.layouts import DROP, NEVER_TEXT
from extractors.page.nesting import flattened
from extractors.text import display, ends_sentence, is_prose
from extractors.trace import Trace

_SMALL = 150  # characters; an element with less is removed without a look
_MAX_BOX, _MAX_BOX_PARAGRAPHS = 300, 2  # characters and paragraphs; the box of a form holds no more
_BOX_SHARE = 4  # nor more than a quarter of the part's text
_MAX_FORMS = 10  # of which the box is looked for
_INLINE = frozenset({"a", "span", "b", "strong", "em", "i", "u", "mark", "font", "bdi"})
_HIDDEN = re.compile(r"sr-only|screen-reader|visually-?hidden|display: ?none", re.IGNORECASE)
# Class names that say what a paragraph is: these are no guess.
_CERTAIN_CLASS = re.compile(
    r"caption|correction|newsletter|signup|sign-up|sign-in|subscri|consent|donat|paywall|screen-reader|sr-only|hidden|comment",
    re.IGNORECASE,
)
_DROPS = tuple(re.split(r",\s*", f"{NEVER_TEXT}, {DROP}"))
# Without huge_tree everything below the 256th level is lost, and the parser's log tells it.
_PARSER = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
_PARSER_OF_DEEP = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def cut_out(parts: Sequence[LexborNode], drop: tuple[str, ...], trace: Trace) -> HtmlElement | None:
    """The parts of a container, in order, as one lxml tree without what is never story.

    The Lexbor tree loses these nodes: read fields first.
    """
    rules = _rules(parts, drop) if trace.awake else {}
    marked = sum(_remove_small(part, drop, rules, trace) for part in parts)
    markup = "".join(part.html or "" for part in parts)
    # Inside <article>, trafilatura sees at once where the story is and does not search the "wild".
    tree = parse_fragment(markup if parts[0].tag == "body" else f"<article>{markup}</article>")
    if tree is not None and marked:
        remove_marked(tree, trace)
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


def _remove_small(part: LexborNode, drop: tuple[str, ...], rules: dict[int, str], trace: Trace) -> int:
    """Remove what is no text and the small elements that a rule selects; mark the large ones and return their number."""
    for node in part.css(NEVER_TEXT):
        if node.mem_id != part.mem_id:
            node.decompose()
    removed: list[LexborNode] = []
    removed_ids: set[int] = set()
    marked = forms = 0
    selected = part.css(", ".join((DROP, *drop)))
    groups = groups_of_lines(selected)
    for node in selected:
        if node.mem_id == part.mem_id or _is_inside(node, part, removed_ids) or _is_in_sentence(node):
            continue
        forms += node.tag == "form"
        element = _box_of_form(node, part) if node.tag == "form" and forms <= _MAX_FORMS else node
        if _is_paragraph(node):
            del node.attrs["class"]  # trafilatura goes by it too
            continue
        group = groups.get(element.mem_id)
        if group is not None:
            element.attrs[GROUP] = str(group)
        if group is not None or len(element.text()) >= _SMALL:
            element.attrs[MARK] = rules.get(node.mem_id, str(node.tag))
            marked += 1
        else:
            removed_ids.add(element.mem_id)
            removed.append(element)
    for node in removed:
        if trace.awake:
            trace.cut(node.text(separator="\n"), rules.get(node.mem_id, str(node.tag)))
        node.decompose()
    return marked


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
    if not name or _CERTAIN_CLASS.search(name) or "hidden" in node.attributes:
        return False
    if _HIDDEN.search(node.attributes.get("style") or "") or node.css_first("a[href]") is not None:
        return False
    text = display(node.text())
    return (
        is_prose(text) and ends_sentence(text) and any(beside is not None and beside.tag == "p" for beside in _neighbours(node))
    )


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
    box, limit = form, min(_MAX_BOX, len(part.text()) // _BOX_SHARE) if len(form.text()) < _SMALL else 0
    while (above := box.parent) is not None and above.mem_id != part.mem_id and len(above.text()) <= limit:
        if above.css_first("h1") is not None or len(above.css("p")) > _MAX_BOX_PARAGRAPHS:
            break
        box = above
    return box


def _is_inside(node: LexborNode, part: LexborNode, removed_ids: set[int]) -> bool:
    """Whether an element between the part and the node is removed."""
    above = node.parent if removed_ids else None
    while above is not None and above.mem_id != part.mem_id:
        if above.mem_id in removed_ids:
            return True
        above = above.parent
    return False
