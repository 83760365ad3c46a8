"""The program: its list of commands, what it loads, and what it prints when a command fails or is interrupted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crawler.cli.app import COMMANDS, load
from tests.crawler.conftest import warraq


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    """`--help` lists commands without loading them; its sentence is the first line of the command's own help."""
    assert load(name).help.splitlines()[0] == COMMANDS[name].help


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_has_a_short_form(option: str) -> None:
    for arguments in ((option,), ("status", option), ("events", "show", option)):
        done = warraq(*arguments, COLUMNS="200")
        assert (done.code, done.err) == (0, "")
        assert "Usage: warraq" in done.out


def test_version_and_completion() -> None:
    assert warraq("--version").out.startswith("warraq 0.")
    assert "_WARRAQ_COMPLETE" in warraq("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1").out
    completed = warraq(_WARRAQ_COMPLETE="complete_bash", COMP_WORDS="warraq st", COMP_CWORD="1")
    assert "status" in completed.out.split()
    completed = warraq(_WARRAQ_COMPLETE="complete_bash", COMP_WORDS="warraq crawl ge", COMP_CWORD="2")
    assert completed.out.split() == ["geiroon"]


MISTYPED = [
    (("crwl",), "Did you mean 'crawl'?"),
    (("crawl", "enab_balady"), "Did you mean enab_baladi?"),
    (("crawl", "--via", "waybak"), "Did you mean wayback?"),
    (("reread", "--engine", "locl"), "Did you mean local?"),
    (("export", "--format", "jsnl"), "'jsonl'"),
    (("export", "--sinse", "7d"), "--since"),
]


@pytest.mark.parametrize(("arguments", "hint"), MISTYPED, ids=[" ".join(each[0]) for each in MISTYPED])
def test_a_mistyped_word_is_answered_with_the_nearest(arguments: tuple[str, ...], hint: str) -> None:
    done = warraq(*arguments, COLUMNS="200")
    assert done.code == 2
    assert hint in done.err


def loaded(*arguments: str) -> set[str]:
    """The packages that a command has imported when it is done."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: sys.stderr.write('LOADED ' + ' '.join({name.partition('.')[0] for name in sys.modules})))\n"
        "from crawler.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=False)
    return set(done.stderr.rpartition("LOADED ")[2].split())


HEAVY = {"scrapy", "twisted", "boto3", "botocore", "trafilatura", "aiohttp", "feedparser", "requests"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("status", "--help"),
        ("status", "--archive", "{archive}"),
        ("verify", "--archive", "{archive}"),
        ("export", "--archive", "{archive}"),
        ("events", "show", "--archive", "{archive}"),
        ("diff", "smart:1", "--archive", "{archive}"),
        ("outlets",),
        ("settings",),
    ],
    ids=" ".join,
)
def test_what_asks_no_web_loads_nothing_of_it(arguments: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Scrapy, Twisted and the parsers take half a second to two seconds to load, boto3 a third."""
    from storage import open_archive

    archive = tmp_path_factory.mktemp("empty") / "archive"
    open_archive(str(archive)).store.ready()
    names = loaded(*(argument.format(archive=archive) for argument in arguments))
    assert "crawler" in names
    assert names & HEAVY == set()
