"""«Did you mean»: the known word that a mistyped one is nearest to."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A question to append to an error message, beginning with a blank; empty if nothing known looks like `word`.

    cutoff: likeness from 0 to 1, as `difflib` measures it.
    """
    near = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" Did you mean {near[0]}?" if near else ""
