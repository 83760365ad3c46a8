"""`warraq read`: one page shown as the archive would keep it, and why it reads so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.demo.running import Running
from extractors import Article
from extractors.fixture import page_from_fixture
from infra.world.worlds import World
from storage.text.identity import content_hash
from tests.crawler.conftest import warraq

PAGES = Path(__file__).parents[2] / "pages"
STORY = PAGES / "enab_baladi" / "wordpress-2023-news.html"
CHALLENGE = PAGES / "enab_baladi" / "challenge.html"


def recorded() -> Iterator[Path]:
    """All pages that were recorded."""
    return iter(sorted(PAGES.glob("*/*.html")))


def article_of(path: Path) -> Article:
    """What is expected of a recorded page."""
    expected = page_from_fixture(path)[1]
    assert isinstance(expected, Article)
    return expected


def test_an_article_is_shown_with_headline_date_and_every_paragraph() -> None:
    """In a pipe a paragraph is a line, so that it can be looked for."""
    done = warraq("read", str(STORY))
    article = article_of(STORY)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == article.headline
    assert set(article.body.split("\n\n")) <= set(lines)
    assert str(article.date_published) in done.out
    assert article.extractor.layout in done.out


@pytest.mark.slow
def test_byline_editors_dateline_and_sources_are_shown() -> None:
    """As far as the page has them."""
    for path in (PAGES / "al_jazeera/archipelago-2026.html", PAGES / "smart/wires-2017.html"):
        article = article_of(path)
        done = warraq("read", str(path))
        for text in (*article.authors, *article.editors, *article.sources):
            assert text in done.out
        if article.dateline:
            assert article.dateline.text in done.out


def test_a_page_that_is_none_says_why() -> None:
    """Exit code 1, and the reason."""
    done = warraq("read", str(CHALLENGE))
    assert done.code == 1
    assert done.out.startswith("Not an article: challenge")
    assert done.err == ""


@pytest.mark.slow
def test_json_is_one_line_for_each_file_in_their_order() -> None:
    """Records of articles, reasons of the others, for every recorded page."""
    paths = list(recorded())
    done = warraq("read", "--json", *map(str, paths))
    assert done.code == 1
    told = [json.loads(line) for line in done.out.splitlines()]
    assert len(told) == len(paths)
    for path, record in zip(paths, told, strict=True):
        expected = page_from_fixture(path)[1]
        if isinstance(expected, str):
            assert record["not_an_article"] == expected
        else:
            assert {name: record[name] for name in ("id", "url", "headline", "body", "date_published")} == {
                name: getattr(expected, name) for name in ("id", "url", "headline", "body", "date_published")
            }


def test_the_record_is_that_of_the_archive_without_what_keeping_adds() -> None:
    """Same names, same content hash; no run, no revision."""
    schema = json.loads((Path(__file__).parents[3] / "storage/schema/article-2.json").read_text(encoding="utf-8"))
    record = json.loads(warraq("read", "--json", str(STORY)).out)
    assert set(schema["properties"]) - set(record) == {"revision", "previous", "run_id"}
    assert set(record) <= set(schema["properties"])
    article = article_of(STORY)
    assert record["content_hash"] == content_hash(article.headline, article.body)
    assert record["capture"]["fetched_at"] == "2026-11-20T09:30:00Z"


def test_explain_names_source_container_and_every_dropped_block() -> None:
    """A caption and a related link are there, each with the rule that dropped it."""
    path = PAGES / "al_jazeera/archipelago-2026.html"
    done = warraq("read", "--explain", str(path))
    assert done.code == 0, done.err
    assert "div.wysiwyg" in done.out
    dropped = done.out[done.out.index("What was dropped") :]
    (caption,) = [line for line in dropped.splitlines() if "شاحنات تنتظر أمام البوابة الجنوبية" in line]
    assert "caption" in caption.split("شاحنات")[0]
    (related,) = [line for line in dropped.splitlines() if "موانئ المتوسط تتنافس على الحاويات" in line]
    assert "more-on" in related
    (headline, *_) = [line for line in done.out.splitlines() if line.startswith("headline")]
    assert article_of(path).headline in headline
    assert ":" in headline


def test_explained_json_is_the_record_with_the_explanation() -> None:
    """For a program, or jq."""
    told = json.loads(warraq("read", "--json", "--explain", str(STORY)).out)
    assert told["body"] == article_of(STORY).body
    assert told["explanation"]["layout"] == "wordpress-2023"
    assert {"text", "rule"} == set(told["explanation"]["dropped"][0])
    assert "headline" in {field["name"] for field in told["explanation"]["fields"]}


def test_explain_says_what_a_refused_page_holds() -> None:
    """A page taken for none is what one wants explained most."""
    done = warraq("read", "--explain", str(CHALLENGE))
    assert done.code == 1
    assert "Checking if the site connection is secure" in done.out


@pytest.mark.slow
def test_a_file_is_read_at_the_address_it_states(tmp_path: Path) -> None:
    """Its canonical link or og:url, unless --url says another."""
    page = tmp_path / "saved.html"
    page.write_bytes(STORY.read_bytes())
    assert json.loads(warraq("read", "--json", str(page)).out)["id"] == "enab_baladi:352480"
    other = warraq("read", "--json", "--url", "https://www.enabbaladi.net/archives/77", str(page))
    assert json.loads(other.out)["id"] == "enab_baladi:77"


@pytest.mark.slow
def test_a_file_without_address_is_read_by_the_generic_reader(tmp_path: Path) -> None:
    """At an address that no host has; --outlet reads it with an outlet's facts all the same."""
    page = tmp_path / "نص محفوظ.html"
    lines = article_of(STORY).body.split("\n\n")
    page.write_text(f"<h1>مخابز سلمية تعود</h1>{''.join(f'<p>{line}</p>' for line in lines)}", encoding="utf-8")
    record = json.loads(warraq("read", "--json", str(page)).out)
    assert record["url"].startswith("https://page.invalid/")
    assert record["outlet"] == "page_invalid"
    assert record["body"].split("\n\n") == lines
    assert record["extractor"]["layout"] == "generic"
    assert json.loads(warraq("read", "--json", "--outlet", "smart", str(page)).out)["outlet"] == "smart"


@pytest.mark.slow
def test_a_url_is_asked_for_as_a_crawl_does(served: Running, miniature: World) -> None:
    """Through the proxy of the environment; what comes is read, nothing is kept."""
    article = miniature.expected["enab_baladi"][0]
    done = warraq("read", "--json", article.url, world=served)
    assert done.code == 0, done.err
    record = json.loads(done.out)
    assert record["headline"] == article.headline
    assert record["body"].split("\n\n") == list(article.body)


def test_marks_of_a_terminal_in_a_page_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """Escape sequences in a text are dropped, and square brackets are no markup."""
    page = tmp_path / "escape.html"
    line = "قال المختار [bold]إن البئر[/bold] عميقة \x1b[31mجدا\x1b[0m وإن الماء وصل إلى القرى السبع أمس الأحد."
    page.write_text(f"<h1>عودة \x1b]0;x\x07 المياه</h1><p>{line}</p><p>{line[::1]} وأضاف.</p>", encoding="utf-8")
    done = warraq("read", "--explain", str(page))
    assert done.code == 0, done.out
    assert "\x1b" not in done.out
    assert "[bold]إن البئر[/bold]" in done.out


WRONG = [
    (("read", "missing.html"), "missing.html: No such file or directory"),
    (("read", "."), ".: Is a directory"),
    (("read", "page.html", "missing.html"), "missing.html: No such file or directory"),
    (("read", "page.html", "--outlet", "enab"), "unknown outlet 'enab'; known: al_jazeera"),
    (("read", "page.html", "--url", "enabbaladi.net/1"), "--url 'enabbaladi.net/1' is not an http or https address"),
    (("read", "page.html", "page.html", "--url", "https://a.example/1"), "--url is the address of one FILE"),
    (("read", "https://a.example/1", "page.html"), "one URL at a time; several pages only as FILEs"),
    (("read", "https://a.example/1", "--url", "https://a.example/2"), "--url is for a FILE"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(case[0][1:]) for case in WRONG])
def test_wrong_use_is_said_in_one_line_before_anything_is_read(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """Exit code 2, nothing on standard output."""
    (tmp_path / "page.html").write_bytes(STORY.read_bytes())
    done = warraq(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1, done.err
    assert message in done.err


@pytest.mark.slow
def test_an_address_that_cannot_be_had_is_said_in_one_line(served: Running) -> None:
    """With the URL and what the server said."""
    done = warraq("read", "https://www.aljazeera.net/nowhere/2026/1/1/none", world=served)
    assert done.code == 2
    assert done.err.splitlines() == ["warraq: https://www.aljazeera.net/nowhere/2026/1/1/none: HTTP 404"]
