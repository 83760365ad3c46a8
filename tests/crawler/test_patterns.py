"""Every regular expression of the crawler takes time that is linear in the length of what a stranger sends."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time

import pytest

import crawler

UNITS = (" ", "\t", "\n", *"a0-_/<>&=;:\"'.,%[(?*\\ا")
SHORT, LONG = 2_000, 8_000
FAST = 0.02
"""Seconds that say nothing of how time grows."""
Pattern = re.Pattern[str] | re.Pattern[bytes]


def patterns() -> dict[str, tuple[Pattern, bool]]:
    """Those of modules, by module and name, and whether they look for a place in the text, not at its beginning alone."""
    found = {}
    for module in pkgutil.walk_packages(crawler.__path__, "crawler."):
        if module.name.endswith("__main__") or ".dask_" in module.name:  # the extra `dask` may be missing
            continue
        imported = importlib.import_module(module.name)
        source = inspect.getsource(imported)
        for name, value in vars(imported).items():
            if isinstance(value, re.Pattern):
                searched = re.search(rf"\b{name}\.(?:search|finditer|findall|subn?|split)\b", source)
                found[f"{module.name}.{name}"] = value, searched is not None
    return found


PATTERNS = patterns()


def adversarial(pattern: Pattern) -> list[str]:
    """What is repeated: single characters, words of the pattern, and some of them after a word."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    words = re.findall(r"[A-Za-z]{2,}|[<;\"'(\[&?]", text)[:6]
    return [*UNITS, *words, *(word + unit for word in words for unit in (" ", "=", "a", "0", "/"))]


def seconds(pattern: Pattern, text: str, *, searched: bool) -> float:
    """Of the processor, for all that is found in the text, or at its beginning."""
    subject = text if isinstance(pattern.pattern, str) else text.encode()
    began = time.process_time()
    if searched:
        for _ in pattern.finditer(subject):  # type: ignore[arg-type]  # text or bytes as the pattern is
            pass
    pattern.match(subject)  # type: ignore[arg-type]
    pattern.fullmatch(subject)  # type: ignore[arg-type]
    return time.process_time() - began


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_time_grows_with_the_length_and_not_with_its_square(name: str) -> None:
    """Four times the text takes less than ten times as long: one that is quadratic takes sixteen times."""
    pattern, searched = PATTERNS[name]
    for unit in adversarial(pattern):
        for head in ("", "<", ";", '"'):
            longer = seconds(pattern, (head + unit * LONG)[:LONG], searched=searched)
            if longer > FAST:
                shorter = min(seconds(pattern, (head + unit * SHORT)[:SHORT], searched=searched) for _ in range(3))
                assert longer < 10 * max(shorter, FAST / 10), (unit, head)


def test_a_quadratic_pattern_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the test looks for."""
    monkeypatch.setitem(PATTERNS, "quadratic", (re.compile(r"\s+x"), True))
    with pytest.raises(AssertionError, match=r"assert"):
        test_time_grows_with_the_length_and_not_with_its_square("quadratic")
