"""Addresses give a grammar: what is surely an article is one, navigation of the same shape is none, numbers become ids."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from crawler.outlet_files.linear import why_not_linear
from crawler.survey.article_routes import slugless
from crawler.survey.evidence import Evidence
from crawler.survey.grammar import grammar_of
from extractors.outlet import Location, Outlet

HOST = "news.example"
LONG = "عنوان طويل من خمس كلمات"


def outlet_of(
    articles: Sequence[str], navigation: Sequence[str] = (), linked: Sequence[str] = (), verified: str | None = None
) -> Outlet:
    """An outlet with the grammar of a site: articles that a feed lists, navigation of every page, other links."""
    evidence = Evidence((HOST, f"www.{HOST}"))
    evidence.pages_read = {"1", "2", "3", "4"}
    for path in articles:
        seen = evidence.see(f"https://{HOST}{path}")
        assert seen is not None
        seen.named_by.add("feed")
        seen.labels.append(LONG)
    for path in navigation:
        seen = evidence.see(f"https://{HOST}{path}")
        assert seen is not None
        seen.labels.append("سياسة")
        seen.pages = {"1", "2", "3", "4"}
    for path in linked:
        seen = evidence.see(f"https://{HOST}{path}")
        assert seen is not None
        seen.labels.append(LONG)
        seen.pages = {"1"}
    grammar = grammar_of(evidence, verified)
    for draft in grammar.routes:
        assert why_not_linear(draft.route.path) is None
        query = draft.route.query
        assert query is None or why_not_linear(f"&(?:{query})(?:&|$)", searched=True) is None
    return Outlet(
        slug="x",
        name="x",
        name_ar="x",
        hosts=(HOST, f"www.{HOST}"),
        home=f"https://{HOST}/",
        timezone="UTC",
        routes=tuple(draft.route for draft in grammar.routes),
        prefixes=tuple(grammar.prefixes),
    )


def located(outlet: Outlet, path: str) -> Location:
    found = outlet.locate(f"https://{HOST}{path}")
    assert found is not None
    return found


NINE = range(101, 110)
CASES = (
    # (name, articles, navigation, another article with its id or date, what is no article)
    ("laravel", [f"/news/{n}/كلمات-من-العنوان" for n in NINE], ["/section/3"], ("/news/4711/x", "4711", None), "/section/3"),
    (
        "dates",
        [f"/2018/05/{n - 100}/a-slug-{n}-here" for n in NINE],
        ["/about-us-and-more"],
        ("/2019/1/31/x", None, "2019-01-31"),
        "/about-us-and-more",
    ),
    (
        "sections and dates",
        [f"/{s}/2018/5/{n - 100}/a-slug-of-it" for n, s in zip(NINE, "abcabcabc", strict=True)],
        ["/a"],
        ("/z/y/2018/5/1/x", None, "2018-05-01"),
        "/a",
    ),
    (
        "one date",
        ["/ar/wires/2018-05-07-خبر-من-حلب", "/ar/wires/2018-06-07-خبر"],
        ["/ar/wires"],
        ("/ar/wires/2020-01-02-x", None, "2020-01-02"),
        "/ar/wires",
    ),
    (
        "blogger",
        [f"/2018/05/a-story-{n}-of-it.html" for n in NINE],
        ["/p/about.html"],
        ("/2020/01/x.html", None, None),
        "/search/label/x",
    ),
    ("drupal", [f"/node/{n}" for n in NINE], ["/taxonomy/term/3"], ("/node/4711", "4711", None), "/taxonomy/term/3"),
    (
        "joomla",
        [f"/index.php?option=com_content&view=article&id={n}:slug&catid=3&Itemid=101" for n in NINE],
        ["/index.php?option=com_content&view=category&id=3"],
        ("/index.php?option=com_content&view=article&id=4711:x&catid=9&Itemid=7", "4711", None),
        "/index.php?option=com_content&view=category&id=3",
    ),
    ("plain permalinks", [f"/?p={n}" for n in NINE], ["/?cat=3"], ("/?p=4711", "4711", None), "/?cat=3"),
    (
        "slugs",
        ["/ar/خبر-عاجل-من-حلب", "/ar/بيان", "/ar/قصف-على-ريف-إدلب", "/ar/a-2020"],
        ["/ar/سياسة", "/ar/من-نحن-اليوم-هنا"],
        ("/ar/خبر", None, None),
        "/ar/من-نحن-اليوم-هنا",
    ),
    ("numbered slugs", [f"/{n}-كلمات-من-العنوان" for n in NINE], ["/3-politics"], ("/4711-x-y", "4711", None), "/3-politics"),
    (
        "slugs with numbers",
        [f"/n/a-slug-of-words-{n}" for n in NINE],
        ["/n/politics"],
        ("/n/words-4711", "4711", None),
        "/n/politics",
    ),
    (
        "any section",
        [f"/{s}/some-story-of-{s}" for s in ("politics", "sport", "culture")],
        ["/politics", "/sport"],
        ("/economy/x", None, None),
        "/politics",
    ),
    (
        "guid",
        [f"/pages/{n:08}-1111-2222-3333-444444444444" for n in NINE],
        ["/pages"],
        ("/pages/ABCDEF01-1111-2222-3333-444444444444", "abcdef01-1111-2222-3333-444444444444", None),
        "/pages",
    ),
    (
        "a day without separators, and a number",
        [f"/news/2018{n - 100:02}28/{n}.html" for n in NINE],
        ["/news"],
        ("/news/20190131/4711.html", "4711", "2019-01-31"),
        "/news",
    ),
    (
        "a slug behind a day without separators",
        [f"/ar/20180{n - 100}05-a-slug-of-it" for n in NINE],
        ["/ar/politics"],
        ("/ar/20190131-x", None, "2019-01-31"),
        "/ar/politics",
    ),
    (
        "guid in the query",
        [f"/details?guid={n:08}-1111-2222-3333-444444444444" for n in NINE],
        ["/list?c=1"],
        ("/details?guid=%7BABCDEF01-1111-2222-3333-444444444444%7D", "abcdef01-1111-2222-3333-444444444444", None),
        "/details?page=2",
    ),
    (
        "two languages",
        [f"/ar/news/{n}?lang=ar" for n in NINE],
        ["/ar/news?lang=ar"],
        ("/ar/news/4711?lang=ar", "4711", None),
        "/ar/news/101?lang=en",
    ),
    ("html", [f"/articles/{n}.html" for n in NINE], ["/politics.html"], ("/articles/4711.html", "4711", None), "/politics.html"),
)


@pytest.mark.parametrize(
    ("articles", "navigation", "another", "none"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_grammar_takes_the_next_article_and_no_navigation(
    articles: list[str], navigation: list[str], another: tuple[str, str | None, str | None], none: str
) -> None:
    outlet = outlet_of(articles, navigation)
    for path in articles:
        assert located(outlet, path).is_article, path
    path, native_id, date = another
    found = located(outlet, path)
    assert (found.is_article, found.native_id, found.date) == (True, native_id, date)
    for path in (none, *navigation):
        assert not located(outlet, path).is_article, path


@pytest.mark.parametrize(
    "paths",
    [
        [f"/ar/news/{n}?lang=ar" for n in NINE],
        [f"/news/{n}/a-slug-of-{n}?lang=ar" for n in NINE],
        [f"/a-slug-of-{n}-words?lang=ar" for n in NINE],
        [f"/read.php?title=a-slug-of-{n}" for n in NINE],
        [f"/story?code=c{n}x{n}" for n in NINE],
        [f"/{file}.php?id={n}" for n in NINE for file in ("politics", "sport")],
        [f"/view.php?id={n}&print={yes}" for n in NINE for yes in (0, 1)],
    ],
    ids=lambda paths: paths[0],
)
def test_no_two_articles_have_one_canonical_address_which_the_site_answers(paths: list[str]) -> None:
    """Where a query names the article, or says in which language it is shown, it is a part of the address."""
    outlet = outlet_of(paths, ["/list?c=1"])
    urls = {located(outlet, path).url for path in paths}
    assert len(urls) == len(paths) if "print" not in paths[0] else len(urls) == len(NINE)
    assert urls <= {f"https://{HOST}{path}" for path in paths} | {f"https://{HOST}/view.php?id={n}" for n in NINE}


def test_a_query_without_which_the_page_is_the_same_is_left_out() -> None:
    articles = [f"/news/{n}/a-slug-of-it?from=home" for n in NINE]
    seen = Evidence((HOST,)).see(f"https://{HOST}{articles[0]}")
    assert seen is not None
    short = slugless(seen)
    assert short is not None
    assert short[1] == f"https://{HOST}/news/101/a-slug-of-it"
    assert located(outlet_of(articles, verified=short[0]), articles[0]).url == short[1]
    assert located(outlet_of(articles, linked=["/x?from=feed"], verified=short[0]), articles[0]).url != short[1]


@pytest.mark.parametrize(
    "path",
    [
        "/print.php?id=5",
        "/",
        "/feed/",
        "/a.jpg",
        "/tag/x",
        "/author/x",
        "/category/x",
        "/page/2",
        "/search?q=x",
        "/x/page/3",
        "/x-y-z/amp",
    ],
)
def test_what_software_means_by_an_address_is_no_article(path: str) -> None:
    assert not located(outlet_of(["/a-b-c-d", "/e-f-g-h", "/i-j-k-l"]), path).is_article


def test_where_articles_have_such_addresses_they_are_articles() -> None:
    """`/topics/…` means keywords elsewhere."""
    outlet = outlet_of([f"/topics/a-story-of-{n}-words" for n in NINE])
    assert located(outlet, "/topics/another-story-of-it").is_article


def test_addresses_of_one_article_have_one_canonical_where_that_was_seen() -> None:
    articles = [f"/news/{n}/a-slug-of-it" for n in NINE]
    seen = Evidence((HOST,)).see(f"https://{HOST}{articles[0]}")
    assert seen is not None
    short = slugless(seen)
    assert short is not None
    assert short[1] == f"https://{HOST}/news/101"
    outlet = outlet_of(articles, verified=short[0])
    urls = {located(outlet, path).url for path in ("/news/101/a", "/news/101/b/", "/news/101")}
    assert urls == {f"https://{HOST}/news/101"}


def test_a_number_that_two_sections_count_is_no_id() -> None:
    """Article 5 of one section is not article 5 of another."""
    outlet = outlet_of([f"/{section}/{n}" for section in ("news", "reports", "files") for n in (5, 6, 7)])
    assert located(outlet, "/news/5").native_id is None


def test_a_language_is_not_taken_for_a_section() -> None:
    articles = [f"/ar/{section}/a-story-of-{section}" for section in ("x", "y", "z")]
    assert not located(outlet_of(articles), "/en/x/a-story-of-x").is_article
