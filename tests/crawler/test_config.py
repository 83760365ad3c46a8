"""Settings: where they come from, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config import ConfigError, load_config, settings_with_origin


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a `.env`, and no settings of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ("WARRAQ_ARCHIVE", "WARRAQ_DOWNLOAD_DELAY", "WARRAQ_CONTACT"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_beats_dotenv_beats_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting says where its value came from."""
    (tmp_path / ".env").write_text("WARRAQ_DOWNLOAD_DELAY=3\nWARRAQ_CONTACT=a@example.org\n", encoding="utf-8")
    monkeypatch.setenv("WARRAQ_DOWNLOAD_DELAY", "0")
    origins = {setting.name: (setting.value, setting.origin) for setting in settings_with_origin(load_config())}
    assert origins["WARRAQ_DOWNLOAD_DELAY"] == (0.0, "environment")
    assert origins["WARRAQ_CONTACT"] == ("a@example.org", ".env")
    assert origins["WARRAQ_ARCHIVE"] == ("./archive", "default")


def test_the_command_line_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--archive` wins over WARRAQ_ARCHIVE; an option not given does not."""
    monkeypatch.setenv("WARRAQ_ARCHIVE", "s3://one")
    assert load_config(archive="s3://two").archive == "s3://two"
    assert load_config(archive=None).archive == "s3://one"


def test_every_bad_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator mends all in one go."""
    monkeypatch.setenv("WARRAQ_DOWNLOAD_DELAY", "-1")
    monkeypatch.setenv("WARRAQ_CONCURRENCY", "many")
    with pytest.raises(ConfigError) as error:
        load_config()
    assert "WARRAQ_DOWNLOAD_DELAY='-1'" in str(error.value)
    assert "WARRAQ_CONCURRENCY='many'" in str(error.value)
