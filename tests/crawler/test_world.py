"""The miniature web answers as the real one is known to: proxy, TLS, redirects, discovery documents, the web archive."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from crawler.demo.answer import encoded
from crawler.demo.expected import canonical
from crawler.demo.hostile import TROUBLES
from crawler.demo.world import Running, World, serve
from extractors import locate

ENAB, JAZEERA, BALADI = "https://www.enabbaladi.net", "https://www.aljazeera.net", "https://baladi-news.com"
CDX = "https://web.archive.org/cdx/search/cdx"
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass(frozen=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()


def ask(running: Running, url: str, headers: dict[str, str] | None = None, *, trusting: bool = True) -> Reply:
    """One request through the proxy, redirects not followed."""
    parts = urlsplit(encoded(url))
    target = parts._replace(scheme="", netloc="").geturl()
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=running.ca_file if trusting else None)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", running.port, context=context, timeout=10
        )
        connection.set_tunnel(parts.netloc, 443)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        target = encoded(url)
    try:
        connection.request("GET", target, headers=headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def follow(running: Running, url: str) -> tuple[str, Reply]:
    """The address at the end of the redirects, and its answer."""
    for _ in range(6):
        reply = ask(running, url)
        if reply.status not in {301, 302}:
            return url, reply
        url = reply.headers["location"]
    raise AssertionError(f"{url} goes on redirecting")


def locs(reply: Reply) -> list[str]:
    """The addresses a sitemap names."""
    return [element.text or "" for element in ET.fromstring(reply.body).iter(LOC)]


@pytest.fixture(scope="module")
def world() -> World:
    """The plain miniature."""
    return World.miniature()


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Running]:
    """The miniature, served."""
    with serve(world) as server:
        yield server


def test_every_story_stands_at_its_canonical_address(world: World, running: Running) -> None:
    """The address the readers call canonical leads to a page that shows headline and every paragraph."""
    for article in world.expected["enab_baladi"] + world.expected["al_jazeera"] + world.expected["baladi_news"]:
        _, reply = follow(running, article.url)
        assert reply.status == 200, article.url
        page = reply.text.replace("&quot;", '"')
        assert article.headline.replace("&", "&amp;") in page
        for paragraph in article.body:
            assert paragraph.split(" [")[0][:20] in page, article.url


def test_tls_is_verified_against_the_worlds_own_authority(running: Running) -> None:
    """With the CA file a client verifies the certificate; without it the handshake fails."""
    assert ask(running, f"{ENAB}/robots.txt").status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(running, f"{ENAB}/robots.txt", trusting=False)


def test_hosts_outside_the_world_and_dead_outlets_do_not_answer(running: Running) -> None:
    """An unknown host is a 502, over http and at CONNECT; so is an outlet that died."""
    assert ask(running, "http://nowhere.example/").status == 502
    for host in ("nowhere.example", "smartnews-agency.com", "geiroon.net", "geroun.net"):
        with pytest.raises(OSError, match="502"):
            ask(running, f"https://{host}/")


def test_a_request_addressed_by_host_header_is_answered(running: Running) -> None:
    """Without proxy form the server answers as the back end of a TLS terminator."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.request("GET", "/robots.txt", headers={"Host": "www.enabbaladi.net"})
    assert connection.getresponse().status == 200
    connection.close()


def test_old_and_sloppy_addresses_lead_to_the_permalink(world: World, running: Running) -> None:
    """http, the bare host, /archives/<id>, the bare id and any case of %xx end at the same page."""
    permalink = next(offer.url for offer in world.offers if "/187455/" in offer.url)
    asked = ["http://enabbaladi.net/archives/187455", f"{ENAB}/187455", f"{ENAB}/archives/187455/"]
    assert {follow(running, url)[0] for url in asked} == {encoded(permalink)}
    assert ask(running, encoded(permalink).lower()).status == 200


def test_variants_serve_the_same_story(running: Running) -> None:
    """AMP, attachment, Egypt's host, mirrors and the public folder show a story under another address."""
    amp = follow(running, f"{ENAB}/26188/?amp=1")[1].text
    assert "<html amp" in amp
    assert "بطول كيلومترين" in amp
    attachment = ask(running, f"{ENAB}/archives/187455/23561598_1480204112091234_5521_n")
    assert attachment.status == 200
    assert "ثماني ساعات" in attachment.text
    path = "/ar/articles/130410/أي-كلام"
    bodies = {ask(running, base + path).body for base in (BALADI, f"{BALADI}/public", "https://mail.baladi-news.com")}
    assert len(bodies) == 1
    egypt = "/news/ebusiness/2026/11/10/سوق-العسل-في-حضرموت-موسم-السدر-يبدأ-بأسعار-قياسية"
    assert ask(running, "https://www.ajnet.me" + egypt).status == 200


def test_every_offer_is_really_named_by_its_source(world: World, running: Running) -> None:
    """What `world.offers` says stands in the feeds, sitemaps, REST answers and listings, so expected fates are not wishes."""
    named = {
        ("enab_baladi", "feed"): ask(running, f"{ENAB}/feed/").text,
        ("enab_baladi", "rest"): json.dumps(
            json.loads(ask(running, f"{ENAB}/wp-json/wp/v2/posts?per_page=100").body), ensure_ascii=False
        ),
        ("enab_baladi", "sitemap"): "".join(
            gzip.decompress(ask(running, f"{ENAB}/{name}").body).decode()
            for name in ("post-sitemap.xml.gz", "post-sitemap2.xml.gz")
        ),
        ("enab_baladi", "listing"): "".join(ask(running, f"{ENAB}/archives/category/online/page/{n}").text for n in (1, 2)),
        ("enab_baladi", "category"): ask(running, f"{ENAB}/category-sitemap.xml").text,
        ("al_jazeera", "sitemap"): "".join(ask(running, url).text for url in locs(ask(running, f"{JAZEERA}/sitemap.xml"))),
        ("al_jazeera", "news-sitemap"): ask(running, f"{JAZEERA}/news-sitemap.xml").text,
        ("al_jazeera", "feed"): ask(running, _jazeera_feed()).text,
        ("al_jazeera", "listing"): ask(running, f"{JAZEERA}/news/").text,
        ("baladi_news", "home"): ask(running, f"{BALADI}/ar").text,
        ("baladi_news", "listing"): "".join(ask(running, f"{BALADI}/ar/articles?page={n}").text for n in (1, 2, 3)),
        ("baladi_news", "section"): "".join(ask(running, f"{BALADI}/ar/economy?page={n}").text for n in (1, 2)),
    }
    for offer in world.offers:
        if offer.source == "cdx":
            continue
        document = named[offer.outlet, offer.source]
        path = offer.url.partition("://")[2].partition("/")[2]
        short = f"/archives/{path.split('/')[0]}"  # a listing may link by the old address
        assert path in document or encoded(path) in document or short in document, offer


def test_feeds_and_sitemaps_answer_304_to_their_validators(running: Running) -> None:
    """If-None-Match and If-Modified-Since that fit get an empty 304; an ETag that differs wins over a date that fits."""
    for url in (f"{ENAB}/feed/", _jazeera_feed(), f"{JAZEERA}/sitemap.xml", f"{JAZEERA}/sitemap.xml?yyyy=2026&mm=11&dd=10",
                f"{ENAB}/sitemap_index.xml", f"{ENAB}/post-sitemap.xml.gz"):  # fmt: skip
        first = ask(running, url)
        etag, changed = first.headers["etag"], first.headers["last-modified"]
        for validator in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
            again = ask(running, url, validator)
            assert (again.status, again.body) == (304, b""), (url, validator)
        assert ask(running, url, {"If-None-Match": '"other"', "If-Modified-Since": changed}).status == 200
        assert ask(running, url, {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}).status == 200


def test_a_changed_story_changes_the_validators(world: World, running: Running) -> None:
    """After an edit the feed has another ETag and Last-Modified, the page another text, the address stays."""
    before = ask(running, f"{ENAB}/feed/")
    changed = World.miniature()
    url = world.expected["enab_baladi"][1].url
    changed.edit(url, paragraphs=["نص جديد كتبه المحرر بعد الظهر."])
    gone = world.expected["enab_baladi"][2].url
    changed.remove(gone, 410)
    with serve(changed) as later:
        again = ask(later, f"{ENAB}/feed/", {"If-None-Match": before.headers["etag"]})
        assert again.status == 200
        assert again.headers["last-modified"] != before.headers["last-modified"]
        assert "نص جديد كتبه المحرر" in follow(later, url)[1].text
        assert follow(later, gone)[1].status == 410
    assert changed.expected_fate(gone) == "gone"
    assert [article.url for article in changed.expected["enab_baladi"]][1] == url


def test_wordpress_pages_and_filters_its_posts(running: Running) -> None:
    """X-WP-Total counts all, pages end with 400 rest_post_invalid_page_number, after/before/modified_after and _fields hold."""
    posts = f"{ENAB}/wp-json/wp/v2/posts"
    first = ask(running, f"{posts}?per_page=5&_fields=id,link,modified_gmt")
    total, pages = int(first.headers["x-wp-total"]), int(first.headers["x-wp-totalpages"])
    assert pages == -(-total // 5)
    assert all(set(post) == {"id", "link", "modified_gmt"} for post in json.loads(first.body))
    seen = [
        post["id"] for page in range(1, pages + 1) for post in json.loads(ask(running, f"{posts}?per_page=5&page={page}").body)
    ]
    assert len(set(seen)) == total
    past = ask(running, f"{posts}?per_page=5&page={pages + 1}")
    assert (past.status, json.loads(past.body)["code"]) == (400, "rest_post_invalid_page_number")
    assert ask(running, f"{posts}?per_page=101").status == 400
    window = json.loads(ask(running, f"{posts}?after=2017-01-01T00:00:00&before=2020-01-01T00:00:00&order=asc").body)
    assert [post["id"] for post in window] == [149911, 187455, 352611]
    touched = json.loads(ask(running, f"{posts}?modified_after=2026-11-19T15:00:00&orderby=modified").body)
    assert [post["id"] for post in touched] == [812110]


def test_al_jazeeras_day_may_be_padded_or_not_and_lists_pictures(running: Running) -> None:
    """`mm=06` and `mm=6` are the same file; pictures stand among the locs; a day without news is an empty set."""
    padded = ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2022&mm=06&dd=14")
    assert padded.body == ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2022&mm=6&dd=14").body
    assert len(locs(padded)) == 1
    assert any(loc.endswith(".jpg") for loc in locs(ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2026&mm=11&dd=19")))
    assert locs(ask(running, f"{JAZEERA}/sitemap.xml?yyyy=2021&mm=1&dd=1")) == []


def test_one_item_of_enabs_feed_holds_a_raw_ampersand(running: Running) -> None:
    """The feed is not well-formed, as feeds in the field are not; it carries full texts."""
    feed = ask(running, f"{ENAB}/feed/").text
    with pytest.raises(ET.ParseError):
        ET.fromstring(feed)
    assert "قراءة & كتابة" in feed
    assert "<content:encoded>" in feed


def test_robots_forbid_one_offered_story_each(world: World, running: Running) -> None:
    """Enab and Al Jazeera disallow an address that their own documents offer; Baladi has neither feed nor sitemap."""
    assert "Disallow: /810222/" in ask(running, f"{ENAB}/robots.txt").text
    assert "Disallow: /ajamonitor" in ask(running, f"{JAZEERA}/robots.txt").text
    assert world.expected_fates["enab_baladi"]["refused"] == world.expected_fates["al_jazeera"]["refused"] == 1
    assert [ask(running, BALADI + path).status for path in ("/feed", "/sitemap.xml", "/rss")] == [404, 404, 404]


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


def test_fates_add_up_to_the_distinct_addresses(world: World) -> None:
    """Every address offered, in its canonical form, has exactly one expected fate, whichever documents name it."""
    for outlet, fates in world.expected_fates.items():
        addresses = {canonical(offer.url) for offer in world.offers if offer.outlet == outlet and offer.fate}
        assert sum(fates.values()) == len(addresses), outlet
        kept = [article for article in world.expected[outlet] if article.fate == "kept"]
        assert fates["kept"] == len(kept)
    assert {offer.outlet for offer in world.offers} == set(world.expected)


def test_two_stories_are_told_twice(world: World) -> None:
    """A reprint of Enab's wire at Baladi and one Baladi story under two ids have the same words."""
    everything = {article.url: article for articles in world.expected.values() for article in articles}
    twins = [article for article in everything.values() if article.duplicate_of]
    assert len(twins) == 2
    for article in twins:
        original = everything[article.duplicate_of or ""]
        assert [_folded(text) for text in article.body] == [_folded(text) for text in original.body]
        assert _folded(article.headline) == _folded(original.headline)


def test_bodies_are_compressed_for_those_who_accept_it(running: Running) -> None:
    """Gzip when accepted, plain otherwise, a right Content-Length either way."""
    plain, packed = ask(running, f"{ENAB}/feed/"), ask(running, f"{ENAB}/feed/", {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body)


def test_the_log_has_every_request_in_order(world: World) -> None:
    """Who has the answer can read the request, with its headers, in the log."""
    with serve(world) as server:
        ask(server, f"{ENAB}/robots.txt", {"User-Agent": "warraq-test"})
        ask(server, "http://nowhere.example/x")
        assert [(r.method, r.url, r.status) for r in server.requests(connects=True)] == [
            ("CONNECT", f"{ENAB}/", 200), ("GET", f"{ENAB}/robots.txt", 200), ("GET", "http://nowhere.example/x", 502),
        ]  # fmt: skip
        assert server.requests()[0].headers["user-agent"] == "warraq-test"


def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    """A parent killed by SIGKILL leaves no server behind."""
    script = tmp_path / "parent.py"
    script.write_text(
        "from crawler.demo.world import World, serve\nimport time\n"
        "with serve(World()) as running:\n    print(running.port, flush=True)\n    time.sleep(60)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root})
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    socket.create_connection(("127.0.0.1", port), 5).close()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the server outlived its parent by ten seconds")


@pytest.mark.slow
def test_troubles_do_what_they_say() -> None:
    """Each bad page misbehaves as stated, is offered by its outlet and has a stated fate; the good pages still answer."""
    world = World.miniature(hostile=True)
    calm = {url: fate for url in (trouble.url for trouble in TROUBLES) if (fate := World.miniature().expected_fate(url))}
    assert calm == {}, "the plain miniature has no hostile pages"
    with serve(world) as server:
        for trouble in TROUBLES:
            assert world.expected_fate(trouble.url) == trouble.fate, trouble
        by_deed = {trouble.does: trouble.url for trouble in TROUBLES}
        statuses = {
            "404": 404,
            "410": 410,
            "challenge 403": 403,
            "challenge 200": 200,
            "soft 404": 200,
            "always 500": 500,
            "empty": 200,
        }
        assert {does: ask(server, by_deed[does]).status for does in statuses} == statuses
        with pytest.raises(http.client.IncompleteRead):
            ask(server, by_deed["cut transfer"])
        assert "</html>" not in ask(server, by_deed["cut page"]).body.decode(errors="ignore")
        with pytest.raises(AssertionError, match="goes on redirecting"):
            follow(server, by_deed["endless redirects"])
        assert b"\x00" in ask(server, by_deed["binary"]).body
        assert "html" in ask(server, _jazeera_feed()).headers["content-type"]
        flaky = world.url(next(story for story in world.stories if story.more.get("trouble") == "500 once"))
        assert [follow(server, flaky)[1].status for _ in range(2)] == [500, 200]
        truncated = ask(server, f"{ENAB}/truncated-sitemap.xml").text
        assert "/990005/" in truncated
        assert "</urlset>" not in truncated
        assert "sitemap_index" in ask(server, f"{ENAB}/robots.txt").text
        assert ask(server, f"{ENAB}/zip-bomb-sitemap.xml.gz").headers["content-length"] < "999999"


def test_generated_pages_are_deterministic_and_of_the_size_asked_for() -> None:
    """The same number gives the same page, two numbers share no paragraph, and gzip tells the same as plain."""
    world = World.generated(1200, kilobytes=160)
    crowd = world.generated_pages
    assert crowd is not None
    assert not set(crowd.paragraphs(3)) & set(crowd.paragraphs(4))
    with serve(world, log=False) as server:
        index = locs(ask(server, f"{ENAB}/sitemap_index.xml"))
        pages = [url for child in index for url in locs(ask(server, child))]
        assert len(index) == 2
        assert [len(pages), len(set(pages))] == [1200, 1200]
        plain, packed = ask(server, pages[7]), ask(server, pages[7], {"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.body) == plain.body
        assert abs(len(plain.body) / 1024 - 160) < 16
        for paragraph in crowd.paragraphs(7):
            assert paragraph in plain.text
    assert World.generated(1200).expected_fates == {"enab_baladi": {"kept": 1200}}


def _jazeera_feed() -> str:
    return f"{JAZEERA}/aljazeerarss/a7c186be-1baa-4bd4-9d80-a84db769f779/73d0e1b4-532f-45ef-b135-bfdff8b8cab9"


def _smart_url(world: World) -> str:
    return next(article.url for article in world.expected["smart"] if quote("1700") in article.url)


def _folded(text: str) -> str:
    return text.replace("“", '"').replace("”", '"')
