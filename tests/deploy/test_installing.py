"""`infra/installing.py`, with a real pip: words of how far it is, and pip's own where it fails."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.conftest import DEPLOY

SCRIPT = DEPLOY.parent / "installing.py"


def wheel(folder: Path) -> str:
    """A package of its own, as a line of a lock file."""
    path = folder / "warraq_probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("warraq_probe.py", "")
        made.writestr("warraq_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: warraq-probe\nVersion: 1.0\n")
        made.writestr("warraq_probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr("warraq_probe-1.0.dist-info/RECORD", "")
    return f"warraq-probe==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def installing(lock: Path, wheels: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_TARGET": str(wheels / "there"),
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, str(SCRIPT), str(lock)]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=300)


@pytest.mark.slow
def test_it_installs_by_hash_and_says_how_far_it_is(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(wheel(tmp_path))
    done = installing(lock, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("  all are here"), done.stdout
    assert (tmp_path / "there" / "warraq_probe.py").exists()


@pytest.mark.slow
def test_a_wrong_hash_fails_with_the_words_of_pip(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(wheel(tmp_path)[:-5] + "0000\n")
    done = installing(lock, tmp_path)
    assert done.returncode != 0
    assert "hash" in done.stderr.lower()
