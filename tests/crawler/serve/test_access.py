"""Who may read, by which methods and under which names; and what each answer says to a browser."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import ConfigError
from crawler.http_server.connections import address_of
from crawler.serve.access import access_for
from crawler.serve.response import RequestError
from storage import Archive
from tests.crawler.conftest import warraq
from tests.crawler.serve.serving import Served, article_at, served

TOKEN = "correct-horse-battery-staple"
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/?q=-x", article_at("enab_baladi:1"), "/style.css", "/api/search", "/api/nothing"]
)
def test_every_answer_tells_a_browser_to_carry_out_nothing(reader: Served, path: str) -> None:
    headers = reader.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["server"] == "warraq"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/api/search", "/nothing", article_at("enab_baladi:1")])
def test_it_is_only_read(reader: Served, method: str, path: str) -> None:
    answer = reader.get(path, method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_head_is_a_get_without_its_body(reader: Served) -> None:
    asked, head = reader.get("/runs"), reader.get("/runs", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == asked.headers["content-length"] == str(len(asked.body))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]", "10.0.0.1"])
def test_another_name_is_not_served(reader: Served, host: str) -> None:
    """A stranger's page cannot read the archive through a name of its own that resolves to loopback."""
    answer = reader.get("/", Host=host)
    assert answer.status == 421
    assert "hits" not in answer.text


@pytest.mark.parametrize("host", ["", "a b", "x/y", "<script>", "localhost:x", "a" * 300])
def test_what_is_no_host_is_refused(reader: Served, host: str) -> None:
    assert reader.get("/", Host=host).status == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:8080"])
def test_the_names_of_this_machine_are_served(reader: Served, host: str) -> None:
    assert reader.get("/", Host=host).status == 200


def test_no_setting_and_no_place_is_shown(archive: Archive, tmp_path: Path) -> None:
    """Neither a secret nor where the archive lies on the disk."""
    with served(archive.uri, tmp_path, WARRAQ_WEBHOOK_SECRET="whsec_c2VjcmV0c2VjcmV0", WARRAQ_DOOR_TOKEN="doortoken") as running:
        for path in ("/", "/outlets", "/runs", "/api/outlets", "/api/runs", article_at("enab_baladi:1", "/raw"), "/nothing"):
            text = running.get(path).text
            assert "c2VjcmV0" not in text
            assert "doortoken" not in text
            assert str(Path(archive.uri).parent) not in text


def test_with_a_token_it_is_shown_by_whoever_reads(archive: Archive, tmp_path: Path) -> None:
    """As the password that browsers ask for, with any name, or as a bearer token; else 401 on every address."""
    with served(archive.uri, tmp_path, WARRAQ_SERVE_TOKEN=TOKEN) as running:
        basic = "Basic " + base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
        for shown in (basic, f"Bearer {TOKEN}"):
            assert running.get("/", Authorization=shown).status == 200
        wrong = "Basic " + base64.b64encode(f"{TOKEN}:wrong".encode()).decode()
        for shown in ("", wrong, f"Bearer {TOKEN}x", "Basic !!!", "Basic", f"Token {TOKEN}", f"Basic {TOKEN}"):
            for path in ("/", "/api/search", "/style.css", article_at("enab_baladi:1", "/raw.warc.gz")):
                answer = running.get(path, Authorization=shown)
                assert answer.status == 401
                assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bind", "0.0.0.0:0"], "WARRAQ_SERVE_TOKEN"),
        (["--bind", "192.0.2.1:0", "--behind-proxy", "https://x.example"], "--bind 192.0.2.1:0"),
    ],
)
def test_an_address_that_would_be_open_or_cannot_be_had_is_refused_in_a_line(
    archive: Archive, arguments: list[str], said: str
) -> None:
    done = warraq("serve", "--archive", archive.uri, *arguments)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert said in done.err


@pytest.mark.parametrize(
    ("host", "token", "url", "said"),
    [
        ("0.0.0.0", None, "", "WARRAQ_SERVE_TOKEN"),
        ("::", None, "", "WARRAQ_SERVE_TOKEN"),
        ("archive.example", None, "", "WARRAQ_SERVE_TOKEN"),
        ("127.0.0.1", "short", "", "at least 16 characters"),
        ("127.0.0.1", None, "x.example", "WARRAQ_SERVE_URL"),
        ("127.0.0.1", None, "ftp://x.example", "WARRAQ_SERVE_URL"),
        ("127.0.0.1", None, "https://x.example/reader", "without a path"),
    ],
)
def test_settings_that_would_leave_it_open_or_make_no_sense_are_refused(
    host: str, token: str | None, url: str, said: str
) -> None:
    """The token itself is not told."""
    with pytest.raises(ConfigError, match=said) as refused:
        access_for(host, token, url)
    assert token is None or token not in str(refused.value)


@pytest.mark.parametrize("bind", ["nowhere", "127.0.0.1:99999", "", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:٨"])
def test_what_is_no_address_is_refused(bind: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        address_of(bind)


def test_behind_a_proxy_its_name_is_served_and_stands_in_links(archive: Archive, tmp_path: Path) -> None:
    with served(archive.uri, tmp_path, "--behind-proxy", "https://news.example") as running:
        answer = running.get("/api/search", Host="news.example")
        assert answer.status == 200
        assert answer.json["hits"][0]["permalink"].startswith("https://news.example/a/")
        assert running.get("/", Host="other.example").status == 421


def test_beyond_loopback_a_token_is_enough() -> None:
    assert access_for("0.0.0.0", TOKEN, "").names is None
    assert access_for("127.0.0.1", TOKEN, "").names is not None
    assert access_for("0.0.0.0", None, "https://news.example").names is not None
    with pytest.raises(ConfigError):
        access_for("192.168.0.7", None, "")


@given(st.text(max_size=40) | st.sampled_from(["1", ":1", "[::1]:1", "a:b:1"]))
def test_an_address_is_one_or_refused(text: str) -> None:
    try:
        host, port = address_of(text)
    except ConfigError:
        return
    assert host
    assert 0 <= port <= 65535


def test_without_jinja_the_command_says_what_installs_it(archive: Archive) -> None:
    code = "import sys; sys.modules['jinja2'] = None; from crawler.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--archive", archive.uri], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (2, "warraq: the reader needs Jinja: pip install 'warraq[serve]'\n")


def test_a_refusal_says_what_it_is() -> None:
    assert "401 token" in str(RequestError(401, "token"))
