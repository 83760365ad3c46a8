"""What newcomers mistype: one line, that says what to do instead. Exit code 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.cli.outlet_choice import UnknownOutletError, chosen_outlets
from crawler.cli.page_source import PageError
from crawler.cli.read import read
from crawler.config import ConfigError, load_config
from crawler.crawl.ending import Ending
from crawler.outlet_files.reading import RESERVED
from crawler.survey.errors import SurveyError
from crawler.survey.job import add_outlet, slug_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("smrt", "Did you mean smart?"),
        ("furat_post", "Your own are read from ./outlets (WARRAQ_OUTLETS)."),
        ("https://www.enabbaladi.net/archives/812204", "is an address: its outlet is enab_baladi"),
        ("enabbaladi.net", "is an address: its outlet is enab_baladi"),
        ("furat.example", "`warraq outlet add furat.example` makes an outlet of a site"),
    ],
)
def test_a_name_that_is_no_outlet(name: str, says: str) -> None:
    with pytest.raises(UnknownOutletError) as told:
        chosen_outlets([name])
    assert says in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("smart:4711", "`warraq serve` shows it, `warraq diff smart:4711` what it changed"),
        ("www.enabbaladi.net/archives/812204", "an address begins with https:// or http://"),
        ("htps://www.enabbaladi.net/1", "an address begins with https:// or http://"),
        ("page.html", "page.html: No such file or directory"),
    ],
)
def test_a_page_that_is_none(page: str, says: str) -> None:
    with pytest.raises(PageError) as told:
        read([page])
    assert says in str(told.value)


def test_a_setting_that_cannot_be_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_DOWNLOAD_DELAY", "fast")
    with pytest.raises(ConfigError, match=r"WARRAQ_DOWNLOAD_DELAY='fast': .*\(least seconds between two requests to one host\)"):
        load_config()


@pytest.mark.parametrize(
    ("url", "name", "says"),
    [
        ("https://smart.example", None, "there is an outlet named smart already; give another name with --name"),
        ("https://new.example", "watch", "'watch' cannot be the name of an outlet: an archive uses it for something else"),
        ("https://new.example", "New Site", "'New Site' cannot be the name of an outlet: small letters"),
        ("https://smartnews-agency.com", None, "is a host of the outlet smart already: `warraq crawl smart`"),
    ],
)
def test_an_outlet_that_cannot_be_added_is_refused_before_its_site_is_asked(
    url: str, name: str | None, says: str, tmp_path: Path
) -> None:
    with pytest.raises(SurveyError) as told:
        add_outlet(url, tmp_path / "outlets", name, load_config(), lambda _: None)
    assert says in str(told.value)
    assert not (tmp_path / "outlets").exists()


@pytest.mark.parametrize("host", sorted(RESERVED))
def test_a_host_whose_name_an_archive_uses_gets_another(host: str) -> None:
    assert slug_of(f"https://{host}.example") not in RESERVED


def test_what_is_the_same_of_several_documents_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    ending = Ending()
    ending.silent["x"] = [
        "https://a.example/1: HTTP 500",
        "https://a.example/2: HTTP 500",
        "https://b.example/: HTTP 500",
        "none",
    ]

    class Agreed:
        refused = None

    assert ending.report(Agreed()) == 1  # type: ignore[arg-type]  # all that is asked of it
    assert capsys.readouterr().err.splitlines() == [
        "warraq: x is silent: https://a.example/1: HTTP 500 (and 1 more of a.example, the same)",
        "warraq: x is silent: https://b.example/: HTTP 500",
        "warraq: x is silent: none",
    ]


def test_no_outlet_is_called_as_what_else_is_kept_beside_outlets() -> None:
    """In `state/`: else `warraq status` would tell of an outlet of that name, and an outlet of that name would lose its own."""
    named = re.compile(r'\bstate\("([\w-]+)"|"state/([\w-]+)/|^STATE: Final = "([\w-]+)"', re.MULTILINE)
    sources = [file.read_text("utf-8") for room in ("crawler", "storage") for file in (ROOT / room).rglob("*.py")]
    used = {name for text in sources for names in named.findall(text) for name in names if name}
    assert {"events", "probe", "runs", "watch"} <= used <= RESERVED
