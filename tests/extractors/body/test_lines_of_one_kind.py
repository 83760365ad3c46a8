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
