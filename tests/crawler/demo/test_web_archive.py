"""The miniature's web archive: its index and its replays."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from crawler.demo.answer import encoded
from crawler.demo.running import Running
from extractors import locate
from infra.world.worlds import World
from tests.crawler.demo.asking import ask

CDX = "https://web.archive.org/cdx/search/cdx"


def test_the_cdx_index_resumes_where_it_stopped(running: Running) -> None:
    """Pages cut by limit and joined by resumeKey give the same rows as one answer."""
    query = {"url": "smartnews-agency.com/ar/", "matchType": "prefix", "output": "json", "showResumeKey": "true"}
    whole = json.loads(ask(running, f"{CDX}?{urlencode(query)}").body)
    rows: list[list[str]] = []
    resume: dict[str, str] = {}
    for _ in range(50):
        answer = json.loads(ask(running, f"{CDX}?{urlencode({**query, **resume, 'limit': 7})}").body)
        if len(answer) > 2 and answer[-2] == []:
            rows += answer[1:-2]
            resume = {"resumeKey": answer[-1][0]}
        else:
            rows += answer[1:]
            break
    assert rows == whole[1:]
    assert len(rows) > 14


def test_the_cdx_index_filters_and_collapses(running: Running) -> None:
    """Filters are whole-field expressions, `!` negates, collapse keeps the first of neighbours, www makes no difference."""
    base = {"url": "geroun.net/", "matchType": "prefix", "fl": "urlkey,original,statuscode,mimetype", "output": "json"}

    def rows(**more: object) -> list[list[str]]:
        table: list[list[str]] = json.loads(ask(running, f"{CDX}?{urlencode({**base, **more}, doseq=True)}").body)
        return table[1:]

    assert {row[3] for row in rows()} == {"text/html", "image/jpeg"}
    assert {row[3] for row in rows(filter=["mimetype:text/html", "statuscode:200"])} == {"text/html"}
    assert {row[2] for row in rows(filter="!statuscode:200")} == {"302"}
    assert any("//www.geroun.net" in row[1] for row in rows())
    collapsed = [row[0] for row in rows(collapse="urlkey")]
    assert len(collapsed) == len(set(collapsed)) < len(rows())
    assert rows(to="2016") == []
    assert rows(limit=-1) == rows()[-1:]


def test_replays_are_raw_and_lead_to_the_nearest_capture(world: World, running: Running) -> None:
    """`id_` gives the captured bytes with Memento-Datetime and the original headers; another moment is redirected."""
    captured = {}
    for host in ("smartnews-agency.com", "geroun.net", "geiroon.com", "geiroon.net"):
        query = urlencode({"url": host, "matchType": "domain", "fl": "timestamp,original", "filter": "statuscode:200"})
        for line in ask(running, f"{CDX}?{query}").text.splitlines():
            timestamp, original = line.split()
            location = locate(original)
            if location:
                captured[location.url, timestamp] = original
    for article in world.expected["smart"] + world.expected["geiroon"]:
        assert article.mementos, article.url
        for timestamp in article.mementos:
            reply = ask(running, f"https://web.archive.org/web/{timestamp}id_/{captured[article.url, timestamp]}")
            assert reply.status == 200
            assert article.body[-1][-12:] in reply.text
    replay = f"https://web.archive.org/web/20180122162000id_/{_smart_url(world)}"
    reply = ask(running, replay)
    assert reply.headers["memento-datetime"] == "Mon, 22 Jan 2018 16:20:00 GMT"
    assert "x-archive-orig-date" in reply.headers
    assert b"WAYBACK TOOLBAR" not in reply.body
    near = ask(running, replay.replace("20180122162000", "2019"))
    assert near.status == 302
    assert near.headers["location"] == encoded(replay)


def test_a_capture_of_each_bad_kind_stands_in_the_archive(running: Running) -> None:
    """Redirects, removals, challenges and pages cut in the middle are captured too, as in life."""
    query = urlencode({"url": "smartnews-agency.com", "matchType": "domain", "fl": "timestamp,original,statuscode"})
    rows = [line.split() for line in ask(running, f"{CDX}?{query}").text.splitlines()]
    assert {row[2] for row in rows} == {"200", "301", "404", "503"}
    bodies = [ask(running, f"https://web.archive.org/web/{row[0]}id_/{row[1]}").body for row in rows if row[2] == "200"]
    assert any(b"challenge-platform" in body for body in bodies)
    assert any(not body.rstrip().endswith(b"</html>") for body in bodies)


def _smart_url(world: World) -> str:
    return next(article.url for article in world.expected["smart"] if quote("1700") in article.url)
