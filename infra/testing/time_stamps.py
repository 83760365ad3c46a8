"""Authorities on loopback that put a time to digests: RFC 3161 as `openssl ts` plays it, and a calendar of OpenTimestamps."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from infra.testing.servers import serving

_CONFIG = """
[ca_request]
distinguished_name = name
prompt = no
[name]
CN = Test authority
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamper]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256
accuracy = secs:1
"""


@dataclass(slots=True)
class TimeStampServer:
    """url: where it answers; ca_file: certificates it is under; answer: what it makes of an answer before it goes out, None:
    HTTP 503.
    """

    url: str
    ca_file: Path
    asked: int = 0
    answer: Callable[[bytes], bytes | None] = field(default=lambda data: data)
    media_type: str = "application/timestamp-reply"


def _openssl(*arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout  # noqa: S603, S607


@contextmanager
def rfc3161_authority(folder: Path) -> Iterator[TimeStampServer]:
    """A throw-away authority with keys in `folder`, as long as the context lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    about = ("-config", str(config))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca = ("-x509", "-days", "3650", "-extensions", "ca", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    _openssl("req", *about, "-section", "ca_request", *key, *ca)
    _openssl("req", *about, "-section", "ca_request", *key, "-keyout", f"{folder}/tsa.key", "-out", f"{folder}/tsa.csr")
    signed = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "3650")
    extensions = ("-extfile", str(config), "-extensions", "stamper", "-in", f"{folder}/tsa.csr", "-out", f"{folder}/tsa.pem")
    _openssl("x509", "-req", *signed, *extensions)
    lock = threading.Lock()

    def stamp(_path: str, query: bytes) -> tuple[int, str, bytes]:
        with lock:
            authority.asked += 1
            (folder / "query").write_bytes(query)
            data = _openssl("ts", "-reply", *about, "-section", "tsa", "-queryfile", f"{folder}/query")
        answer = authority.answer(data)
        return (503, "text/html", b"<h1>down</h1>") if answer is None else (200, authority.media_type, answer)

    with _server(stamp) as url:
        authority = TimeStampServer(url, folder / "ca.pem")
        yield authority


@dataclass(slots=True)
class Calendar:
    """url: where it answers. confirmed: it leads to a block by now."""

    url: str
    confirmed: bool = False


@contextmanager
def opentimestamps_calendar() -> Iterator[Calendar]:
    """A calendar whose proofs are pending until `confirmed` is set; then they lead to an invented block."""
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation  # noqa: PLC0415
    from opentimestamps.core.op import OpAppend, OpSHA256  # noqa: PLC0415
    from opentimestamps.core.serialize import BytesSerializationContext  # noqa: PLC0415
    from opentimestamps.core.timestamp import Timestamp  # noqa: PLC0415

    def dumped(timestamp: Timestamp) -> bytes:
        context = BytesSerializationContext()
        timestamp.serialize(context)
        return bytes(context.getbytes())

    def answer(path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == "/digest":
            timestamp = Timestamp(body)
            salted = timestamp.ops.add(OpAppend(hashlib.sha256(b"salt").digest())).ops.add(OpSHA256())
            salted.attestations.add(PendingAttestation(calendar.url))
            return 200, "application/octet-stream", dumped(timestamp)
        if not calendar.confirmed:
            return 404, "text/plain", b"Pending confirmation in Bitcoin blockchain"
        timestamp = Timestamp(bytes.fromhex(path.rpartition("/")[2]))
        timestamp.ops.add(OpSHA256()).attestations.add(BitcoinBlockHeaderAttestation(800_000))
        return 200, "application/octet-stream", dumped(timestamp)

    with _server(answer) as url:
        calendar = Calendar(url)
        yield calendar


def _server(answer: Callable[[str, bytes], tuple[int, str, bytes]]) -> AbstractContextManager[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            status, kind, data = answer(self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Logs nothing: tests look at the recorded requests."""

    return serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
