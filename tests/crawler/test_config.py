"""Settings: where they come from, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from annotated_types import Le
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler.config import Config, ConfigError, load_config, settings_with_origin
from crawler.demo.running import Running
from tests.crawler.conftest import warraq


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


UNBOUNDED = {
    *("crawl_delay_bound", "history_bound", "history_bound_gb", "discovery_bound", "warc_bytes"),  # a number compared with others
}


@pytest.mark.parametrize("value", ["inf", "nan", "1e20", "-inf", "100000000000000000000"])
@pytest.mark.parametrize("name", [name for name, field in Config.model_fields.items() if field.annotation in (int, float)])
def test_a_number_that_no_clock_or_memory_has_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """«never» and «as much as there is» are not written so."""
    monkeypatch.setenv(f"WARRAQ_{name.upper()}", value)
    if name in UNBOUNDED and not value.startswith(("-", "nan")):
        return
    with pytest.raises(ConfigError, match=rf"\AWARRAQ_{name.upper()}='{value}': .*\Z"):
        load_config()


@pytest.mark.parametrize("hours", ["nan", "inf", "1,1e8", "0", "soon"])
def test_ages_are_hours_that_will_come(hours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_REVISIT_HOURS", hours)
    with pytest.raises(ConfigError, match=rf"\AWARRAQ_REVISIT_HOURS='{hours}': .*\Z"):
        load_config()


@pytest.mark.slow
def test_the_largest_numbers_can_be_worked_with(served: Running, tmp_path: Path) -> None:
    """None is an error in the middle of a crawl, or one that never ends."""
    bounds = {
        f"WARRAQ_{name.upper()}": str(most.le)
        for name, field in Config.model_fields.items()
        for most in field.metadata
        if isinstance(most, Le) and not name.endswith("_delay")
    }
    few = {"WARRAQ_READERS": "1", "WARRAQ_MAX_PAGE_BYTES": "500000000"}  # of which so many have room in a reader
    for _ in range(2):
        done = warraq("crawl", "enab_baladi", "--archive", str(tmp_path / "a"), world=served, **bounds | few)
        assert (done.code, done.err) == (0, "")
    assert warraq("verify", "--archive", str(tmp_path / "a"), **bounds).code == 0
    assert warraq("reread", "--archive", str(tmp_path / "a"), **bounds | few).code == 0


def test_a_mistyped_setting_is_named_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment and in the file; a variable that resembles none may be anybody's."""
    monkeypatch.setenv("WARRAQ_ARCHVE", "s3://mine")
    monkeypatch.setenv("WARRAQ_BENCH_OF_MY_OWN", "1")
    (tmp_path / ".env").write_text("WARRAQ_DOWNLOAD_DELAYS=3\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_config()
    assert str(error.value).splitlines() == [
        "WARRAQ_ARCHVE is no setting. Did you mean WARRAQ_ARCHIVE?",
        "WARRAQ_DOWNLOAD_DELAYS is no setting. Did you mean WARRAQ_DOWNLOAD_DELAY?",
    ]


@given(st.data())
def test_one_wrong_letter_never_goes_unnoticed(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(Config.model_fields))).upper()
    at = data.draw(st.integers(0, len(name) - 1))
    mistyped = data.draw(
        st.sampled_from([name[:at] + name[at + 1 :], name[: at + 1] + name[at:], name[:at] + "Q" + name[at + 1 :]])
    )
    assume(mistyped.lower() not in Config.model_fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"WARRAQ_{mistyped}", "1")
        with pytest.raises(ConfigError, match=rf"WARRAQ_{mistyped} is no setting. Did you mean WARRAQ_"):
            load_config()


def test_a_named_file_is_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service reads again on SIGHUP."""
    file = tmp_path / "warraq.env"
    monkeypatch.setenv("WARRAQ_ENV_FILE", str(file))
    with pytest.raises(ConfigError, match="No such file"):
        load_config()
    for contact in ("a@example.org", "b@example.org"):
        file.write_text(f"WARRAQ_CONTACT={contact}\n", encoding="utf-8")
        assert load_config().contact == contact
    (origin,) = (setting.origin for setting in settings_with_origin(load_config()) if setting.name == "WARRAQ_CONTACT")
    assert origin == str(file)


def test_a_setting_of_a_few_words_names_each_where_it_is_explained() -> None:
    fields = {name: (get_args(field.annotation), field.description or "") for name, field in Config.model_fields.items()}
    choices = {name: words for name, (words, _) in fields.items() if words and all(isinstance(word, str) for word in words)}
    assert {"raw", "log_level"} <= set(choices)
    missing = {name: [word for word in words if word not in fields[name][1]] for name, words in choices.items()}
    assert not any(missing.values()), missing


@pytest.mark.parametrize(
    ("written", "told"), [(b"WARRAQ_CONTACT=a\n# caf\xe9\n", "line 2 is not UTF-8"), (None, "Is a directory")]
)
@pytest.mark.parametrize("named", [True, False])
def test_a_file_of_settings_that_cannot_be_read_is_named(
    written: bytes | None, told: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line: a watch that is told to reload goes on with its settings."""
    file = tmp_path / ("warraq.env" if named else ".env")
    if written is None:
        file.mkdir()
    else:
        file.write_bytes(written)
    if named:
        monkeypatch.setenv("WARRAQ_ENV_FILE", str(file))
    elif written is None:
        assert load_config()  # as if there were none
        return
    with pytest.raises(ConfigError, match=rf"{file.name}: {told}\Z"):
        load_config()
