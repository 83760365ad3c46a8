"""Addresses of captures as writers spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.warc.addresses import host_of, plain_address


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://www.enabbaladi.net./archives/1", "https://www.enabbaladi.net/archives/1"),
        ("https://user:p@ss@www.enabbaladi.net/archives/1", "https://www.enabbaladi.net/archives/1"),
        ("HTTPS://www.enabbaladi.net:443/a?b@c:80", "https://www.enabbaladi.net/a?b@c:80"),
        ("http://www.enabbaladi.net:080", "http://www.enabbaladi.net"),
        ("https://www.enabbaladi.net:8443/archives/1", "https://www.enabbaladi.net:8443/archives/1"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("dns:www.enabbaladi.net", "dns:www.enabbaladi.net"),
    ],
)
def test_one_page_has_one_address(url: str, plain: str) -> None:
    assert plain_address(url) == plain


@given(st.text(max_size=40).map("https://{}".format))
def test_no_address_raises_and_a_plain_one_stays(url: str) -> None:
    plain = plain_address(url)
    assert plain_address(plain) == plain or "@" in plain or plain.startswith("https:///")
    assert isinstance(host_of(url), str)
