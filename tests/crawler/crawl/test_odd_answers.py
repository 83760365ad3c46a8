"""What stands before a site is no fact about its articles: firewalls, hosters, walls, pages that lead elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from crawler.crawl.refresh import refresh_target
from crawler.demo.answer import Answer, SiteRequest
from crawler.demo.running import serve
from tests.crawler.conftest import warraq
from tests.crawler.crawl.test_verdict import Changing

HOME = "https://www.enabbaladi.net"


def html(title: str, body: str = "", **headers: str) -> Answer:
    head = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return Answer(body=head.encode(), headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def moved(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=(("Location", location),))


REJECTED = "The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 1234567890"
RELOADS = "<meta http-equiv='refresh' content='5;url=/?__chk=1'>Please wait while your request is verified..."
ANSWERS = {
    "a firewall that rejects": (html("Request Rejected", REJECTED), "failed", "challenge: f5"),
    "a challenge that is a script": (
        html("Client Challenge", "<script src='/_fs-ch-1T/script.js'>"),
        "failed",
        "challenge: fastly",
    ),
    "an interruption": (html("Pardon Our Interruption", "You were browsing and we think you are a bot"), "failed", "challenge: "),
    "a page that reloads itself": (html("Please wait...", RELOADS), "failed", "challenge: unknown sender"),
    "an Arabic challenge": (html("التحقق من أنك لست روبوتاً", "يرجى تفعيل جافاسكربت"), "failed", "challenge: unknown sender"),
    "a hoster": (html("Account Suspended", "This Account has been suspended."), "failed", "parked"),
    "an error of WordPress": (
        html("WordPress › Error", "There has been a critical error on this website."),
        "failed",
        "other-site",
    ),
    "a form to log in": (html("تسجيل الدخول", "<form id=loginform><input type=password name=pwd></form>"), "failed", "login"),
    "a redirect to log in": (moved(f"{HOME}/wp-login.php?redirect_to=x"), "failed", "login: redirected to"),
    "a redirect to a cookie wall": (moved(f"{HOME}/cookie-wall?u=1"), "failed", "consent-wall: redirected to"),
}
LEADS = {
    "a new domain by meta": (
        html("x", "<meta http-equiv=refresh content='0;url=https://new.example/1'>"),
        "not_an_article",
        "elsewhere: led to https://new.example/1",
    ),
    "a new domain by a header": (html("x", Refresh="0; url=https://new.example/2"), "not_an_article", "elsewhere: led to"),
    "a new domain by a script": (
        html("x", "<script>window.location.replace('https://new.example/3')</script>"),
        "not_an_article",
        "elsewhere: led to https://new.example/3",
    ),
    "a new domain by Location": (html("Object moved", Location="https://new.example/4"), "not_an_article", "elsewhere: led to"),
    "the front page": (html("x", f"<meta http-equiv='Refresh' content='0; URL={HOME}/'>"), "gone", "home: led to"),
    "a wall": (
        html("x", "<meta http-equiv=refresh content='0;url=https://consent.example/?x'>"),
        "failed",
        "consent-wall: led to",
    ),
    "itself, without end": (moved("SELF"), "failed", "max redirections reached"),
    "nowhere": (html("الصفحة غير موجودة", "<h1>عذراً، الصفحة غير موجودة</h1>"), "gone", "soft-404"),
    "another article": (html("x", "<meta http-equiv=refresh content='0;url=OTHER'>"), "kept unchanged duplicate", ""),
}


@dataclass(frozen=True)
class ByNumber:
    """Pages of some stories are replaced. answers: by number of the story."""

    answers: tuple[tuple[str, Answer], ...]

    def __call__(self, asked: SiteRequest, answer: Answer) -> Answer:
        if not (asked.path.startswith("/archives/") or asked.path.split("/")[1].isdigit()):
            return answer
        for number, replacement in self.answers:
            if f"/{number}" in asked.path:
                headers = tuple((name, value.replace("SELF", asked.url)) for name, value in replacement.headers)
                return replace(replacement, headers=headers)
        return answer


@pytest.mark.slow
@pytest.mark.parametrize("table", [ANSWERS, LEADS], ids=["before the site", "leads on"])
def test_what_an_odd_answer_says_of_its_address(tmp_path: Path, table: dict[str, tuple[Answer, str, str]]) -> None:
    """One story each; the others are kept."""
    world, now = Changing.miniature(), datetime.now(UTC)
    world.stories = [
        replace(story, published=now.astimezone(story.published.tzinfo) - timedelta(days=4), modified=None)
        for story in world.stories
        if story.outlet == "enab_baladi" and story.status == 200 and not (story.refused or story.duplicate_of)
    ]
    world.links = []
    numbers = dict(zip((story.id for story in world.stories), table, strict=False))
    assert len(numbers) == len(table) < len(world.stories)
    other = f"{HOME}/archives/{world.stories[-1].id}"
    answers = {number: table[name][0] for number, name in numbers.items()}
    world.change = ByNumber(
        tuple((number, replace(answer, body=answer.body.replace(b"OTHER", other.encode()))) for number, answer in answers.items())
    )
    with serve(world) as running:
        later = {"WARRAQ_REVISIT_HOURS": "", "WARRAQ_UNPUBLISHED_HOURS": "0", "WARRAQ_RETRY_TIMES": "0"}
        done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=running, **later)
    fates = {
        fact["url"].rsplit("/", 1)[1]: fact
        for fact in done.of("failed", "not_an_article", "gone", "duplicate", "kept", "unchanged")
    }
    for number, name in numbers.items():
        _, fate, reason = table[name]
        found = fates[number]
        assert found["fact"] in fate.split(), (name, found)
        assert (found.get("reason") or "").startswith(reason), found
    assert done.finished["discovered"] == sum(done.finished["fates"].values())
    assert fates[world.stories[-1].id]["fact"] in ("kept", "duplicate", "unchanged")


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ("<meta http-equiv=refresh content=0;url=/a>", f"{HOME}/a"),
        ('<META HTTP-EQUIV="Refresh" CONTENT="3; URL=\'https://new.example/ا\'">', "https://new.example/ا"),
        ("<meta content='0; url=//new.example/a&amp;b' http-equiv='refresh'>", "https://new.example/a&b"),
        ("<meta http-equiv='refresh' content='600;url=/a'>", None),
        ("<meta http-equiv='refresh' content='5'>", None),
        ("<meta http-equiv='refresh' content='0;url=http://[bad/'>", None),
        ("<meta http-equiv='refresh' content='0;url=javascript:x()'>", None),
        ("<script>location = 'https://new.example/'</script>", "https://new.example/"),
        ("<script>location.href = '/a'</script>", None),
        ("<script>location.href='https://new.example/'</script>" + " " * 5_000, None),
        ("<p>نص</p>", None),
    ],
)
def test_where_a_page_leads(body: str, target: str | None) -> None:
    assert refresh_target(f"{HOME}/1", Headers(), body.encode()) == target


@given(st.binary(max_size=300), st.text(st.characters(codec="latin-1"), max_size=80))
def test_no_page_and_no_header_raises(body: bytes, header: str) -> None:
    for part in (body, b"<meta http-equiv=refresh content='0;url=" + body + b"'>"):
        refresh_target(f"{HOME}/1", Headers({"Refresh": header.encode("latin-1"), "Location": header.encode("latin-1")}), part)
