"""`warraq diff`: the revisions of an article in the order of time, on a terminal and as a page, right to left."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from infra.testing.waiting import bounded
from storage import Capture, open_archive
from tests.crawler.conftest import Done, environment, warraq
from tests.storage.newsroom import NOON, article, begin

URL = "https://www.enabbaladi.net/archives/812204"
ID = "enab_baladi:812204"
BODY = "قتل 20 شخصًا في حلب.\n\nوقال الرئيس أحمد الشرع إن التحقيق جارٍ (10:30 صباحًا).\n\n<script>alert('خطر')</script> نص عن SANA."
HOSTILE = "\x1b[31mأحمر \u202eمقلوب\x07"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three revisions, of which the last to be learnt is the first in time, and a removal that was not confirmed."""
    uri = str(tmp_path_factory.mktemp("diff") / "a")
    for days, body, memento in (
        (0, BODY, None),
        (1, BODY.replace("20", "23").replace("أحمد الشرع", "محمد البشير"), None),
        (2, f"قتل أشخاص في حلب.\n\n{HOSTILE}", NOON - timedelta(hours=1)),
    ):
        at = NOON + timedelta(days=days)
        run = begin(open_archive(uri), at)
        via = "wayback" if memento else "live"
        text = replace(article(812204, url=URL), body=body, headline="قصف <حلب>")
        run.keep(text, Capture(fetched_at=at, status=200, via=via, memento_at=memento))  # type: ignore[arg-type]
        run.finish()
    at = NOON + timedelta(days=3)
    run = begin(open_archive(uri), at)
    run.settle("enab_baladi", URL, "gone", "HTTP 404", Capture(fetched_at=at, status=404))
    run.finish()
    return uri


def diff(archive: str, *arguments: str) -> Done:
    return warraq("diff", *arguments, "--archive", archive)


@pytest.mark.parametrize("asked", [ID, URL, "https://enabbaladi.net/812204/slug/?utm_source=x"])
def test_an_article_is_found_by_its_id_and_by_any_form_of_its_address(asked: str, archive: str) -> None:
    """All entries in the order of their moments, whoever learnt them when."""
    told = json.loads(diff(archive, asked, "--json").out)
    assert [(entry["revision"], entry["fate"], entry["older"]) for entry in told["entries"]] == [
        (3, "revised", True),
        (1, "kept", False),
        (2, "revised", False),
        (3, "gone", False),
    ]
    assert [(step["from"], step["to"]) for step in told["steps"]] == [(3, 1), (1, 2)]
    assert told["steps"][1]["change"] == ["number", "name"]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["lost", "broken"])
def test_an_article_is_found_where_the_state_is(state: str, archive: str, tmp_path: Path) -> None:
    """The keys of articles begin with the native id."""
    shutil.copytree(archive, tmp_path / "a")
    snapshot = tmp_path / "a/state/enab_baladi/known.jsonl.gz"
    snapshot.unlink() if state == "lost" else snapshot.write_bytes(snapshot.read_bytes()[:30])
    assert len(json.loads(diff(str(tmp_path / "a"), ID, "--json").out)["entries"]) == 4


@pytest.mark.slow
def test_in_a_pipe_changes_are_marked_and_isolated(archive: str) -> None:
    """A line for each paragraph, in a right-to-left isolate; each change in one of its own; what is unchanged is counted."""
    out = diff(archive, ID, "--revisions", "1", "2").out
    assert "1 → 2: number · name" in out
    assert "~ \u2067قتل [-\u206720\u2069-] {+\u206723\u2069+} شخصًا في حلب.\u2069" in out
    assert "[-\u2067أحمد الشرع\u2069-] {+\u2067محمد البشير\u2069+}" in out
    assert "1 unchanged" in out
    assert "gone (unconfirmed)" in out
    assert "(learnt later)" in out


@pytest.mark.slow
def test_nothing_in_a_text_steers_the_terminal(archive: str) -> None:
    """Escape sequences and marks that turn the direction stay out; isolates are closed in every line."""
    out = diff(archive, ID).out
    assert "مقلوب" in out
    assert not set("\x1b\x07\u202e") & set(out)
    assert all(line.count("\u2067") == line.count("\u2069") for line in out.splitlines())


def test_on_a_terminal_lines_end_at_the_right(archive: str) -> None:
    """Struck through and underlined, so that it reads without colour; flush right; every line's isolates closed."""
    leader, follower = pty.openpty()
    env = environment(COLUMNS="60", TERM="xterm-256color")
    env.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "crawler", "diff", ID, "--archive", archive]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=env) as process:
        os.close(follower)
        told = b""
        with bounded(process, "its end"):
            with suppress(OSError):  # Linux ends a terminal that nobody writes to any more so
                while chunk := os.read(leader, 65536):
                    told += chunk
            assert process.wait() == 0
    os.close(leader)
    text = told.decode()
    assert "\x1b[9;31m\u206720\u2069" in text
    assert "\x1b[4;32m\u206723\u2069" in text
    for line in text.splitlines():
        opened = line.count("\u2067") - line.count("\u2069")
        assert opened <= 0, line


class Seen(HTMLParser):
    """Tags, and the text in ins and del."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: dict[str, list[str]] = {"ins": [], "del": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            assert dict(attrs) == {"lang": "ar", "dir": "rtl"}
        assert not {name for name, _ in attrs} & {"src", "href", "onclick"}

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in self.text:
            self.text[self.tags[-1]].append(data)


@pytest.mark.slow
def test_the_page_stands_alone_and_escapes_everything(archive: str, tmp_path: Path) -> None:
    """Right to left, ins and del, no script, nothing from elsewhere."""
    file = tmp_path / "page.html"
    done = diff(archive, ID, "--html", str(file))
    assert (done.code, done.out) == (0, "")
    html = file.read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(html)
    assert "script" not in seen.tags
    assert "&lt;script&gt;" in html
    assert {"20", "أحمد الشرع"} <= {text.strip() for text in seen.text["del"]}
    assert {"23", "محمد البشير"} <= {text.strip() for text in seen.text["ins"]}
    assert "text-decoration: line-through" in html
    assert "text-decoration: underline" in html
    assert not set("\x1b\x07\u202e") & set(html)


WRONG = [
    (("enab_baladi:1",), "no article enab_baladi:1 in"),
    (("nowhere:1",), "unknown outlet 'nowhere'"),
    (("812204",), "'812204' is neither an article's id (outlet:number) nor an address"),
    (("https://example.org/1",), "https://example.org/1 is no address of a known outlet"),
    (("https://www.enabbaladi.net/archives/7",), "no text of it in"),
    ((ID, "--revisions", "1", "9"), f"{ID} has no revision 9; it has 1, 2, 3"),
    ((ID, "--html", "/nonexistent/x.html"), "--html /nonexistent/x.html: No such file or directory"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], message: str, archive: str) -> None:
    """Exit code 2."""
    done = diff(archive, *arguments)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1, done.err
    assert message in done.err
