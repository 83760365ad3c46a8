"""The documentation site: everything that the code has stands in the reference, and mkdocs finds no fault with it."""

from __future__ import annotations

import re
import subprocess
import typing
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crawler.cli.app import COMMANDS, load
from crawler.cli.watch_table import TROUBLES
from crawler.config import PREFIX, Config
from crawler.delivery.messages import EVENTS
from infra.docs import reference
from infra.docs.assemble import DOCUMENTS, SiteError, assemble, chapter_of, slug_of, with_chapters, with_links
from storage.run.changes import ArchiveEvent, EventType, OutletEvent
from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parents[1]


@cache
def pages() -> dict[str, str]:
    return reference.pages(ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembled sources."""
    folder = tmp_path_factory.mktemp("docs") / "source"
    assemble(ROOT, folder)
    return folder


@pytest.mark.parametrize("name", Config.model_fields)
def test_every_setting_is_in_the_reference_with_its_meaning(name: str) -> None:
    (row,) = re.findall(rf"^\| `{PREFIX}{name.upper()}` \|.*$", pages()["settings.md"], re.MULTILINE)
    assert row.count(" | ") == 3
    assert Config.model_fields[name].description


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference_with_its_options(name: str) -> None:
    command = load(name)
    groups = {f"{name} {sub}": each for sub, each in getattr(command, "commands", {}).items()} or {name: command}
    for called, each in groups.items():
        heading = rf"^#+ warraq {re.escape(called)}$"
        found = re.search(rf"{heading}(.*?)(?=^#|\Z)", pages()["commands.md"], re.MULTILINE | re.DOTALL)
        assert found, called
        for option in each.params:
            if option.param_type_name == "option" and option.name != "help" and not option.hidden:
                assert re.search(rf"`{option.opts[0]}[` ]", found[1]), f"{called} {option.opts}"


def test_every_metric_is_in_the_reference() -> None:
    listed = re.findall(r"^\| `(warraq_\w+)` \|", (DEPLOY / "prometheus" / "metrics.md").read_text(), re.MULTILINE)
    assert len(listed) > 20
    assert set(re.findall(r"^\| `(warraq_\w+)` \|", pages()["metrics.md"], re.MULTILINE)) == set(listed)


def test_every_event_is_in_the_reference() -> None:
    kinds = {kind for part in typing.get_args(EventType) for kind in (typing.get_args(part) or [part])}
    kinds |= {*typing.get_args(OutletEvent), *typing.get_args(ArchiveEvent)}
    assert kinds == set(EVENTS) - {"sink.test"}
    assert all(f"| `{kind}` |" in pages()["events.md"] for kind in EVENTS)


def test_every_fact_that_the_runbook_or_a_terminal_names_is_in_the_reference() -> None:
    """Also one that a function tells whose name it is given (`index.behind`), with the details that the function adds."""
    facts = reference.facts(ROOT)
    assert len(facts) > 50
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", (DEPLOY / "RUNBOOK.md").read_text("utf-8")))
    named = {fact for fact in named if fact.partition(".")[0] in {each.partition(".")[0] for each in facts}}
    assert len(named) > 15
    assert (named | set(TROUBLES)) - set(EVENTS) <= set(facts)
    assert facts["index.behind"] == ({"reason"}, {"crawler/serve/follower.py"})
    assert {"watch.started", "work.finished", "source.failed", "event.dead", "outlet.paused", "sink.unavailable"} <= set(facts)
    assert {"sink", "reason", "attempt", "retry_in"} <= facts["sink.unavailable"][0]


def test_the_record_is_in_the_reference() -> None:
    assert all(
        f"| `{field}` |" in pages()["record.md"] for field in ("id", "headline", "body", "content_hash", "capture.warc.offset")
    )


@pytest.mark.slow
def test_mkdocs_builds_it_strictly_and_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """No link leads nowhere, and no page asks a server of others for a script, style or font when it is opened."""
    mkdocs = ROOT / ".venv-docs" / "bin" / "mkdocs"
    if not mkdocs.exists():
        pytest.skip("mkdocs is not installed (make docs)")
    built = site.parent / "built"
    command = [mkdocs, "build", "--strict", "-f", site / "mkdocs.yml", "-d", built]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert 'lang="ar"' in (built / "index.html").read_text()
    assert '<body dir="rtl"' in (built / "index.html").read_text()
    assert '<body dir="ltr"' in (built / "en" / "index.html").read_text()
    fetched = {(page.name, url) for page in built.rglob("*.html") for url in Fetched.of(page.read_text())}
    assert {(page, url) for page, url in fetched if "//" in url} == set()


class Fetched(HTMLParser):
    """Addresses that a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    @classmethod
    def of(cls, html: str) -> list[str]:
        parser = cls()
        parser.feed(html)
        return parser.urls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("script", "img", "iframe"):
            self.urls.append(found.get("src") or "")
        if tag == "link" and (found.get("rel") or "") in ("stylesheet", "preload", "icon", "preconnect"):
            self.urls.append(found.get("href") or "")


def test_every_page_of_the_navigation_is_there(site: Path) -> None:
    named = re.findall(r": ([\w./-]+\.md)$", (site / "mkdocs.yml").read_text(), re.MULTILINE)
    assert len(named) > 20
    assert [name for name in named if not (site / "pages" / name).exists()] == []


def test_every_document_about_the_archive_is_a_page() -> None:
    assert {f"infra/{path.name}" for path in (ROOT / "infra").glob("*.md")} <= DOCUMENTS.keys()


def test_a_chapter_is_taken_without_its_heading_and_one_that_is_missing_is_an_error(tmp_path: Path) -> None:
    text = "# A\n\n## One thing\n\ntext [x](#b)\n\n### Deep\n\n```sh\n## no heading\n```\n\n## Two\n"
    assert chapter_of(text, slug_of("One thing")) == "text [x](#b)\n\n### Deep\n\n```sh\n## no heading\n```"
    assert chapter_of(text, "three") is None
    (tmp_path / "d.md").write_text(text)
    with pytest.raises(SiteError, match=r"d\.md has no chapter #three"):
        with_chapters(tmp_path, "<!-- chapter: d.md#three -->", Path("p.md"), {})  # type: ignore[arg-type]


def test_links_between_documents_become_links_between_pages(tmp_path: Path) -> None:
    from pathlib import PurePosixPath

    site = {"infra/A.md": "a.md", "infra/deploy/B.md": "run/b.md"}
    text = "[to](../A.md#x), [`infra/c.py`](../c.py), [c](../c.py), [web](https://e.example/), [y](#y)\n```\n[to](../A.md)\n```\n"
    changed = with_links(text, PurePosixPath("infra/deploy/B.md"), PurePosixPath("run/b.md"), site)
    assert changed == (
        "[to](../a.md#x), `infra/c.py`, c (`infra/c.py`), [web](https://e.example/), [y](#y)\n```\n[to](../A.md)\n```\n"
    )


def test_pictures_of_documents_are_shown(site: Path) -> None:
    shown = {
        page.parent / target
        for page in (site / "pages").glob("*.md")
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8"))
    }
    assert [str(path) for path in shown if not path.exists()] == []
