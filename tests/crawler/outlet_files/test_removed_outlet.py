"""An outlet whose file was removed: what was kept of it can still be had by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.demo.running import serve
from tests.crawler.furat import HOME, FuratWorld
from tests.crawler.outlet_files.furat_file import outlets_in
from tests.crawler.outlet_files.test_contributing import command


@pytest.mark.slow
def test_its_archive_is_exported_searched_shown_and_verified(tmp_path: Path) -> None:
    folder = outlets_in(tmp_path)
    with serve(FuratWorld()) as world:
        assert command(tmp_path, "crawl", "furat_post", world=world).code == 0
    assert command(tmp_path, "queue", "pause", "furat_post").code == 0
    (folder / "furat_post.toml").unlink()
    assert json.loads(command(tmp_path, "export", "furat_post").out)["id"] == "furat_post:4711"
    assert "furat_post:4711" in command(tmp_path, "search", "مكتبة", "--outlet", "furat_post").out
    for article in ("furat_post:4711", f"{HOME}/4711"):
        shown = command(tmp_path, "diff", article)
        assert shown.code == 0, shown.err
        assert "مكتبة في تل الرمان" in shown.out
    assert "furat_post" in command(tmp_path, "status").out
    assert command(tmp_path, "verify").code == 0
    assert command(tmp_path, "queue", "resume", "furat_post").out == "furat_post is resumed\n"

    strange = command(tmp_path, "diff", f"{HOME}/4711/library")
    assert (strange.code, strange.err.count("\n")) == (2, 1)
    assert "of furat_post there is no file here: name the article by its id" in strange.err
    for wrong in (("export", "furat_pots"), ("search", "مكتبة", "--outlet", "furat_pots"), ("diff", "furat_pots:4711")):
        done = command(tmp_path, *wrong)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "Did you mean furat_post?" in done.err
    assert "unknown outlet 'furat_post'" in command(tmp_path, "crawl", "furat_post").err
