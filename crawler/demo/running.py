"""Start and stop the server of a world in a process of its own."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.demo.authority import issue
from crawler.demo.sites.site import ServedWorld


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the server saw it. `url` of a CONNECT is `https://host/`; header names are lower case; `at`: seconds."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Running:
    """A world that answers. proxy_url: `http://127.0.0.1:PORT`; ca_file: the authority that signs its certificates."""

    port: int
    ca_file: Path
    pid: int
    _log_file: Path | None
    _process: subprocess.Popen[bytes] | None = None

    def serve_anew(self, world: ServedWorld) -> None:
        """Serve another world of the same hosts from now on, at the same address; the log goes on."""
        process = self._process
        if process is None or process.stdin is None:
            raise RuntimeError("this world is not served by us")
        _send(process, pickle.dumps(world))
        _port(process)

    @property
    def proxy_url(self) -> str:
        """What http_proxy and https_proxy are set to."""
        return f"http://127.0.0.1:{self.port}"

    def env(self) -> dict[str, str]:
        """The environment that sends a crawler into this world and to nowhere else."""
        return {
            "http_proxy": self.proxy_url,
            "https_proxy": self.proxy_url,
            "no_proxy": "",
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def requests(self, *, connects: bool = False) -> list[Request]:
        """Every request answered so far, in order; the CONNECTs only when asked for."""
        if self._log_file is None:
            raise RuntimeError("this world was started with log=False: it notes no requests")
        with self._log_file.open(encoding="utf-8") as lines:
            seen = [Request(**json.loads(line)) for line in lines if line.endswith("\n")]
        return [request for request in seen if connects or request.method != "CONNECT"]


@contextmanager
def serve(world: ServedWorld, *, log: bool = True) -> Iterator[Running]:
    """Serve `world` on a free loopback port until the block ends. The server also ends when this process dies."""
    with tempfile.TemporaryDirectory(prefix="warraq-world-") as name:
        folder = Path(name)
        certificates = issue(folder, world.hosts)
        log_file = folder / "requests.jsonl" if log else None
        if log_file:
            log_file.touch()
        process = _start(pickle.dumps((world, certificates.leaf_file, log_file)))
        try:
            yield Running(_port(process), certificates.ca_file, process.pid, log_file, process)
        finally:
            _stop(process)


def _start(parcel: bytes) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.demo.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        # A ^C on the terminal is for the crawler: it still needs its web while it winds up.
        start_new_session=True,
    )
    _send(process, parcel)
    return process


def _send(process: subprocess.Popen[bytes], parcel: bytes) -> None:
    if process.stdin is None:
        raise RuntimeError("the demo server was started without a pipe")
    process.stdin.write(b"%d\n" % len(parcel) + parcel)
    process.stdin.flush()


def _port(process: subprocess.Popen[bytes]) -> int:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise RuntimeError(f"the demo server ended with code {process.wait()} before it listened")
    return int(json.loads(line)["port"])


def _stop(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
