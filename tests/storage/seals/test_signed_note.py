"""Signed notes and the keys that make them."""

from __future__ import annotations

import base64

import pytest

from storage.seals.signed_note import NoteError, SealKeyError, SignerKey, VerifierKey, sign, signers, split

KEY = SignerKey("operator", bytes(range(32)))
TEXT = "warraq/x\n7\n"


def test_the_example_of_the_specification_verifies() -> None:
    """https://pkg.go.dev/golang.org/x/mod/sumdb/note: Peter Neumann's key and his note."""
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert signers(note.encode(), [key]) == [key]
    with pytest.raises(NoteError, match="PeterNeumann is not one of this text"):
        signers(note.replace("answer", "question").encode(), [key])


def test_keys_go_through_their_texts() -> None:
    key = SignerKey.new("a.example")
    assert SignerKey.parse(key.secret) == key
    assert VerifierKey.parse(str(key.verifier)) == key.verifier
    assert base64.b64encode(key.seed).decode() not in repr(key)


def test_a_note_may_bear_witness_of_several() -> None:
    other = SignerKey.new("witness")
    note = sign(TEXT, [KEY, other])
    assert split(note)[0] == TEXT
    assert signers(note, [other.verifier, KEY.verifier]) == [other.verifier, KEY.verifier]
    assert signers(note, [SignerKey.new("stranger").verifier]) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with PRIVATE"),
        (str(KEY.verifier), "a public key cannot sign"),
        ("PRIVATE+KEY+operator+00000000+" + KEY.secret.rpartition("+")[2], "do not belong together"),
        (KEY.secret.replace("operator", "another"), "do not belong together"),
        (KEY.secret[:-6], "not base64"),
        ("PRIVATE+KEY+operator+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(), "of another kind"),
        ("PRIVATE+KEY+operator+00000000+" + base64.b64encode(b"\x01" + bytes(16)).decode(), "of another kind"),
        ("PRIVATE+KEY++00000000+AA==", "name"),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(text: str, why: str) -> None:
    with pytest.raises(SealKeyError, match=why) as refused:
        SignerKey.parse(text)
    assert KEY.secret.rpartition("+")[2][:20] not in str(refused.value)


@pytest.mark.parametrize(
    "note", [b"", b"\xff", b"text\n", b"text\n\n", b"text\n\nno signature\n", TEXT.encode() + b"\n\xe2\x80\x94 a b!\n"]
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(NoteError):
        split(note)
