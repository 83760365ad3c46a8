"""Each paragraph stands in an element of its own that a rule names: together they tell the story, one by one they seem labels."""

from __future__ import annotations

import pytest

from tests.extractors.body.pages import LINKS, STORY, body_of, page, paragraphs
from tests.extractors.body.test_no_story_is_lost import SELECTORS, element_of

# Such a name is no guess: what it names is no story, whatever else the page holds.
CERTAIN = (
    "comment",
    "newsletter",
    "signup",
    "sign-up",
    "sign-in",
    "consent",
    "donat",
    "screen-reader",
    "sr-only",
    "visually-hidden",
)
NOT_A_LINE = ("nav", "form", "button", "blockquote", "respond", "tweet", "instagram", "tiktok")
LINES = [selector for selector in SELECTORS if not any(word in selector for word in (*CERTAIN, *NOT_A_LINE))]
CAPTIONS = ("figcaption", "[class*='caption' i]", ".correction")
FOLD = [selector for selector in LINES if selector not in CAPTIONS]


def _each(selector: str, lines: tuple[str, ...], inner: str = "{}") -> str:
    start, end = element_of(selector) or ("", "")
    return "".join(f"{start}{inner.format(line)}{end}" for line in lines)


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("selector", LINES)
def test_a_rule_that_names_every_paragraph_takes_none(selector: str, place: str) -> None:
    """The line alone in its element, or in a <p> there."""
    assert body_of(page(_each(selector, STORY), place=place), place) == list(STORY)
    assert body_of(page(_each(selector, STORY, "<p>{}</p>"), place=place), place) == list(STORY)


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("selector", FOLD)
def test_a_fold_that_hides_each_paragraph_for_itself_is_read(selector: str, place: str) -> None:
    """The first half is shown, a script shows the rest line by line; an advertisement between them parts nothing."""
    for inner in ("{}", "<p>{}</p>"):
        rest = _each(selector, STORY[2:4], inner) + "<div class='ad-slot'>إعلان</div>" + _each(selector, STORY[4:], inner)
        tag = (element_of(selector) or ("", ""))[1].strip("</>")
        shown = paragraphs(*STORY[:2]) if inner != "{}" or tag == "p" else "".join(f"<div>{line}</div>" for line in STORY[:2])
        assert body_of(page(shown + rest, place=place), place) == list(STORY), inner


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize(
    "picture",
    [
        "<figure><img src='/1.jpg'><figcaption>{}</figcaption></figure>",
        "<div class='slide'><img src='/1.jpg'><div class='caption'>{}</div></div>",
        "<div class='wp-caption'><img src='/1.jpg'><p class='wp-caption-text'>{}</p></div>",
    ],
)
def test_a_story_told_under_its_pictures_is_read(picture: str, place: str) -> None:
    """With a lead before them or without one. Under the pictures of a story told beside them the same lines are captions."""
    told = "".join(picture.format(line) for line in STORY[1:])
    assert body_of(page(picture.format(STORY[0]) + told, place=place), place) == list(STORY)
    assert body_of(page(paragraphs(STORY[0]) + told, place=place), place) == list(STORY)
    captions = "".join(picture.format(f"{line[:60]} كما بدت صباح اليوم في صورة من البلدة.") for line in STORY[:3])
    assert body_of(page(paragraphs(*STORY[:3]) + captions + paragraphs(*STORY[3:]), place=place), place) == list(STORY)


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize(
    "lines",
    [
        "".join(f"<p class='comments'>{line} هذا رأيي في الموضوع كله.</p>" for line in STORY[:4]),
        "".join(f"<p hidden>{line}</p>" for line in STORY),
        "".join(f"<p class='related'><a href='/n'>{line}</a></p>" for line in STORY),
        "<p class='donate-text'>ساعدونا على أن نبقى مستقلين، فالصحافة الحرة لا تعيش بلا قراء.</p>" * 3,
        f"<div class='promo'><h4>اقرأ أيضا</h4>{LINKS}</div>" * 3,
    ],
    ids=["comments", "a copy", "links", "donations", "boxes"],
)
def test_lines_of_one_kind_that_are_no_story_go(lines: str, place: str) -> None:
    assert body_of(page(paragraphs(*STORY) + lines, place=place), place) == list(STORY)


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("selector", FOLD)
def test_elements_of_one_kind_with_two_paragraphs_each_are_one_too(selector: str, place: str) -> None:
    """All of the story in three of them, or every second pair of its paragraphs."""
    start, end = element_of(selector) or ("", "")
    pairs = [paragraphs(*STORY[n : n + 2]) for n in (0, 2, 4)]
    assert body_of(page("".join(f"{start}{pair}{end}" for pair in pairs), place=place), place) == list(STORY)
    folded = page(f"{start}{pairs[0]}{end}{pairs[1]}{start}{pairs[2]}{end}", place=place)
    assert body_of(folded, place) == list(STORY)


HALF = ["main", "article", "figure", "fieldset", "section", "span", "center"]
HALF += [f"div class='{name}'" for name in ("post", "content", "story", "text", "entry", "share-box", "widget", "x")]
HALF += ["div aria-hidden='true'"]


@pytest.mark.parametrize("place", ["stranger", "enab_baladi"])
@pytest.mark.parametrize("element", HALF)
def test_half_a_story_in_an_element_of_its_own_is_half_of_the_story(element: str, place: str) -> None:
    """The first half, the last, or the middle: trafilatura believes in the one or in the others."""
    for begin, end in ((0, 3), (3, 6), (2, 4)):
        half = f"<{element}>{paragraphs(*STORY[begin:end])}</{element.partition(' ')[0]}>"
        made = page(paragraphs(*STORY[:begin]) + half + paragraphs(*STORY[end:]), place=place)
        assert body_of(made, place) == list(STORY), (begin, end)


@pytest.mark.parametrize("element", ["div class='content'", "article"])
def test_what_is_no_half_of_a_story_stays_apart(element: str) -> None:
    """Comments with their writers, a box under a closing phrase, a line about the newspaper."""
    tag = element.partition(" ")[0]
    said = "".join(f"<span>قارئ {n}، قبل {n + 2} ساعات من الآن</span><p>{STORY[n]} هذا رأيي.</p>" for n in range(3))
    for inner in (said, f"<h3>مقالات ذات صلة</h3>{paragraphs(*(f'{line} اليوم.' for line in STORY[:3]))}"):
        made = page(f"<{element}>{paragraphs(*STORY)}</{tag}><div class='k'>{inner}</div>")
        assert body_of(made) == list(STORY)
