"""The corpora of layouts and cases: letters change and structure stays; a case holds only where everything it asks for does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.eval.arabic_letters import in_arabic, page_in_arabic
from infra.eval.cases import complaints
from infra.eval.gold import FETCHED, Gold, Page
from infra.eval.metrics import by_group, score
from infra.eval.reading import ReaderResult
from infra.eval.shared_gold import SHARED, cases, layouts
from infra.eval.table import tail

PAGE = (
    '<!DOCTYPE html><html class="a" lang="de"><head><title>Erste Meldung</title>'
    '<meta property="og:title" content="Erste Meldung"><meta property="og:url" content="https://a.example/title/x">'
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Erste", "datePublished": "2025-01-02",'
    ' "author": {"@type": "Person", "name": "Ida"}, "url": "https://a.example/x"}</script><script>var a = "b<c";</script></head>'
    '<body><!-- wort --><p class="lead" title="a>b">Erste &amp; größte. Am 3. May 2024, https://a.example/x</p></body></html>'
)


def test_letters_are_mapped_and_everything_else_stays() -> None:
    told = page_in_arabic(PAGE)
    assert re.sub(r"<script.*?</script>|content=\"[^\"]*\"|<html[^>]*>|[^<>]+(?=<)", "", told) == re.sub(
        r"<script.*?</script>|content=\"[^\"]*\"|<html[^>]*>|[^<>]+(?=<)", "", PAGE
    )
    assert f"<title>{in_arabic('Erste Meldung')}</title>" in told
    assert f'content="{in_arabic("Erste Meldung")}"' in told
    assert 'content="https://a.example/title/x"' in told
    assert '<html lang="ar" dir="rtl" class="a">' in told
    assert 'var a = "b<c"' in told
    assert f"{in_arabic('Erste')} &amp; {in_arabic('größte')}." in told
    assert "3. May 2024" in told
    assert "https://a.example/x</p>" in told
    data = re.search(r"ld\+json\">(.*?)</script>", told)
    assert data is not None
    node = json.loads(data[1])
    assert node == {
        "@type": "NewsArticle",
        "headline": in_arabic("Erste"),
        "datePublished": "2025-01-02",
        "author": {"@type": "Person", "name": in_arabic("Ida")},
        "url": "https://a.example/x",
    }


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Po", "Zs"], max_codepoint=0x17F)))
def test_no_latin_letter_is_left_and_words_stay_words(text: str) -> None:
    mapped = in_arabic(text)
    if not re.search(r"://|@|www\.|[0-9]", text):
        assert not re.search("[a-zA-Z]", mapped)
        assert len(mapped.split()) == len(text.split())


def _case(expected: dict[str, object]) -> Gold:
    page = Page(url="https://a.example/x", body=b"<p>", fetched_at=FETCHED)
    return Gold(group="cases", site="a", name="page", page=page, outlet=None, expected=expected)


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        ({"body": ["واحد", "اثنان"]}, {"body": ("اثنان", "واحد")}),
        ({"headline": "عنوان"}, {"headline": "غيره"}),
        ({"authors": ["س"]}, {"authors": ("س", "ص")}),
        ({"minute": "2025-11-04T06:15"}, {"date": "2025-11-04T09:16:00+03:00"}),
        ({"minute": "2025-11-04T06:15"}, {"precision": "day"}),
        ({"day": "2025-11-04"}, {"date": "2025-11-05"}),
        ({"contains": ["واحد"]}, {"body": ("اثنان",)}),
        ({"nojoin": ["واحدx"]}, {"body": ("واحدx",)}),
        ({"count": {"واحد": 1}}, {"body": ("واحد", "واحد")}),
        ({"refused": "video"}, {"reason": "no-body"}),
        ({"kind": "opinion"}, {"kind": "article"}),
        ({"image": "https://a.example/1.jpg"}, {"images": ()}),
        ({"colour": "red"}, {}),
    ],
)
def test_a_case_fails_on_what_it_asks_for(expected: dict[str, object], wrong: dict[str, object]) -> None:
    right = ReaderResult(
        body=("واحد", "اثنان"),
        headline="عنوان",
        authors=("س",),
        date="2025-11-04T09:15:00+03:00",
        precision="minute",
        reason="video",
        kind="opinion",
        images=("https://a.example/1.jpg",),
    )
    if "colour" not in expected:
        assert complaints(expected, right) == ()
        assert score(_case(expected), right).figures == {"holds": 1.0}
    assert complaints(expected, replace(right, **wrong))  # type: ignore[arg-type]
    assert score(_case(expected), replace(right, **wrong)).figures == {"holds": 0.0}  # type: ignore[arg-type]


def test_the_tail_is_counted_and_a_standfirst_is_free() -> None:
    page = Page(url="https://a.example/x", body=b"<p>", fetched_at=FETCHED)
    story = ("one two three four", "five six seven eight")
    gold = Gold(group="layouts", site="a", name="page", page=page, outlet=None, body=story, free=("it sums up",))
    whole = score(gold, ReaderResult(body=("It sums up", "it sums up", *story)))
    lost = score(replace(gold, site="b"), ReaderResult(body=("one",)))
    assert whole.figures["f1"] < 1.0  # «It» is another word
    assert score(gold, ReaderResult(body=("it sums up", *story))).figures["f1"] == 1.0
    assert tail([whole, lost]) == ("1", "2")
    assert tail([score(_case({"headline": "x"}), ReaderResult())]) == ("–", "–")
    figures = by_group([whole, lost, score(replace(gold, site="c"), ReaderResult(body=story))])["layouts"]
    assert figures["half"] == pytest.approx(2 / 3)
    assert figures["median"] == whole.figures["f1"]


@pytest.mark.skipif(not (SHARED / "gold" / "layouts").exists(), reason="there is no gold beside this checkout")
def test_all_gold_beside_the_checkout_is_found() -> None:
    stored = len(list((SHARED / "gold" / "layouts").glob("*.json")))
    assert len(list(layouts())) == 2 * stored
    assert len(list(cases())) == len(list((SHARED / "gold" / "cases").glob("*.json")))


def test_where_there_is_none_nothing_is_found(tmp_path: Path) -> None:
    assert [*layouts(tmp_path), *cases(tmp_path)] == []
