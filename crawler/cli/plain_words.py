"""The archive's code names in plain words, for commands that a person reads; `--json` has the code names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DOUBTS: Final = {
    "no-layout": "no layout of the outlet fitted",
    "much-cut-off": "a closing phrase cut off much",
    "small-container": "the text is a small part of its page",
    "element-dropped": "an element with many words was left out",
}
"""Why a text may be incomplete."""
READER_TROUBLES: Final = {
    "index.behind": "the archive cannot be read, pages show what was indexed before",
    "index.failed": "the search index cannot be brought up to date, which is a fault of this program",
    "index.left_out": "left out of the search",
    "serve.unreadable": "a page needs what cannot be read",
    "serve.failed": "a page failed, which is a fault of this program",
}
"""Facts of a reader (`warraq serve`, or at the door of a watch) that need a look."""
CAUSES: Final = {
    "sources": "its sources do not answer",
    "challenge": "a wall (captcha, login) stands before its pages",
    "unreadable": "its pages are no longer read as articles",
    "disagreement": "one of its sources had stopped before",
    "quiet": "its pages are as before, it may just publish nothing",
    "gone": "known articles are gone",
    "unanswered": "known articles are not answered for",
}
"""Why an outlet is silent or unreadable."""
DRIFTS: Final = {
    "length": "texts are shorter than they were",
    "authors": "authors are missing more often",
    "date_published": "dates are missing more often",
    "sources": "sources are missing more often",
    "section": "sections are missing more often",
}
"""What is read worse than before."""
CONDITIONS: Final = {
    "gap": "all entries were new, some may have come and gone between two polls; times:",
    "dropped": "entries that could not be used:",
    "truncated": "documents that could not be read to their end:",
    "distrusted": "documents whose dates of modification are not believed:",
    "bounded": "documents left for later crawls:",
    "failed": "could not be read; documents:",
    "entry_failed": "entries that could not be judged:",
    "given_up": "addresses given up:",
    "unread": "addresses without a capture that can be read:",
}
"""What is wrong with a source, before its number."""


def plain(words: Mapping[str, str], code: str) -> str:
    """A code in words; one that a later version wrote, as it is."""
    return words.get(code, code.replace("_", " "))
