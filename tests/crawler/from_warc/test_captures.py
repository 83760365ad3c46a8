"""`warraq crawl --from`: several captures of an article, repeats of a payload, and captures that are no page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crawler.conftest import warraq
from tests.crawler.from_warc.conftest import at_the_place, crawl, entries, kept
from tests.crawler.from_warc.foreign import AT, Seen, as_resources, by_heritrix
from tests.storage.warc.inputs import http, record, sha1, zipped


def edited(page: Seen, word: str, days: int) -> Seen:
    body = page.body.decode().replace("</h1>", f" {word}</h1>", 1)
    assert word in body
    return replace(page, body=body.encode(), at=AT + timedelta(days=days))


@pytest.mark.slow
def test_captures_become_revisions_in_the_order_of_their_time(enab: list[Seen], tmp_path: Path) -> None:
    """Whatever the order of files and of records in them; an older one that turns up later is told as such, once."""
    page, url = enab[0], at_the_place(enab[0].url)
    first, second, third = edited(page, "أولًا", 1), edited(page, "ثانيًا", 2), edited(page, "ثالثًا", 3)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.warc.gz").write_bytes(by_heritrix([third, replace(second, at=second.at + timedelta(hours=1)), third]))
    (folder / "2.warc").write_bytes(as_resources([second, first]))
    done = crawl(folder, tmp_path / "a")
    assert done.code == 0
    assert done.finished["fates"] == {"kept": 1}
    ledger = entries(tmp_path / "a", url)
    assert [(each["n"], each["fate"], each["moment"][:10]) for each in ledger] == [
        (1, "kept", "2026-11-22"),
        (2, "revised", "2026-11-23"),
        (3, "revised", "2026-11-24"),
    ]
    older = tmp_path / "older.warc.gz"
    older.write_bytes(by_heritrix([edited(page, "قبل", -9)]))
    assert crawl(older, tmp_path / "a").finished["fates"] == {"revised": 1}
    assert entries(tmp_path / "a", url)[-1]["older"] is True
    filed = sorted((tmp_path / "a" / "warc").rglob("*"))
    assert crawl(older, tmp_path / "a").finished["fates"] == {"unchanged": 1}
    assert crawl(folder, tmp_path / "a").finished["fates"] == {"unchanged": 1}
    assert sorted((tmp_path / "a" / "warc").rglob("*")) == filed
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


@pytest.mark.slow
def test_a_revisit_is_read_with_the_payload_it_repeats(enab: list[Seen], tmp_path: Path) -> None:
    """Named by address and time or by digest; without it the address fails and says so."""
    page, url = enab[0], at_the_place(enab[0].url)
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n"
    original = "http://enabbaladi.net/?p=" + url.rsplit("/", 1)[1]
    lonely = at_the_place(enab[1].url)
    by_digest = record(block, enab[2].url, "revisit", at="2026-11-30T00:00:00Z", WARC_Payload_Digest=sha1(enab[3].body))
    parts = [
        record(block, page.url, "revisit", at="2026-11-23T00:00:00Z", **_refers(original, "2026-11-20T10:00:00Z", b"x")),
        record(block + edited(page, "آخر", 0).body, page.url, at="2026-11-22T00:00:00Z"),
        record(block + page.body, original, at="2026-11-20T10:00:00.5Z", WARC_Payload_Digest=sha1(page.body)),
        record(
            block, lonely, "revisit", at="2026-11-23T00:00:00Z", **_refers("https://x.example/", "2026-01-01T00:00:00Z", b"y")
        ),
        record(block + enab[3].body, enab[3].url, at="2026-11-21T00:00:00Z", WARC_Payload_Digest=sha1(enab[3].body)),
        by_digest,
    ]
    file = tmp_path / "x.warc.gz"
    file.write_bytes(zipped(*parts))
    done = crawl(file, tmp_path / "a")
    moments = [(each["fate"], each["moment"]) for each in entries(tmp_path / "a", url)]
    assert moments == [
        ("kept", "2026-11-20T10:00:00.500000Z"),
        ("revised", "2026-11-22T00:00:00Z"),
        ("revised", "2026-11-23T00:00:00Z"),
    ]
    (failed,) = done.of("failed")
    assert (failed["url"], "revisit" in failed["reason"]) == (lonely, True)
    assert done.finished["fates"] == {"kept": 2, "unchanged": 1, "failed": 1}
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0


def _refers(url: str, at: str, payload: bytes) -> dict[str, str]:
    return {"WARC_Refers_To_Target_URI": url, "WARC_Refers_To_Date": at, "WARC_Payload_Digest": sha1(payload)}


@pytest.mark.slow
def test_what_is_no_page_has_its_fate_and_an_old_absence_takes_nothing_away(enab: list[Seen], tmp_path: Path) -> None:
    good, moved, busy, picture, coded, chunks = enab[:6]
    challenge = b"<html><title>Just a moment...</title><body>Checking if the site connection is secure"
    block = http(enab[5].body, ("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "compress"), status="200 OK")
    parts = [
        record(http(b"", status="404 Not Found"), good.url, at="2020-01-01T00:00:00Z"),
        record(http(good.body), good.url, at="2021-01-01T00:00:00Z"),
        record(http(b"", ("Location", "/"), status="301 Moved"), moved.url),
        record(http(b"", status="503 Busy"), busy.url),
        record(http(b"\xff\xd8\xff\xe0" + bytes(900), ("Content-Type", "image/jpeg")), picture.url),
        record(http(bytes(range(256)), ("Content-Encoding", "br")), coded.url),
        record(block, chunks.url),
        record(http(challenge), "https://www.enabbaladi.net/archives/77"),
        record(http(b"", status="410 Gone"), "https://www.enabbaladi.net/archives/78"),
        record(http(good.body), "https://www.enabbaladi.net/archives/category/x"),
        record(http(good.body), "https://stranger.example/archives/78"),
    ]
    file = tmp_path / "x.warc.gz"
    file.write_bytes(zipped(*parts))
    done = crawl(file, tmp_path / "a")
    fates = {fact["url"].rsplit("/", 1)[1]: (fact["fact"], fact.get("reason")) for fact in done.facts if "url" in fact}
    name = {each: at_the_place(each.url).rsplit("/", 1)[1] for each in (good, moved, busy, picture, coded, chunks)}
    assert fates[name[good]] == ("kept", None)
    assert fates[name[moved]] == ("not_an_article", "HTTP 301, a redirect")
    assert fates[name[busy]] == ("failed", "HTTP 503")
    assert fates[name[picture]][0] == "not_an_article"
    assert fates[name[coded]] == ("failed", "content-coding: said to be br, which it is not")
    assert fates[name[chunks]][0] == "kept"  # a text that is said to be coded is a text
    assert fates["77"][0] == "failed"
    assert fates["78"] == ("gone", "HTTP 410")
    assert fates["x"] == ("not_an_article", "listing")
    assert done.finished["discovered"] == 9
    last = entries(tmp_path / "a", at_the_place(good.url))[-1]
    assert last["content_hash"]


@pytest.mark.slow
def test_replays_of_web_archives_are_read_as_the_pages_and_what_is_no_page_of_ours_is_counted(
    enab: list[Seen], tmp_path: Path
) -> None:
    """Mementos at the moment of their capture; a date in the future, other hosts and lost captures are each one line."""
    first, second, third = enab[:3]
    replay = "https://web.archive.org/web/20261120040506{}/{}"
    refused = record(http(), "https://www.enabbaladi.net/archives/7", WARC_Block_Digest=sha1(b"other"))
    parts = [
        record(http(first.body), replay.format("id_", first.url), at="2026-11-25T00:00:00Z"),
        record(http(second.body), replay.format("", second.url), at="2026-11-25T00:00:00Z"),
        record(http(b"has not archived that URL", status="404 Not Found"), replay.format("id_", third.url)),
        record(http(third.body), third.url, at="2099-01-01T00:00:00Z"),
        *(record(http(), f"https://{host}.example/{n}") for n, host in enumerate("abbccc")),
        *[refused] * 3,
    ]
    file = tmp_path / "x.warc.gz"
    file.write_bytes(zipped(*parts))
    done = crawl(file, tmp_path / "a")
    assert done.code == 1
    kept_at = {article["url"]: article["capture"]["memento_at"] for article in kept(tmp_path / "a").values()}
    assert kept_at == {at_the_place(each.url): "2026-11-20T04:05:06Z" for each in (first, second)}
    damage, others, answers = done.err.splitlines()
    assert re.fullmatch(
        r"warraq: .*x\.warc\.gz at [0-9]+: .* is dated 2099-01-01, in the future; at least 4 captures lost", damage
    )
    assert others == "warraq: 6 captures of 3 other hosts: c.example (3), b.example (2), a.example (1)"
    assert answers == "warraq: 1 answer of web archives about themselves, captures of no page"
    (read,) = done.of("warc.read")
    assert (read["lost"], read["foreign"]) == (4, 6)
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0
    again = warraq("reread", "--archive", str(tmp_path / "a"), "--generation", "again")
    assert again.code == 0, again.err
