"""Two languages with the same words, chosen by the address or by the browser."""

from __future__ import annotations

import re
import string
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawler.serve.language import CODES, chosen_language, language
from storage.ledger import LedgerEntry
from storage.run.fate_counts import FATES
from storage.text.difference import CLASSES
from tests.crawler.serve.conftest import EDITED
from tests.crawler.serve.serving import Served, article_at


def leaves(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Texts by dotted key; plurals are one."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        nested = isinstance(value, dict) and "other" not in value
        found |= leaves(value, f"{above}{name}.") if nested else {f"{above}{name}": value}
    return found


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_tables_say_the_same() -> None:
    """The same keys, the same names to be filled in."""
    tables = {code: leaves(language(code).table) for code in CODES}
    assert tables["ar"].keys() == tables["en"].keys()
    for key, text in tables["en"].items():
        if isinstance(text, str):
            assert names(text) == names(tables["ar"][key]), key


def test_the_words_of_the_archive_have_names() -> None:
    assert set(FATES) | {"returned"} <= language("ar").table["fate"].keys()
    assert set(CLASSES) | {"returned"} <= language("ar").table["change"].keys()
    assert LedgerEntry.__annotations__["fate"]


@pytest.mark.parametrize(
    ("asked", "accepted", "code"),
    [
        (None, "", "en"),
        (None, "ar", "ar"),
        (None, "de-DE,de;q=0.9,ar;q=0.5,en;q=0.4", "ar"),
        (None, "en-GB,en;q=0.9,ar;q=0.8", "en"),
        (None, "ar-SY;q=0.0", "en"),
        ("ar", "en", "ar"),
        ("en", "ar", "en"),
        ("xx", "ar", "ar"),
        ("../ar", "", "en"),
    ],
)
def test_the_address_comes_before_the_browser(asked: str | None, accepted: str, code: str) -> None:
    assert chosen_language(asked, accepted).code == code


@given(st.text(max_size=200))
def test_any_header_chooses_one(accepted: str) -> None:
    assert chosen_language(None, accepted).code in CODES


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "لا مواد"),
        (1, "مادة واحدة"),
        (2, "مادتان"),
        (3, "3 مواد"),
        (11, "11 مادة"),
        (100, "100 مادة"),
        (103, "103 مواد"),
        (1000, "1,000 مادة"),
    ],
)
def test_arabic_counts_as_arabic_does(number: int, said: str) -> None:
    assert language("ar").count("count.articles", number) == said


def test_a_day_among_arabic_words_is_not_turned_round() -> None:
    """After an Arabic letter the parts of 2018-05-07 would stand from right to left (UAX 9, W2), if they were not isolated."""
    texts = re.findall(
        r'"([^"\n]*\d-\d[^"\n]*)"', resources.files("crawler.serve").joinpath("words", "ar.toml").read_text("utf-8")
    )
    assert texts
    for text in texts:
        assert not re.search(r"\d-\d", re.sub(r"\\u2066.*?\\u2069", "", text)), text


@pytest.mark.parametrize(
    ("stamp", "precision", "said"),
    [
        ("2018-05-07T10:00:00+03:00", "minute", "7 أيار 2018، 10:00"),
        ("2018-05-07T00:00:00+03:00", "day", "7 أيار 2018"),
        ("2018-05-07", None, "7 أيار 2018"),
        ("2018-05", "month", "أيار 2018"),
        ("", None, ""),
        (None, None, ""),
        ("no date", None, "no date"),
        ("2018-13", None, "13 2018"),
    ],
)
def test_dates_as_people_write_them(stamp: str | None, precision: str | None, said: str) -> None:
    assert language("ar").day(stamp, precision) == said


@given(st.text(max_size=30), st.sampled_from(["minute", "day", "month", None]))
def test_any_stamp_can_be_shown(stamp: str, precision: str | None) -> None:
    assert isinstance(language("en").day(stamp, precision), str)


@pytest.mark.parametrize(
    "path", ["/", "/outlets", "/runs", article_at(EDITED), article_at(EDITED, "/history"), article_at(EDITED, "/raw"), "/nothing"]
)
def test_a_page_is_in_the_language_asked_for_and_leads_to_the_other(reader: Served, path: str) -> None:
    """Direction, language, and links that keep what the address asked for; without `lang` no link has it."""
    for code, direction, other in (("ar", "rtl", "en"), ("en", "ltr", "ar")):
        page = html.document_fromstring(reader.get(path, {"lang": code}).text)
        assert (page.get("lang"), page.get("dir")) == (code, direction)
        inside = [href for href in page.xpath("//nav//a/@href") if f"lang={other}" not in href]
        assert all(f"lang={code}" in href for href in inside)
        (switch,) = page.xpath("//li[@class='switch']/a")
        assert html.document_fromstring(reader.get(switch.get("href")).text).get("lang") == other
    page = html.document_fromstring(reader.get(path, Accept_Language="ar").text)
    assert page.get("lang") == "ar"
    assert [href for href in page.xpath("//main//a/@href") if "lang=" in href] == []
