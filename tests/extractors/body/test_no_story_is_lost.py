"""Kinds of layout in which rules of our own took the story, or part of it. None of them is told by its words."""
# ruff: noqa: E501  # a piece of markup is easier to read on one line

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import Article, NotAnArticle, read
from extractors.page.layouts import DROP
from extractors.reader import explain
from tests.extractors.body.pages import LINKS, OTHERS, STORY, TITLE, body_of, page, paragraphs


def element_of(selector: str) -> tuple[str, str] | None:
    """Start and end tag of an element that a simple selector names; None for one that needs more."""
    import re

    found = re.fullmatch(
        r"(?P<tag>[a-z]+)?(?:\.(?P<class>[\w-]+))?(?:#(?P<id>[\w-]+))?"
        r"(?:\[(?P<name>[\w-]+)(?:(?P<how>\*?=)'?(?P<value>[^']*?)'?(?: i)?)?\])?(?:\[(?P<name2>[\w-]+)\])?",
        selector,
    )
    if found is None:
        return None
    tag = found["tag"] or "div"
    marks = "".join(f' {name}="{value}"' for name, value in (("class", found["class"]), ("id", found["id"])) if value)
    marks += "".join(f' {name}="{found["value"] or ""}"' for name in (found["name"],) if name)
    marks += f' {found["name2"]}="x"' if found["name2"] else ""
    return f"<{tag}{marks}>", f"</{tag}>"


SELECTORS = [selector for selector in DROP.split(", ") if element_of(selector) is not None]


def test_nearly_all_selectors_are_tried() -> None:
    assert len(SELECTORS) > 0.8 * len(DROP.split(", "))


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("selector", SELECTORS)
def test_no_rule_takes_the_story(selector: str, place: str) -> None:
    """An element that a rule names holds the whole story, or the half that follows: it stays. It holds a box: it goes."""
    start, end = element_of(selector) or ("", "")
    whole = page(f"{start}{paragraphs(*STORY)}{end}", place=place)
    assert body_of(whole, place) == list(STORY)
    half = page(f"{paragraphs(*STORY[:3])}{start}{paragraphs(*STORY[3:])}{end}", place=place)
    assert body_of(half, place) == list(STORY)
    box = page(f"{paragraphs(*STORY[:3])}{start}<b>{OTHERS[0]}</b>{LINKS}{end}{paragraphs(*STORY[3:])}", place=place)
    assert body_of(box, place) == list(STORY)


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("comments", [2, 12])
def test_comments_are_no_story_however_many(comments: int, place: str) -> None:
    """More words than the story has, but the story stands before them."""
    said = "".join(f"<li><b>قارئ {n}</b><p>{STORY[n % 6]} هذا رأيي في الموضوع.</p></li>" for n in range(comments))
    made = page(f"{paragraphs(*STORY)}<section id='comments'><h3>{comments} تعليقات</h3><ol>{said}</ol></section>", place=place)
    assert body_of(made, place) == list(STORY)


def test_a_streamed_page_is_read() -> None:
    """React puts the hidden element in place; what is hidden twice is a copy."""
    made = page(f"<p>جار التحميل</p></div><div hidden id='S:0'><div class='x'>{paragraphs(*STORY)}</div></div><div>")
    assert body_of(made) == list(STORY)
    twice = page(f"{paragraphs(*STORY)}<div hidden>{paragraphs(*STORY)}</div>")
    assert body_of(twice) == list(STORY)


@pytest.mark.parametrize("shadow", ["shadowrootmode='open'", "shadowrootmode=closed shadowrootclonable", ""])
def test_what_a_template_holds_is_read(shadow: str) -> None:
    """A declarative shadow root is shown by every browser; a plain template by a script, so only where nothing else is told."""
    told = f"<news-body><template {shadow}><template><p>زر</p></template>{paragraphs(*STORY)}</template></news-body>"
    assert body_of(page(told))[-6:] == list(STORY)
    beside = page(f"{paragraphs(*STORY)}<template><p>{STORY[0]} نسخة للطباعة من هذا النص.</p></template>")
    assert body_of(beside) == list(STORY)


@pytest.mark.parametrize(
    "piece",
    [
        "<div class='g'><div class='article-body'>{}</div></div>",
        "<section><div class='article-body c'>{}</div><div class='ad'>إعلان</div></section>",
        "<div class='grid'><div class='col'>{}</div><aside>إعلان</aside></div>",
        "<article><section>{}</section></article>",
    ],
)
@pytest.mark.parametrize("cuts", [(1,), (1, 2, 3, 4, 5), (3,), (5,)])
def test_a_story_in_pieces_is_put_together_in_order(piece: str, cuts: tuple[int, ...]) -> None:
    """One paragraph a piece, a lead alone in its piece, halves; under a known class and under none."""
    edges = [0, *cuts, len(STORY)]
    made = page("".join(piece.format(paragraphs(*STORY[one:two])) for one, two in itertools.pairwise(edges)))
    assert body_of(made) == list(STORY)


@pytest.mark.parametrize("name", ["post-content", "article-body", "entry-content"])
def test_teasers_with_a_known_class_never_win_over_the_story(name: str) -> None:
    """They link elsewhere; the story stands in an element nobody knows, or before them under the same class."""
    cards = "".join(
        f"<article><h3><a href='/n/{n}'>{title}</a></h3><div class='{name}'><p>{title} {STORY[5]}</p></div></article>"
        for n, title in enumerate(OTHERS)
    )
    assert body_of(page(f"{paragraphs(*STORY)}</div><div>{cards}")) == list(STORY)
    assert body_of(page(f"<div class='{name}'>{paragraphs(*STORY)}</div>{cards}")) == list(STORY)
    linked = "".join(f"<a href='/n/{n}'><div class='{name}'>{title} {STORY[5]}</div></a>" for n, title in enumerate(OTHERS))
    assert body_of(page(f"{paragraphs(*STORY)}</div><div>{linked}")) == list(STORY)


def test_the_next_story_that_a_page_loads_is_not_this_one() -> None:
    """Each in its <article> with its own headline, under the same class: the fuller one, not both."""
    other = f"<article><h2>{OTHERS[0]}</h2><div class='entry-content'><p>{OTHERS[1]} {STORY[5]} وهذا خبر آخر.</p></div></article>"
    this = f"<article><h2>{TITLE}</h2><div class='entry-content'>{paragraphs(*STORY)}</div></article>"
    assert body_of(page(this + other)) == list(STORY)


def test_a_class_of_the_body_outranks_no_declared_article() -> None:
    declared = (
        "<meta property='og:type' content='article'><script type='application/ld+json'>"
        f'{{"@type":"NewsArticle","headline":"{TITLE}"}}</script>'
    )
    home = read(page(paragraphs(*STORY), body="class='home rtl'"))
    assert isinstance(home, NotAnArticle)
    assert home.reason == "home"
    assert body_of(page(paragraphs(*STORY), body="class='home rtl'", head=declared)) == list(STORY)
    gone = read(page(paragraphs(*STORY), body="class='error404'", head=declared))
    assert isinstance(gone, NotAnArticle)


@given(st.integers(1, 4), st.integers(1, 4))
def test_a_line_said_twice_on_purpose_stays(first: int, between: int) -> None:
    """A programme's line for the second day, a refrain; a copy for another screen goes."""
    line = "الساعة الثالثة بعد الظهر في ملعب البلدة:"
    told = [*STORY[:first], line, *STORY[first : first + between], line, *STORY[first + between :]]
    assert body_of(page(paragraphs(*told))).count(line) == 2
    copy = f"<div class='wide'>{paragraphs(*STORY[:4])}</div><div class='narrow'>{paragraphs(*STORY[:4])}</div>"
    assert body_of(page(copy + paragraphs(*STORY[4:]))) == list(STORY)


def test_lines_that_shown_apart_are_apart() -> None:
    """One <br> between sentences, spans shown as blocks, a quotation after <br>, subheads that are anchors."""
    one, two, three, four, *rest = STORY
    broken = page(f"<p>{one}<br>{two}</p><span style='display: block'>{three}</span><span style='DISPLAY:BLOCK'>{four}</span>")
    assert body_of(broken) == [one, two, three, four]
    quoted = page(f"<font>{one}<br><br>{two}<br><br><blockquote>{three}</blockquote>{four}</font>{paragraphs(*rest)}")
    assert body_of(quoted) == list(STORY)
    subheads = page(
        f"<p>{one}</p><h2><a name='a'>كلفة الأعمال</a></h2><p>{two}</p><h2><a id='b'>المدارس</a></h2>{paragraphs(*STORY[2:])}"
    )
    assert body_of(subheads) == [one, "كلفة الأعمال", two, "المدارس", *STORY[2:]]


def test_a_lead_outside_its_container_is_taken_in_where_the_rest_takes_it_up() -> None:
    lead = f"<div itemprop='description'><p>{STORY[0]}</p></div><div itemprop='articleBody'>{{}}</div>"
    assert body_of(page(lead.format(paragraphs(*STORY[1:])))) == list(STORY)
    begins = ("شهد الطريق ازدحاما كبيرا في ساعات الصباح الأولى من يوم الافتتاح.", *STORY[1:])
    assert body_of(page(lead.format(paragraphs(*begins)))) == list(begins), "a standfirst sums up and is no part of the story"


def test_boxes_that_a_page_says_may_be_skipped_go() -> None:
    """«تخطى … وواصل القراءة», then a region of its own: a podcast's promotion is no paragraph."""
    box = (
        "<section role='region' aria-labelledby='p'><a href='#end'>تخطى البودكاست وواصل القراءة</a><strong id='p'>البودكاست</strong>"
        "<p>شرح معمق لقصة بارزة من أخبار اليوم، لمساعدتك على فهم أهم الأحداث حولك.</p><p id='end'>البودكاست نهاية</p></section>"
    )
    for name in ("newsletter-inline", "c-signup", "box-subscribe", "embed-consent", "in-article-promo", "sponsored-box"):
        offer = f"<div class='{name}'><p>اشترك الآن لتصلك أهم الأخبار والقصص كل صباح إلى بريدك.</p></div>"
        assert body_of(page(paragraphs(*STORY[:3]) + box + offer + paragraphs(*STORY[3:]))) == list(STORY), name


def test_every_dropped_element_names_the_rule_that_names_it() -> None:
    """Not one that names something inside it."""
    hidden = f"<div hidden><template><p>x</p></template><svg></svg><p>{OTHERS[0]}</p></div><div class='share'><svg></svg>{OTHERS[1]}</div>"
    told = {each.text: each.rule for each in explain(page(paragraphs(*STORY) + hidden)).dropped}
    assert told[OTHERS[0]] == "markup: [hidden]"
    assert told[OTHERS[1]] == "markup: .share"


def test_two_short_last_lines_are_no_tags() -> None:
    """Three or more labels in a row are; two may be a poem's end, or a place and a day."""
    two = page(paragraphs(*STORY, "سرمدا", "تشرين الثاني"), place="enab_baladi")
    assert body_of(two, "enab_baladi") == [*STORY, "سرمدا", "تشرين الثاني"]
    three = page(paragraphs(*STORY, "سرمدا", "إدلب", "طرق"), place="enab_baladi")
    assert body_of(three, "enab_baladi") == list(STORY)


def test_a_story_told_as_a_list_whose_items_have_headings_stays() -> None:
    items = "".join(f"<li><h3>{title}</h3><p>{text}</p></li>" for title, text in zip(OTHERS, STORY[1:4], strict=True))
    told = [each for pair in zip(OTHERS, STORY[1:4], strict=True) for each in pair]
    made = page(f"<p>{STORY[0]}</p><ul>{items}</ul>", place="enab_baladi")
    assert body_of(made, "enab_baladi") == [STORY[0], *told]
    cards = "".join(f"<li><h3>{title}</h3><span>نص قصير</span></li>" for title in OTHERS)
    assert body_of(page(f"{paragraphs(*STORY)}<ul>{cards}</ul>", place="enab_baladi"), "enab_baladi") == list(STORY)


def test_structure_is_told() -> None:
    markup = (
        f"<p>{STORY[0]}</p><h2>كلفة الأعمال</h2><ul><li>إنارة الشارع الرئيسي<ul><li>قبل نهاية الشهر</li></ul></li><li><p>{STORY[1]}</p>"
        f"<p>{STORY[2]}</p></li></ul><blockquote><p>{STORY[3]}</p></blockquote>"
        "<table><tr><td>المدة</td><td>شهران</td></tr><tr><td><p>الكلفة</p></td><td><p>مئة<br>ألف</p></td></tr></table>"
        f"<p>{STORY[4]}</p>"
    )
    article = read(page(markup, place="enab_baladi"), "enab_baladi")
    assert isinstance(article, Article)
    assert "\n\n".join(block.text for block in article.blocks) == article.body
    assert [(block.type, block.level) for block in article.blocks] == [
        ("paragraph", None),
        ("heading", 2),
        ("list_item", 1),
        ("list_item", 2),
        ("list_item", 1),
        ("paragraph", None),
        ("quote", None),
        ("table_row", None),
        ("table_row", None),
        ("paragraph", None),
    ]
    wrapped = read(page(f"<blockquote>{paragraphs(*STORY)}</blockquote>", place="enab_baladi"), "enab_baladi")
    assert isinstance(wrapped, Article)
    assert {block.type for block in wrapped.blocks} == {"paragraph"}, "a theme that sets all in one quotation quotes nobody"
