"""One article has one address, and the address says what its page is."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import locate, outlets

ENAB = "https://www.enabbaladi.net"
BALADI = "https://baladi-news.com"
GEIROON = "https://geiroon.net"
SMART = "https://smartnews-agency.com"
AJA = "https://www.aljazeera.net"
SLUG = "حادثة-سير-في-ريف"
UPPER = quote(SLUG)
LOWER = UPPER.lower()

ONE_ARTICLE = [
    # Enab Baladi: the number is the key
    ("https://www.enabbaladi.net/archives/160002", f"{ENAB}/archives/160002"),
    ("http://enabbaladi.net/archives/160002/", f"{ENAB}/archives/160002"),
    ("https://www.enabbaladi.net/archives/173814/21558914_908463722644934_1284178549136445367_n", f"{ENAB}/archives/173814"),
    (f"https://www.enabbaladi.net/800735/{SLUG}/", f"{ENAB}/archives/800735"),
    (f"https://www.enabbaladi.net/800735/{LOWER}", f"{ENAB}/archives/800735"),
    ("https://www.enabbaladi.net/800735/%d8%ad%d8", f"{ENAB}/archives/800735"),
    (f"https://enabbaladi.net/26134/{UPPER}/?amp=1", f"{ENAB}/archives/26134"),
    ("https://www.enabbaladi.net/26134/slug/amp/", f"{ENAB}/archives/26134"),
    ("https://enabbaladi.net/551039?utm_source=telegram&fbclid=x#respond", f"{ENAB}/archives/551039"),
    ("https://www.enabbaladi.net/?p=551039", f"{ENAB}/archives/551039"),
    ("HTTPS://WWW.ENABBALADI.NET:443/archives/0160002", f"{ENAB}/archives/160002"),
    # Baladi News: mirrors, /public/, slugs that change
    (f"https://baladi-news.com/ar/articles/64610/{SLUG}", f"{BALADI}/ar/articles/64610"),
    (f"http://mail.baladi-news.com/ar/articles/64610/{LOWER}-20", f"{BALADI}/ar/articles/64610"),
    ("https://video.baladi-news.com/public/ar/articles/64610", f"{BALADI}/ar/articles/64610"),
    ("https://www.baladi-news.com/public/index.php/ar/articles/64610/x?page=2", f"{BALADI}/ar/articles/64610"),
    # Geiroon: three domains, the same numbers
    ("http://geroun.net/archives/118008", f"{GEIROON}/archives/118008"),
    ("https://www.geiroon.com/archives/118008/", f"{GEIROON}/archives/118008"),
    ("https://geiroon.net/?p=118008", f"{GEIROON}/archives/118008"),
    # SMART: section, date and slug, nothing stripped
    (f"http://www.smartnews-agency.com/ar/wires/2018-05-12-{LOWER}-860", f"{SMART}/ar/wires/2018-05-12-{UPPER}-860"),
    (f"https://smartnews-agency.com/ar/reports/2020-03-22-{SLUG}-", f"{SMART}/ar/reports/2020-03-22-{UPPER}-"),
    # Al Jazeera: the path
    (f"https://www.ajnet.me/news/2026/11/3/{SLUG}?traffic_source=rss", f"{AJA}/news/2026/11/3/{UPPER}"),
    (f"http://aljazeera.net/news/2026/11/3/{LOWER}/#:~:text=x", f"{AJA}/news/2026/11/3/{UPPER}"),
    (f"https://www.aljazeera.net/amp/news/politics/2022/6/14/{UPPER}", f"{AJA}/news/politics/2022/6/14/{UPPER}"),
    (f"https://www.aljazeera.net/encyclopedia/icons/2014/10/3/{SLUG}-2", f"{AJA}/encyclopedia/icons/2014/10/3/{UPPER}-2"),
]

KINDS = [
    (f"{ENAB}/", "home"),
    (f"{ENAB}/archives/category/online/page/2", "listing"),
    (f"{ENAB}/category/mix/tourism/", "listing"),
    (f"{ENAB}/archives/tag/حلب", "tag"),
    (f"{ENAB}/archives/author/someone", "author"),
    (f"{ENAB}/?s=حلب", "search"),
    (f"{ENAB}/archives/category/news/feed", "feed"),
    (f"{ENAB}/feed/", "feed"),
    (f"{ENAB}/sitemap_index.xml", "feed"),
    (f"{ENAB}/aboutus", "listing"),
    (f"{ENAB}/wp-json/wp/v2/posts", "other"),
    (f"{ENAB}/wp-content/uploads/2020/01/x.jpg", "image"),
    (f"{ENAB}/archives/160002/print", "print"),
    (f"{BALADI}/ar", "home"),
    (f"{BALADI}/", "home"),
    (f"{BALADI}/ar/articles", "listing"),
    (f"{BALADI}/ar/local-news", "listing"),
    (f"{BALADI}/ar/search?q=x", "search"),
    (f"{BALADI}/storage/uploads/15293.jpg", "image"),
    (f"{BALADI}/en/articles/12", "other"),
    (f"{GEIROON}/archives/category/21/page/2", "listing"),
    (f"{GEIROON}/archives/author/editor", "author"),
    ("https://www.geiroon.net/author/harmoon-translate/page/2/", "author"),
    (f"{SMART}/ar", "home"),
    (f"{SMART}/ar/wires", "listing"),
    (f"{SMART}/ar/videos/2018-05-12-x", "video"),
    (f"{AJA}/", "home"),
    (f"{AJA}/news/", "listing"),
    (f"{AJA}/where/mideast/arab/syria/", "listing"),
    (f"{AJA}/politics/reporters", "listing"),
    (f"{AJA}/tag/gaza/", "tag"),
    (f"{AJA}/author/someone", "author"),
    (f"{AJA}/search/x", "search"),
    (f"{AJA}/videos/2020/07/08/x", "video"),
    (f"{AJA}/video/newsreports/2018/3/16/x?traffic_source=rss", "video"),
    (f"{AJA}/gallery/2019/8/1/x", "gallery"),
    (f"{AJA}/news/liveblog/2026/9/1/x?update=7", "liveblog"),
    (f"{AJA}/home/print/f6451603-4dff-4ca1-9c10-122741d17432/a", "print"),
    (f"{AJA}/services/fullimagearticle/a/b", "image"),
    (f"{AJA}/aljazeerarss/a/b", "feed"),
    (f"{AJA}/opinions/2019/3/4/x", "opinion"),
    (f"{AJA}/blogs/2019/3/4/x", "opinion"),
    (f"{AJA}/programs/opposite-direction/2014/10/3/x", "transcript"),
]

STRANGERS = [
    "https://english.enabbaladi.net/archives/2020/01/x/",
    "https://www.aljazeera.com/news/2020/1/1/x",
    "https://mubasher.aljazeera.net/news/2020/1/1/x",
    "https://www.enabbaladi.net.example.org/archives/1",
    "https://www.enabbaladi.net@example.org/archives/1",
    "https://www.aljazeera.net:8443/news/2020/1/1/x",
    "https://www.aljazeera.net:http/news/2020/1/1/x",
    "https://[www.aljazeera.net/news",
    "ftp://www.enabbaladi.net/archives/1",
    "/archives/1",
    "",
]


@pytest.mark.parametrize(("seen", "canonical"), ONE_ARTICLE)
def test_every_form_of_an_address_has_one_canonical_form(seen: str, canonical: str) -> None:
    """AMP, mirrors, old hosts, attachments, %xx in either case, tracking and fragments lead to one address."""
    location = locate(seen)
    assert location is not None
    assert location.url == canonical
    assert location.is_article


@pytest.mark.parametrize(("url", "kind"), KINDS)
def test_grammar_types_pages_that_are_not_articles(url: str, kind: str) -> None:
    """Lists, tags, authors, searches, videos, galleries, print views and live blogs are told by their address."""
    location = locate(url)
    assert location is not None
    assert location.kind == kind


@pytest.mark.parametrize("url", STRANGERS)
def test_other_hosts_and_editions_are_nobody(url: str) -> None:
    """Look-alike hosts, other editions, odd ports and what is no URL belong to no outlet."""
    assert locate(url) is None


def test_native_ids_and_dates_are_taken_from_the_address() -> None:
    """The number is the id; a date in the address is told, an impossible one is not."""
    assert [locate(url).native_id for url in (f"{ENAB}/archives/7", f"{AJA}/news/2020/1/2/x")] == ["7", None]  # type: ignore[union-attr]
    assert locate(f"{AJA}/news/2020/1/2/x").date == "2020-01-02"  # type: ignore[union-attr]
    assert locate(f"{AJA}/news/2020/13/2/x").date is None  # type: ignore[union-attr]
    assert locate(f"{SMART}/ar/wires/2018-05-12-x").date == "2018-05-12"  # type: ignore[union-attr]


@pytest.mark.parametrize("first", [f"{ENAB}/800735/{LOWER}", f"{BALADI}/ar/articles/64610", f"{AJA}/news/2021/3/4/{LOWER}"])
@pytest.mark.parametrize("number", [1, 2, 17])
@pytest.mark.parametrize("form", ["/{}", "/{}/", "/page-{}"])
def test_each_part_of_a_story_has_an_address(first: str, number: int, form: str) -> None:
    """That of the first with its number; none of another article, and the same however often it is read."""
    whole, part = locate(first), locate(f"{first}{form.format(number)}")
    assert whole is not None
    assert part is not None
    if number == 1:
        assert part == whole or not part.is_article
        return
    assert (part.kind, part.part_number, part.url) == (whole.kind, number, whole.url + form.format(number).rstrip("/"))
    assert part.native_id == (f"{whole.native_id}-{number}" if whole.native_id else None)
    assert locate(part.url) == part


@pytest.mark.parametrize(
    "url",
    [
        f"{ENAB}/archives/2", f"{ENAB}/archives/category/news/page/2", f"{ENAB}/page/2", f"{ENAB}/news/2",
        f"{ENAB}/archives/810000?page=2", f"{ENAB}/archives/810000/comment-page-2", f"{AJA}/news/2021/3/4", f"{AJA}/news/page/2"
    ],
)  # fmt: skip
def test_a_number_alone_makes_no_part(url: str) -> None:
    """Of a list, of comments, of a day, of an article whose number is small."""
    place = locate(url)
    assert place is not None
    assert place.part_number == 1


def test_guids_of_the_old_al_jazeera_are_ids_in_one_case() -> None:
    """/NR/exeres/<GUID>.htm is an article whose GUID is compared without case."""
    location = locate("http://www.aljazeera.net/NR/exeres/0A1B2C3D-1111-2222-3333-444455556666.htm")
    assert location is not None
    assert location.native_id == "0a1b2c3d-1111-2222-3333-444455556666"


def test_every_outlet_file_is_found_and_names_its_own_hosts() -> None:
    """Outlets are found by walking the package, and no host belongs to two of them."""
    hosts = [host for outlet in outlets().values() for host in outlet.hosts]
    assert set(outlets()) == {"al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart"}
    assert len(hosts) == len(set(hosts))
    assert all(locate(outlet.home).kind == "home" for outlet in outlets().values())  # type: ignore[union-attr]


_HOSTS = st.sampled_from([host for outlet in outlets().values() for host in outlet.hosts])
_PIECE = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "archives",
            "ar",
            "articles",
            "public",
            "amp",
            "..",
            ".",
            "",
            "%D8",
            "%d8%a7",
            "%2F",
            "%25",
            "é",
            "e\u0301",
            "2020",
            "1",
            "news",
            "wires",
        ]
    ),
)
_URLS = st.builds(
    lambda scheme, host, pieces, query: f"{scheme}://{host}/{'/'.join(pieces)}{'?' + query if query else ''}",
    st.sampled_from(["http", "https"]),
    _HOSTS,
    st.lists(_PIECE, max_size=6),
    st.one_of(st.just(""), st.text(max_size=20)),
)


@given(_URLS)
def test_canonical_form_is_stable(url: str) -> None:
    """The canonical form of a canonical form is itself, of the same kind and id."""
    location = locate(url)
    if location is not None:
        assert locate(location.url) == location
        assert location.url.isascii()
        assert location.url.startswith("https://")


@given(st.text(max_size=60))
def test_no_text_breaks_the_grammar(text: str) -> None:
    """Whatever stands in an href is typed or refused, never an error."""
    locate(text)
    locate(f"https://www.aljazeera.net/{text}")


@given(st.text(alphabet=st.characters(whitelist_categories=["L", "N", "M"]), min_size=1, max_size=15))
def test_raw_and_encoded_slugs_are_one_article(slug: str) -> None:
    """A slug printed raw, in upper-case %XX or in lower-case %xx is the same address."""
    base = f"{AJA}/news/2024/5/6/x-"
    raw, upper = locate(base + slug), locate(base + quote(slug))
    lower = locate(base + quote(slug).lower()) if slug.lower() == slug else upper
    assert raw == upper == lower
