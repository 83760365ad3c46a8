"""The report of a re-reading: what it shows of a text that reads differently now."""

from __future__ import annotations

from crawler.reread.comparing import Comparison
from crawler.reread.report import ShareReport

HEADLINE = "عودة المياه إلى ثلاث قرى"
FIRST, SECOND, THIRD = "أعلن المجلس المحلي عودة المياه.", "وبلغت الكلفة ستة آلاف دولار.", "وتبدأ المرحلة الثانية منتصف الشهر."


def shown(before: list[str], after: list[str]) -> list[str]:
    """The lines of the example."""
    report = ShareReport()
    old, new = (
        {"headline": HEADLINE, "body": "\n\n".join(each), "url": "https://news.example.org/1"} for each in (before, after)
    )
    report.add("news:1", old, new, Comparison(text="undecided", why="a test", differs=True))
    (example,) = report.json()["examples"]["undecided"]
    lines: list[str] = example["diff"]
    return lines


def test_only_the_paragraphs_that_differ_are_shown() -> None:
    """What went with a minus, what came with a plus."""
    assert shown([FIRST, SECOND], [FIRST, SECOND, THIRD]) == [f"+ {THIRD}"]
    assert shown([FIRST, SECOND, THIRD], [FIRST, THIRD]) == [f"- {SECOND}"]
    mended = SECOND.replace("ستة", "سبعة")
    assert shown([FIRST, SECOND, THIRD], [FIRST, mended, THIRD]) == [f"- {SECOND}", f"+ {mended}"]


def test_a_paragraph_that_moved_went_and_came() -> None:
    """Shown where it stands now."""
    (first, second) = shown([FIRST, SECOND, THIRD], [FIRST, THIRD, SECOND])
    assert (first[:2], second[:2]) == ("- ", "+ ")
    assert first[2:] == second[2:] in {SECOND, THIRD}


def test_a_long_paragraph_is_cut() -> None:
    """An example is to be looked at."""
    (line,) = shown([FIRST], [FIRST, "كلمة " * 500])
    assert len(line) == 402
