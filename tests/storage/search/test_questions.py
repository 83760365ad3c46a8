"""Whatever people type: a question that the database takes, or one line that says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import open_archive
from storage.search.counts import months
from storage.search.index import SearchIndex
from storage.search.query import MAX_WORDS, QueryError, parse_query
from storage.search.search import Filters, _densest, bounded, search
from storage.text.folding import folded_words
from tests.storage.newsroom import article, keep_all

BODIES = (
    "أعلن الجولاني وقف النار في ريف حلب الغربي سنة ٢٠١٨.",
    "قال مسؤولٌ في المعارضة إنّ «الهدنة» باقية، وإن روسيا وافقت.",
    "Idlib: the market opened, NOT closed. NEAR(the bridge, 5) OR so.",
    "ازدحم السوق أمام الجسر بعد افتتاحه، وشارك المجلس المحلي.",
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    """Of four texts."""
    folder = tmp_path_factory.mktemp("questions")
    archive = open_archive(str(folder / "archive"))
    keep_all(archive, *(replace(article(n), body=body) for n, body in enumerate(BODIES, 1)))
    with SearchIndex(folder / "i.sqlite", "test") as opened:
        opened.update(archive)
        yield opened


SYNTAX = """" ' « » “ ” - -- ~ -~ -" headline: author: BODY: headline:~ author:" text: ( ) * ^ + : {headline} NEAR( AND OR NOT
rowid:1"""
WORDS = "و ف ال وال بال لل كال في من الجولاني ادلب ـــ ًٌٍ ٢٠١٨ 2018-05-07 a.b.c ا,ب,ت 🔥 👩‍👩‍👧 ﷺ ﻻ ½ Ⅷ 一 %"
ODD = [
    "{headline body} :",
    "NEAR(a b, 3)",
    "\x00",
    "\x07",
    "\u202e",
    "\u200f",
    "\ufeff",
    "\n",
    "\t",
    "\ud800",
    "\U0010ffff",
    "\\",
]
PIECES = st.sampled_from([*SYNTAX.split(), *WORDS.split(), *ODD])
RUN_TOGETHER = st.lists(PIECES | st.text(max_size=8) | st.just(" "), max_size=40).map("".join)
TYPED = RUN_TOGETHER | st.lists(PIECES, max_size=20).map(" ".join)


@settings(max_examples=400)
@given(TYPED, st.booleans(), st.booleans(), st.sampled_from(["best", "newest"]))
def test_whatever_is_typed_is_answered_or_refused_in_a_line(
    index: SearchIndex, text: str, wide: bool, edited: bool, order: str
) -> None:
    """Nothing of FTS5's own language gets through, and what is found can be counted."""
    try:
        query = parse_query(text, wide=wide)
    except QueryError as refused:
        line = str(refused)
        assert len(line.splitlines()) == 1
        return
    filters = Filters(edited=edited)
    found = list(search(index, query, filters, order=order))  # type: ignore[arg-type]
    assert sum(each.articles for each in months(index, query, filters)) == len(found)
    known = parse_query(text, wide=wide, known=index.has_word)
    assert list(search(index, known, filters, order=order)) == found  # type: ignore[arg-type]
    for hit in found:
        assert all(0 <= start < end <= len(hit.snippet) for start, end in hit.marked)


@pytest.mark.parametrize(
    "text", ["headline:", "author:~", "حلب body:", 'headline:""', "-author:", "HEADLINE: هدنة", "headline:«»", "author:..."]
)
def test_a_field_without_a_word_is_named(text: str) -> None:
    with pytest.raises(QueryError, match="names no word"):
        parse_query(text)


@pytest.mark.parametrize(
    "text",
    [".".join("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"), " ".join(["حلب"] * (MAX_WORDS + 1)), " ".join(['"ريف حلب"'] * (MAX_WORDS + 1))],
)
def test_no_more_words_are_looked_up_than_the_bound_however_they_are_joined(text: str) -> None:
    with pytest.raises(QueryError, match=f"at most {MAX_WORDS} words"):
        parse_query(text)


def test_a_long_sentence_in_quotes_is_one_phrase(index: SearchIndex) -> None:
    """As it is copied from an article, with more words than may be asked for by themselves."""
    sentence = " ".join(BODIES[0].split()[:9])
    assert [hit.id for hit in search(index, parse_query(f'"{sentence}"'))] == ["enab_baladi:1"]
    parse_query(f'"{"كلمة " * 60}"')


@pytest.mark.parametrize("text", ["«ريف حلب»", "“ريف حلب”", '"ريف حلب"', "«ريف حلب", 'body:"ريف حلب"', "Body:«ريف حلب»"])
def test_quotes_of_every_keyboard_make_a_phrase(index: SearchIndex, text: str) -> None:
    assert [hit.id for hit in search(index, parse_query(text))] == ["enab_baladi:1"]
    assert not list(search(index, parse_query(text.replace("ريف حلب", "حلب ريف"))))


@given(st.sampled_from(BODIES).flatmap(lambda body: st.tuples(st.just(body), st.sampled_from(re.findall(r"[^\W_]\S*", body)))))
def test_a_word_finds_the_text_that_it_stands_in(index: SearchIndex, drawn: tuple[str, str]) -> None:
    """As it is written there, with its marks and what is joined to it."""
    body, word = drawn
    found = {hit.id for hit in search(index, parse_query(word.strip('"“”«».,:()')))}
    assert f"enab_baladi:{BODIES.index(body) + 1}" in found


@given(st.data())
def test_a_stretch_of_a_text_in_quotes_finds_it(index: SearchIndex, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    words = re.sub(r"[«»]", "", body).split()
    start = data.draw(st.integers(0, len(words) - 1))
    stretch = " ".join(words[start : start + data.draw(st.integers(1, 5))])
    if re.search(r"[^\W_]", stretch) and stretch in body:
        assert f"enab_baladi:{BODIES.index(body) + 1}" in {hit.id for hit in search(index, parse_query(f'"{stretch}"'))}


@given(st.lists(st.sampled_from("ابتثج"), max_size=120), st.frozensets(st.sampled_from("ابتثج"), max_size=4))
def test_the_snippet_begins_where_most_words_stand_together(letters: list[str], forms: frozenset[str]) -> None:
    """The first of the places from which a window holds most different words, found in one pass."""
    words = folded_words(" ".join(letters))
    hits = [n for n, (_, _, word) in enumerate(words) if word in forms]
    slow = max(hits, key=lambda first: len({words[n][2] for n in hits if first <= n < first + 24}), default=0)
    assert _densest(words, hits) == slow


def test_a_question_that_takes_too_long_is_broken_off(index: SearchIndex) -> None:
    """In the database and between its rows; afterwards the index answers as before."""
    with pytest.raises(QueryError, match="takes more than 0 seconds"):
        list(search(index, parse_query("حلب"), seconds=0))
    endless = "WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each) SELECT count(*) FROM each"
    with pytest.raises(QueryError, match="takes more than"), bounded(index.database, 0.05) as (database, _):
        database.execute(endless).fetchall()
    assert len(list(search(index, parse_query("حلب")))) == 1
