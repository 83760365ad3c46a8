"""The program: its list of commands, what it loads, and what it prints when a command fails or is interrupted."""

from __future__ import annotations

import pytest

from crawler.cli.app import COMMANDS, load
from tests.crawler.conftest import warraq


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    """`--help` lists commands without loading them; its sentence is the first line of the command's own help."""
    assert load(name).help.splitlines()[0] == COMMANDS[name].help


@pytest.mark.parametrize("arguments", ["-h", "status -h", "events show -h", "events show --help"])
def test_help_has_a_short_form(arguments: str) -> None:
    done = warraq(*arguments.split(), COLUMNS="200")
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
