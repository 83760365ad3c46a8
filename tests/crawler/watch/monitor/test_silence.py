"""What is made of an outlet that publishes nothing: whether it is silent, and whose fault it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.crawl.statistics import CrawlStatistics
from crawler.demo.running import serve
from crawler.watch.monitor.silence import SILENCE, Silence
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import warraq
from tests.crawler.watch.stored import loaded
from tests.crawler.watch.watching import Watching

HOUR, UNWATCHED = timedelta(hours=1), timedelta(hours=12)


def polled(**what: object) -> CrawlStatistics:
    """A poll that was answered."""
    statistics = CrawlStatistics(answered=True)
    for name, value in what.items():
        setattr(statistics, name, value)
    return statistics


def an_article(at: datetime, url: str = "https://outlet.example/1") -> CrawlStatistics:
    statistics = polled(kept=1, fresh=1, first_kept=[url], articles=1, lengths=[2000])
    statistics.filled.update(authors=1, sources=1)
    return statistics


def learned(until: datetime, days: int = 21) -> Silence:
    """An outlet that published two articles an hour until then."""
    silence, at = Silence(), until - timedelta(days=days)
    while at < until:
        at += HOUR / 2
        assert silence.heard(an_article(at, f"https://outlet.example/{at.timestamp():.0f}"), at, UNWATCHED) is None
    return silence


def after(silence: Silence, at: datetime, statistics: CrawlStatistics, hours: int = 48) -> tuple[str, dict[str, object]] | None:
    """The first event of hourly polls that all bring this."""
    for number in range(1, hours + 1):
        event = silence.heard(statistics, at + number * HOUR, UNWATCHED)
        if event is not None:
            return event
    return None


@pytest.mark.parametrize(
    ("statistics", "cause"),
    [
        (polled(), "quiet"),
        (CrawlStatistics(answered=False, troubles=["https://outlet.example/feed: HTTP 503"]), "sources"),
        (polled(fates={"failed": 3}, reasons={"challenge": 3}), "challenge"),
        (polled(fates={"not_an_article": 3}, reasons={"no-body": 3}), "unreadable"),
        (polled(fates={"unchanged": 1}, articles=2, lengths=[120, 90]), "unreadable"),
    ],
)
def test_silence_is_told_with_its_cause(statistics: CrawlStatistics, cause: str) -> None:
    """Sources that do not answer, walls, pages that are no articles any more or thin ones, or an outlet that rests."""
    from collections import Counter

    statistics.fates, statistics.reasons = Counter(statistics.fates), Counter(statistics.reasons)
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    silence = learned(now)
    event = after(silence, now, statistics)
    assert event is not None
    kind, data = event
    assert kind == "outlet.silent"
    assert data["cause"] == cause
    assert after(silence, now + 48 * HOUR, statistics) is None, "told twice"
    kind, data = silence.heard(an_article(now + 97 * HOUR), now + 97 * HOUR, UNWATCHED) or ("", {})
    assert kind == "outlet.recovered"
    assert data["cause"] == cause


def test_canaries_tell_rot_from_rest() -> None:
    """Known articles are read again: pages that fail beside them prove nothing, they do."""
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    for fate, cause in (("unchanged", "quiet"), ("not_an_article", "unreadable")):
        silence, at = learned(now), now
        silence.canaries.heard(polled(canaries={"https://outlet.example/0": ("unchanged", None)}), now - 12 * HOUR)
        while not silence.canaries_due(at, timedelta()):
            at += HOUR
            silence.heard(polled(), at, UNWATCHED)
        assert silence.suspected
        assert len(silence.recent) == 2
        silence.canaries.heard(polled(canaries=dict.fromkeys(silence.recent, (fate, None))), at)
        assert not silence.canaries_due(at + HOUR, timedelta()), "not every hour"
        event = after(silence, at, polled())
        assert event is not None
        assert event[1]["cause"] == cause


def test_a_source_that_stopped_while_others_went_on_is_no_rest() -> None:
    """Known articles read as ever, and yet nobody can say that nothing was published."""
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    silence = learned(now)
    silence.disagreement = "feed stopped while sitemap went on"
    event = after(silence, now, polled())
    assert event is not None
    assert (event[1]["cause"], event[1]["detail"]) == ("disagreement", silence.disagreement)


def test_what_nobody_watched_is_no_silence() -> None:
    """A process that was down for a week does not blame the outlet."""
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    silence = learned(now)
    assert silence.heard(polled(), now + timedelta(days=7), UNWATCHED) is None


def test_thin_articles_are_drift() -> None:
    """Bodies that shrink to a tenth, or lose their authors, are noticed although articles go on coming."""
    now = datetime(2026, 11, 18, 12, tzinfo=UTC)
    silence = learned(now)
    assert silence.drift is None
    silence.heard(polled(kept=1, fresh=1, first_kept=["https://outlet.example/x"], articles=4, lengths=[200] * 4), now, UNWATCHED)
    assert silence.drift == "length"


def test_silence_survives_a_restart_and_a_damaged_note() -> None:
    """It is read as it was written; anything else begins anew."""
    silence = learned(datetime(2026, 11, 18, 12, tzinfo=UTC), days=8)
    data = SILENCE.dump(silence)
    assert SILENCE.dump(SILENCE.parse(data)) == data
    for broken in (b"", b"{}", b"[1]", b"not json", data[:50]):
        assert loaded(SILENCE, broken) == Silence()


def test_the_file_of_an_older_version_is_read() -> None:
    """As it was written before all state had one loader."""
    hours = ", ".join(["0.25"] * 168)
    moments = '"since": "2026-11-01T00:00:00+00:00", "until": "2026-11-18T12:00:00+00:00", "last": null'
    expectation = (
        f'{{"watched": [{hours}], "counted": [{hours}], "gap": 1.5, "worst": 2, "recent": 0.0, "usual": 3.0, {moments}}}'
    )
    again = (
        '{"unreadable_since": null, "cause": null, "read_at": "2026-11-18T12:00:00+00:00", "canaries": {"https://a/": "kept"}}'
    )
    meanwhile = '{"polls": 3, "unanswered": 0, "fetched": 0, "bad": 0, "walls": 0, "lengths": [700], "trouble": ""}'
    rest = '"cause": "quiet", "recent": [], "length": 900.5, "filled": {"authors": 0.5}, "drift": null, "disagreement": null'
    since = '"since": "2026-11-10T00:00:00+00:00"'
    written = f'{{"expectation": {expectation}, {since}, "read_again": {again}, "meanwhile": {meanwhile}, {rest}}}'
    silence = SILENCE.parse(written.encode())
    assert (silence.cause, silence.length, silence.expectation.gap, silence.meanwhile.polls) == ("quiet", 900.5, 1.5, 3)
    assert silence.canaries.verdicts == {"https://a/": "kept"}


@pytest.mark.slow
def test_a_silent_outlet_is_announced_and_shown(tmp_path: Path) -> None:
    """In the change log, which `verify` accepts, and in `warraq status`; the canaries are really asked."""
    world, archive = World.miniature(), open_archive(str(tmp_path / "a"))
    url = next(article.url for article in world.expected["enab_baladi"] if "rest" in article.offered)
    with serve(world) as running:
        with Watching(running, tmp_path, "enab_baladi") as watch:
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        silence = learned(datetime.now(UTC) - 36 * HOUR)
        for hours in range(35, 0, -1):
            silence.heard(polled(), datetime.now(UTC) - hours * HOUR, UNWATCHED)
        silence.since, silence.cause, silence.recent = None, None, [url]
        SILENCE.save(archive.state("enab_baladi"), silence)
        asked = len(running.requests())
        with Watching(running, tmp_path, "enab_baladi") as watch:
            (told,) = watch.until(lambda: watch.of("outlet.silent"))
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
        assert url.rstrip("/").rpartition("/")[2] in " ".join(request.url for request in running.requests()[asked:])
    assert told["cause"] == "quiet"
    (event,) = [change.event for change in archive.changes() if change.event["type"] == "outlet.silent"]
    assert event["subject"] == "enab_baladi"
    assert event["data"]["cause"] == "quiet"
    assert "SILENT: its pages are as before" in warraq("status", "--archive", str(tmp_path / "a")).out
    shown = json.loads(warraq("status", "--json", "--archive", str(tmp_path / "a")).out)
    assert shown["enab_baladi"]["silence"]["cause"] == "quiet"
    assert warraq("verify", "--archive", str(tmp_path / "a")).code == 0
