"""Whether a large element that a rule selects holds the story, or many lines of one kind do: then they stay, whatever their name.

What an element holds is measured against what would be left without it: an element stays that holds most of the prose where no
story stands before it, and one that continues the story among paragraphs like its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml.html import HtmlElement

from extractors import boilerplate
from extractors.body.blocks import Block, walk
from extractors.body.line_groups import GROUP, KEPT, may_continue
from extractors.outlet import Catalogue
from extractors.text import is_prose, matching, word_count
from extractors.trace import Trace

MARK = "data-warraq-rule"
"""The attribute of a large element that names the rule by which it is to be removed."""
_STORY_WORDS = 40  # words of prose between headline and element: the story stands there, and not in the element
_SHARE = 4  # an element that continues the story counts from a quarter of the prose that is left
_DOUBTFUL_WORDS = 60  # removed with so much prose, a second reader is asked
# What makes trafilatura and our own walk pass over an element that is shown after all.
_HIDING = ("hidden", "style", "class", "id", "role", "aria-hidden", MARK, GROUP)


@dataclass(slots=True, eq=False)
class _Candidate:
    """A large element that a rule selects, or all elements of a group (`line_groups.py`). outer: the candidates round it,
    outermost first; places: of its lines among all.
    """

    elements: list[HtmlElement]
    outer: list[_Candidate] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    stays: bool = False


def remove_marked(tree: HtmlElement, trace: Trace) -> None:
    """Remove every marked element that does not hold the story; outer ones are judged before those inside."""
    candidates = _candidates(tree)
    blocks = walk(tree)
    lines = _Lines(blocks, _enclosing(candidates, blocks), [_prose_words(block) for block in blocks])
    for candidate in candidates:
        if all(outer.stays for outer in candidate.outer):
            candidate.stays = _holds_story(candidate, lines)
    for candidate in candidates:
        if candidate.stays:
            _show(candidate.elements)
        elif all(outer.stays for outer in candidate.outer):
            if sum(lines.words[n] for n in candidate.places) >= _DOUBTFUL_WORDS:
                trace.doubts.add("element-dropped")
            trace.cut("\n".join(blocks[n].text for n in candidate.places), candidate.elements[0].get(MARK) or "")
            for element in candidate.elements:
                if element.getparent() is not None:
                    element.drop_tree()


def _candidates(tree: HtmlElement) -> list[_Candidate]:
    """Every marked element, those of a group together, in the order of the page."""
    candidates: list[_Candidate] = []
    groups: dict[str, _Candidate] = {}
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.get(MARK) is None:
            continue
        if node.tag in {"button", "object", "noscript"}:
            node.tag = "div"  # else no text is seen in it
        group = node.get(GROUP)
        if group is not None and group in groups:
            groups[group].elements.append(node)
            continue
        candidates.append(_Candidate([node]))
        if group is not None:
            groups[group] = candidates[-1]
    return candidates


@dataclass(slots=True)
class _Lines:
    """The lines of a container; around: the candidates round each, outermost first; words: of each that is prose, else 0."""

    blocks: list[Block]
    around: list[list[_Candidate]]
    words: list[int]


def _prose_words(block: Block) -> int:
    return word_count(block.text) if block.linked < 0.3 and is_prose(block.text) else 0


def _enclosing(candidates: list[_Candidate], blocks: list[Block]) -> list[list[_Candidate]]:
    """For every line the candidates round it, outermost first; fills `outer` and `places` of each candidate."""
    by_element = {element: candidate for candidate in candidates for element in candidate.elements}
    around_element: dict[HtmlElement, list[_Candidate]] = {}
    for candidate in candidates:
        candidate.outer = [by_element[above] for above in candidate.elements[0].iterancestors() if above in by_element][::-1]
    around: list[list[_Candidate]] = []
    for n, block in enumerate(blocks):
        if block.element not in around_element:
            upwards = [block.element, *block.element.iterancestors()]
            around_element[block.element] = [by_element[above] for above in upwards if above in by_element][::-1]
        around.append(around_element[block.element])
        for candidate in around[-1]:
            candidate.places.append(n)
    return around


def _holds_story(candidate: _Candidate, lines: _Lines) -> bool:
    """Whether the element holds the story, or a good part of it, measured against the prose that stands in no such element."""
    blocks, places = lines.blocks, candidate.places
    words = sum(lines.words[n] for n in places)
    words_outside_candidates = sum(count for count, around in zip(lines.words, lines.around, strict=True) if not around)
    has_title = any(blocks[n].tag == "h1" for n in range(max(0, places[0] - 1), places[-1])) if places else False
    if not words or (_SHARE * words < words_outside_candidates and not has_title):
        return False
    inside = [blocks[n] for n in places]
    prose = [blocks[n] for n in places if lines.words[n]]
    if boilerplate.closing_strength(inside[0].text, Catalogue()):
        return False
    outer = set(map(id, candidate.outer))  # whoever stands round the innermost of them stands round the element too
    left = [n for n, around in enumerate(lines.around) if not around or id(around[-1]) in outer]
    prose_outside = [blocks[n] for n in left if lines.words[n]]
    texts_outside = {matching(block.text) for block in prose_outside}
    if sum(matching(block.text) in texts_outside for block in prose) * 2 > len(prose):
        return False  # a copy for another screen
    words_left = sum(lines.words[n] for n in left)
    if _is_before_story(candidate, lines):
        return False
    title = max((n for n, block in enumerate(blocks[: places[-1]]) if block.tag == "h1"), default=-1)
    words_before = sum(lines.words[n] for n in left if title < n < places[0])
    follows_title = places[0] <= title + 1 and len(candidate.elements) == 1
    if words >= _STORY_WORDS and words_before < _STORY_WORDS and (words > words_left or follows_title):
        return True
    return _continues_story(candidate, inside, prose, prose_outside) and _SHARE * words >= words_left


def _is_before_story(candidate: _Candidate, lines: _Lines) -> bool:
    """Whether the page's first h1 comes after the element, and after that a story that no rule selects: a long box of consent."""
    last = candidate.places[-1]
    title = next((n for n, block in enumerate(lines.blocks) if block.tag == "h1"), -1)
    after = sum(words for words, around in zip(lines.words[title:], lines.around[title:], strict=True) if not around)
    return last < title and after >= _STORY_WORDS


def _continues_story(candidate: _Candidate, inside: list[Block], prose: list[Block], prose_outside: list[Block]) -> bool:
    """Whether it holds plain paragraphs like those that stand beside it, and hardly anything between them."""
    first = candidate.elements[0]
    if len(candidate.elements) > 1 and not may_continue(candidate.elements):
        return False
    before, parent = first.getprevious(), first.getparent()
    places = {parent, before if before is not None and before.tag == first.tag else None} - {None}
    beside = [block for block in prose_outside if block.element.getparent() in places]
    is_plain = sum(len(block.text) for block in prose) >= 0.8 * sum(len(block.text) for block in inside)
    return len(prose) > 1 and bool(beside) and is_plain and {block.tag for block in prose} <= {block.tag for block in beside}


def _show(elements: list[HtmlElement]) -> None:
    """Make them plain elements, so that no later rule passes over one by its name: a <div>, of a group a <p> for each line."""
    grouped = len(elements) > 1
    for element in elements:
        is_line = grouped and next(element.iter("p", "div"), None) in {None, element}
        element.tag = "p" if is_line and element.tag != "div" else "div"
        for name in _HIDING:
            element.attrib.pop(name, None)
        for part in element.iter() if grouped else ():
            part.set(KEPT, "")
