"""An outlet from a file is an outlet like any other: CONTRIBUTING's file, without a checkout's own files touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from crawler.outlet_files.reading import read_outlet
from crawler.outlet_files.reference import markdown
from extractors.outlet import Catalogue, Layout, Route, wordpress_routes
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.furat import HOME, LEAD, REST, FuratWorld
from tests.crawler.outlet_files.furat_file import ROOT, outlets_in


def command(cwd: Path, *arguments: str, world: Running | None = None) -> Done:
    return warraq(*arguments, world=world, cwd=cwd, PYTHONPATH=str(ROOT), COLUMNS="200")


def test_the_file_states_what_the_module_of_contributing_states(tmp_path: Path) -> None:
    outlet = read_outlet(outlets_in(tmp_path) / "furat_post.toml").outlet
    assert outlet.slug == "furat_post"
    assert outlet.routes == wordpress_routes(
        "/{id}",
        article=(Route("article", r"/0*(?P<id>[1-9][0-9]*)(?:/[^/]+)?", "/{id}"), Route("listing", r"/.+")),
    )
    assert outlet.layouts == (
        Layout(name="wordpress-2024", body=("div.story-text",), drop=(".read-also",), dates=("time.posted",)),
    )
    assert outlet.catalogue == Catalogue(closing=("مواضيع مشابهة",), title_suffix=(r"\s*[-–|]\s*فرات بوست\s*",))


def test_the_reference_is_that_of_the_model() -> None:
    """Write it anew: python -m crawler.outlet_files.reference > infra/OUTLET_FILES.md."""
    assert (ROOT / "infra" / "OUTLET_FILES.md").read_text(encoding="utf-8") == markdown()


@pytest.mark.slow
def test_the_outlet_is_listed_with_its_file_and_a_mistyped_one_is_asked_about(tmp_path: Path) -> None:
    outlets_in(tmp_path)
    listed = json.loads(command(tmp_path, "outlets", "--json").out)
    assert listed["furat_post"]["from"] == "outlets/furat_post.toml"
    assert listed["enab_baladi"]["from"] == "built-in"
    done = command(tmp_path, "crawl", "furat_pots")
    assert done.code == 2
    assert "Did you mean furat_post?" in done.err


def test_faults_end_every_command_with_a_line_each(tmp_path: Path) -> None:
    """No traceback; exit code 2."""
    outlets_in(tmp_path, 'name = 3\nhosts = ["enabbaladi.net"]\n')
    done = command(tmp_path, "outlets")
    assert done.code == 2
    assert "warraq: outlets/furat_post.toml:1: name: 3: must be a text in quotes" in done.err
    assert "warraq: outlets/furat_post.toml:2: hosts[1]: 'enabbaladi.net' is a host of another outlet: it is built in" in done.err
    assert all(line.startswith("warraq: ") for line in done.err.splitlines())


def test_a_folder_that_is_named_must_be_there(tmp_path: Path) -> None:
    done = warraq("outlets", cwd=tmp_path, PYTHONPATH=str(ROOT), WARRAQ_OUTLETS="nowhere")
    assert done.code == 2
    assert (
        done.err
        == "warraq: WARRAQ_OUTLETS=nowhere: nowhere: No such file or directory; make the folder, or take the setting out\n"
    )
    assert warraq("outlets", cwd=tmp_path, PYTHONPATH=str(ROOT)).code == 0


def test_two_outlets_cannot_have_one_host(tmp_path: Path) -> None:
    outlets = outlets_in(tmp_path)
    (outlets / "other.toml").write_text((outlets / "furat_post.toml").read_text())
    done = command(tmp_path, "outlets")
    assert "other.toml:3: hosts[1]: 'furatpost.example' is a host of another outlet: outlets/furat_post.toml" in done.err


@pytest.mark.slow
def test_scrapy_lists_it(tmp_path: Path) -> None:
    outlets_in(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "list"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment(PYTHONPATH=str(ROOT), SCRAPY_SETTINGS_MODULE="crawler.settings"),
    )
    assert "furat_post" in done.stdout.splitlines()


@pytest.mark.slow
def test_a_package_brings_outlets_by_an_entry_point(tmp_path: Path) -> None:
    """A module whose folder holds the files; and one that gives something else is named."""
    package = tmp_path / "site" / "syrian_outlets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (outlets_in(tmp_path) / "furat_post.toml").rename(package / "furat_post.toml")
    (tmp_path / "outlets").rmdir()
    info = tmp_path / "site" / "syrian_outlets-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: syrian-outlets\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[warraq.outlets]\nall = syrian_outlets\n")
    path = os.pathsep.join([str(ROOT), str(tmp_path / "site")])
    listed = json.loads(warraq("outlets", "--json", cwd=tmp_path, PYTHONPATH=path).out)
    assert listed["furat_post"]["from"] == "package syrian-outlets: furat_post.toml"
    (info / "entry_points.txt").write_text("[warraq.outlets]\nall = syrian_outlets:nothing\n")
    done = warraq("outlets", cwd=tmp_path, PYTHONPATH=path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "package syrian-outlets: its entry point all cannot be loaded (AttributeError" in done.err


@pytest.mark.slow
def test_it_is_recorded_crawled_read_and_read_again(tmp_path: Path) -> None:
    """By reader processes that know its facts, from the folder in a settings file alone."""
    outlets_in(tmp_path).rename(tmp_path / "mine")
    (tmp_path / ".env").write_text("WARRAQ_OUTLETS=./mine\n")
    with serve(FuratWorld()) as world:
        command(tmp_path, "record", "furat_post", f"{HOME}/4711/library", world=world)
        crawl = command(tmp_path, "crawl", "furat_post", "--limit", "20", world=world)
    assert crawl.finished["fates"] == {"kept": 1}
    (exported,) = [json.loads(line) for line in command(tmp_path, "export", "furat_post").out.splitlines()]
    assert (exported["id"], exported["url"]) == ("furat_post:4711", f"{HOME}/4711")
    assert exported["body"].split("\n\n") == [LEAD, REST]
    assert exported["extractor"]["layout"] == "wordpress-2024"
    check = command(tmp_path, "outlet", "check")
    assert (check.code, check.out) == (0, "furat_post: mine/furat_post.toml is valid; 1 recorded pages\n")
    assert "furat_post" in command(tmp_path, "status").out
    assert command(tmp_path, "diff", f"{HOME}/4711/library").code == 0
    page = tmp_path / "mine/pages/furat_post/4711-library.html"
    read = json.loads(command(tmp_path, "read", "--json", str(page)).out)
    assert read["id"] == "furat_post:4711"
    reread = command(tmp_path, "reread", "furat_post", "--workers", "1", "--generation", "again")
    assert reread.code == 0, reread.err
    again = json.loads(command(tmp_path, "export", "furat_post", "--generation", "again").out)
    assert (again["body"], again["extractor"]) == (exported["body"], exported["extractor"])

    page.write_bytes(page.read_bytes().replace("الدرويش".encode(), b""))
    check = command(tmp_path, "outlet", "check", "furat_post")
    assert check.code == 1
    assert "mine/pages/furat_post/4711-library.html: differs in body, blocks" in check.out

    (tmp_path / "mine/furat_post.toml").write_text((tmp_path / "mine/furat_post.toml").read_text().replace("story-text", "other"))
    changed = command(tmp_path, "reread", "furat_post", "--generation", "again")
    assert changed.code == 2, "a generation is read by one set of facts"
    (tmp_path / "mine/furat_post.toml").unlink()
    gone = command(tmp_path, "reread", "--generation", "third")
    assert (gone.code, gone.err.count("\n")) == (2, 1)
    assert "articles of furat_post cannot be read: no such outlet (is WARRAQ_OUTLETS set?)" in gone.err
