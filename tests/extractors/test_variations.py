"""A redesign must not cost the story: recorded pages with other class names, more wrappers, ads between paragraphs, broken
data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extractors import Article, NotAnArticle, Page, outlets, read
from extractors.fixture import page_from_fixture
from tests.extractors.newsroom import charset_of

PAGES = Path(__file__).parents[1] / "pages"
ARTICLES = [path for path in sorted(PAGES.glob("*/*.html")) if not isinstance(page_from_fixture(path)[1], str)]


def _other_names(markup: str) -> str:
    """Every class and id replaced by a meaningless one; WordPress' body class and microdata gone too."""
    return re.sub(r'\b(class|id|itemprop)="[^"]*"', lambda found: f'class="k{abs(hash(found[0])) % 97}"', markup)


def _more_wrappers(markup: str) -> str:
    return re.sub(r"(<p[ >].*?</p>)", r'<div class="w"><div class="v">\1</div></div>', markup, flags=re.DOTALL)


def _ads_between(markup: str) -> str:
    ad = '<div class="ad-slot"><span>إعلان</span><script>show("</p>")</script><ins class="adsbygoogle"></ins></div>'
    return markup.replace("</p>", f"</p>{ad}")


def _broken_linked_data(markup: str) -> str:
    return re.sub(r'(<script type="application/ld\+json">)', r"\1{broken: ", markup)


def _upper_case_tags(markup: str) -> str:
    return re.sub(r"<(/?)(p|div|h1|h2|h3|ul|li)\b", lambda found: f"<{found[1]}{found[2].upper()}", markup)


def _unclosed_paragraphs(markup: str) -> str:
    return re.sub(r"</p>\s*(?=<p>)", "", markup)


CHANGES = [_other_names, _more_wrappers, _ads_between, _broken_linked_data, _upper_case_tags, _unclosed_paragraphs]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_changed_markup_gives_the_same_story(path: Path, change: Callable[[str], str]) -> None:
    """Headline and body stay word for word."""
    page, expected = page_from_fixture(path)
    assert isinstance(expected, Article)
    article = _read(path, _changed(page, change))
    assert article.body.split("\n\n") == expected.body.split("\n\n")
    assert article.headline == expected.headline


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vanished_layout_is_visible(path: Path) -> None:
    """When no class name is left the record says that the generic path spoke."""
    page, _ = page_from_fixture(path)
    assert _read(path, _changed(page, _other_names)).extractor.layout == "generic"


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_reading_twice_gives_the_same(path: Path) -> None:
    """Nothing is remembered from one page to the next."""
    page, _ = page_from_fixture(path)
    outlet = path.parent.name if path.parent.name in outlets() else None
    assert read(page, outlet) == read(page, outlet)


@pytest.mark.parametrize(
    "path", [path for path in ARTICLES if "cut" not in path.stem], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_page_cut_anywhere_never_gives_part_of_its_story(path: Path) -> None:
    """Cut after every fiftieth of its bytes, a page is the whole story or none."""
    page, expected = page_from_fixture(path)
    assert isinstance(expected, Article)
    outlet = path.parent.name if path.parent.name in outlets() else None
    for part in range(1, 50):
        result = read(replace(page, body=page.body[: len(page.body) * part // 50]), outlet)
        if isinstance(result, Article):
            assert result.body == expected.body, f"cut after {part}/50"
        else:
            assert result.transient or result.reason in {"no-body", "no-headline"}, result


def _changed(page: Page, change: Callable[[str], str]) -> Page:
    charset = charset_of(page)
    return replace(page, body=change(page.body.decode(charset)).encode(charset))


def _read(path: Path, page: Page) -> Article:
    result = read(page, path.parent.name if path.parent.name in outlets() else None)
    assert not isinstance(result, NotAnArticle), result
    return result
