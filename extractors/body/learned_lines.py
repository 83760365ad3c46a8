"""Lines that stand on many pages of an outlet: menus, tickers' labels, boxes. Which ones is learned elsewhere and given as
hashes; here they are told apart from sentences that reporters repeat too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from extractors.body.blocks import Block
from extractors.text import ends_sentence, is_prose, matching


def block_hash(text: str) -> str:
    """16 hex digits of the SHA-256 of a line's matching form."""
    return hashlib.sha256(matching(text).encode()).hexdigest()[:16]


def hashes_of(blocks: Iterable[Block]) -> frozenset[str]:
    """The hashes of all lines that hold a word."""
    return frozenset(block_hash(block.text) for block in blocks if matching(block.text))


def split_learned(blocks: list[Block], boilerplate_lines: frozenset[str]) -> tuple[list[Block], list[Block]]:
    """The lines that may belong to the body, and those that are boilerplate.

    A learned sentence that stands as a paragraph between paragraphs stays («ولم يتسن لوكالة كذا التحقق …» is written anew each
    time); and if most of the page's prose counts as boilerplate, the hashes are wrong and nothing goes.
    """
    if not boilerplate_lines:
        return blocks, []
    known = [block_hash(block.text) in boilerplate_lines for block in blocks]
    prose = [is_prose(block.text) for block in blocks]
    if sum(k and p for k, p in zip(known, prose, strict=True)) > sum(prose) / 2:
        return blocks, []
    free = [n for n, block in enumerate(blocks) if prose[n] and not known[n]]
    first, last = (free[0], free[-1]) if free else (len(blocks), -1)
    parents = {_parent(blocks[n]) for n in free}
    kept: list[Block] = []
    gone: list[Block] = []
    for n, block in enumerate(blocks):
        written = first < n < last and ends_sentence(block.text) and block.tag == "p" and _parent(block) in parents
        (gone if known[n] and not written else kept).append(block)
    return kept, gone


def _parent(block: Block) -> object:
    return block.element.getparent()
