"""The table of promises names code and tests that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "infra" / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [row.strip("| ").split(" | ") for row in PAGE.splitlines() if row.startswith("| ") and "`" in row]


@cache
def written() -> str:
    """The names of all test functions."""
    return "\n".join(re.findall(r"def (test_\w+)", "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_a_promise_names_code_and_a_test_that_exist(row: list[str]) -> None:
    """Files by path, tests by name or its beginning."""
    _, where, proof = row
    for name in re.findall(r"`([\w/*.]+\.(?:py|lock)|infra/[\w/]+)`", where):
        assert list(ROOT.glob(name)) or list(ROOT.glob(f"crawler/discovery/{name}")), name
    named = re.findall(r"`([\w/…]+(?:\.py)?)`", proof)
    assert named
    for name in named:
        if name.endswith(".py"):
            assert (ROOT / "tests" / "crawler" / name).exists() or (ROOT / "tests" / name).exists(), name
        else:
            assert re.search(rf"^{name.removesuffix('…')}", written(), re.MULTILINE), name
