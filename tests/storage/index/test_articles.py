"""Some of an outlet's articles, for whoever looks after them: of all ages, each in its turn, and where to ask for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from storage import Archive, Capture, LaterVisits, open_archive
from tests.storage.newsroom import CAPTURE, NOON, article, begin, keep_all

OUTLET, DAY = "enab_baladi", timedelta(days=1)


@pytest.fixture
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Thirty articles, one captured each day; what the runs knew of them stands in state/."""
    archive = open_archive(str(tmp_path_factory.mktemp("lookup")))
    for number in range(30):
        keep_all(archive, article(number), at=NOON + number * DAY)
    return archive


def numbers(addresses: list[tuple[str, str]]) -> list[int]:
    return [int(url.rpartition("/")[2]) for url, _ in addresses]


def test_a_sample_has_one_of_each_age_and_the_same_seed_gives_the_same(archive: Archive) -> None:
    """By the address each was fetched at; other days give others."""
    lookup = begin(archive).articles
    sample = lookup.sample(OUTLET, 3, "monday")
    old, middle, new = numbers(sample)
    assert old < 10 <= middle < 20 <= new
    assert all(address == f"{url}?amp" for url, address in sample)
    assert lookup.sample(OUTLET, 3, "monday") == sample
    assert len({tuple(numbers(lookup.sample(OUTLET, 3, f"day {day}"))) for day in range(9)}) > 1


def test_what_is_gone_or_was_never_read_live_is_not_in_a_sample(archive: Archive) -> None:
    """Nor does an empty archive have one."""
    run = begin(archive, NOON + 40 * DAY)
    run.keep(article(99, outlet="smart"), Capture(fetched_at=NOON, status=200, via="wayback", memento_at=NOON))
    assert run.articles.sample("smart", 3, "x") == []
    for number in range(10):
        run.settle(OUTLET, article(number).url, "gone", "HTTP 404", replace(CAPTURE, fetched_at=NOON + 40 * DAY, status=404))
    assert all(min(numbers(run.articles.sample(OUTLET, 3, f"day {day}"))) >= 10 for day in range(9))


def test_each_has_its_turn_and_then_the_first_again(archive: Archive) -> None:
    """In parts, by the place of the last one of the part before."""
    lookup, after, seen = begin(archive).articles, "", list[str]()
    while part := lookup.following(OUTLET, after, 7):
        seen += [each.id for each in part]
        after = part[-1].hashed
    assert sorted(seen) == sorted(f"{OUTLET}:{number}" for number in range(30))
    assert [each.id for each in lookup.named(OUTLET, [after])] == seen[-1:]


def test_an_old_article_is_found_by_its_record_and_not_one_whose_text_is_anothers(archive: Archive) -> None:
    """The snapshot has addresses of young articles only; a text that another URL holds is filed under that one's id."""
    run = begin(archive, NOON + 40 * DAY)
    (old,) = run.articles.following(OUTLET, "", 1)
    assert (old.url, old.address) == (None, None)
    url, address = run.articles.place(OUTLET, old) or ("", "")
    assert address == f"{url}?amp"
    copied = replace(article(1), id=f"{OUTLET}:777", url="https://www.enab_baladi.example/archives/777")
    assert run.keep(copied, Capture(fetched_at=NOON + 40 * DAY, status=200)).fate == "duplicate"
    run.finish()
    lookup = begin(archive, NOON + 41 * DAY).articles
    (copy,) = [each for each in lookup.following(OUTLET, "", 99) if each.id.endswith(":777")]
    assert lookup.place(OUTLET, copy) is None


def test_the_youngest_are_those_that_are_visited_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The newest by publication first. One of them is in every sample, however many old ones there are."""
    archive = open_archive(str(tmp_path_factory.mktemp("young")))
    old = "2020-01-01T00:00:00+00:00"
    keep_all(archive, *(replace(article(number), date_published=old) for number in range(100, 200)), at=NOON - 99 * DAY)
    run = archive.begin({}, now=lambda: NOON, later=LaterVisits(revisits=(DAY,)))
    for number in range(5):
        run.keep(replace(article(number), date_published=(NOON - number * timedelta(hours=1)).isoformat()), CAPTURE)
    assert [each.id for each in run.articles.youngest(OUTLET, 2)] == [f"{OUTLET}:0", f"{OUTLET}:1"]
    assert all(numbers(run.articles.sample(OUTLET, 3, f"day {day}"))[0] < 5 for day in range(9))
