"""`warraq reread` as a command, what it told, and ways to disturb it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.testing.waiting import bounded
from tests.crawler.conftest import Done, environment, warraq
from tests.crawler.reread.rereadable import generation
from tests.crawler.run_first import run_first


def reread(archive: Path, *arguments: str, **env: str) -> Done:
    return warraq("reread", "--archive", str(archive), *arguments, **env)


def counts(done: Done) -> dict[str, int]:
    """What became of the articles, without zeros."""
    # An engine logs on stderr that a result went with the worker that had it, and that it has the share read again.
    said = [line for line in done.err.splitlines() if " - distributed." not in line]
    assert said == [] or done.code in {1, 3}, done.err
    (fact,) = done.of("reread.finished")
    return {name: count for name, count in fact["report"]["counts"].items() if count}


def records(archive: Path, name: str) -> dict[str, dict[str, Any]]:
    """The records in the parts of a generation, by article id."""
    parts = [gzip.decompress(data) for key, data in generation(archive, name).items() if key.endswith(".gz")]
    return {record["id"]: record for part in parts for record in map(json.loads, part.splitlines())}


def breaking(folder: Path, code: str) -> dict[str, str]:
    """An environment in which the reader processes run this before they read `page`."""
    return run_first(
        folder,
        "import sys\n"
        "if any('crawler.reread.worker' in each for each in sys.orig_argv):\n"
        "    import os, signal, time\n"
        "    import extractors.reader as reader\n"
        "    read = reader.read\n"
        "    def breaking(page, *rest):\n"
        f"        {code}\n"
        "        return read(page, *rest)\n"
        "    reader.read = breaking\n",
    )


SMALL = {"WARRAQ_REREAD_SHARE": "3"}


def interrupted(archive: Path, disturb: Callable[[subprocess.Popen[str], list[int]], None], *arguments: str, **env: str) -> Done:
    """A re-reading that is disturbed when three shares stand: given the process and those of its readers.

    Each reader waits before its third share until then, so that there is work left to disturb.
    """
    hold = archive.with_name("hold")
    hold.touch()
    waiting = f"""reader.pages = getattr(reader, 'pages', 0) + 1
        while reader.pages > 6 and os.path.exists({str(hold)!r}): time.sleep(0.01)"""
    env = breaking(archive.with_name("held"), waiting) | {"WARRAQ_READ_TIMEOUT": "120"} | env
    command = [sys.executable, "-m", "crawler", "reread", "--archive", str(archive), "--generation", "again", "--workers", "2"]
    lines, shares = [], 0
    with subprocess.Popen(
        [*command, *arguments], env=environment(**SMALL, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with bounded(process, "the end of the re-reading", 300):
            for line in process.stdout:
                lines.append(line)
                shares += '"reread.share"' in line
                if shares == 3:
                    shares += 1
                    disturb(process, readers(process.pid))
                    hold.unlink()
            said = process.stderr.read()
    return Done(process.returncode, "".join(lines), said)


def readers(parent: int) -> list[int]:
    """The reader processes under a process, at any depth."""
    import psutil

    return [
        each.pid
        for each in psutil.Process(parent).children(recursive=True)
        if "crawler.reread.worker" in " ".join(each.cmdline())
    ]


def undisturbed(archive: Path, tmp_path: Path) -> dict[str, bytes]:
    """What the generation comes to when nothing happens."""
    other = Path(shutil.copytree(archive, tmp_path / "undisturbed"))
    assert reread(other, "--generation", "again", **SMALL).code == 0
    return generation(other, "again")
