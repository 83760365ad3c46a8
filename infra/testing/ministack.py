"""ministack, an emulator of AWS that is atomic and checks checksums, on loopback in a process of its own."""

from __future__ import annotations

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.testing.servers import STARTS_WITHIN, free_port
from infra.testing.waiting import until_started


@contextmanager
def ministack(command: str, folder: Path) -> Iterator[str]:
    """The URL of a server that runs until the block ends. command: its executable; folder: its working directory.

    RuntimeError if it does not start.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Its own default is every interface of the machine.
    env = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AWS_EC2_METADATA_DISABLED": "true"}
    with (folder / "ministack.log").open("wb") as log:
        mortal = ["setpriv", "--pdeathsig", "KILL", command]
        process = subprocess.Popen(mortal, env=env, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - ours
    try:
        until_started(process, lambda: _answers(url), "ministack", STARTS_WITHIN)
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_ministack/health", timeout=5).close()  # noqa: S310 - ours
    except OSError:
        return False
    return True
