"""What changed between two texts, told paragraph by paragraph, word by word, and as a class."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.text.difference import CLASSES, Difference, classes, difference
from storage.text.identity import identity

BODY = (
    "أعلن المجلس المحلي في حلب أن عدد القتلى بلغ 20 شخصا.\n\n"
    "وقال الرئيس أحمد الشرع إن الحركة عادت إلى السوق القديم.\n\n"
    "وكتبت ليلى حداد أن الأهالي عادوا."
)


def record(body: str = BODY, headline: str = "السوق يعود", **more: Any) -> dict[str, Any]:
    told = {"authors": ["ليلى حداد"], "editors": [], "keywords": ["حلب"], "dateline": {"text": "", "place": "إعزاز"}}
    return {"headline": headline, "body": body, **told, **more}


def edited(old: str, new: str) -> dict[str, Any]:
    assert old in BODY
    return record(BODY.replace(old, new))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (record(), []),
        (edited("شخصا.", "شخصا!"), ["typography"]),
        (edited("أعلن", "اعلن"), ["typography"]),
        (edited("إلى", "الي"), ["typography"]),
        (edited("شخصا.", "شخصا، بحسب."), ["wording"]),
        (edited("عادت إلى", "عادتإلى"), ["typography"]),
        (edited("20", "٢٠"), []),
        (edited("20", "25"), ["number"]),
        (edited("20", "2.0"), ["number"]),
        (edited("20 شخصا", "عشرين شخصا"), ["number"]),
        (edited("بلغ 20 شخصا", "بلغ العشرات"), ["wording", "number"]),
        (edited("أحمد الشرع", "محمد البشير"), ["name"]),
        (edited("ليلى", "لينا"), ["name"]),
        (edited("في حلب", "في إعزاز"), ["name"]),
        (edited("الشرع إن", "الشرع أمس إن"), ["wording"]),
        (edited("الحركة عادت", "عادت الحركة"), ["wording"]),
        (edited("القديم", "الجديد"), ["wording"]),
        (record(headline="السوق لا يعود"), ["wording", "headline"]),
        (record(BODY + "\n\nوفي سياق آخر تماما هطل المطر."), ["paragraph_added"]),
        (record(BODY.partition("\n\n")[2]), ["paragraph_removed"]),
        (record("\n\n".join(reversed(BODY.split("\n\n")))), ["wording"]),
        (record(BODY.replace("\n\n", " ")), ["paragraph_removed"]),
    ],
)
def test_the_class_of_a_change(new: dict[str, Any], expected: list[str]) -> None:
    """In the fixed order of CLASSES; what the identity form takes for the same is no change."""
    assert [name for name in CLASSES if name in expected] == expected
    if new["body"] == BODY.replace("\n\n", " "):
        assert "paragraph_removed" in classes(record(), new)  # the hash does not see where paragraphs end; a reader does
    else:
        assert classes(record(), new) == expected


def sides(found: Difference) -> tuple[list[str], list[str]]:
    """Both texts as put together again from the rows, each without its white space at ends."""
    rows = [(row.kind, row.pieces) for row in found.paragraphs]
    old = ["".join(piece.old for piece in pieces) for kind, pieces in rows if kind not in ("added", "moved")]
    new = ["".join(piece.new for piece in pieces) for kind, pieces in rows if kind != "removed"]
    return old, new


words = st.sampled_from(["السوق", "حلب", "20", "«قال»", "،", "عبد", "الله", "ثلاثة", "1.5", "\u202e", "ـــ"])
bodies = st.lists(st.lists(words, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=5).map("\n\n".join)


@example(old="السوق\n\nالسوق السوق\n\nالسوق", new="السوق السوق\n\nالسوق")
@given(old=bodies, new=bodies)
def test_both_texts_can_be_put_together_again_from_a_difference(old: str, new: str) -> None:
    """No word of either is lost or invented, and only what changed is said to."""
    found = difference(record(old), record(new))
    before, after = sides(found)
    assert [text.strip() for text in after] == [part.strip() for part in new.split("\n\n") if part.strip()]
    assert set(map(identity, before)) <= {identity(part) for part in old.split("\n\n")}
    assert not found.classes or old != new
    assert bool(found.classes) or [identity(part) for part in old.split("\n\n")] == [identity(part) for part in new.split("\n\n")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("كلمة " * 50_000, "كلمة أخرى " * 40_000),
        (" ".join(map(str, range(20_000))), " ".join(map(str, reversed(range(20_000))))),
        ("\n\n".join(map(str, range(5_000))), "\n\n".join(map(str, reversed(range(5_000))))),
        ("أ ب " * 480, "ب أ " * 480),
    ],
)
def test_no_text_takes_long(old: str, new: str) -> None:
    """A keeper waits for it: texts that a quadratic comparison would take minutes for take seconds at most."""
    started = time.process_time()
    assert classes(record(old), record(new))
    assert time.process_time() - started < 10


def test_a_record_of_an_earlier_schema_is_compared(tmp_path: Any) -> None:
    """Fields that tell names may be missing."""
    bare = {"headline": "ع", "body": "نص"}
    assert classes(bare, bare | {"body": "نص آخر"}) == ["wording"]
