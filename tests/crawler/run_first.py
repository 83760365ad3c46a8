"""Code that processes run before their own: what is to go wrong in them."""

from __future__ import annotations

from pathlib import Path

STUCK_READER = """
import sys, time
if any("reader_main" in each for each in sys.orig_argv):
    import extractors.reader

    def stuck(*_):
        open({mark!r}, "w").close()
        time.sleep(3600)  # until it is ended with its parent

    extractors.reader.read = stuck
"""
"""A reader process that makes the file `mark` at its first page, and never reads it."""


def run_first(folder: Path, code: str) -> dict[str, str]:
    """An environment in which every process runs this first. folder: is made for it."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}
