"""Bytes become the right letters, whatever header and meta tag say."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.page.decoding import SIZE_LIMIT, UndecodableError, decode

TEXT = "<html><head><title>أخبار حلب</title></head><body><p>قال المدير إن العمل مستمر، ولا صحة للشائعات.</p></body></html>"
UTF8 = "text/html; charset=utf-8"
ARABIC_WINDOWS = "text/html; charset=windows-1256"


def _with_meta(charset: str) -> str:
    return TEXT.replace("<head>", f'<head><meta charset="{charset}">')


@pytest.mark.parametrize(
    "declared", [UTF8, ARABIC_WINDOWS, "text/html; charset=iso-8859-1", "text/html", None, "text/html; charset=nonsense"]
)
def test_valid_utf8_wins_over_any_header(declared: str | None) -> None:
    """UTF-8 bytes are read as UTF-8 even when a header says windows-1256."""
    assert decode(TEXT.encode(), declared) == TEXT


@pytest.mark.parametrize(
    "declared", [UTF8, ARABIC_WINDOWS, "text/html; charset=iso-8859-1", "text/html; charset=windows-1252", None]
)
def test_windows_1256_is_recognised_under_a_false_header(declared: str | None) -> None:
    """windows-1256 bytes are read as such even when a header says UTF-8 or Latin-1, or nothing."""
    assert decode(TEXT.encode("cp1256"), declared) == TEXT


def test_meta_charset_is_used_when_no_header_speaks() -> None:
    """ISO-8859-6, as some old servers sent, is only known from its declaration."""
    page = _with_meta("iso-8859-6").replace("،", ",")
    assert decode(page.encode("iso-8859-6"), "text/html") == page


def test_byte_order_marks_come_first() -> None:
    """A byte order mark decides and is not part of the text."""
    assert decode(b"\xef\xbb\xbf" + TEXT.encode(), ARABIC_WINDOWS) == TEXT
    assert decode(TEXT.encode("utf-16"), UTF8) == TEXT


def test_a_page_cut_inside_a_character_is_still_utf8() -> None:
    """The half character at the end is dropped, the rest stays as it was."""
    octets = TEXT.encode()
    cut = octets[: octets.index("للشائعات".encode()) + 3]
    assert decode(cut, ARABIC_WINDOWS) == TEXT[: TEXT.index("للشائعات") + 1]


def test_a_few_bad_bytes_do_not_turn_utf8_into_windows_1256() -> None:
    """One broken byte in a UTF-8 page costs one character, not the page."""
    broken = TEXT.encode().replace(b"</p>", b"\xff</p>")
    assert "قال المدير" in decode(broken, UTF8)


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.4 ...",
        b"\xff\xd8\xff\xe0 JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"PK\x03\x04",
        b"<html>\x00\x01\x02" + b"\x00" * 40,
    ],
)
def test_binary_documents_are_refused(body: bytes) -> None:
    """PDF, pictures, archives and NUL bytes are not read as text, whatever the header promised."""
    with pytest.raises(UndecodableError, match="binary"):
        decode(body, UTF8)


def test_nothing_and_too_much_are_refused_by_name() -> None:
    """Empty answers and monsters have a reason each."""
    with pytest.raises(UndecodableError, match="empty"):
        decode(b" \n ", UTF8)
    with pytest.raises(UndecodableError, match="too-large"):
        decode(b"<" * (SIZE_LIMIT + 1), UTF8)


@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)))
def test_no_bytes_break_the_decoder(body: bytes, header: str | None) -> None:
    """Any bytes under any header give text or a reason."""
    with contextlib.suppress(UndecodableError):
        assert isinstance(decode(body, header), str)


ENCODINGS = ("cp1256", "iso8859-6", "mac_arabic", "cp720")
NEWS = (
    "أعلنت بلدية سرمدا، أمس الاثنين، إعادة فتح الطريق الذي يصل البلدة بالقرى الشرقية بعد إصلاح استمر أربعة أشهر. "
    "وقال رئيس البلدية إن الورشات أزالت الركام من ثلاثة مواقع، وإن حركة الشاحنات ستبقى ممنوعة حتى نهاية الأسبوع المقبل."
)


@pytest.mark.parametrize("declared", [None, "text/html", "text/html; charset=iso-8859-1", "text/html; charset=utf-8"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_arabic_in_an_encoding_that_nobody_declares_is_told_by_its_letters(encoding: str, declared: str | None) -> None:
    """A declaration of UTF-8 or of a Western encoding is no help: the bytes are neither."""
    octets = f"<html><body><p>{NEWS}</p></body></html>".encode(encoding, "ignore")
    assert decode(octets, declared) == octets.decode(encoding)


@given(st.lists(st.sampled_from(NEWS.split()), min_size=30), st.sampled_from(ENCODINGS[:2]))
def test_any_thirty_words_of_news_are_enough(words: list[str], encoding: str) -> None:
    octets = f"<p>{' '.join(words)}</p>".encode(encoding, "ignore")
    if not octets.isascii():
        assert decode(octets) == octets.decode(encoding)


def test_utf_8_that_was_encoded_twice_is_undone() -> None:
    """As windows-1252 or as ISO-8859-1; a sentence about mojibake in a sound page stays."""
    text = f"<p>{NEWS * 3}</p>"
    as_1252 = "".join(bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in text.encode())
    assert decode(as_1252.encode()) == text
    assert decode(text.encode().decode("latin-1").encode()) == text
    quoted = f"<p>{NEWS} كتب الموقع «Ø§Ù„» بدل «ال» في العنوان.</p>"
    assert decode(quoted.encode()) == quoted
