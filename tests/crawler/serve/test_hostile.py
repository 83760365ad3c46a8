"""What strangers wrote, and what strangers ask: everything is escaped, nothing reaches the store unchecked, nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from crawler.serve.citation import Citation
from crawler.serve.collection import ArticleText
from crawler.serve.language import language
from crawler.serve.page_request import PageRequest
from crawler.serve.rendering import is_web_address, marked, plain
from storage.record import blocks_of
from tests.crawler.serve.conftest import EDITED, HOSTILE, SCRIPT
from tests.crawler.serve.serving import Served, article_at

PAGES = [
    "/",
    "/outlets",
    "/runs",
    "/nothing-here",
    article_at(EDITED),
    article_at(EDITED, "/history"),
    article_at(EDITED, "/raw"),
]
PAGES += [article_at(HOSTILE), article_at(HOSTILE, "/history"), article_at(HOSTILE, "/raw"), article_at("smart:7", "/history")]
MADE_BY_US = {
    "html",
    "head",
    "meta",
    "title",
    "link",
    "body",
    "a",
    "header",
    "p",
    "span",
    "nav",
    "ul",
    "li",
    "bdi",
    "main",
    "footer",
}
MADE_BY_US |= {
    "form",
    "input",
    "div",
    "label",
    "button",
    "details",
    "summary",
    "select",
    "option",
    "figure",
    "figcaption",
    "strong",
}
MADE_BY_US |= {
    "svg",
    "path",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "section",
    "ol",
    "article",
    "mark",
    "time",
    "h1",
}
MADE_BY_US |= {"h2", "h3", "aside", "dl", "dt", "dd", "code", "pre", "blockquote", "ins", "del", "br"}


NO_ARTICLES = [
    *(
        "..",
        "../..",
        "../../archive.json",
        "%2e%2e%2f%2e%2e",
        "..%2f..%2farchive.json",
        "%00",
        "enab_baladi",
        "enab_baladi:",
        ":1",
    ),
    *("x:%00", "enab_baladi:..%2F..%2F..%2Farchive.json", "enab_baladi:1%0a", "enab_baladi:1@0", "enab_baladi:1@9999999"),
    *("enab_baladi:1@x", "ENAB:1", "enab%20baladi:1", "enab_baladi:1'%20OR%20'1'='1", "%ff%fe:1", "%D8%AD:1"),
    *("a" * 300 + ":1", "enab_baladi:" + "1" * 300),
]


def elements(page: str) -> Iterator[html.HtmlElement]:
    return (each for each in html.document_fromstring(page).iter() if isinstance(each.tag, str))


def assert_harmless(page: str) -> None:
    """Only elements that our templates make; no handler, no style, no address but http(s) and our own."""
    for each in elements(page):
        assert each.tag in MADE_BY_US, each.tag
        for name, value in each.attrib.items():
            assert not name.startswith("on"), (each.tag, name)
            assert name not in ("style", "srcdoc", "formaction"), (each.tag, name)
            if name in ("href", "src", "action"):
                assert re.match(r"https?://|/(?!/)|#content$", value), value


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_out_what_a_page_of_a_stranger_says(reader: Served, path: str, lang: str) -> None:
    assert_harmless(reader.get(path, {"lang": lang, "q": SCRIPT, "section": SCRIPT}).text)


def test_a_hostile_article_is_shown_as_it_is_written(reader: Served) -> None:
    """Escaped, not cut: what the outlet wrote can be read; addresses that are none are text."""
    page = html.document_fromstring(reader.get(article_at(HOSTILE), {"lang": "en"}).text)
    (text,) = page.xpath("//article")
    assert SCRIPT in text.findtext(".//h1")
    assert "{{ 7 * 7 }} {% raw %} ]]> -->" in text.text_content()
    assert (text.get("lang"), text.get("dir")) == ("ar-onload", "rtl")
    outside = [href for href in page.xpath("//a/@href") if not href.startswith(("/", "#"))]
    assert set(outside) == {"https://www.enab_baladi.example/archives/66", "https://good.example/a?b=1&c='2'"}
    assert page.xpath("//*[@class='addresses']//bdi[contains(text(), 'avaScRiPt:') or contains(text(), 'javascript:')]")
    assert "\u202e" not in page.findtext(".//title")


@pytest.mark.parametrize("path", ["/feed.atom", "/export.csv", "/export.jsonl"])
def test_a_hostile_article_spoils_no_file(reader: Served, path: str) -> None:
    answer = reader.get(path, {"q": "خطر"})
    assert answer.status == 200
    if path.endswith("atom"):
        assert SCRIPT in etree.fromstring(answer.body).findtext(
            "a:entry/a:title", namespaces={"a": "http://www.w3.org/2005/Atom"}
        )
    if path.endswith("csv"):
        assert not re.search(r"(?m)(^|,)\"?[=+@]", answer.text)


@pytest.mark.parametrize("name", NO_ARTICLES)
@pytest.mark.parametrize("more", ["", "/history", "/raw", "/raw.warc.gz", "/raw.wacz", "/proof.zip", "/cite.bib"])
def test_what_is_no_article_is_not_found(reader: Served, name: str, more: str) -> None:
    assert reader.get(f"/a/{name}{more}").status == 404
    assert reader.get(f"/api/articles/{name}").status == 404


@pytest.mark.parametrize("name", ["x", "..", "%2e%2e%2farchive.json", "0" * 36, "01a22a6b-11ad-7b33-8dea-fc8ceefd1de1", "%00"])
def test_what_is_no_run_is_not_found(reader: Served, name: str) -> None:
    assert reader.get(f"/runs/{name}").status == 404
    assert reader.get(f"/api/runs/{name}").status == 404


SYNTAX = ['"', "'", "* AND", "NEAR(", "x OR y", "headline:", 'author:"', "-", "~", "^a", "{headline}: x", "%", "؟", "NOT x"]
TEXTS = st.text(max_size=60) | st.sampled_from([*SYNTAX, SCRIPT, "\x00"])
ADDRESSES = ["javascript:alert(1)", " https://x", "https:x", "https://", "HTTPS://x", "http://[", "https://a b"]
PATHS = ["/", "/api/search", "/api/months", "/feed.atom", "/runs"]
UNSHOWN = r"[\x00-\x1f\x7f-\x9f\ufffd\ufffe\uffff]"
NAMES = ["q", "outlet", "author", "section", "from", "to", "order", "wide", "page", "lang", "before", "x"]


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=5), st.sampled_from(PATHS))
def test_no_question_breaks_it_and_what_is_echoed_is_escaped(reader: Served, query: dict[str, str], path: str) -> None:
    """Whatever is in the query: an answer or a refusal, never an error of ours; the page gives back what was asked, as text."""
    sent = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    answer = reader.get(path, sent)
    assert answer.status in (200, 400), (answer.status, answer.text)
    assert [fact for fact in reader.facts if fact["fact"] in ("serve.failed", "serve.unreadable")] == []
    if path == "/":
        assert_harmless(answer.text)
        if answer.status == 200:
            (box,) = html.document_fromstring(answer.text).xpath("//input[@id='q']/@value")
            wanted = sent.get("q", "").strip()
            assert re.sub(UNSHOWN, "", box) == re.sub(UNSHOWN, "", wanted)


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=5))
def test_marking_escapes(text: str, places: list[tuple[int, int]]) -> None:
    found = html.fragment_fromstring(str(marked(text, [(a, b) for a, b in places if a <= b])), create_parent="div")
    assert {each.tag for each in found.iter()} <= {"div", "mark"}


@given(
    st.text(max_size=60)
    | st.sampled_from(["javascript:alert(1)", " https://x", "https:x", "https://", "HTTPS://x", "http://[", "https://a b"])
)
def test_only_web_addresses_become_links(url: str) -> None:
    if is_web_address(url):
        assert re.match(r"(?i)https?://[^/\s]", url)
        assert url.isprintable()


@given(st.text())
def test_a_title_turns_no_direction(text: str) -> None:
    assert not set(plain(text)) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def lines() -> st.SearchStrategy[str]:
    return st.text(max_size=30) | st.sampled_from(
        [SCRIPT, "javascript:alert(1)", "' onload=alert(1) x='", "\u202e\u2066", "]]>", "{{ 7*7 }}"]
    )


NAMED = st.lists(lines(), max_size=2)


@given(
    st.fixed_dictionaries(
        {
            **{name: lines() for name in ("headline", "url", "content_hash", "date_published_raw", "description", "language")},
            **dict.fromkeys(("authors", "editors", "section", "keywords", "sources", "links"), NAMED),
            "date_published": st.none() | lines(),
            "date_published_precision": st.sampled_from(["minute", "day", "month", None]),
            "blocks": st.lists(
                st.fixed_dictionaries(
                    {
                        "type": st.sampled_from(["paragraph", "heading", "list_item", "quote", "table_row"]),
                        "level": st.none() | st.integers(-1, 9),
                        "text": lines(),
                    }
                ),
                max_size=5,
            ),
            "images": st.lists(
                st.fixed_dictionaries({"url": lines(), "caption": st.none() | lines(), "credit": lines()}), max_size=2
            ),
            "embeds": st.lists(st.fixed_dictionaries({"url": lines(), "type": lines()}), max_size=2),
        }
    ),
    st.sampled_from(["ar", "en"]),
)
def test_no_record_makes_a_page_that_harms(fields: dict[str, Any], code: str) -> None:
    """Whatever stands in a record: the page of the article and of its raw capture can be made, and nothing in them acts."""
    record = {**RECORD, **fields}
    text = ArticleText(
        "articles/x", "x:1", 1, "x", record["url"], record["headline"], None, None, "2026-11-22T12:00:00Z", 1, None
    )
    request = PageRequest("/a/x:1", {}, {}, language(code), True, "http://127.0.0.1")
    citation = Citation(record, "http://127.0.0.1/a/x:1@1")
    reading = {"doubts": ["no-layout"], "second": {"reader": record["headline"], "words": 3, "agreement": 0.5}}
    shown = {"text": text, "texts": [text], "record": record}
    pages = [
        request.page("article.html", **shown, blocks=blocks_of(record), reading=reading, citation=citation),
        request.page("raw.html", **shown, capture=None, page="", shortened=False, problem=record["headline"], sealed=True),
    ]
    for page in pages:
        assert_harmless(page.body.decode())


RECORD: dict[str, Any] = {
    **dict.fromkeys(("date_modified", "date_published_source", "dateline")),
    "outlet": "x",
    "kind": "article",
    "id": "x:1",
    "revision": 1,
    "body": "نص",
    "disagreements": [],
    "date_published_relative": False,
    "extractor": {"name": "warraq", "version": "1", "layout": "x"},
    "capture": {"via": "live", "fetched_at": "2026-11-22T12:00:00Z", "memento_at": None, "status": 200, "warc": None},
}
