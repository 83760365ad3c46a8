"""robots.txt: whatever it says, and when it cannot be had; its Crawl-delay."""

from __future__ import annotations

import http.server
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy.robotstxt import ProtegoRobotParser

from crawler.download.robots import MOST_BYTES, MOST_RULES, MOST_WILDCARDS, UNREACHABLE, excess, our_rules, parser_of
from tests.crawler.security import conftest as security
from tests.crawler.security.conftest import Ask

ask = security.ask
"""The fixture."""
HOST = "outlet.example"
TRUST = {
    "NAMES": json.dumps({HOST: ["127.0.0.1"], "other.example": ["127.0.0.1"]}),
    "WARRAQ_PRIVATE_HOSTS": f"{HOST},other.example",
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers /robots.txt with what the server was given in turn, else 200."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append((self.path, time.monotonic()))
        if self.path == "/robots.txt":
            status, body, headers = server.robots[0] if len(server.robots) == 1 else server.robots.pop(0)
            if status == 0:
                server.over.wait(60)
                return
        else:
            status, body, headers = server.pages.pop(0) if server.pages else (200, b"here", {})
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


Answer = tuple[int, bytes, dict[str, str]]


class Server(http.server.ThreadingHTTPServer):
    """robots, pages: answers in turn; the last of robots stays, pages are 200 after the last."""

    daemon_threads = True

    def __init__(self, *robots: Answer, pages: tuple[Answer, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.robots, self.pages = list(robots), list(pages)
        self.asked: list[tuple[str, float]] = []
        self.over = threading.Event()

    def url(self, path: str, host: str = HOST) -> str:
        return f"http://{host}:{self.server_port}{path}"

    def of(self, path: str) -> list[float]:
        """When a path was asked for, monotonic seconds."""
        return [at for asked, at in self.asked if asked == path]


@contextmanager
def serving(*robots: Answer, pages: tuple[Answer, ...] = ()) -> Iterator[Server]:
    server = Server(*robots, pages=pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def rules(text: str) -> Answer:
    return (200, text.encode(), {})


def of_each(answers: dict[str, Answer], ask: Ask) -> tuple[dict[str, str], list[str]]:
    """(what became of /page on a host that has such a robots.txt, by name; the names whose page was asked for)."""
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(answer)) for name, answer in answers.items()}
        hosts = [f"{name}.example" for name in servers]
        pages = {name: server.url("/page", f"{name}.example") for name, server in servers.items()}
        trust = {"NAMES": json.dumps({host: ["127.0.0.1"] for host in hosts}), "WARRAQ_PRIVATE_HOSTS": ",".join(hosts)}
        done = ask(*pages.values(), **trust, WARRAQ_DOWNLOAD_TIMEOUT="3")
        return {name: done.said[page] for name, page in pages.items()}, [name for name in servers if servers[name].of("/page")]


@pytest.mark.slow
def test_a_robots_txt_that_cannot_be_had_disallows_everything(ask: Ask) -> None:
    """RFC 9309 §2.3.1.4. The page is not asked for, and the reason is said."""
    allowing = b"User-agent: *\nAllow: /"
    answers: dict[str, Answer] = {
        "answers-503": (503, b"", {}),
        "answers-429": (429, b"", {}),
        "answers-500": (500, allowing, {}),
        "no-full-answer-in-time": (0, b"", {}),
        "larger-than-the-limit": (200, allowing, {"Content-Length": "99999999"}),
    }
    said, asked = of_each(answers, ask)
    assert asked == []
    for name, reason in said.items():
        assert f"robots.txt of {name}.example:" in reason
        assert name.replace("-", " ") in reason


@pytest.mark.slow
def test_without_a_robots_txt_there_are_no_rules(ask: Ask) -> None:
    """RFC 9309 §2.3.1.3, whatever stands in the body."""
    said, asked = of_each({f"of-{status}": (status, b"User-agent: *\nDisallow: /", {}) for status in (404, 401, 403, 410)}, ask)
    assert set(said.values()) == {"200 4"}
    assert len(asked) == 4


@pytest.mark.slow
def test_a_robots_txt_without_a_connection_or_a_valid_certificate_disallows_everything(ask: Ask) -> None:
    """A closed port; a port that speaks no TLS."""
    with serving(rules("")) as server:
        closed, plain = "http://outlet.example:1/page", server.url("/page").replace("http:", "https:")
        done = ask(closed, plain, **TRUST)
    assert done.said[closed].endswith("(robots.txt of outlet.example:1)")
    assert done.said[plain].endswith(f"(robots.txt of outlet.example:{server.server_port})")


@pytest.mark.slow
def test_a_robots_txt_may_be_on_another_host(ask: Ask) -> None:
    """RFC 9309 §2.3.1.2: redirects are followed across authorities."""
    with ExitStack() as stack:
        other = stack.enter_context(serving(rules("User-agent: *\nDisallow: /page")))
        server = stack.enter_context(serving((301, b"", {"Location": other.url("/robots.txt", "other.example")})))
        page, free = server.url("/page"), server.url("/free")
        done = ask(page, free, hosts=(HOST,), **TRUST)
    assert done.said == {page: "Forbidden by robots.txt", free: "200 4"}


def gaps(server: Server) -> list[float]:
    times = [at for _, at in server.asked]
    return [after - before for before, after in pairwise(times)]


@pytest.mark.slow
def test_a_crawl_delay_is_kept_to(ask: Ask) -> None:
    """From the robots.txt itself on, also with AutoThrottle, which knows no delay of a single host."""
    with serving(rules("User-agent: *\nCrawl-delay: 1.2")) as server:
        ask(*(server.url(f"/{n}") for n in range(3)), **TRUST, WARRAQ_AUTOTHROTTLE="1", WARRAQ_CONCURRENCY="1")
    assert len(gaps(server)) == 3
    assert all(gap >= 1.15 for gap in gaps(server))


@pytest.mark.slow
def test_a_crawl_delay_for_others_or_beyond_the_bound_holds_us_up_no_longer(ask: Ask) -> None:
    """Ours is the group that names us, else that for all."""
    with serving(rules("User-agent: slowbot\nCrawl-delay: 1000\n\nUser-agent: Warraq\nCrawl-delay: 1e9")) as server:
        ask(server.url("/1"), server.url("/2"), **TRUST, WARRAQ_CRAWL_DELAY_BOUND="0.6")
    assert all(gap >= 0.3 for gap in gaps(server))  # half: what a busy machine may take from one
    assert len(gaps(server)) == 2


@pytest.mark.slow
def test_a_host_that_refuses_is_left_alone_longer_each_time(ask: Ask) -> None:
    """503 and 429 without Retry-After: not three requests in a row."""
    refusals = ((503, b"", {}), (429, b"", {}), (503, b"", {}))
    with serving(rules(""), pages=refusals) as server:
        page = server.url("/page")
        done = ask(page, **TRUST, WARRAQ_RETRY_TIMES="3")
    assert done.said[page] == "200 4"
    times = server.of("/page")
    waits = [after - before for before, after in pairwise(times)]
    assert [wait >= least for wait, least in zip(waits, (0.95, 1.95, 3.95), strict=True)] == [True, True, True]


# --- odd ones

LINES = st.sampled_from(
    [
        "User-agent: *", "user-agent:warraq", "User-agent: Warraq/1.0", "User-agent", "User-agent: ", "Disallow: /", "Disallow:",
        "Allow: /*?$", "Disallow: http://[", "Disallow: //[::1", "Disallow: %", "Disallow: %zz%ff", "Crawl-delay: 10s",
        "Crawl-delay: 1e9", "Crawl-delay: -1", "Crawl-delay: nan", "Crawl-delay: inf", "Crawl-delay: 1e999", "Crawl-delay: ١٠",
        "Request-rate: 0/0", "Request-rate: 1/١", "Visit-time: 25-99", "Sitemap: http://[", "Host:",
        "\ufeffUser-agent: *", "<html>",
        ": :", "#", "\0", "Disallow: /\ud800".encode("utf-8", "replace").decode(), "Disallow: " + "*a" * 500, "أ: ب",
    ]
)  # fmt: skip


@given(
    st.lists(st.one_of(LINES, st.text(max_size=30))).map("\n".join).map(lambda text: text.encode("utf-8", "replace"))
    | st.binary()
)
@example(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /x\r\n")
@example("User-agent: *\nDisallow: /عاجل".encode("cp1256"))
@example("User-agent: *\nDisallow: /x".encode("utf-16"))
def test_no_robots_txt_breaks_its_reader(body: bytes) -> None:
    """Whatever is in it, pages are allowed or not, and a delay is a number of seconds."""
    parser = ProtegoRobotParser(our_rules(body, "Warraq"), None)
    assert parser.allowed("https://outlet.example/2026/خبر?x=%ff", "Warraq") in (True, False)
    delay = parser.crawl_delay("Warraq") or 0.0
    assert math.isfinite(delay)
    assert delay >= 0


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        ("\ufeffUser-agent: *\r\nDisallow: /x", True),
        ("User-agent: *\rDisallow: /x", True),
        ("USER-AGENT : WARRAQ\nDISALLOW : /x", True),
        ("User-agent: Warraq/1.0 # us\nDisallow: /x # no", True),
        ("User-agent: a\nUser-agent: *\nDisallow: /x", True),
        ("User-agent: a\nSitemap: https://a/s\nUser-agent: *\nDisallow: /x", True),
        ("User-agent: a\nDisallow: /x", False),
        ("User-agent: *\nDisallow: /x\nUser-agent: warraq\nDisallow: /y", False),
        ("User-agent: *\nDisallow: /\nAllow: /x", False),
        ("User-agent: *bot\nDisallow: /x", False),
        ("User-agent: Warraq2\nDisallow: /x", False),
        ("User-agent: *\nDisallow:\nUser-agent: b\nDisallow: /x", False),
        ("Disallow: /x", False),
    ],
)
def test_the_group_that_is_ours(text: str, *, blocked: bool) -> None:
    """RFC 9309 §2.2: one that names us, else the one for all; names are compared without regard to case, as a token."""
    parser = ProtegoRobotParser(our_rules(text.encode(), "Warraq"), None)
    assert parser.allowed("https://outlet.example/x", "Warraq") is not blocked


def filled(line: str) -> bytes:
    """512 kB of rules, each another: `@` stands for four letters."""
    lines, size, number = ["User-agent: *\n"], 0, 0
    while size < MOST_BYTES:
        letters = "".join(chr(97 + number // 26**place % 26) for place in range(4))
        lines.append(line.replace("@", letters) + "\n")
        size += len(lines[-1].encode())
        number += 1
    return "".join(lines).encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "agents times rules": lambda: b"".join(b"User-agent: a%d\n" % n for n in range(200_000)) + b"Disallow: /a\n" * 200_000,
    "agents times our rules": lambda: (
        b"".join(b"User-agent: a%d\nUser-agent: *\n" % n for n in range(9_000)) + b"Disallow:/a\n" * 9_999
    ),
    "one long rule": lambda: b"User-agent: *\nDisallow: /" + b"*a" * 2_500_000,
    "escapes": lambda: b"User-agent: *\n" + b"Disallow: /%%%d\n" % 7 * 400_000,
    **{
        line: partial(filled, line)
        for line in (
            "Disallow:*@", "Disallow:*@$", "Disallow:/*a*e*i*o*@", "Disallow:/@", "Allow:/@/index.html", "Disallow:/*%d8%a7@",
            "Disallow:/*ا@", "Crawl-delay: 1", "Disallow: /*a*b*c*d*e*f*g*h$", "Disallow: " + "*a" * 500 + "@", "Allow /@",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_hostile_rules_cost_little_to_parse_and_to_match(made: Callable[[], bytes]) -> None:
    """Within the bounds they are parsed within a second and matched within 0.1 s, on the processor's clock; beyond them all is
    disallowed. Measured on a quiet machine: at most 0.35 s and 0.04 s.
    """
    body = made()
    began = time.process_time()
    rules = our_rules(body, "Warraq")
    assert len(rules) <= MOST_BYTES + 100
    parser = parser_of(UNREACHABLE if excess(rules) else rules)
    parser.allowed("https://outlet.example/", "Warraq")
    assert time.process_time() - began < 4
    began = time.process_time()
    for number in range(10):
        parser.allowed(f"https://outlet.example/{'aeiox' * 800}/{number}", "Warraq")
        parser.allowed(f"https://outlet.example/{'abcdefgh' * 20}/{number}", "Warraq")
    assert (time.process_time() - began) / 10 < 0.4


def test_the_bounds_are_those_of_hostile_rules_alone() -> None:
    """An honest robots.txt of any size is within them, a rule more is not."""
    within = "User-agent: Warraq\n" + "Disallow: /*?x\n" * MOST_WILDCARDS
    assert excess(our_rules(within.encode(), "Warraq")) is None
    assert "wildcards" in (excess(our_rules((within + "Disallow: /*\n").encode(), "Warraq")) or "")
    many = "User-agent: Warraq\n" + "Disallow: /x\n" * (MOST_RULES - 1)
    assert excess(our_rules(many.encode(), "Warraq")) is None
    assert "rules" in (excess(our_rules((many + "Disallow: /x\n").encode(), "Warraq")) or "")
