"""What is wrong with the settings of a watch, or with submitted addresses, is told in a line before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.queues import open_queue
from tests.crawler.conftest import warraq


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("WARRAQ_DOOR", "here:there", "WARRAQ_DOOR='here:there'"),
        ("WARRAQ_DOOR", "203.0.113.9:80", "WARRAQ_DOOR='203.0.113.9:80'"),
        ("WARRAQ_DOOR_SECRET", "notbase64", "WARRAQ_DOOR_SECRET"),
        ("WARRAQ_SINKS", "ftp://news.example", "'ftp://news.example' is no sink"),
        ("WARRAQ_QUEUE", "ftp://news.example", "ftp://… is no queue"),
        ("WARRAQ_POLL_SHORTEST", "0", "WARRAQ_POLL_SHORTEST='0'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, setting: str, value: str, told: str) -> None:
    """Exit code 2, no traceback, and the secret is not shown."""
    settings = {
        "WARRAQ_ARCHIVE": str(tmp_path / "a"),
        "WARRAQ_QUEUE": str(tmp_path / "q.sqlite"),
        "WARRAQ_DOOR": "0",
        setting: value,
    }
    done = warraq("watch", "geiroon", **settings)
    assert done.code == 2, done.err
    assert told in done.err
    assert "Traceback" not in done.err
    assert "notbase64" not in done.err + done.out


@pytest.mark.slow
def test_addresses_are_taken_from_arguments_a_file_and_stdin_and_coalesced(tmp_path: Path) -> None:
    """Lines that say nothing are passed over; the same address waits once."""
    place, listed = str(tmp_path / "q.sqlite"), tmp_path / "urls"
    listed.write_text(
        "# to be read\n\nhttps://www.enabbaladi.net/archives/2\nhttps://www.enabbaladi.net/archives/1\n", encoding="utf-8"
    )
    done = warraq("submit", "https://www.enabbaladi.net/archives/1", "--file", str(listed), "--queue", place)
    assert done.code == 0
    assert "2 queued, 1 were waiting already" in done.err
    assert open_queue(place).depth().waiting == 2
    for wrong in (("submit", "--queue", place), ("submit", "--file", str(tmp_path / "none"), "--queue", place)):
        assert warraq(*wrong).code == 2
