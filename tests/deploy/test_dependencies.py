"""Dependencies: every one is pinned by hash, and looked up among the advisories, by a service on loopback here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.audit import PINNED, _judged, locks
from infra.testing import servers

LOCK = "sadpkg==1.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\nhappypkg==2.0.0 \\\n    --hash=sha256:" + "1" * 64 + "\n"
Answer = Callable[[str], tuple[int, object]]


@pytest.mark.parametrize("lock", locks(), ids=lambda lock: lock.name)
def test_every_line_of_a_lock_is_pinned_by_hash(lock: Path) -> None:
    """One version each, at least one sha256, and no address to fetch from but the index that pip is told."""
    text = lock.read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text).strip()) if entry]
    assert len(entries) > 3
    for entry in entries:
        assert PINNED.match(entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry
    assert "://" not in re.sub(r"(?m)#.*$", "", text)


@pytest.fixture
def service() -> Iterator[Callable[[Answer], str]]:
    """Starts a service that answers what `Answer` says for a package's name; its URL."""
    running = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Nothing."""

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, said = answer(asked["package"]["name"])
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        running.append(servers.serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)))
        return f"{running[-1].__enter__()}/v1/query"

    yield start
    for one in running:
        one.__exit__(None, None, None)


def audited(tmp_path: Path, service: str, *more: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "requirements.lock").write_text(LOCK, encoding="utf-8")
    command = [sys.executable, "-m", "infra.audit", "--service", service, *more, str(tmp_path / "requirements.lock")]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=300)


def advisory(name: str) -> tuple[int, object]:
    """Of sadpkg one, of others none."""
    affected = [
        {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1.0.1"}]}]}
    ]
    found = {"id": "PYSEC-2026-1", "modified": "2026-01-01T00:00:00Z", "details": "bad", "affected": affected}
    return 200, {"vulns": [found]} if name == "sadpkg" else {}


@pytest.mark.slow
def test_an_advisory_fails_the_check_and_is_named(service: Callable[[Answer], str], tmp_path: Path) -> None:
    """With the package, its version and the one to take."""
    done = audited(tmp_path, service(advisory))
    assert done.returncode == 1
    assert "sadpkg 1.0.0: PYSEC-2026-1, mended in 1.0.1" in done.stdout
    assert "happypkg" not in done.stdout


@pytest.mark.slow
def test_no_advisory_passes_the_check(service: Callable[[Answer], str], tmp_path: Path) -> None:
    """Having looked at all."""
    done = audited(tmp_path, service(lambda _: (200, {})), "--strict")
    assert (done.returncode, done.stdout) == (0, "requirements.lock: 2 packages, no advisory\n")


@pytest.mark.slow
@pytest.mark.parametrize("status", [None, 404, 500])
def test_a_service_that_does_not_answer_proves_nothing_and_says_so(
    service: Callable[[Answer], str], tmp_path: Path, status: int | None
) -> None:
    """A machine without a network can still run the checks; whoever wants proof says --strict."""
    url = service(lambda _: (status, {})) if status else "http://127.0.0.1:1/v1/query"
    done = audited(tmp_path, url)
    assert done.returncode == 0, done.stdout
    assert "NOT AUDITED" in done.stdout
    assert audited(tmp_path, url, "--strict").returncode == 1


def test_an_audit_that_leaves_a_package_out_proves_nothing(tmp_path: Path) -> None:
    """pip-audit skips what its service does not know, and is content."""
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK, encoding="utf-8")
    found = _judged(lock, [{"name": "sadpkg", "version": "1.0.0", "vulns": []}, {"name": "happypkg", "skip_reason": "unknown"}])
    assert found.unaudited == "1 of 2 packages are unknown to the service, happypkg …"
