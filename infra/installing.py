"""`python infra/installing.py LOCK`: pip with the packages of a lock file, by hash, and words every few seconds of how far it is.

Needs nothing but Python: it runs before anything is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

WORD_SECONDS = 5.0
"""How often it says how far it is, at most."""
_PACKAGE = re.compile(r"^[A-Za-z0-9][\w.-]*==", re.MULTILINE)
_LOOKED_AT = re.compile(r"^(?:Collecting|Requirement already satisfied:) ")


def install(lock: Path) -> int:
    """Runs pip to its end; its exit code. What pip said is shown only if it failed."""
    total, looked_at, spoken = len(_PACKAGE.findall(lock.read_text("utf-8"))), 0, time.monotonic()
    last: deque[str] = deque(maxlen=30)
    command = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--require-hashes", "-r", str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace") as pip:  # noqa: S603 - ours
        assert pip.stdout is not None
        for line in pip.stdout:
            last.append(line)
            looked_at += bool(_LOOKED_AT.match(line))
            if line.startswith("Installing collected packages"):
                _say("  all are here; putting them into place, which takes as long again …")
                break
            if time.monotonic() - spoken >= WORD_SECONDS:
                _say(f"  {looked_at} of {total} packages fetched …")
                spoken = time.monotonic()
        last.extend(pip.stdout)
    if pip.returncode:
        sys.stderr.writelines(last)
    return pip.returncode


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1])))
