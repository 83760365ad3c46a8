"""A story in numbered parts: each is an article of its own, the first says where the next is, and a kill loses none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from crawler.demo.answer import Answer, SiteRequest, redirect
from crawler.demo.running import serve
from crawler.demo.sites.site import Site
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, killed, warraq
from tests.crawler.crawl.test_edits_told import newsroom
from tests.crawler.crawl.test_revisits import Validated

PARTS = 3
_PART = re.compile(r"(?P<whole>/[0-9]+/.+?)/(?P<number>[2-9])/?")
_SETTINGS = {"WARRAQ_REVISIT_HOURS": "", "WARRAQ_RETRY_TIMES": "0"}


class _InParts(Validated):
    """Enab Baladi, each of whose stories has three pages; some are answered otherwise, or all by the first, without end."""

    def __init__(self, site: Site, odd: Mapping[int, Answer], *, endless: bool) -> None:
        super().__init__(site)
        self._odd, self._endless = odd, endless

    def answer(self, asked: SiteRequest) -> Answer:
        part = _PART.fullmatch(asked.raw_path)
        number = int(part["number"]) if part else 1
        if part and number in self._odd:
            return self._odd[number]
        page = super().answer(replace(asked, target=f"{part['whole']}/") if part else asked)
        if page.status != 200 or b"</head>" not in page.body or not re.match(r"/[0-9]+/", asked.raw_path):
            return page
        whole = part["whole"] if part else asked.raw_path.rstrip("/")
        text = f"<p>وفي القسم رقم {1 if self._endless else number} من هذه المادة كلام لا يرد في غيره من أقسامها على الإطلاق.</p>"
        following = f"<link rel='next' href='{whole}/{number + 1}/'>" if self._endless or number < PARTS else ""
        body = page.body.replace(b"</head>", f"{following}</head>".encode()).replace(b"</p>", f"</p>{text}".encode(), 1)
        return replace(page, body=body)


@dataclass
class _Magazine(World):
    odd: dict[int, Answer] = field(default_factory=dict)
    endless: bool = False

    def sites(self) -> list[Site]:
        return [_InParts(site, self.odd, endless=self.endless) for site in super().sites() if site.outlet == "enab_baladi"]


def _magazine(**odd: Answer) -> _Magazine:
    return _Magazine(newsroom("feed")[0].stories[:2], [], odd={int(number[1:]): answer for number, answer in odd.items()})


def _crawl(world: _Magazine, archive: Path) -> Done:
    with serve(world) as running:
        return warraq("crawl", "enab_baladi", "--archive", str(archive), world=running, **_SETTINGS)


def _parts(archive: Path) -> dict[str, list[str]]:
    """Of each story, by its number: the numbers of the parts that are kept."""
    found: dict[str, list[str]] = {}
    for record in open_archive(str(archive)).articles():
        number, _, part = record["id"].removeprefix("enab_baladi:").partition("-")
        assert f"القسم رقم {part or 1} " in record["body"]
        found.setdefault(number, []).append(part or "1")
    return {number: sorted(parts) for number, parts in found.items()}


def test_every_part_is_kept(tmp_path: Path) -> None:
    """Each with its own text, none as an edit of another; the next crawl has nothing to do."""
    world = _magazine()
    done = _crawl(world, tmp_path / "a")
    assert done.code == 0, done.err
    assert len(done.of("kept")) == PARTS * 2
    assert not done.of("revised")
    assert list(_parts(tmp_path / "a").values()) == [["1", "2", "3"]] * 2
    for record in open_archive(str(tmp_path / "a")).articles():
        following = [each["value"] for each in record["disagreements"] if each["other"] == "pagination"]
        assert len(following) == (0 if record["id"].endswith("-3") else 1)
    again = _crawl(world, tmp_path / "a")
    assert (again.code, again.of("kept"), again.of("revised")) == (0, [], []), again.out


@pytest.mark.slow
@pytest.mark.parametrize("facts", range(2, 9))
def test_a_kill_loses_no_part(facts: int, tmp_path: Path) -> None:
    world = _magazine()
    with serve(world) as running:
        killed(facts, "crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=running, **_SETTINGS)
    done = _crawl(world, tmp_path / "a")
    assert done.code == 0, done.err
    assert list(_parts(tmp_path / "a").values()) == [["1", "2", "3"]] * 2
    assert not done.of("revised")


@pytest.mark.slow
def test_a_part_that_fails_costs_itself(tmp_path: Path) -> None:
    """The first is kept, the second is a failed address that is asked for again."""
    world = _magazine(n2=Answer(status=500, body=b"down"))
    done = _crawl(world, tmp_path / "a")
    assert list(_parts(tmp_path / "a").values()) == [["1"]] * 2
    assert {fact["url"].rpartition("/")[2] for fact in done.of("failed")} == {"2"}
    world.odd = {}
    done = _crawl(world, tmp_path / "a")
    assert list(_parts(tmp_path / "a").values()) == [["1", "2", "3"]] * 2, done.out


def test_a_part_that_is_no_article_costs_itself(tmp_path: Path) -> None:
    world = _magazine(n3=Answer(status=404, body=b"gone"))
    _crawl(world, tmp_path / "a")
    assert list(_parts(tmp_path / "a").values()) == [["1", "2"]] * 2


@pytest.mark.slow
def test_a_part_that_is_not_there_leads_to_the_first(tmp_path: Path) -> None:
    """WordPress answers the number of a part that a story does not have with a redirect to its first page."""
    world = _magazine()
    world.stories = world.stories[:1]
    first = next(site for site in world.sites() if site.outlet == "enab_baladi").url(world.stories[0])
    world.odd = {2: redirect(first)}
    done = _crawl(world, tmp_path / "a")
    assert (done.code, done.of("failed"), done.of("revised")) == (0, [], []), done.err
    assert list(_parts(tmp_path / "a").values()) == [["1"]]


def test_numbers_without_an_end_are_not_followed(tmp_path: Path) -> None:
    """A server that answers every number with the same page, which names the next number."""
    world = _magazine()
    world.endless = True
    done = _crawl(world, tmp_path / "a")
    assert list(_parts(tmp_path / "a").values()) == [["1"]] * 2, done.out
    assert {fact["url"].rpartition("/")[2] for fact in done.of("not_an_article")} == {"2"}


@pytest.mark.slow
def test_parts_from_warc_files_are_no_edits(tmp_path: Path) -> None:
    _crawl(_magazine(), tmp_path / "a")
    files = [argument for path in sorted((tmp_path / "a").rglob("*.warc.gz")) for argument in ("--from", str(path))]
    done = warraq("crawl", *files, "--archive", str(tmp_path / "b"))
    assert (done.code, done.of("revised")) == (0, []), done.err
    assert _parts(tmp_path / "b") == _parts(tmp_path / "a")
