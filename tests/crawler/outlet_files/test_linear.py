"""Expressions whose time is not linear in the length of a text are refused; those of the built-in outlets are not."""

from __future__ import annotations

import re
import time

import pytest

from crawler.outlet_files.linear import why_not_linear
from extractors.outlets import built_in

LINEAR = (
    r"/0*(?P<id>[1-9][0-9]*)(?:/[^/]+)?",
    r"(?:/[^/]+)*/liveblog/(?P<year>[0-9]{4})/[^/]+",
    r".*\.(?:jpe?g|png)",
    r"/(?:category|tag)/.*",
    r".*/print.*",
    r"(?P<place>[^()0-9]{2,30}?) ?[-–] ?سمارت",
    r"(?:[a-z]+-)*[a-z]+",
    r"\s*[-–|]\s*فرات بوست\s*",
    r"(?>a+)b",
)
EXPONENTIAL = (r"(a+)+b", r"(?:a|aa)+b", r"(\w+ ?)+:", r"(?:\w\d|\d\w)*!", r"(?:\w{1,40}){1,40}:")
QUADRATIC = (r"\w+\w+:", r"[^/]+[^/]*/x", r"\s*م*\s*:", r".*.*x", r"/a*[a-z]*/")
UNCLEAR = (r"(a)\1", r"(?:a?){50}b", r"(?:x*)*", "(?:" + "|".join(f"word{n}" for n in range(200)) + ")")


@pytest.mark.parametrize("expression", LINEAR)
def test_linear_expressions_pass(expression: str) -> None:
    assert why_not_linear(expression) is None


@pytest.mark.parametrize("expression", EXPONENTIAL)
def test_repetitions_within_repetitions_are_refused(expression: str) -> None:
    assert "exponentially" in (why_not_linear(expression) or "")


@pytest.mark.parametrize("expression", QUADRATIC)
def test_repetitions_that_follow_one_another_are_refused(expression: str) -> None:
    assert "square" in (why_not_linear(expression) or "")


@pytest.mark.parametrize("expression", UNCLEAR)
def test_what_cannot_be_judged_is_refused(expression: str) -> None:
    assert why_not_linear(expression) is not None


def test_an_expression_that_may_begin_anywhere_is_judged_as_such() -> None:
    """A search tries every place to begin."""
    assert why_not_linear(r"\w+:") is None
    assert why_not_linear(r"\w+:", searched=True) is not None


def test_every_expression_of_the_built_in_outlets_passes() -> None:
    """What the slow test of all patterns finds by measuring."""
    for outlet in built_in().values():
        for route in outlet.routes:
            assert why_not_linear(route.path) is None, route
            assert route.query is None or why_not_linear(f"&(?:{route.query})(?:&|$)", searched=True) is None, route
        for name in ("furniture", "closing", "aside", "dateline", "title_suffix"):
            for expression in getattr(outlet.catalogue, name):
                assert why_not_linear(expression) is None, expression


def test_what_is_called_exponential_is() -> None:
    """Twenty-four letters take this matcher a thousand times as long as fourteen."""
    begun = time.thread_time()
    re.fullmatch(EXPONENTIAL[0], "a" * 14)
    short, begun = time.thread_time() - begun, time.thread_time()
    re.fullmatch(EXPONENTIAL[0], "a" * 24)
    assert time.thread_time() - begun > 50 * short
