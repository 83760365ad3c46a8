"""Two texts are the same content if and only if a reader would say that nothing was changed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.text.identity import content_hash, identity

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإؤئىةکگپچیژabcXYZéß0123456789½²"
MARKS = "\u0640\u064b\u064e\u0651\u0652\u0670\u200b\u200c\u200e\u200f\u202b\u2069\ufeff\u00ad\u061c"
words = st.text(LETTERS, min_size=1, max_size=8)
texts = st.lists(words, min_size=1, max_size=8).map(" ".join)


@given(st.text())
def test_the_identity_form_of_an_identity_form_is_itself(text: str) -> None:
    """Idempotent, whatever the text; and on one line, so that headline and body cannot run into each other."""
    once = identity(text)
    assert identity(once) == once
    assert "\n" not in once
    assert "  " not in once


@given(texts, st.data())
def test_marks_that_carry_no_letter_change_nothing(text: str, data: st.DataObject) -> None:
    """Tatweel, tashkil, bidi and zero-width controls may stand anywhere."""
    marked = "".join(char + data.draw(st.text(MARKS, max_size=2)) for char in text)
    assert identity(marked) == identity(text)


@given(texts)
def test_composed_and_decomposed_forms_are_one(text: str) -> None:
    """NFC and NFD of a text are the same content, also with a tatweel between letter and hamza."""
    assert identity(unicodedata.normalize("NFD", text)) == identity(unicodedata.normalize("NFC", text))
    assert identity("ا\u0640\u0654") == "أ"


@given(texts, st.data())
def test_any_change_of_a_letter_or_digit_changes_the_content(text: str, data: st.DataObject) -> None:
    """One letter, digit or word more, less or other is another content: أ is not ا, ½ is not 1⁄2, x² is not x2."""
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(LETTERS).filter(lambda char: char != text[at]))
    if text[at] != " ":
        assert identity(text[:at] + other + text[at + 1 :]) != identity(text)
        assert identity(text[:at] + text[at + 1 :]) != identity(text)
    assert identity(text[:at] + other + text[at:]) != identity(text)


@given(st.lists(words, min_size=2, max_size=8), st.sampled_from(["\u00a0", "\n\n", "\t", "\u2009 ", "\u3000", "\u2028", "\r\n"]))
def test_white_space_of_any_kind_is_one_space(parts: list[str], space: str) -> None:
    """Non-breaking, thin, ideographic spaces, line and paragraph ends."""
    assert identity(space + space.join(parts) + space) == " ".join(map(identity, parts))
    assert identity("".join(parts)) != identity(" ".join(parts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("قتل ٢٥ مدنيًا", "قتل 25 مدنيا"),
        ("قتل ۲۵ مدنيا", "قتل 25 مدنيا"),
        ("«السوق»", '"السوق"'),
        ("“السوق”", "‘السوق’"),
        ("حلب – خاص", "حلب - خاص"),
        ("حلب — خاص", "حلب \u2212 خاص"),
        ("\ufefb", "لا"),
        ("\ufedf\ufee0\ufeea", "لله"),
        ("\ufdf2", "الله"),
        ("مَدْرَسَةٌ", "مدرسة"),
        ("م\ufe76درسة", "مدرسة"),
        ("العـــــربي", "العربي"),
        ("می\u200cشود", "میشود"),
    ],
)
def test_styles_of_one_text_are_the_same_content(one: str, other: str) -> None:
    """Digit script, quotes, dashes, presentation forms, vowel marks, tatweel."""
    assert content_hash("", one) == content_hash("", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("أحمد", "احمد"), ("على", "علي"), ("مدرسة", "مدرسه"), ("ی", "ي"), ("x²", "x2"), ("½", "1⁄2"), ("①", "1"), ("٣٥", "٣٦")],
)
def test_letters_and_numbers_are_not_folded(one: str, other: str) -> None:
    """A corrected spelling is an edit."""
    assert content_hash("", one) != content_hash("", other)


def test_headline_and_body_do_not_run_into_each_other() -> None:
    """The same words divided otherwise are another content."""
    assert content_hash("خبر عاجل", "من حلب") != content_hash("خبر", "عاجل من حلب")


def test_a_lone_surrogate_from_a_broken_escape_can_be_hashed() -> None:
    """It has no UTF-8; the article is kept all the same."""
    assert content_hash("\ud83d خبر", "نص").startswith("sha256:")
