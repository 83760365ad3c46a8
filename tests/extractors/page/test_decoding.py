"""Bytes become the right letters, whatever header and meta tag say."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.page.decoding import SIZE_LIMIT, UndecodableError, decode, decode_document

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


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1256"])
@pytest.mark.parametrize("times", [1, 2])
def test_utf_8_is_undone_as_often_as_it_was_encoded(encoding: str, times: int) -> None:
    """Also as windows-1256, in which garbage has Arabic letters."""
    text = wrong = f"<p>{NEWS * 2}</p>"
    for _ in range(times):
        wrong = "".join(bytes([octet]).decode(encoding, "ignore") or chr(octet) for octet in wrong.encode())
    assert decode(wrong.encode()) == text


PAGE = f"<!DOCTYPE html><html><head><title>x</title></head><body><p>{NEWS * 3}</p></body></html>"


@pytest.mark.parametrize("declared", [None, "text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_wide_page_that_nobody_declares_is_read(encoding: str, declared: str | None) -> None:
    """Of its markup every other byte is zero."""
    assert decode(PAGE.encode(encoding), declared) == PAGE


@pytest.mark.parametrize("place", ["<html>", "<title>", "<p>", "</p>"])
def test_a_stray_null_byte_makes_no_binary_of_a_page(place: str) -> None:
    """Browsers pass over it, and so does who parses the bytes; a body of many is none."""
    body = PAGE.replace(place, f"\0{place}").encode()
    text, octets = decode_document(body, UTF8)
    assert (text, octets) == (PAGE, PAGE.encode())
    with pytest.raises(UndecodableError, match="binary"):
        decode(PAGE.replace(" ", "\0").encode(), UTF8)


@pytest.mark.parametrize("label", ["application/pdf", "image/jpeg", "video/mp4", "audio/mpeg"])
def test_a_page_is_a_page_whatever_its_label(label: str) -> None:
    """Servers label by the end of the address; what does not begin as a page is believed to be what it is called."""
    assert decode(PAGE.encode(), label) == PAGE
    with pytest.raises(UndecodableError, match="binary"):
        decode(NEWS.encode(), label)


def test_a_part_in_another_encoding_costs_itself() -> None:
    """A column that another system fills, longer than half of the story."""
    column = f"<div>{NEWS * 2}</div>".encode("cp1256")
    assert decode(PAGE.encode() + column, UTF8).startswith(PAGE)
    assert decode(PAGE.encode("cp1256") + f"<div>{NEWS}</div>".encode(), ARABIC_WINDOWS).startswith(PAGE)


def test_a_mark_of_another_encoding_is_no_proof() -> None:
    """Of UTF-8 before windows-1256, of UTF-16 before UTF-8: a script that put pieces together."""
    assert decode(b"\xef\xbb\xbf" + PAGE.encode("cp1256")) == PAGE
    assert decode(b"\xff\xfe" + PAGE.encode()) == PAGE


@pytest.mark.parametrize(
    "label",
    ["punycode", "idna", "hex", "base64", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "rot13", "x-user-defined",
     "mbcs", "gb2312", "shift_jis", "big5", "euc-kr"],
)  # fmt: skip
def test_a_declared_encoding_that_is_for_no_page_is_not_believed(label: str) -> None:
    """Nor one of another language, where the letters are those of Arabic."""
    assert decode(PAGE.encode("cp1256"), f"text/html; charset={label}") == PAGE


def test_a_page_in_another_language_is_decoded_as_declared() -> None:
    text = "<html><body><p>" + "中国政府今天宣布新的经济政策，专家认为这将影响市场。" * 5 + "</p></body></html>"
    for label in ("gb2312", "big5"):
        octets = text.encode(label, "ignore")
        assert decode(octets, f"text/html; charset={label}") == octets.decode(label)
