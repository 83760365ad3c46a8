"""Challenges are told by their senders' marks; ordinary refusals and pages are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from crawler.crawl.challenge import challenge, consent_wall


@pytest.mark.parametrize(
    ("status", "headers", "body", "sender"),
    [
        (403, {"cf-mitigated": "challenge"}, b"", "cloudflare"),
        (200, {"CF-Mitigated": "challenge", "Server": "cloudflare"}, b"<html>", "cloudflare"),
        (503, {"Server": "cloudflare"}, b"<title>Just a moment...</title><div id='cf-browser-verification'>", "cloudflare"),
        (403, {"Server": "cloudflare"}, b"error code: 1020", "cloudflare"),
        (403, {"Server": "cloudflare"}, b"", "cloudflare"),
        (403, {"X-Sucuri-ID": "1", "Server": "Sucuri/Cloudproxy"}, b"Access Denied - Sucuri Website Firewall", "sucuri"),
        (200, {}, b"<script>sucuri_cloudproxy_js='';S='...'</script>", "sucuri"),
        (403, {"Server": "ddos-guard"}, b"<title>DDOS-GUARD</title>", "ddos-guard"),
        (403, {"X-Iinfo": "1-2-3"}, b"Request unsuccessful. Incapsula incident ID: 42", "incapsula"),
        (200, {}, b'<script src="/_Incapsula_Resource?SWJIYLWA=1"></script>', "incapsula"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "aws-waf"),
        (405, {"x-amzn-waf-action": "captcha"}, b"", "aws-waf"),
        (403, {"X-DataDome": "protected"}, b"<script src='https://ct.captcha-delivery.com/c.js'>", "datadome"),
        (429, {"x-vercel-mitigated": "challenge"}, b"", "vercel"),
        (202, {"SG-Captcha": "challenge"}, b"<meta http-equiv=refresh content='0;/.well-known/sgcaptcha/?r=%2F'>", "siteground"),
        (403, {}, b"<div class='g-recaptcha'></div>", "captcha"),
        (200, {}, b"<script>document.cookie='_t=5f';location.reload();</script>", "javascript cookie"),
        (200, {}, b"<script src='/aes.js'></script>toNumbers('a');slowAES.decrypt(c,2,a,b)", "javascript cookie"),
        (503, {}, b"<h1>Service Unavailable</h1>", None),
        (403, {"Server": "nginx"}, b"<h1>Forbidden</h1>", None),
        (404, {"Server": "cloudflare"}, b"<h1>Not found</h1>", None),
        (500, {"Server": "cloudflare"}, b"<h1>error</h1>", None),
        (410, {}, b"gone, says reCAPTCHA g-recaptcha", None),
    ],
)
def test_by_headers_status_and_body(status: int, headers: dict[str, str], body: bytes, sender: str | None) -> None:
    assert challenge(status, Headers(headers), body) == sender


@pytest.mark.parametrize(
    ("location", "wall"),
    [
        ("https://consent.example.com/?next=/1", True),
        ("https://guce.example.com/consent?x", True),
        ("/cookie-wall?u=1", True),
        ("https://new.example/archives/1", False),
        ("https://www.example.com/consentaneous-news/1", False),
        ("http://[bad", False),
    ],
)
def test_a_redirect_to_a_consent_wall_is_one(location: str, wall: bool) -> None:
    assert consent_wall(location) is wall


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["Server", "cf-ray", "x"]), st.text(st.characters(codec="latin-1"))),
    st.binary(),
)
def test_no_answer_raises(status: int, headers: dict[str, str], body: bytes) -> None:
    challenge(status, Headers({name: value.encode("latin-1") for name, value in headers.items()}), body)
