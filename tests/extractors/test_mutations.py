"""Random redesigns of every recorded page: other class names, wrappers, ads, broken data. Seeded: a failure names its seed.

The story and the headline stay word for word; a date may be lost, never changed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extractors import Article, outlets, read
from extractors.fixture import page_from_fixture
from tests.extractors.newsroom import charset_of

PAGES = Path(__file__).parents[1] / "pages"
ARTICLES = [path for path in sorted(PAGES.glob("*/*.html")) if not isinstance(page_from_fixture(path)[1], str)]
SEEDS = range(8)
ADS = (
    '<div class="ad-slot"><span>إعلان</span></div>',
    '<div id="div-gpt-ad"><script>show("</p>")</script></div>',
    "<p>إعلان</p>",
    '<ins class="adsbygoogle"></ins>',
    '<aside><a href="/x">اقرأ أيضا: خبر آخر من المدينة</a></aside>',
    '<div class="promo"><h4>اقرأ أيضا</h4><ul><li><a href="/1">سوق جديدة</a></li><li><a href="/2">عودة قطار</a></li></ul></div>',
    '<figure><img src="/zz.jpg"><figcaption>صورة أخرى من المكان (رويترز)</figcaption></figure>',
)
Chance = random.Random


def _names(markup: str, chance: Chance, share: float) -> str:
    new: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        names = [
            new.setdefault(each, f"k{chance.randrange(10**6)}" if chance.random() < share else each) for each in found[3].split()
        ]
        return f"{found[1]}={found[2]}{' '.join(names)}{found[2]}"

    return re.sub(r"\b(class|id)=([\"'])([^\"']*)\2", renamed, markup)


def all_names(markup: str, chance: Chance) -> str:
    return _names(markup, chance, 1)


def some_names(markup: str, chance: Chance) -> str:
    return _names(markup, chance, 0.5)


def wrapped_paragraphs(markup: str, chance: Chance) -> str:
    def around(found: re.Match[str]) -> str:
        return f'<div class="w{chance.randrange(9)}"><div>{found[0]}</div></div>' if chance.random() < 0.5 else found[0]

    return re.sub(r"<p[ >].*?</p>", around, markup, flags=re.DOTALL)


def wrapped_body(markup: str, chance: Chance) -> str:
    layers = '<div class="x"><section>' * chance.randrange(1, 9)
    return re.sub(r"(<body[^>]*>)", lambda found: found[1] + layers, markup)


def ads(markup: str, chance: Chance) -> str:
    return re.sub(r"</p>", lambda found: found[0] + (chance.choice(ADS) if chance.random() < 0.35 else ""), markup)


def broken_linked_data(markup: str, chance: Chance) -> str:
    open_tag = '<script type="application/ld+json">'

    def broken(found: re.Match[str]) -> str:
        return chance.choice(["", f'{open_tag}{{"@graph":[{{{found[1][:40]}</script>', f"{open_tag}{found[1]},</script>"])

    return re.sub(rf"{re.escape(open_tag)}(.*?)</script>", broken, markup, flags=re.DOTALL)


def lost_metas(markup: str, chance: Chance) -> str:
    return re.sub(r"<meta (?:property|name|data-rh)[^>]*>", lambda found: "" if chance.random() < 0.6 else found[0], markup)


def shuffled_attributes(markup: str, chance: Chance) -> str:
    attribute = r"""\s+([\w:-]+(?:=(?:"[^"]*"|'[^']*'))?)"""

    def shuffled(found: re.Match[str]) -> str:
        each = re.findall(attribute, found[2])
        chance.shuffle(each)
        return f"<{found[1]} {' '.join(each)}>"

    return re.sub(rf"<(div|p|meta|article|span|h1|a|time)((?:{attribute})+)>", shuffled, markup)


def no_paragraph_tags(markup: str, _: Chance) -> str:
    return re.sub(r"<p>(.*?)</p>", r"<div>\1</div>", markup, flags=re.DOTALL)


def lesser_headings(markup: str, _: Chance) -> str:
    return markup.replace("<h1", "<h2").replace("</h1>", "</h2>")


MUTATIONS: tuple[Callable[[str, Chance], str], ...] = (
    all_names,
    some_names,
    wrapped_paragraphs,
    wrapped_body,
    ads,
    broken_linked_data,
    lost_metas,
    shuffled_attributes,
    no_paragraph_tags,
    lesser_headings,
)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_redesign_changes_neither_story_nor_headline_nor_date(path: Path, seed: int) -> None:
    """One to four mutations at once."""
    page, expected = page_from_fixture(path)
    assert isinstance(expected, Article)
    charset = charset_of(page)
    chance = random.Random(f"{path.stem}{seed}")
    chosen = chance.sample(MUTATIONS, chance.randrange(1, 5))
    markup = page.body.decode(charset)
    for mutation in chosen:
        markup = mutation(markup, chance)
    outlet = path.parent.name if path.parent.name in outlets() else None
    article = read(replace(page, body=markup.encode(charset)), outlet)
    names = " + ".join(each.__name__ for each in chosen)
    assert isinstance(article, Article), f"{names}: {article}"
    assert article.body.split("\n\n") == expected.body.split("\n\n"), names
    assert article.headline == expected.headline, names
    assert article.date_published is None or article.date_published[:10] == (expected.date_published or "")[:10], names
