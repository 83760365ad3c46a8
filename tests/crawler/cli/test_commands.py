"""The commands beside the crawl, and what is said when something is wrong: one line that names it, no traceback."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections import Counter
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest

from crawler.demo.running import Running
from crawler.outlet_files.recording import page_name
from infra.testing.waiting import bounded
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, environment, tree, warraq

SECRET = "whsec_" + "A" * 32
Crawled = tuple[Path, Done, Done]


def in_terminal(width: int, *arguments: str) -> str:
    """What `warraq` prints in a pseudo-terminal of that width."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, width))
    env = {name: value for name, value in environment().items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen([sys.executable, "-m", "crawler", *arguments], stdout=theirs, env={**env, "TERM": "dumb"})
    os.close(theirs)
    read = b""
    with bounded(process, "its end"):
        with suppress(OSError):  # Linux says so when the other end is closed
            while data := os.read(ours, 65536):
                read += data
        assert process.wait() == 0
    os.close(ours)
    return read.decode().replace("\r\n", "\n")


@pytest.mark.slow
def test_status_says_what_each_outlet_has(crawled: Crawled, miniature: World) -> None:
    """Articles, last kept, last run and its fates; `--json` for machines."""
    shown = warraq("status", "--archive", str(crawled[0]))
    told = json.loads(warraq("status", "--json", "--archive", str(crawled[0])).out)
    kept = Counter(record["outlet"] for record in open_archive(str(crawled[0])).articles())
    assert set(kept) == set(miniature.expected_fates)
    for outlet, articles in kept.items():
        assert outlet in shown.out
        assert told[outlet]["articles"] == articles
        assert told[outlet]["last_run"]["fates"]


def test_export_writes_each_article_once(crawled: Crawled, miniature: World) -> None:
    """JSON Lines: the records as they are kept."""
    lines = warraq("export", "--archive", str(crawled[0])).out.splitlines()
    kept = sum(fates["kept"] for fates in miniature.expected_fates.values())
    assert len({json.loads(line)["content_hash"] for line in lines}) == len(lines) == kept


def test_export_filters_by_outlet_and_date(crawled: Crawled) -> None:
    """Days of publication, both ends inclusive."""
    done = warraq("export", "al_jazeera", "--since", "2026-11-10", "--until", "2026-11-19", "--archive", str(crawled[0]))
    records = [json.loads(line) for line in done.out.splitlines()]
    assert records
    assert {record["outlet"] for record in records} == {"al_jazeera"}
    assert all("2026-11-10" <= record["date_published"][:10] <= "2026-11-19" for record in records)


@pytest.mark.slow
def test_export_as_csv_is_read_by_a_csv_reader(crawled: Crawled) -> None:
    """Bodies hold line breaks and quotes; both survive."""
    rows = list(csv.DictReader(StringIO(warraq("export", "smart", "--format", "csv", "--archive", str(crawled[0])).out)))
    records = [json.loads(line) for line in warraq("export", "smart", "--archive", str(crawled[0])).out.splitlines()]
    assert [row["body"] for row in rows] == [record["body"] for record in records]


@pytest.mark.slow
def test_verify_names_the_object_that_fails(crawled: Crawled, tmp_path: Path) -> None:
    """A flipped word in a kept article, and exit code 1."""
    for key, data in tree(crawled[0]).items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(data)
    victim = next(tmp_path.glob("articles/outlet=smart/*/*.json"))
    record = json.loads(victim.read_bytes())
    record["body"] = record["body"].replace("في", "من", 1)
    victim.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    done = warraq("verify", "--archive", str(tmp_path))
    assert done.code == 1
    assert str(victim.relative_to(tmp_path)) in done.out


@pytest.mark.slow
def test_record_stores_a_page_beside_its_article(served: Running, miniature: World, tmp_path: Path) -> None:
    """From a URL through the crawl's own rules, and again from the file it wrote."""
    article = miniature.expected["enab_baladi"][0]
    done = warraq("record", "enab_baladi", article.url, "--name", "one", "--folder", str(tmp_path), world=served)
    assert done.code == 0, done.err
    expected = json.loads((tmp_path / "enab_baladi" / "one.json").read_text(encoding="utf-8"))
    assert expected["article"]["headline"] == article.headline
    page = tmp_path / "enab_baladi" / "one.html"
    again = warraq("record", "enab_baladi", str(page), "--name", "two", "--folder", str(tmp_path))
    assert again.code == 0, again.err
    assert (
        json.loads((tmp_path / "enab_baladi" / "two.json").read_text(encoding="utf-8"))["article"]["body"]
        == expected["article"]["body"]
    )


def test_settings_lists_value_and_origin(tmp_path: Path) -> None:
    """An operator sees where a value came from."""
    done = warraq("settings", cwd=tmp_path, COLUMNS="200", WARRAQ_CONTACT="a@example.org")
    assert re.search(r"WARRAQ_CONTACT\s+a@example\.org\s+environment", done.out)
    assert re.search(r"WARRAQ_ARCHIVE\s+\./archive\s+default", done.out)


WRONG = [
    (("crawl", "enab"), 2, "unknown outlet 'enab'; known: al_jazeera, baladi_news, enab_baladi, geiroon, smart"),
    (("verify", "--day", "soon"), 2, "--day 'soon' is not a date; write YYYY-MM-DD, YYYY-MM"),
    (("crawl", "--since", "soon"), 2, "--since 'soon' is not a date; write YYYY-MM-DD"),
    (("crawl", "--since", "2026-02-02", "--until", "2026-01-01"), 2, "--since 2026-02-02 is after --until 2026-01-01"),
    (("status", "--archive", "nowhere"), 3, "nowhere"),
    (("verify", "--archive", "nowhere"), 3, "nowhere"),
    (("export", "--archive", "nowhere"), 3, "nowhere"),
    (("crawl", "smart", "--archive", "file.txt"), 3, "file.txt"),
    (("crawl", "smart", "--archive", "newer"), 3, "layout 2 is newer than 1"),
    (("crawl", "smart", "--archive", "ftp://host/x"), 3, "ftp://host/x"),
    (("verify", "--sample", "1"), 2, "write 1%, or leave --sample out for a full pass"),
    (("verify", "--sample", "5"), 2, "write 5%"),
    (("verify", "--sample", "nan"), 2, "no share"),
    (("record", "smart", "missing.html"), 2, "missing.html: No such file or directory"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_what_is_wrong_is_said_in_one_line(arguments: tuple[str, ...], code: int, message: str, tmp_path: Path) -> None:
    """Exit code by kind of mistake, and nothing is written."""
    (tmp_path / "file.txt").write_text("not a folder", encoding="utf-8")
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "archive.json").write_text('{"layout": 2}', encoding="utf-8")
    before = tree(tmp_path)
    done = warraq(*arguments, cwd=tmp_path)
    assert done.code == code
    assert len(done.err.splitlines()) == 1, done.err
    assert message in done.err
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_archive_that_cannot_be_written_is_said_before_the_web_is_asked(served: Running, tmp_path: Path) -> None:
    """Permission denied on the folder: exit code 3, not one request."""
    tmp_path.chmod(0o500)
    before = len(served.requests())
    done = warraq("crawl", "smart", "--archive", str(tmp_path / "a"), world=served)
    assert done.code == 3
    assert len(done.err.splitlines()) == 1
    assert len(served.requests()) == before


@pytest.mark.slow
def test_every_bad_setting_is_named(tmp_path: Path) -> None:
    """All at once, one line each."""
    done = warraq("crawl", cwd=tmp_path, WARRAQ_DOWNLOAD_DELAY="-1", WARRAQ_KEEPERS="many")
    assert done.code == 2
    assert [line.split("=")[0] for line in done.err.splitlines()] == ["warraq: WARRAQ_DOWNLOAD_DELAY", "warraq: WARRAQ_KEEPERS"]


def test_an_export_of_nothing_says_why(crawled: Crawled, tmp_path: Path) -> None:
    """On stderr: stdout is the export, of no line."""
    empty = tmp_path / "archive"
    open_archive(str(empty)).store.ready()
    done = warraq("export", "smart", "--archive", str(empty))
    assert (done.code, done.out) == (0, "")
    assert done.err == f"warraq: nothing to export: {empty} holds no article of smart yet; `warraq crawl smart` finds them\n"
    done = warraq("export", "smart", "--since", "2035", "--archive", str(crawled[0]))
    assert (done.code, done.out) == (0, "")
    assert re.search(r"of the articles of smart \d+ were published on other days", done.err)


def test_what_was_announced_by_nobody_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "archive"
    open_archive(str(empty)).store.ready()
    for arguments in (("show",), ("show", "--once")):
        done = warraq("events", *arguments, "--archive", str(empty))
        assert (done.code, done.out) == (0, "")
        assert "announced nothing yet" in done.err
    done = warraq("events", "dead", "--to", "https://hooks.example/secret", "--archive", str(empty), WARRAQ_WEBHOOK_SECRET=SECRET)
    assert (done.code, done.out, done.err) == (0, "", "no event was put aside for https://hooks.example/***\n")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_crawl_in_a_terminal_of_any_width_cuts_no_name(served: Running, crawled: Crawled, width: int) -> None:
    """`status` in a pseudo-terminal of that width."""
    text = in_terminal(width, "status", "--archive", str(crawled[0]))
    for outlet in ("al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart"):
        assert re.search(rf"^{outlet}\b", text, re.MULTILINE)
    for word in ("articles", "kept", "not_an_article"):
        assert word in text


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.enabbaladi.net/812204/%D9%85%D8%AF%D9%8A%D9%86%D8%A9-%D8%AD%D9%84%D8%A8/", "812204-مدينة-حلب"),
        ("https://www.aljazeera.net/news/2026/11/7/soft-404", "soft-404"),
        ("https://baladi-news.com/ar/articles/990201", "990201"),
        ("https://www.enabbaladi.net/archives/812204", "812204"),
        ("https://a.example/", "page"),
        ("https://n.example/read.php?title=%D8%AE%D8%A8%D8%B1-x&lang=ar", "read-php-خبر-x"),
        ("https://n.example/%D8%AE%D8%A8%D8%B1-x?lang=ar", "خبر-x"),
    ],
)
def test_a_fixture_is_named_by_number_and_words(url: str, name: str) -> None:
    assert page_name(url) == name


@pytest.mark.slow
def test_a_table_is_one_file_and_its_filters_are_for_it_only(crawled: tuple[Path, Done, Done], tmp_path: Path) -> None:
    """`--format parquet` names what it wrote; other formats refuse its filters, and it refuses a column that is none."""
    where = ("--archive", str(crawled[0]))
    file = tmp_path / "x.parquet"
    done = warraq("export", "smart", "--format", "parquet", "--newest", "-o", str(file), *where)
    assert (done.code, file.read_bytes()[:4]) == (0, b"PAR1"), done.err
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]
    for arguments, why in (
        (("--newest",), "go with --format parquet"),
        (("--format", "parquet"), "name it with -o"),
        (("--format", "parquet", "--fields", "titel", "-o", str(tmp_path / "y.parquet")), "no column 'titel'"),
        (("--format", "parquet", "-o", str(tmp_path / "none" / "y.parquet")), "No such file"),
    ):
        done = warraq("export", *arguments, *where)
        assert done.code == 2, done.err
        assert why in done.err
        assert "Traceback" not in done.err
