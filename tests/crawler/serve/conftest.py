"""Archives to read: one made of articles that are hostile, edited and gone; and the miniature of the five outlets, crawled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from extractors.article import Article, Disagreement, Embed, Image, Reading, TextBlock
from storage import Archive, Capture, LaterVisits, open_archive
from tests.crawler.conftest import Done
from tests.crawler.serve.serving import Served, served
from tests.storage.newsroom import NOON, article, keep_all

SCRIPT = '<script>alert("1")</script>'
TURNED = "\u202eمقلوب\u202c \u2067معزول"
HOSTILE, EDITED, GONE, STRUCTURED = "enab_baladi:66", "enab_baladi:1", "smart:7", "enab_baladi:5"
_BLOCKS = (
    TextBlock("paragraph", "مقدمة النص."),
    TextBlock("heading", "عنوان فرعي", 3),
    TextBlock("list_item", "أول", 1),
    TextBlock("list_item", "ثان", 1),
    TextBlock("quote", "قول منقول"),
    TextBlock("table_row", "حلب 12"),
    TextBlock("table_row", "إدلب 7"),
)


def hostile() -> Article:
    """Everything in it that a page of a stranger may say."""
    return replace(
        article(66),
        headline=f"{SCRIPT} ' \" & {TURNED} \x00",
        body=f"نص فيه {SCRIPT} و<img src=x onerror=alert(1)>.\n\n{{{{ 7 * 7 }}}} {{% raw %}} ]]> --> خطر {TURNED}",
        description=f"وصف {SCRIPT}",
        authors=(f"كاتب {SCRIPT}", "=cmd|' /C calc'!A0"),
        editors=(SCRIPT,),
        section=("<i>قسم</i>",),
        keywords=('" onmouseover="alert(1)',),
        language="ar-onload",
        images=(Image(url="javascript:alert(1)", caption=SCRIPT), Image(url='https://img.example/"onload="x.jpg')),
        embeds=(Embed("youtube", "JaVaScRiPt:alert(1)"), Embed(SCRIPT, "data:text/html,<script>alert(1)</script>")),
        links=("java\nscript:alert(1)", "https://good.example/a?b=1&c='2'", "//evil.example/", "https://a.example/\u202egpj.exe"),
        date_published_raw=SCRIPT,
        disagreements=(Disagreement("headline", "page", "meta", SCRIPT, f"note {SCRIPT}"),),
        reading=Reading(doubts=("no-layout",)),
    )


def made(place: Path) -> Archive:
    """Fifty articles of three outlets and two years; one in three texts, one gone, one hostile, one with structure."""
    archive = open_archive(str(place))
    keep_all(archive, *(dated(n) for n in range(1, 51)), hostile(), article(7, "نص من سمارت", outlet="smart"))
    for hour, text in ((1, "نص معدل 20 قتيلاً"), (2, "نص معدل 25 قتيلاً")):
        keep_all(archive, replace(dated(1), body=f"{dated(1).body}\n\n{text}"), at=NOON + timedelta(hours=hour))
    for day in (2, 4):  # seen gone, and confirmed
        at = NOON + timedelta(days=day)
        run = archive.begin({"warraq": "test"}, now=lambda at=at: at, later=LaterVisits(confirm_gone_after=timedelta(days=1)))
        url = article(7, outlet="smart").url
        run.discover("smart", url)
        run.settle("smart", url, "gone", "410", Capture(fetched_at=at, status=410), {"api": f"404 {SCRIPT}"})
        run.finish()
    return archive


def dated(number: int) -> Article:
    """An article of its month; every fifth of Al Jazeera, number 5 with structure."""
    month = f"{2024 + number // 24}-{number % 12 + 1:02}"
    found = replace(
        article(number, outlet="al_jazeera" if number % 5 == 4 else "enab_baladi"), date_published=f"{month}-15T10:00:00+03:00"
    )
    if number == 5:
        body = "\n\n".join(block.text for block in _BLOCKS)
        found = replace(found, body=body, blocks=_BLOCKS)
    if number == 6:
        found = replace(found, date_published=None, section=("ثقافة",), authors=("سالم الدرويش",))
    return replace(found, date_published_precision="minute" if found.date_published else None, date_published_source="page")


@pytest.fixture(scope="package")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return made(tmp_path_factory.mktemp("serve") / "archive")


@pytest.fixture(scope="package")
def reader(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Of the archive that was made by hand."""
    with served(archive.uri, tmp_path_factory.mktemp("reader")) as running:
        yield running


@pytest.fixture(scope="package")
def miniature_reader(crawled: tuple[Path, Done, Done], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Of the miniature, crawled."""
    with served(str(crawled[0]), tmp_path_factory.mktemp("reader")) as running:
        yield running
