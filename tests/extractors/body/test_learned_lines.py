"""Lines that stand on page after page are chrome; sentences that reporters repeat are not."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.read.line_frequency import LINE_FREQUENCY, LINES, PAGES, LineDocument, LineFrequency
from extractors import Article, Page
from extractors.body.learned_lines import block_hash
from extractors.reader import block_hashes, explain, read

BOX = "انضموا إلى قراء النشرة الأسبوعية التي تصلكم كل خميس، وفيها أهم ما كتبه مراسلونا من القرى والبلدات البعيدة."
TELEGRAM = "قناتنا الإخبارية على التطبيق"
CAVEAT = "ولم يتسن للجريدة التحقق من صحة هذه الأرقام من مصدر مستقل حتى ساعة إعداد الخبر."
SENTENCES = (
    "افتتح أهالي قرية {0} مدرسة جديدة من أربع غرف، بعد عام من العمل التطوعي الذي شارك فيه البناؤون والطلاب والمعلمون.",
    "وقال مدير المدرسة في {0} إن الكلفة جُمعت من مغتربي القرية، وإن الصف الأول سيستقبل ثلاثين تلميذًا في الأسبوع المقبل.",
    "وتبعد أقرب مدرسة عن {0} سبعة كيلومترات، كان الأطفال يقطعونها سيرًا في الشتاء بحسب شهادات الأهالي.",
)
NAMES = ["تل السماق", "عين البلوط", "كفر ريحان", "دير الحجر", "بسمالا", "العين الفوقا", "جب الصفا", "حارم الجديدة"]


def _page(number: int, *, box: bool = True, caveat: bool = False) -> Page:
    name = f"{NAMES[number % len(NAMES)]} {number}"
    lines = [sentence.format(name) for sentence in SENTENCES]
    if caveat:
        lines.insert(2, CAVEAT)
    story = "".join(f"<p>{escape(line)}</p>" for line in lines)
    furniture = f"<div class='k9'><p>{BOX}</p><span>{TELEGRAM}</span></div>" if box else ""
    markup = (
        f"<title>مدرسة في {name}</title><body><h1>مدرسة جديدة في قرية {name}</h1><div class='k1'>{story}{furniture}</div></body>"
    )
    return Page(
        url=f"https://www.enabbaladi.net/archives/{700_000 + number}",
        body=f"<!DOCTYPE html><html>{markup}</html>".encode(),
        fetched_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def _learned() -> LineFrequency:
    boilerplate_lines = LineFrequency()
    for number in range(40):
        page = _page(number, caveat=number % 10 == 0)
        boilerplate_lines.learn(page.url, block_hashes(page))
    return boilerplate_lines


def _body(page: Page, boilerplate_lines: frozenset[str]) -> list[str]:
    result = read(page, boilerplate_lines=boilerplate_lines)
    assert isinstance(result, Article), result
    return result.body.split("\n\n")


def test_a_box_on_every_page_is_learned_and_dropped() -> None:
    """Unknown wording in an unknown class is story at first sight, and chrome after forty pages."""
    page = _page(99)
    assert BOX in _body(page, frozenset())
    story = _body(page, _learned().learned())
    assert story == [sentence.format(f"{NAMES[3]} 99") for sentence in SENTENCES]


def test_the_explanation_names_the_rule() -> None:
    """A line dropped because it was learned says so."""
    dropped = {each.text: each.rule for each in explain(_page(99), boilerplate_lines=_learned().learned()).dropped}
    assert dropped[BOX] == "learned"


def test_a_sentence_reporters_repeat_stays() -> None:
    """On one page of ten it is not learned; and even learned it stays, being a paragraph between paragraphs."""
    page = _page(99, caveat=True)
    boilerplate_lines = _learned().learned()
    assert block_hash(CAVEAT) not in boilerplate_lines
    assert CAVEAT in _body(page, boilerplate_lines | {block_hash(CAVEAT)})


def test_a_story_is_never_emptied_by_what_was_learned() -> None:
    """When most of a page is said to be chrome, something else was learned: nothing is dropped."""
    page = _page(5, box=False)
    assert _body(page, block_hashes(page)) == _body(page, frozenset())


def test_a_page_seen_again_teaches_nothing() -> None:
    """An article that is fetched every hour does not become chrome."""
    boilerplate_lines = LineFrequency()
    page = _page(1)
    assert boilerplate_lines.learn(page.url, block_hashes(page))
    assert not any(boilerplate_lines.learn(page.url, block_hashes(page)) for _ in range(50))
    assert boilerplate_lines.learned(min_pages=2) == frozenset()


def test_what_is_printed_no_longer_fades() -> None:
    """After some thousand pages without it a line is forgotten."""
    boilerplate_lines = LineFrequency()
    for number in range(PAGES - 1):
        boilerplate_lines.learn(str(number), ["old", "menu"])
    assert "old" in boilerplate_lines.learned()
    for number in range(PAGES - 1, 4 * PAGES):
        boilerplate_lines.learn(str(number), ["menu"])
    assert boilerplate_lines.learned() == {"menu"}


def _crawled(document: LineDocument, day: int, articles: int, furniture: list[str]) -> LineDocument:
    """The counts after a crawl of so many new pages, as the next one finds them."""
    lines = LineFrequency(document)
    for number in range(articles):
        url = f"https://www.enabbaladi.net/archives/{day * 1_000 + number}"
        if lines.wants(url):
            lines.learn(url, [*furniture, f"{day} {number}"])
    return lines.document()


@pytest.mark.parametrize("articles", [5, 100])
def test_the_furniture_of_a_redesign_is_learned_however_few_articles_a_crawl_keeps(articles: int) -> None:
    """Within some thousand articles, years after the first crawl."""
    document, crawls = LineDocument(), 5_000 // articles
    for day in range(3 * crawls):
        document = _crawled(document, day, articles, ["old"])
    assert LineFrequency(document).learned() == {"old"}
    for day in range(3 * crawls, 4 * crawls):
        document = _crawled(document, day, articles, ["new"])
    assert "new" in LineFrequency(document).learned()


def test_memory_is_bounded() -> None:
    """Millions of different lines are not kept; the frequent ones are."""
    boilerplate_lines = LineFrequency()
    for number in range(1_500):
        boilerplate_lines.learn(str(number), ["menu", *(f"{number}-{n}" for n in range(60))])
    assert len(LineFrequency(boilerplate_lines.document())._counts) <= LINES
    assert "menu" in boilerplate_lines.learned()


def test_memory_survives_writing_and_reading() -> None:
    """What is stored gives the same state: the same lines are learned, the same pages known."""
    boilerplate_lines = _learned()
    again = LineFrequency(boilerplate_lines.document())
    assert again.learned() == boilerplate_lines.learned()
    assert again.document() == boilerplate_lines.document()
    assert not again.learn(_page(3).url, ["x"])


@given(st.one_of(st.binary(max_size=60), st.sampled_from([b"[]", b'{"format":2,"pages":9}', b'{"pages":-1}', b"null"])))
def test_damaged_memory_is_refused_or_an_empty_one(data: bytes) -> None:
    """`StateFile.load` begins anew where `parse` raises ValueError (tests/crawler/test_state_file.py)."""
    with suppress(ValueError):
        assert LineFrequency(LINE_FREQUENCY.parse(data)).learned() == frozenset()
