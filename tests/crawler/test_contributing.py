"""CONTRIBUTING's "add an outlet in ten minutes", done with the very files it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.demo.running import Running, serve
from tests.crawler.conftest import environment
from tests.crawler.furat import HOME, LEAD, REST, BusySite, FuratWorld, MuteSite

ROOT = Path(__file__).parents[2]


def checkout(folder: Path) -> Path:
    """A copy of the rooms with the files of CONTRIBUTING in their places."""
    for room in ("crawler", "extractors", "storage"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = re.findall(r"^```python file=(\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["extractors/outlets/furat_post.py", "crawler/spiders/furat_post.py"]
    for name, code in files:
        (folder / name).write_text(code, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str, world: Running | None = None, code: int = 0, **env: str) -> str:
    """`warraq` of the copy; what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "crawler", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        env=environment(world, PYTHONPATH=str(folder), COLUMNS="200", **env),
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


@pytest.mark.slow
def test_two_files_make_an_outlet(tmp_path: Path) -> None:
    """With nothing else edited: it is listed, recorded, crawled, and read as its facts say."""
    folder = checkout(tmp_path)
    assert "furat_post" in run(folder, "outlets")
    with serve(FuratWorld()) as world:
        run(folder, "record", "furat_post", f"{HOME}/4711/library", world=world)
        run(folder, "crawl", "furat_post", "--limit", "20", world=world)
    recorded = json.loads((folder / "tests/pages/furat_post/4711-library.json").read_text(encoding="utf-8"))
    (exported,) = [json.loads(line) for line in run(folder, "export", "furat_post").splitlines()]
    assert recorded["article"]["body"] == exported["body"].split("\n\n") == [LEAD, REST]
    assert exported["id"] == "furat_post:4711"
    assert exported["url"] == f"{HOME}/4711"
    assert exported["headline"] == "مكتبة في تل الرمان"
    assert exported["date_published"] == "2026-11-03T09:30:00+03:00"
    assert exported["extractor"]["layout"] == "wordpress-2024"


@pytest.mark.slow
def test_a_busy_outlet_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    """429 with `Retry-After: 2`: one retry is enough, because it comes when the server said."""
    folder = checkout(tmp_path)
    with serve(FuratWorld(BusySite)) as world:
        out = run(folder, "crawl", "furat_post", world=world, WARRAQ_RETRY_TIMES="1")
    finished = json.loads(out.splitlines()[-1])
    assert finished["fates"] == {"kept": 1}


@pytest.mark.slow
def test_an_outlet_that_names_nothing_is_no_success(tmp_path: Path) -> None:
    """Sources that answer without one article look like a quiet day: exit code 1, and a line that says so."""
    folder = checkout(tmp_path)
    with serve(FuratWorld(MuteSite)) as world:
        told = run(folder, "crawl", "furat_post", world=world, code=1)
    assert "furat_post is silent: its sources answered, and named no address" in told
