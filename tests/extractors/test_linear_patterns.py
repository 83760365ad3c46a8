"""No pattern of extractors or crawler grows like the square of what it is tried on: pages come from strangers.

Every compiled pattern of a module, every expression written inline, every expression of an outlet is tried, in the way in which
the code uses it, on long strings made of its own words, letters, digits and spaces. Lines reach the patterns with single spaces.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import pytest

from crawler.reread.engines import RereadError
from extractors.outlets import outlets

ROOMS = ("extractors", "crawler")
SHORT, LONG = 1_000, 8_000
NOTICEABLE = 0.02  # seconds of CPU on the short string; linear patterns take a hundredth
FEW = 7  # words of a pattern that are repeated
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


class Tried(NamedTuple):
    """A pattern, where it stands, and the methods by which it is used."""

    pattern: re.Pattern[str]
    where: str
    methods: frozenset[str]


def _modules() -> Iterator[Any]:
    for room in ROOMS:
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if found.name.rpartition(".")[2] != "__main__":
                try:
                    yield importlib.import_module(found.name)
                except RereadError:  # what needs an extra says so and stops
                    continue


def _within(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, tuple | list | set | frozenset | dict) and depth < 3:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _within(each, depth + 1)


def _patterns() -> list[Tried]:
    found: dict[tuple[str, int], Tried] = {}
    modules = [module for module in _modules() if module.__file__]
    sources = {module.__name__: Path(module.__file__).read_text() for module in modules}
    used: dict[str, set[str]] = {}
    for name, method in re.findall(rf"\b(\w+)\.({'|'.join(METHODS)})\(", "\n".join(sources.values())):
        used.setdefault(name, set()).add(method)
    for module in modules:
        for name, value in vars(module).items():
            # A pattern in a tuple is reached by the name of a loop; all methods of such a name are tried.
            methods = used.get(name) or used.get("pattern", set()) & {"match", "fullmatch", "search"}
            for pattern in _within(value):
                found.setdefault(
                    (pattern.pattern, pattern.flags), Tried(pattern, f"{module.__name__}.{name}", frozenset(methods))
                )
        for node in ast.walk(ast.parse(sources[module.__name__])):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "re":
                text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
                if isinstance(text, str) and node.func.attr in METHODS:
                    tried = Tried(re.compile(text), f"{module.__name__}:{node.lineno}", frozenset({node.func.attr}))
                    found.setdefault((text, tried.pattern.flags), tried)
    for outlet in outlets().values():
        lines = [each for name in ("furniture", "closing", "aside", "dateline") for each in getattr(outlet.catalogue, name)]
        for expression in (*lines, *(route.path for route in outlet.routes)):
            pattern = re.compile(expression, re.IGNORECASE | re.DOTALL)
            found.setdefault((expression, 0), Tried(pattern, outlet.slug, frozenset({"fullmatch"})))
    return list(found.values())


def _words(sequence: Any) -> Iterator[str]:
    """The literal words of a parsed expression, and the single characters of its classes."""
    word = ""
    for code, value in sequence:
        if code is codes.LITERAL:
            word += chr(value)
            continue
        yield word
        word = ""
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            yield from _words(value[2])
        elif code is codes.SUBPATTERN:
            yield from _words(value[3])
        elif code is codes.BRANCH:
            yield from (word for branch in value[1] for word in _words(branch))
        elif code in {codes.ASSERT, codes.ASSERT_NOT}:
            yield from _words(value[1])
        elif code is codes.IN:
            yield from (chr(each) for kind, each in value if kind is codes.LITERAL)
    yield word


def _units(pattern: str) -> list[str]:
    """What strings are made of: the pattern's words, common letters, and pairs of them."""
    words = sorted({word for word in _words(parser.parse(pattern)) if word}, key=len)
    words = [*words[:FEW], *words[-FEW:]]
    letters = ["a", "م", "0", "(", "-", "."]
    pairs = [f"{word}{gap}" for word in words for gap in (" ", " a ", "a", "0")]
    return list(
        dict.fromkeys([*letters, " a", "a ", "0:", " م", *words, *pairs, *(f"{a}{b}" for a in words[:4] for b in words[:4])])
    )


def _strings(unit: str, size: int) -> tuple[str, ...]:
    """A string of one unit over and over, and the unit once before a long word; single spaces, as lines have them."""
    many = unit * (size // len(unit))
    return tuple(text if " " not in unit else " ".join(text.split()) for text in (many, unit + "م" * size, unit + "0" * size))


def _seconds(tried: Tried, text: str) -> float:
    begun = time.thread_time()
    for method in tried.methods:
        if method in {"sub", "subn"}:
            tried.pattern.sub("", text)
        elif method == "finditer":
            list(tried.pattern.finditer(text))
        else:
            getattr(tried.pattern, method)(text)
    return time.thread_time() - begun


def _grows(tried: Tried) -> str | None:
    """A string whose time grows with the square of its length; None when there is none."""
    for unit in _units(tried.pattern.pattern):
        for short, long in zip(_strings(unit, SHORT), _strings(unit, LONG), strict=True):
            if _seconds(tried, short) > NOTICEABLE and min(_seconds(tried, short) for _ in range(3)) > NOTICEABLE:
                return short
            taken = _seconds(tried, long)
            # Eight times the length: 8 when linear, 64 when quadratic.
            if taken > NOTICEABLE and min(_seconds(tried, long) for _ in range(2)) > 24 * max(_seconds(tried, short), 1e-6):
                return short
    return None


def test_the_check_sees_a_quadratic_pattern() -> None:
    """And lets a linear one pass."""
    assert _grows(Tried(re.compile(r"\w+\s*:"), "here", frozenset({"search"}))) is not None
    assert _grows(Tried(re.compile(r"(?<!\w)\w{1,40} ?:"), "here", frozenset({"search"}))) is None


@pytest.mark.slow
def test_every_pattern_is_linear() -> None:
    """Names the pattern and the string that is too much for it."""
    patterns = _patterns()
    assert len(patterns) > 200
    slow = {tried.where: (tried.pattern.pattern[:80], text[:30]) for tried in patterns if (text := _grows(tried))}
    assert slow == {}
