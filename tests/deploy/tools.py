"""Tools of others that judge our files: beside this Python, or on PATH; else the test is skipped and says what to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def judge(tool: str, *arguments: str | Path, install: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the tool to its end."""
    beside = Path(sys.executable).with_name(tool)
    found = str(beside) if beside.exists() else shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not on PATH ({install})")
    command = [found, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, encoding="utf-8", cwd=cwd, timeout=300)
