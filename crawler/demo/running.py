"""Start and stop the server of a world in a process of its own."""

from __future__ import annotations

import json
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.demo.authority import issue
from crawler.demo.server import answer
from crawler.demo.sites.site import ServedWorld
from storage.child_process import ChildProcess, frame, receive, start


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
    _child: ChildProcess | None = None

    def serve_anew(self, world: ServedWorld) -> None:
        """Serve another world of the same hosts from now on, at the same address; the log goes on."""
        if self._child is None:
            raise RuntimeError("this world is not served by us")
        _port(self._child, world)

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
        child = start(answer)
        try:
            port = _port(child, (world, certificates.leaf_file, log_file))
            yield Running(port, certificates.ca_file, child.process.pid, log_file, child)
        finally:
            child.channel.close()
            child.ended()


def _port(child: ChildProcess, what: object) -> int:
    """Hands over what is to be served; the port where it is."""
    child.channel.sendall(frame(pickle.dumps(what)))
    answer = receive(child.channel)
    if answer is None:
        raise RuntimeError(f"the demo server ended with code {child.ended()} before it listened")
    return int(answer)
