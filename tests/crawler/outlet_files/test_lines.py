"""Every key and every element of a TOML document has its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crawler.outlet_files.lines import Path, line_numbers
from tests.crawler.outlet_files.furat_file import furat_file

ODD = '''# a comment with [brackets] = "and quotes"
"quoted key" = 1
a.b."c d" = { x = [1, 2,
  3], y = "}" } # ]
text = """
[not.a.table]
n = 1
"""
literal = \'\'\'
[[nor.this]]\'\'\'
[table.under]
dates = [1979-05-27T07:32:00Z, 07:32:00]
[[rows]]
id = 1
[[rows]]
  [rows.inner]
  deep = [[1, 2], # one
          [3]]
'''


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every path in a document that was read."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*above, key)
        yield from paths(inner, (*above, key))


def test_odd_spellings_are_gone_over() -> None:
    lines = line_numbers(ODD)
    assert set(paths(tomllib.loads(ODD))) <= lines.keys() | {("a", "b"), ("table",)}
    assert lines["quoted key",] == 2
    assert lines["a", "b", "c d"] == lines["a", "b", "c d", "x", 1] == 3
    assert lines["a", "b", "c d", "x", 2] == lines["a", "b", "c d", "y"] == 4
    assert lines["table", "under", "dates"] == 12
    assert (lines["rows", 0], lines["rows", 1], lines["rows", 1, "inner", "deep", 1, 0]) == (13, 15, 18)


@given(st.lists(st.sampled_from(["", "  ", "# [x]", "\t# = '"]), max_size=30), st.integers(0, 40))
def test_what_stands_between_moves_lines_by_as_many(between: list[str], at: int) -> None:
    """Blank lines and comments, put before any statement of CONTRIBUTING's file."""
    lines = furat_file().splitlines()
    at = min(at, len(lines))
    before, after = line_numbers(furat_file()), line_numbers("\n".join([*lines[:at], *between, *lines[at:]]))
    assert after == {path: line + (len(between) if line > at else 0) for path, line in before.items()}


_text = st.text(st.characters(codec="utf-8", exclude_characters="'\u2028\u2029", exclude_categories=["Cc"]))
_scalar = st.one_of(st.integers(), st.booleans(), _text.map(lambda text: f"'{text}'"))
_list = st.recursive(_scalar, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


def written(value: Any) -> str:
    """A list over several lines."""
    if isinstance(value, list):
        return "[\n" + "".join(f"{written(each)},\n" for each in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(st.lists(_list, min_size=1, max_size=5))
def test_each_element_begins_on_its_line(values: list[Any]) -> None:
    """Of lists in lists, each written on a line of its own."""
    text = "".join(f"k{n} = {written(value)}\n" for n, value in enumerate(values))
    lines, rows = line_numbers(text), text.splitlines()
    for path in paths(tomllib.loads(text)):
        begins = written(_at(values, path)).splitlines()[0].rstrip(",")
        assert rows[lines[path] - 1].rstrip(",").endswith(begins)


def _at(values: list[Any], path: Path) -> Any:
    value: Any = values[int(str(path[0])[1:])]
    for place in path[1:]:
        assert isinstance(place, int)
        value = value[place]
    return value
