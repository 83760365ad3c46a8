"""The memory of commands that read an archive, over how much it holds."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.bench.kept_archives import ID, Kind, kept_archive
from infra.bench.measure import cost
from storage.seals.signed_note import SignerKey

READ_COMMANDS: Final = {
    "status": ["status"],
    "events": ["events", "show"],
    "sample": ["verify", "--sample", "1%"],
    "verify": ["verify"],
    "export": ["export"],
    "export_csv": ["export", "--format", "csv"],
    "export_markdown": ["export", "--format", "markdown"],
    "index": ["search", "كلمة"],
    "search": ["search", "كلمة"],
    "parquet": ["export", "--format", "parquet", "-o", "{work}/articles.parquet"],
    "table": ["table", "--to", "{work}/table"],
    "seal": ["seal"],
    "verify_sealed": ["verify"],
}
"""Commands that read an archive, whatever it holds, in this order. `index` makes the search index that `search` asks."""
OF_KEPT: Final = {
    **READ_COMMANDS,
    "diff": ["diff", ID, "--json"],
    "prove": ["prove", ID, "-o", "{work}/proof"],
    "wacz": ["export", "--format", "wacz", "-o", "{work}/pages.wacz"],
    "reread": ["reread", "--generation", "g", "--json"],
    "export_generation": ["export", "--generation", "g"],
    "verify_reread": ["verify", "--reread"],
}
"""The same of an archive of `infra.bench.kept_archives`, which has raw captures of short pages."""
_KINDS: Final[tuple[Kind, ...]] = ("day", "years")
Peaks = dict[str, list[float]]
"""By command: MiB at each size."""


def commands(sizes: tuple[int, ...]) -> dict[str, object]:
    """Peak memory, MiB, of commands over archives of both kinds and these sizes; the growth from first to last."""
    figures: dict[str, object] = {"articles": " ".join(map(str, sizes))}
    for kind in _KINDS:
        peaks: Peaks = {}
        for size in sizes:
            with TemporaryDirectory() as folder:
                archive = Path(folder) / "archive"
                kept_archive(archive, kind, size)
                read(archive, peaks, OF_KEPT)
        figures |= {f"{kind}_{name}": value for name, value in lines(peaks).items()}
    return figures


def read(archive: Path, peaks: Peaks, commands: dict[str, list[str]]) -> None:
    """Run the commands over an archive, one after the other, and note their peaks. They leave their files beside it."""
    env = {**os.environ, "WARRAQ_ARCHIVE": str(archive), "XDG_CACHE_HOME": str(archive.parent / "cache")}
    env["WARRAQ_SEAL_KEY"] = SignerKey.new("bench").secret
    work = archive.parent / "work"
    for name, arguments in commands.items():
        work.mkdir()
        command = [sys.executable, "-m", "crawler", *(each.format(work=work) for each in arguments)]
        peaks.setdefault(name, []).append(cost(command, env).peak_mb)
        shutil.rmtree(work)


def lines(peaks: Peaks) -> dict[str, object]:
    """A line for each command."""
    return {
        f"{name}_peak_mb": f"{' '.join(f'{peak:.1f}' for peak in found)} ({(found[-1] / found[0] - 1) * 100:+.1f} %)"
        for name, found in peaks.items()
    }
