"""Challenges are told by their senders' marks; ordinary refusals and pages are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from crawler.download.challenge import challenge, wall


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
        (200, {}, b"<title>Request Rejected</title>Your support ID is: 12", "f5"),
        (200, {}, b'<script src="/TSPD/08d7?type=8"></script>', "f5"),
        (403, {}, b"<h2>Web Page Blocked!</h2><p>Attack ID: 20000051</p>", "fortinet"),
        (403, {"Server": "BarracudaHTTP 4.0"}, b"The specified URL cannot be found.", "barracuda"),
        (247, {}, b"<script>window.rbzns={};winsocks()</script>", "reblaze"),
        (403, {"x-azure-ref": "2026"}, b"<h2>Our services aren't available right now</h2>", "azure"),
        (429, {}, b"Our systems have detected unusual traffic from your computer network", "google"),
        (200, {}, b"<script src='/_fs-ch-1T1wmsGaOgGaSxcX/script.js'>", "fastly"),
        (200, {}, b"<title>Radware Bot Manager Captcha</title>", "radware"),
        (200, {}, b"<script>setCookie('acw_sc__v2', x)</script>", "alibaba"),
        (200, {}, b"<altcha-widget challengeurl='/c'>", "captcha"),
        (200, {}, b"<title>Are you a robot?</title>", "unknown sender"),
        (200, {}, "<title>أنا لست برنامج روبوت</title>".encode(), "unknown sender"),
        (200, {}, b"<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'>", None),
        (200, {}, b"<script src='/cdn-cgi/challenge-platform/h/b/scripts/jsd/1/main.js'>", None),
        (200, {}, b"<div class='g-recaptcha'>" + "من أخبار اليوم ".encode() * 60, None),
        (200, {"cf-mitigated": "challenge"}, "من أخبار اليوم ".encode() * 60, "cloudflare"),
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
    ("location", "name"),
    [
        ("https://consent.example.com/?next=/1", "consent-wall"),
        ("https://guce.example.com/consent?x", "consent-wall"),
        ("/cookie-wall?u=1", "consent-wall"),
        ("https://www.example.com/wp-login.php?redirect_to=%2F1", "login"),
        ("https://www.example.com/ar/login/?next=/1", "login"),
        ("/account/login", "login"),
        ("https://new.example/archives/1", None),
        ("https://www.example.com/consentaneous-news/1", None),
        ("https://www.example.com/news/login-problems", None),
        ("http://[bad", None),
    ],
)
def test_a_redirect_to_a_wall_is_one(location: str, name: str | None) -> None:
    assert wall(location) == name


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["Server", "cf-ray", "x"]), st.text(st.characters(codec="latin-1"))),
    st.binary(),
)
def test_no_answer_raises(status: int, headers: dict[str, str], body: bytes) -> None:
    challenge(status, Headers({name: value.encode("latin-1") for name, value in headers.items()}), body)
