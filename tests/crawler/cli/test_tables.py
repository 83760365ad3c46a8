"""Tables at every width: nothing is wider than the terminal, and every word of every cell is there, whole."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from crawler.cli.tables import Column, print_table

WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz_0123456789عنببلدي"), min_size=1, max_size=28)
CELLS = st.lists(WORDS, max_size=9).map(" ".join)
COLUMNS = st.builds(Column, st.lists(WORDS, min_size=1, max_size=3).map(" ".join), st.booleans(), st.booleans())


def printed(columns: list[Column], rows: list[list[str]], width: int, *, terminal: bool) -> str:
    out = io.StringIO()
    print_table(Console(file=out, width=width, force_terminal=terminal, color_system=None), columns, rows)
    return out.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], list[list[str]]]:
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=9))
    cells = st.tuples(WORDS, *(CELLS for _ in columns[1:])).map(list)
    return columns, draw(st.lists(cells, min_size=1, max_size=5))


@given(tables(), st.integers(40, 140))
def test_no_word_is_cut_and_no_line_too_long(given_table: tuple[list[Column], list[list[str]]], width: int) -> None:
    columns, rows = given_table
    text = re.sub(r"\x1b\[[0-9;]*m", "", printed(columns, rows, width, terminal=True))
    assert max(map(cell_len, text.splitlines())) <= width
    words = set(text.split()) | {word.removesuffix(":") for word in text.split()}
    for row in rows:
        for cell in row:
            assert set(cell.split()) <= words


@given(tables(), st.integers(20, 140))
def test_in_a_pipe_a_row_is_a_line_whatever_the_width(given_table: tuple[list[Column], list[list[str]]], width: int) -> None:
    columns, rows = given_table
    lines = printed(columns, rows, width, terminal=False).splitlines()
    assert "\x1b" not in "".join(lines)
    for row in rows:
        assert any(all(cell in line for cell in row) for line in lines)
