"""Text of others in one line: nothing in it is a command to a terminal, and all of it can be written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.one_line import one_line


def test_what_a_terminal_would_obey_is_a_question_mark() -> None:
    """Escape sequences (of 7 and 8 bits), NUL, marks that turn the direction of the text after them, half a surrogate pair."""
    assert one_line("a\x1b[2Jb\x9b2Jc\0d\x7fe\u202ef\u2066g\ud800h") == "a?[2Jb?2Jc?d?e?f?g?h"
    assert one_line(" قال\n الوزير\t«نعم»\u200c ") == "قال الوزير «نعم»\u200c"


@given(st.text())
def test_any_text_is_one_line_that_can_be_written(text: str) -> None:
    line = one_line(text)
    assert line.encode().decode() == line
    assert len(line.splitlines()) <= 1
