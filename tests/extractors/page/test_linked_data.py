"""JSON-LD is believed only where it is about the page it stands on; what is odd in it costs nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.page.linked_data import ARTICLE_TYPES, persons, read_linked_data
from extractors.page.same_page import PageIdentity
from tests.extractors.newsroom import LEAD, SECOND, STORY, TITLE, article_of, document, paragraphs

URL = "https://www.wadi-news.example/local/2026/water"
OWN = {
    "@type": "NewsArticle",
    "headline": TITLE,
    "url": URL,
    "datePublished": "2026-11-03T09:15:00+03:00",
    "dateModified": "2026-11-03T12:40:00+03:00",
    "author": {"@type": "Person", "name": "سامر الحموي"},
    "articleSection": "محليات",
    "keywords": ["الماء", "السلمية"],
    "description": f"{LEAD} {SECOND}",
}
OTHER = {
    "@type": "OpinionNewsArticle",
    "headline": "افتتاح معرض للكتاب في حلب بعد توقف عشر سنوات",
    "url": "https://www.wadi-news.example/culture/2021/books",
    "datePublished": "2021-05-01T08:00:00+03:00",
    "dateModified": "2026-11-20T08:00:00+03:00",
    "author": {"@type": "Person", "name": "هدى الصوان"},
    "articleSection": "ثقافة",
    "keywords": ["كتب", "معارض"],
    "description": f"{LEAD} كما في صفحة أخرى لا علاقة لها بهذه",
    "articleBody": "نص " * 60,
}
WITHOUT_URL = {name: value for name, value in OTHER.items() if name != "url"}
WITHOUT_HEADLINE = {name: value for name, value in OTHER.items() if name != "headline"}
ADDRESSED = [
    {"mainEntityOfPage": URL},
    {"mainEntityOfPage": {"@type": "WebPage", "@id": f"{URL}/#webpage"}},
    {"mainEntityOfPage": [{"@id": URL}]},
    {"url": "/local/2026/water?utm_source=x"},
    {"url": "http://wadi-news.example/local/2026/water/amp/"},
    {"@id": f"{URL}#article", "mainEntityOfPage": "https://www.wadi-news.example/local"},
]


def _scripts(*documents: Any) -> str:
    texts = (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in documents)
    return "".join(f"<script type='application/ld+json'>{text}</script>" for text in texts)


def _page(*documents: Any, meta: str = "") -> str:
    story = f"<article><h1>{TITLE}</h1><div class='content-article'>{paragraphs(*STORY)}</div></article>"
    return document(f"{meta}{_scripts(*documents)}{story}", site="أخبار الوادي")


def _wrapped(node: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "WebPage", "@id": URL, "url": URL, "mainEntity": {**node, "headline": "عودة الماء بعد طول انتظار"}}


ARRANGEMENTS = {
    "scripts, the other first": [OTHER, OWN],
    "scripts, the other last": [OWN, OTHER],
    "a list": [[OTHER, OWN]],
    "@graph": [{"@context": "https://schema.org", "@graph": [OTHER, {"@type": "BreadcrumbList"}, OWN]}],
    "the other says only its headline": [WITHOUT_URL, OWN],
    "the other says only its address": [WITHOUT_HEADLINE, OWN],
    "ItemList of others": [{"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": OTHER}]}, OWN],
    "mainEntity": [OTHER, _wrapped({name: value for name, value in OWN.items() if name != "url"})],
    "another page as wrapper": [{"@type": "WebPage", "url": OTHER["url"], "mainEntity": WITHOUT_HEADLINE}, OWN],
    "a related part": [{**OWN, "isRelatedTo": OTHER, "hasPart": [OTHER]}],
    **{
        f"address {n}": [OTHER, {**{k: v for k, v in OWN.items() if k not in {"url", "headline"}}, **address}]
        for n, address in enumerate(ADDRESSED)
    },
}


@pytest.mark.parametrize("documents", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
def test_every_field_comes_from_the_node_of_this_page(documents: list[Any]) -> None:
    """However the scripts are arranged."""
    article = article_of(_page(*documents), url=URL)
    assert article.headline == TITLE
    assert (article.date_published, article.date_modified) == ("2026-11-03T09:15:00+03:00", "2026-11-03T12:40:00+03:00")
    assert (article.authors, article.section, article.keywords) == (("سامر الحموي",), ("محليات",), ("الماء", "السلمية"))
    assert (article.description, article.kind) == (OWN["description"], "article")


@pytest.mark.parametrize("other", [OTHER, WITHOUT_URL, WITHOUT_HEADLINE], ids=["both", "headline", "address"])
def test_what_is_said_about_another_article_is_not_believed(other: dict[str, Any]) -> None:
    """Not where the page says nothing else either; meta tags count as before."""
    article = article_of(_page(other), url=URL)
    assert (article.authors, article.section, article.keywords, article.description) == ((), (), (), None)
    assert (article.date_published, article.date_modified, article.kind) == (None, None, "article")
    meta = "<meta property='article:published_time' content='2026-11-03T09:15:00+03:00'>"
    assert article_of(_page(other, meta=meta), url=URL).date_published == "2026-11-03T09:15:00+03:00"


def test_a_headline_of_another_article_is_recorded_as_a_contradiction() -> None:
    """So that nobody wonders why its date was not taken."""
    (told,) = article_of(_page(OTHER), url=URL).disagreements
    assert (told.field, told.chosen, told.other, told.value) == ("headline", "page", "json-ld", OTHER["headline"])


@pytest.mark.parametrize(
    "change",
    [
        {"headline": f"{TITLE} | أخبار الوادي"},
        {"headline": TITLE[:40]},
        {"headline": "عاد الماء", "url": None},
        {"headline": "حملة أهلية تعيد المياه إلى ثلاث قرى في ريف السلمية بعد أشهر", "url": None},
        {"headline": "عنوان آخر كل الآخر لمحركات البحث وحدها"},
        {"headline": None, "url": "https://www.wadi-news.example/"},
        {"url": "https://old.example/?p=4711"},
    ],
    ids=["site", "cut", "too short to compare", "similar", "for machines, own address", "front page", "own headline elsewhere"],
)
def test_small_differences_make_no_other_article(change: dict[str, Any]) -> None:
    """One of address and headline is enough, and a node that says neither is believed."""
    node = {name: value for name, value in {**OWN, **change}.items() if value is not None}
    article = article_of(_page(node), url=URL)
    assert (article.headline, article.date_published) == (TITLE, "2026-11-03T09:15:00+03:00")


@pytest.mark.parametrize(
    ("author", "graph", "expected"),
    [
        ({"@id": "#/person/7"}, {"@id": "#/person/7", "@type": "Person", "name": "سامر الحموي"}, ("سامر الحموي",)),
        ([{"@id": "#/p"}], {"@id": "#/p", "@type": ["Person"], "givenName": "سامر", "familyName": "الحموي"}, ("سامر الحموي",)),
        ("#/person/7", {"@id": "#/person/7", "@type": "Person", "name": "سامر الحموي"}, ("سامر الحموي",)),
        ({"@id": "#/org"}, {"@id": "#/org", "@type": "NewsMediaOrganization", "name": "مرصد الوادي"}, ()),
        ({"@id": "#/nobody"}, {"@type": "Thing"}, ()),
        ({"@id": "#/loop"}, {"@id": "#/loop", "author": {"@id": "#/loop"}}, ()),
    ],
    ids=["person", "given and family name", "as text", "organisation", "dangling", "circle"],
)
def test_authors_are_followed_through_the_graph(author: object, graph: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Yoast prints `{"@id": …}` and the person elsewhere."""
    assert article_of(_page({"@graph": [{**OWN, "author": author}, graph]}), url=URL).authors == expected


KEYS = (
    "@type @id @graph mainEntity mainEntityOfPage headline url author publisher name @value datePublished description "
    "articleSection keywords givenName familyName x"
)
NAMES = st.sampled_from(KEYS.split())
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.text(max_size=20),
    st.sampled_from([*sorted(ARTICLE_TYPES), "Organization", "#", "//[", "http://[x", "_:b0", "mailto:x", URL, "https://[::1"]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
PAGE = PageIdentity((URL,), (f"{TITLE} - أخبار الوادي",), (f"{LEAD} {SECOND}",))


@given(VALUES, st.booleans())
def test_odd_linked_data_costs_nothing_else(value: Any, first: bool) -> None:
    """Whatever types stand where: no error, and what another script says of this page is read."""
    own = {"@type": "NewsArticle", "headline": TITLE, "url": URL, "mainEntityOfPage": URL, "author": {"name": "سامر الحموي"}}
    own |= {"datePublished": "2026-11-03T09:15:00+03:00"}
    scripts = [json.dumps(value), json.dumps(own)]
    data = read_linked_data(scripts if first else scripts[::-1], PAGE)
    assert data.text("headline") == TITLE
    if URL not in scripts[0]:
        assert (persons(data), data.text("datePublished")) == (("سامر الحموي",), own["datePublished"])
    for name in ("author", "keywords", "articleSection", "description"):
        data.text(name)
        data.texts(name)


@pytest.mark.parametrize(
    "script",
    [
        "[" * 100_000,
        '{"mainEntity":' * 50_000,
        '{"a":' * 500 + "1" + "}" * 500,
        '{"@type": "Thing", "n": ' + "9" * 10_000 + "}",
        '{"@type": "Thing", "n": 1e999999, "m": NaN, "o": -Infinity}',
        "<!--" * 50_000,
        "//" + " " * 300_000,
        "," + " " * 300_000,
        '{"a": 1}' + " " * 300_000 + "x",
        '{"a": "\\ud800"}',
        "null",
        "",
    ],
    ids=range(12),
)
def test_hostile_scripts_leave_the_others_readable(script: str) -> None:
    """On the page as a whole; runs of blanks cost no time worth a word."""
    article = article_of(_page(script, OWN), url=URL)
    assert (article.date_published, article.authors) == (OWN["datePublished"], ("سامر الحموي",))


def test_a_huge_number_costs_the_script_nothing() -> None:
    """A counter gone wrong stands beside the date."""
    script = json.dumps(OWN, ensure_ascii=False)[:-1] + ', "commentCount": ' + "9" * 10_000 + "}"
    assert article_of(_page(script), url=URL).date_published == OWN["datePublished"]


def test_half_a_surrogate_pair_is_no_text() -> None:
    """An emoji that was cut in two would keep the article from being written."""
    cut = {**OWN, "description": f"{LEAD}\ud83d", "keywords": ["الماء\ud83d"], "articleSection": "محليات\udc00"}
    article = article_of(_page(json.dumps(cut)), url=URL)
    assert (article.keywords, article.section) == (("الماء",), ("محليات",))
    assert (article.description or "").encode().decode() == LEAD


@pytest.mark.parametrize("first", [True, False])
def test_microdata_of_another_story_is_not_believed(first: bool) -> None:
    """Cards beside the story carry its own dates in meta tags."""
    item = (
        "<div itemscope itemtype='https://schema.org/NewsArticle'><{1} itemprop='headline'>{0}</{1}>"
        "<meta itemprop='datePublished' content='{2}'><meta itemprop='author' content='{3}'></div>"
    )
    other = item.format(OTHER["headline"], "h3", OTHER["datePublished"], "هدى الصوان")
    own = item.format(TITLE, "h2", OWN["datePublished"], "سامر الحموي")
    story = f"<article><h1>{TITLE}</h1><div class='content-article'>{paragraphs(*STORY)}</div></article>"
    article = article_of(document(f"{other}{own}{story}" if first else f"{own}{story}{other}"), url=URL)
    assert (article.date_published, article.authors) == (OWN["datePublished"], ("سامر الحموي",))
    alone = article_of(document(f"{other}{story}"), url=URL)
    assert (alone.date_published, alone.authors) == (None, ())
