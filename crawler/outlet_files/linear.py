"""Whether a regular expression is matched in time linear in the length of the text: outlets' patterns meet pages of strangers.

Python's matcher tries every way in which an expression can match a text. The number of ways that a failing match is tried in is
bounded by the ambiguity of the expression (Weber and Seidl, «On the degree of ambiguity of finite automata», 1991):
exponential if a state can be left and reached again over the same text in two ways, at least quadratic if two loops over the same
text follow one another. Both are looked for in the automaton of the expression, over one character of each kind that the
expression tells apart. No text is tried and no time is measured, so that the answer is the same on every machine.
One file, though long: one automaton and the two questions asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from re import _constants as codes  # type: ignore[attr-defined]  # the parser of `re` itself; no public one exists
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final, TypeVar

MOST_STATES: Final = 400
MANY: Final = 6
"""A repetition bounded by more than this is taken for an unbounded one where ways multiply (`(a|a){1,50}`)."""
_REPEATS: Final = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT})
_SAMPLE: Final = "aZم٣5 _-/.،\u00a0\n"
_CATEGORIES: Final = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}

Letters = frozenset[str]
Node = TypeVar("Node")


def why_not_linear(expression: str, *, searched: bool = False) -> str | None:
    """Why an expression may take more than linear time; None where it does not. searched: it may begin anywhere in the text.

    Raises re.error for what is no expression.
    """
    parsed = parser.parse(expression, re.IGNORECASE | re.DOTALL)
    try:
        if _Automaton(parsed, bounded_loops=True).is_exponential():
            return "the ways to match a text grow exponentially with its length (a repetition within a repetition)"
        automaton = _Automaton(parsed, bounded_loops=False, searched=searched)
        if automaton.is_quadratic():
            return "the time it takes grows with the square of a text's length (two repetitions of the same characters)"
    except _UnclearError as error:
        return str(error)
    return None


class _UnclearError(Exception):
    """The expression cannot be judged; the message says why."""


@dataclass(slots=True)
class _State:
    """steps: (letters, next state); free: next states that take no letter."""

    steps: list[tuple[Letters, int]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)


class _Automaton:
    """Of a parsed expression (Thompson's construction), free moves removed. bounded_loops: `{m,n}` counts as a loop."""

    def __init__(self, parsed: Any, *, bounded_loops: bool, searched: bool = False) -> None:
        self._states: list[_State] = []
        self._bounded_loops = bounded_loops
        self._alphabet = frozenset(_alphabet(parsed))
        start, end = self._new(), self._new()
        if searched:
            self._states[start].steps.append((self._alphabet, start))
        self._end = end
        self._sequence(list(parsed), start, end)
        self._start = start
        self._next = self._without_free_moves()

    def is_exponential(self) -> bool:
        """Whether from a state two different ways over the same text lead back to it."""
        return any((state, state) in _reached(self._parted(state), self._after_both) for state in self._all())

    def is_quadratic(self) -> bool:
        """Whether there are two states p, q and a text over which p leads to p, p to q and q to q."""
        loops = [state for state in self._all() if state in _reached(self._after(state), self._after)]
        second = [state for state in loops if not self._takes_all_to_the_end(state)]
        return any((p, q, q) in _reached([(p, p, q)], self._after_three) for p, q in product(loops, second) if p != q)

    def _all(self) -> list[int]:
        return sorted(_reached([self._start], self._after))

    def _parted(self, state: int) -> set[tuple[int, int]]:
        """Pairs of different states that one letter leads to from a state."""
        steps = self._next[state]
        return {(a, b) for letters, a in steps for others, b in steps if a != b and letters & others}

    def _after_both(self, pair: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Where the same letter leads from two states."""
        one, other = (self._next[state] for state in pair)
        return ((a, b) for letters, a in one for others, b in other if letters & others)

    def _after_three(self, states: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
        """The same of three."""
        one, two, three = (self._next[state] for state in states)
        pairs = ((both, a, b) for first, a in one for second, b in two if (both := first & second))
        return ((a, b, c) for both, a, b in pairs for third, c in three if both & third)

    def _takes_all_to_the_end(self, state: int) -> bool:
        """A last `.*`: whatever follows, the match succeeds, and no other way is tried."""
        return self._end in self._closure(state) and any(
            letters >= self._alphabet and target == state for letters, target in self._next[state]
        )

    def _after(self, state: int) -> list[int]:
        return [target for _, target in self._next[state]]

    def _without_free_moves(self) -> list[list[tuple[Letters, int]]]:
        """The steps of each state, and of those that it reaches without a letter; two free ways to one step are two steps."""
        states = self._states
        return [[step for reached in self._closure(state) for step in states[reached].steps] for state in range(len(states))]

    def _closure(self, state: int) -> set[int]:
        return set(_reached([state], lambda each: self._states[each].free))

    def _new(self) -> int:
        self._states.append(_State())
        _bound(len(self._states), MOST_STATES)
        return len(self._states) - 1

    def _sequence(self, parts: list[Any], start: int, end: int) -> None:
        here = start
        for n, part in enumerate(parts):
            there = end if n == len(parts) - 1 else self._new()
            self._part(part, here, there)
            here = there
        if not parts:
            self._states[start].free.append(end)

    def _part(self, part: Any, start: int, end: int) -> None:
        code, value = part
        if code in _REPEATS:
            self._repeat(value, start, end)
        elif code is codes.SUBPATTERN:
            self._sequence(list(value[3]), start, end)
        elif code is codes.ATOMIC_GROUP:
            self._sequence(list(value), start, end)
        elif code is codes.BRANCH:
            for branch in value[1]:
                # States of its own for each, so that equal branches stay two ways.
                first, last = self._new(), self._new()
                self._states[start].free.append(first)
                self._sequence(list(branch), first, last)
                self._states[last].free.append(end)
        elif code in {codes.AT, codes.ASSERT, codes.ASSERT_NOT}:
            self._states[start].free.append(end)
        elif code in {codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN}:
            self._states[start].steps.append((frozenset(each for each in self._alphabet if _takes(part, each)), end))
        else:
            raise _UnclearError(f"{str(code).lower()} is not allowed here")

    def _repeat(self, value: Any, start: int, end: int) -> None:
        least, most, inner = value
        if most > MANY and inner.getwidth()[0] == 0:
            raise _UnclearError("what it repeats may be empty")
        parts = list(inner)
        many = most is codes.MAXREPEAT or (self._bounded_loops and most > MANY)
        here = start
        for _ in range(min(least, 2)):
            there = self._new()
            self._sequence(parts, here, there)
            here = there
        if many:
            loop = self._new()
            self._states[here].free.append(loop)
            self._sequence(parts, loop, loop)
            self._states[loop].free.append(end)
            return
        for _ in range(min(most - least, 2)):
            there = self._new()
            self._states[here].free.append(end)
            self._sequence(parts, here, there)
            here = there
        self._states[here].free.append(end)


def _reached(first: Iterable[Node], following: Callable[[Node], Iterable[Node]]) -> Iterator[Node]:
    """These, and all that is reached from them, each once. _UnclearError for too many."""
    seen = set(first)
    waiting = list(seen)
    yield from seen
    while waiting:
        for target in following(waiting.pop()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
                yield target
        _bound(len(seen))


def _bound(size: int, most: int = 60_000) -> None:
    if size > most:
        raise _UnclearError("it is too large to be judged: shorten it, or make several of it")


def _alphabet(parsed: Any) -> Iterator[str]:
    """One character of each kind that the expression tells apart, small letters only."""
    yield from _SAMPLE.lower()
    for code, value in parsed:
        if code in {codes.LITERAL, codes.NOT_LITERAL}:
            yield chr(value).lower()
        elif code is codes.IN:
            for kind, each in value:
                edges = (each,) if kind is codes.LITERAL else (each[0] - 1, *each, each[1] + 1) if kind is codes.RANGE else ()
                yield from (chr(edge).lower() for edge in edges if 0 <= edge < 0x110000)
        elif code in _REPEATS:
            yield from _alphabet(value[2])
        elif code is codes.SUBPATTERN:
            yield from _alphabet(value[3])
        elif code is codes.ATOMIC_GROUP:
            yield from _alphabet(value)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _alphabet(branch)


def _takes(part: Any, letter: str) -> bool:
    """Whether a part of one character takes this one, in either case."""
    code, value = part
    if code is codes.ANY:
        return True
    if code is codes.IN:
        negated = value[0][0] is codes.NEGATE
        return negated != any(_takes_kind(kind, each, letter) for kind, each in value if kind is not codes.NEGATE)
    return (letter == chr(value).lower()) == (code is codes.LITERAL)


def _takes_kind(kind: Any, value: Any, letter: str) -> bool:
    if kind is codes.LITERAL:
        return letter == chr(value).lower()
    if kind is codes.RANGE:
        return any(value[0] <= ord(each) <= value[1] for each in (letter, letter.upper()) if len(each) == 1)
    return re.fullmatch(_CATEGORIES[value], letter) is not None
