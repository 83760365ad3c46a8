"""The h1 that a page prints is its headline, whatever it tells machines, unless the h1 is the site's."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

from html import escape

import pytest

from tests.extractors.newsroom import STORY, TITLE, article_of, body_of, paragraphs

SEO = "عاجل السلمية: مياه الشرب تعود إلى القرى | تفاصيل كاملة"
MOJIBAKE = TITLE.encode().decode("latin-1")
URLS = {
    "enab_baladi": "https://www.enabbaladi.net/archives/810000",
    "al_jazeera": "https://www.aljazeera.net/news/2026/11/8/x",
    "baladi_news": "https://baladi-news.com/ar/articles/131500",
    "smart": "https://smartnews-agency.com/ar/wires/2018-02-03-x",
    "geiroon": "https://geiroon.net/archives/121377",
    "unknown": "https://www.wadi-news.example/local/2026/water",
}
MENU = "<nav><a href='/'>الرئيسية</a><a href='/syria'>سوريا والعالم اليوم</a></nav>"


def _page(heading: str, *, title: str, og: str | None = None, site: str | None = "مرصد الوادي") -> str:
    metas = f"<meta property='og:title' content='{escape(og, quote=True)}'>" if og else ""
    metas += f"<meta property='og:site_name' content='{site}'>" if site else ""
    story = f"<div class='content-article'>{paragraphs(*STORY)}</div>"
    head = f"<head><meta charset='utf-8'><title>{escape(title)}</title>{metas}</head>"
    return f"<!DOCTYPE html><html lang='ar'>{head}<body>{MENU}<main>{heading}{story}</main></body></html>"


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize(
    "told",
    [
        {"title": SEO, "og": SEO},
        {"title": "مرصد الوادي", "og": "مرصد الوادي"},
        {"title": "مرصد الوادي", "site": None},
        {"title": MOJIBAKE, "og": MOJIBAKE},
        {"title": escape(escape(f"«{TITLE}» & more")), "og": escape(escape(SEO))},
    ],
    ids=["variant", "site name", "site name in the title alone", "mojibake", "escaped twice"],
)
def test_the_printed_h1_is_believed_before_what_machines_are_told(url: str, told: dict[str, str]) -> None:
    """On every outlet and elsewhere."""
    assert article_of(_page(f"<h1>{TITLE}</h1>", **told), url=url).headline == TITLE


@pytest.mark.parametrize(
    "heading",
    [
        "<h1>مرصد الوادي</h1><h2>{0}</h2>",
        "<h1>مرصد الوادي - مرصد الوادي</h1><h3>{0}</h3>",
        "<h1><a href='/'>صوت الناس وصورتهم كل يوم</a></h1><h2>{0}</h2>",
        "<div id='logo'><h1>صوت الناس وصورتهم كل يوم</h1></div><h2>{0}</h2>",
        "<h1>سوريا والعالم اليوم</h1><div class='title'>{0}</div>",
        "<div id='logo'><h1>صوت الناس وصورتهم كل يوم</h1></div><h1>{0}</h1>",
    ],
    ids=["name", "name twice", "link to the front page", "logo", "section", "two h1"],
)
def test_the_h1_of_the_site_is_no_headline(heading: str) -> None:
    """The heading that says what the title says is."""
    markup = _page(heading.format(TITLE), title=f"{TITLE} - مرصد الوادي")
    assert article_of(markup, url=URLS["unknown"]).headline == TITLE


@pytest.mark.parametrize(
    "heading",
    [
        "<h1>مرصد الوادي - مرصد الوادي - مرصد الوادي</h1>",
        "<h1><a href='https://www.wadi-news.example/'>صوت الناس وصورتهم كل يوم</a></h1>",
        "<div class='site-title'><h1>صوت الناس وصورتهم كل يوم</h1></div>",
    ],
    ids=["name", "link to the front page", "site title"],
)
def test_without_another_heading_the_title_is_believed_before_the_h1_of_the_site(heading: str) -> None:
    """Nothing printed is the headline."""
    markup = _page(heading, title=f"{TITLE} - مرصد الوادي")
    assert article_of(markup, url=URLS["unknown"]).headline == TITLE


def test_of_several_h1_the_last_above_the_story_is_believed() -> None:
    """Where none of them says what the title says."""
    heading = f"<h1>كل أخبار الوادي في مكان واحد</h1><h1>{TITLE}</h1>"
    below = "<h1>شاركونا آراءكم في هذا الخبر</h1>"
    markup = _page(heading, title=SEO).replace("</main>", f"{below}</main>")
    assert article_of(markup, url=URLS["unknown"]).headline == TITLE


def test_a_section_alone_as_h1_is_no_headline() -> None:
    """What the menu prints as a link is a section; the title stays."""
    markup = _page("<h1>سوريا والعالم اليوم</h1>", title=f"{TITLE} - مرصد الوادي")
    assert article_of(markup, url=URLS["unknown"]).headline == TITLE


def test_a_title_that_the_page_prints_cut_is_its_headline() -> None:
    """«حملة أهلية تعيد الماء …» in an h2 is how the page prints it; shared words alone would not tell."""
    cut = f"{' '.join(TITLE.split()[:4])} …"
    markup = _page(f"<h1>مرصد الوادي</h1><h2>{cut}</h2>", title=f"{TITLE} - مرصد الوادي")
    assert article_of(markup, url=URLS["unknown"]).headline == cut


def test_character_references_escaped_twice_are_read_where_no_heading_is() -> None:
    """«&quot;» is no part of a headline."""
    told = 'مجلس "تل الهيل" يفتح الطريق ويعد بالإنارة'
    markup = _page("", title=escape(told), og=escape(told))
    assert article_of(markup, url=URLS["unknown"]).headline == told


KICKERS = {
    "class": "<h1><span class='x-kicker'>ريف السلمية</span> {}</h1>",
    "class on a division": "<h1><div class='overline'>ريف السلمية</div><div>{}</div></h1>",
    "class and separator": "<h1><span class='title__topline'>ريف السلمية</span><span aria-hidden='true'> - </span><span>{}</span></h1>",
    "wrapped": "<h1><a href='#'><span class='eyebrow'>ريف السلمية</span><span> {}</span></a></h1>",
    "told by the title": "<h1><small>سوريا</small><br>{}</h1>",
}


@pytest.mark.parametrize("markup", KICKERS.values(), ids=KICKERS)
def test_a_kicker_inside_the_heading_is_no_part_of_the_headline(markup: str) -> None:
    page = f"<html><head><title>{TITLE}</title></head><body>{markup.format(TITLE)}{paragraphs(*STORY)}</body></html>"
    article = article_of(page, url="https://www.example.org/news/4711/water")
    assert (article.headline, body_of(article)) == (TITLE, STORY)


@pytest.mark.parametrize(
    ("markup", "headline"),
    [
        ("<h1>حملة <b>أهلية</b> تعيد الماء إلى ثلاث قرى في ريف السلمية</h1>", TITLE),
        ("<h1><span class='label'>حملة أهلية</span></h1>", "حملة أهلية"),
        ("<h1><span>حملة أهلية تعيد الماء إلى</span><br><span>ثلاث قرى في ريف السلمية</span></h1>", TITLE),
    ],
)
def test_other_elements_inside_the_heading_are(markup: str, headline: str) -> None:
    page = f"<html><head><title>{headline} - المثال</title></head><body>{markup}{paragraphs(*STORY)}</body></html>"
    assert article_of(page, url="https://www.example.org/news/4711/water").headline == headline


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize("title", [TITLE, f"{TITLE} - مرصد الوادي"])
@pytest.mark.parametrize(
    "inside",
    [
        "{} <span class='count'>(3)</span>",
        "{}<button>شارك</button>",
        "{}<time>5 نوفمبر 2026</time>",
        "{}<time>5 نوفمبر 2026</time> <a href='#c'>12 تعليقا</a>",
        "<i class='icon'>play_arrow</i>{}",
    ],
)
def test_what_else_stands_in_the_h1_is_no_headline(url: str, title: str, inside: str) -> None:
    """Comments and views are counted anew at every visit, and would make a revision of each."""
    article = article_of(_page(f"<h1>{inside.format(TITLE)}</h1>", title=title), url=url)
    assert (article.headline, body_of(article)) == (TITLE, STORY)


def test_an_h1_that_is_escaped_twice_is_read_once_more_where_the_title_says_so() -> None:
    quoted = 'حملة "أهلية" تعيد الماء إلى ثلاث قرى'
    article = article_of(_page(f"<h1>{escape(escape(quoted))}</h1>", title=quoted))
    assert article.headline == quoted


def test_an_element_of_the_headline_itself_stays() -> None:
    """Where no title says the rest alone."""
    for title in (TITLE, "مرصد الوادي", SEO):
        words = TITLE.rsplit(" ", 1)
        article = article_of(_page(f"<h1>{words[0]} <em>{words[1]}</em></h1>", title=title))
        assert article.headline == TITLE
