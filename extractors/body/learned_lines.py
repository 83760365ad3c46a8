"""Lines that stand on many pages of an outlet: menus, tickers' labels, boxes. Which ones is learned elsewhere and given as
hashes; here they are told apart from sentences that reporters repeat too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

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
    known = cache(lambda n: block_hash(blocks[n].text) in boilerplate_lines)
    prose = [n for n, block in enumerate(blocks) if is_prose(block.text)]
    first = next((n for n in prose if not known(n)), len(blocks))
    last = next((n for n in reversed(prose) if not known(n)), -1)

    def going(parents: set[object]) -> list[int]:
        """The learned lines without those sentences; parents: the elements that paragraphs nobody learned stand in."""
        written = {
            n
            for n, block in enumerate(blocks)
            if first < n < last and block.tag == "p" and _parent(block) in parents and ends_sentence(block.text)
        }
        return [n for n in range(len(blocks)) if n not in written and known(n)]

    # To hash a line is dear, and on most pages no line goes but sentences beside the first and the last paragraph.
    if not going({_parent(blocks[n]) for n in (first, last) if n in prose}) or 2 * sum(map(known, prose)) > len(prose):
        return blocks, []
    gone = set(going({_parent(blocks[n]) for n in prose if not known(n)}))
    return [block for n, block in enumerate(blocks) if n not in gone], [blocks[n] for n in sorted(gone)]


def _parent(block: Block) -> object:
    return block.element.getparent()
