"""No text of the web can lead a key out of the archive."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.errors import BadKey

HASH = "sha256:" + "ab" * 32
SAFE = re.compile(r"articles/outlet=smart/captured=2026-11-22/[A-Za-z0-9_-]{1,80}\.abababababababab\.json")


@given(st.text())
def test_an_article_key_is_safe_whatever_the_native_id(native: str) -> None:
    """Slashes, dots, Arabic, nothing at all: the key stays in its folder and is a plain file name."""
    key = keys.article(f"smart:{native}", "smart", HASH, date(2026, 11, 22))
    assert SAFE.fullmatch(key)
    assert keys.checked_key(key) == key


@given(st.text(), st.text())
def test_odd_native_ids_have_keys_of_their_own(one: str, other: str) -> None:
    """An id that cannot stand in a key is replaced by its hash, not cut."""
    day = date(2026, 11, 22)
    if one != other:
        assert keys.article(f"smart:{one}", "smart", HASH, day) != keys.article(f"smart:{other}", "smart", HASH, day)


@pytest.mark.parametrize("key", ["../x", "a/../b", "/etc/passwd", "a//b", "a/", ".partial/x", "a b", "مقال", "", "a\n", "a\x00b"])
def test_a_key_that_leaves_the_archive_is_refused(key: str) -> None:
    """Before any file or object is touched."""
    with pytest.raises(BadKey):
        keys.checked_key(key)


@pytest.mark.parametrize("slug", ["", "../x", "Smart", "a/b", "a.b", "-a", "سمارت"])
def test_an_outlet_slug_is_small_letters_digits_and_underscores(slug: str) -> None:
    """Anything else cannot be part of a key."""
    with pytest.raises(BadKey):
        keys.articles(slug or "/")


@given(st.text(min_size=1), st.integers(1, 10**6))
def test_a_ledger_key_can_be_read_back(url: str, n: int) -> None:
    """(url hash, n) of a key, as listings are read."""
    assert keys.ledger_parts(keys.ledger("smart", keys.url_hash(url), n)) == (keys.url_hash(url), n)


def test_what_is_no_ledger_or_claim_key_is_none() -> None:
    """Foreign objects in a listing are passed over."""
    assert keys.ledger_parts("urls/smart/ab/readme.txt") == ("", 0)
    assert keys.claim_hash("hashes/ab/" + "cd" * 32 + ".json") == ""
    assert keys.claim_hash(keys.claim(HASH)) == HASH
