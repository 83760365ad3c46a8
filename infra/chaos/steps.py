"""The steps at which a victim is killed: before, inside or after the n-th write of one kind of object, or act upon its queue."""

from __future__ import annotations

import random
import re
from typing import Final, NamedTuple

_OBJECTS: Final = (
    ("layout", r"archive\.json|schema/.*"),
    ("started", r"runs/.*\.started\.json"),
    ("recovered", r"runs/.*\.recovered\.json"),
    ("manifest", r"runs/.*\.json"),
    ("files", r"runs/.*\.files-\d+\.jsonl"),
    ("raw", r"warc/.*\.warc\.gz"),
    ("cdxj", r"warc/.*\.cdxj"),
    ("claim", r"hashes/.*"),
    ("article", r"articles/.*"),
    ("change", r"changes/.*"),
    ("ledger", r"urls/.*"),
    ("cursor", r"state/events/.*"),
    ("state", r"state/.*"),
)
ACTS: Final = ("put", "take", "ack", "release")
"""Upon the queue of a watch."""
OBJECTS: Final = tuple(kind for kind, _ in _OBJECTS)
KINDS: Final = (*OBJECTS, *ACTS)
MOMENTS: Final = ("before", "inside", "after")
"""inside: the bytes are written, or sent, and the object has no name yet, or nobody has received that it has; of an act upon the
queue, its transaction is done and not committed."""

_MANY: Final = frozenset({"claim", "article", "change", "ledger"})
GROUPED: Final = _MANY
"""Kinds of which a writer process makes many at once."""
NEW: Final = frozenset({"claim", "article", "ledger"})
"""Kinds that a crawl makes of new texts only."""
LATE: Final = frozenset({"manifest", "state", "ack", "release", "cursor"})
"""Kinds that come when all articles are kept."""
_RARE: Final = frozenset({"layout", "files"})
_WATCH: Final = frozenset({"cursor", *ACTS})
_SOME: Final = frozenset({"raw", "cdxj", "state", "take", "ack", "cursor"})


class KillStep(NamedTuple):
    """`claim:after:3`: dies when the third claim has been written."""

    kind: str
    moment: str
    n: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.moment}:{self.n}"

    @classmethod
    def parse(cls, text: str) -> KillStep:
        """ValueError unless the text names a step."""
        kind, moment, n = text.split(":")
        if kind not in KINDS or moment not in MOMENTS or int(n) < 1:
            raise ValueError(f"{text!r} is no step: one of {', '.join(KINDS)}, then {', '.join(MOMENTS)}, then a number from 1")
        return cls(kind, moment, int(n))


def kind_of(key: str) -> str:
    """The kind of object a key names; ValueError for a key that nobody has classified, so that no kind is forgotten."""
    for kind, pattern in _OBJECTS:
        if re.fullmatch(pattern, key):
            return kind
    raise ValueError(f"{key} is of no kind that chaos knows: name it in infra/chaos/steps.py")


def every_step(command: str) -> list[tuple[str, str]]:
    """Every kind that the command comes to with every moment, but those that an archive sees once in its life or never while
    it is small.
    """
    without = _RARE if command == "watch" else _RARE | _WATCH
    return [(kind, moment) for kind in KINDS if kind not in without for moment in MOMENTS]


def drawn(generator: random.Random, kind: str, moment: str, *, first: bool = True) -> KillStep:
    """A step of that kind at a number that a crawl often reaches. first: one that makes articles, so there are many writes."""
    most = 8 if kind in _MANY and first else 2 if kind in _SOME else 1
    return KillStep(kind, moment, 1 + min(most - 1, int(generator.expovariate(0.4))))
