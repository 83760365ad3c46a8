"""Whoever wrote a WARC file, each of its captures is read once, at its address and time, with its body; the rest is named."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.read.warc_page import page_of
from storage.warc.reader import Problem, records
from storage.warc.replay import memento
from tests.crawler.from_warc.variants import BEHIND, BESIDE, PACKINGS, SPELLINGS, Expected, Spelling, written
from tests.storage.warc.inputs import HTML, http, read, record, sha1, zipped


def captures(data: bytes) -> tuple[list[Expected], list[Problem]]:
    """The captures of a file as pages, and what was wrong with it."""
    problems: list[Problem] = []
    found = []
    for each in records(io.BytesIO(data), "x", max_bytes=1_000_000, problem=problems.append):
        subject, page = memento(each), page_of(each, "warc")
        assert subject is not None
        assert (page.url, page.memento_at) == (subject.url, subject.at)
        found.append(Expected(page.url, subject.at, page.body))
    return found, problems


@settings(max_examples=300)
@given(
    st.lists(SPELLINGS, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(BESIDE)), max_size=3),
    st.sampled_from(sorted(PACKINGS)),
    st.sampled_from(sorted(BEHIND)),
)
def test_every_capture_is_read_once_as_what_it_is(
    spellings: list[Spelling], beside: list[tuple[int, bytes]], packing: str, behind: str
) -> None:
    made = [written(number, how) for number, how in enumerate(spellings)]
    parts = [part for part, _ in made]
    for place, other in beside:
        parts.insert(place, other)
    rest, named = BEHIND[behind]
    found, problems = captures(PACKINGS[packing](parts) + rest)
    assert found == [expected for _, expected in made]
    assert bool(problems) == named, problems


def test_a_revisit_by_wget_is_read_although_it_states_the_digest_of_no_bytes_for_its_block() -> None:
    """`wget --warc-dedup`: the header of the answer is in the block, the digest is that of nothing."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    fields = {"WARC_Block_Digest": sha1(b""), "WARC_Payload_Digest": sha1(HTML), "WARC_Refers_To": "<urn:uuid:1>"}
    for data in (record(head, kind="revisit", **fields), zipped(record(head, kind="revisit", **fields))):
        (found,), problems = read(data)
        assert (found.kind, found.payload_digest, problems) == ("revisit", sha1(HTML), [])


def test_what_a_web_archive_answers_about_itself_is_no_capture_of_the_page() -> None:
    """Its messages, its redirects between captures; a capture of a 404 is one, and says when it was made."""
    url = "https://web.archive.org/web/20190304050607id_/https://www.enabbaladi.net/1/"
    stated = ("Memento-Datetime", "Mon, 04 Mar 2019 05:06:08 GMT")
    answers = {
        record(http(), url): datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC),
        record(http(b"gone", stated, status="404 Not Found"), url): datetime(2019, 3, 4, 5, 6, 8, tzinfo=UTC),
        record(http(b"<p>Hrm. The Wayback Machine has not archived that URL.", status="404 Not Found"), url): None,
        record(http(b"<p>Hrm. The Wayback Machine has not archived that URL."), url): None,
        record(http(b"", ("Location", "/web/2018id_/x"), status="302 Found"), url): None,
        record(http(b"busy", status="503 Busy"), url): None,
        record(http(), url.replace("20190304050607", "2019")): None,
    }
    for data, at in answers.items():
        (found,), _ = read(data)
        subject = memento(found)
        assert (subject.at if subject else None) == at


def test_a_page_that_a_replay_rewrote_is_what_it_was_before() -> None:
    prefix = "https://web.archive.org/web/20190304050607"
    rewritten = (
        "<html><head><script src='//archive.org/includes/analytics.js'></script><script>__wm.init()</script>"
        "<!-- End Wayback Rewrite JS Include -->\n<title>نص</title></head><body>"
        "<!-- BEGIN WAYBACK TOOLBAR INSERT --><div id='wm-ipp'>"
        "20 captures</div><!-- END WAYBACK TOOLBAR INSERT -->"
        f"<img src='/web/20190304050607im_/https://a.example/b.jpg'><a href='{prefix}/http://a.example/b'>x</a>"
        '<script>{"url": "https:\\/\\/web.archive.org\\/web\\/20190304050607\\/https:\\/\\/a.example\\/c"}</script></body></html>'
        "<!--\n     FILE ARCHIVED ON 05:06:07 Mar 04, 2019 AND RETRIEVED FROM THE INTERNET ARCHIVE.\n-->\n"
    )
    plain = (
        "<html><head>\n<title>نص</title></head><body><img src='https://a.example/b.jpg'><a href='http://a.example/b'>x</a>"
        '<script>{"url": "https:\\/\\/a.example\\/c"}</script></body></html>\n'
    )
    (found,), _ = captures(record(http(rewritten.encode()), f"{prefix}/https://www.enabbaladi.net/1/"))
    assert found.body.decode() == plain
