"""Every setting that an operator must be able to give reaches the program, however it is deployed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.config import PREFIX, Config
from infra.audit import PINNED
from tests.deploy.conftest import DEPLOY

ROOT = DEPLOY.parents[1]
WITHOUT_A_DEFAULT = {
    f"{PREFIX}{name.upper()}"
    for name, field in Config.model_fields.items()
    if field.default in ("", None) and field.default_factory is None and name != "private_hosts"  # that one is for tests
}
"""What nobody but the operator can know: whom to ask, where things go, and every secret."""
NEEDED = WITHOUT_A_DEFAULT | {f"{PREFIX}{name}" for name in ("ARCHIVE", "QUEUE", "STOP_SECONDS")}
NOT_ON_AWS = {
    "WARRAQ_DOOR_TOKEN": "the door of a Fargate task listens on loopback, for its health check; events come over SQS",
    "WARRAQ_DOOR_SECRET": "the same",
    "WARRAQ_DOOR_URL": "the same: no hub can reach it",
    "WARRAQ_DOOR_PROXIES": "the same: no proxy stands before it",
    "WARRAQ_SERVE_TOKEN": "the same: the reader is run where people are (`warraq serve --archive s3://…`)",
    "WARRAQ_SERVE_URL": "the same",
}


def test_what_has_no_default_is_known() -> None:
    secrets = {f"{PREFIX}{name.upper()}" for name, field in Config.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secrets <= WITHOUT_A_DEFAULT
    assert {"WARRAQ_CONTACT", "WARRAQ_SINKS", "WARRAQ_WEBHOOK_SECRET", "WARRAQ_DOOR_TOKEN"} <= WITHOUT_A_DEFAULT


def test_the_file_of_the_units_names_each() -> None:
    text = (DEPLOY / "systemd" / "warraq.env").read_text()
    assert set(re.findall(r"^#?(WARRAQ_\w+)=", text, re.MULTILINE)) >= NEEDED


def test_compose_passes_each_and_takes_any_other_from_a_file() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    for name in ("warraq", "verify"):
        service = compose["services"][name]
        assert set(service["environment"]) >= NEEDED
        assert service["env_file"] == [{"path": "settings.env", "required": False}]
    example = (DEPLOY / "docker" / "env.example").read_text()
    asked = set(re.findall(r"\$\{(WARRAQ_\w+)", (DEPLOY / "docker" / "compose.yaml").read_text()))
    assert asked <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_the_stack_passes_each(template: dict[str, Any]) -> None:
    (container,) = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    passed = {entry["Name"] for entry in container["Environment"]}
    passed |= {entry["Fn::If"][1]["Name"] for entry in container["Secrets"]}
    assert NEEDED - passed == set(NOT_ON_AWS)


@pytest.mark.parametrize("file", [*sorted((DEPLOY / "systemd").glob("*")), *sorted((DEPLOY / "docker").glob("*.*"))], ids=str)
def test_no_file_names_a_setting_that_does_not_exist(file: Path) -> None:
    if file.is_file():
        named = set(re.findall(r"\bWARRAQ_[A-Z_]*[A-Z]\b", file.read_text()))
        assert named - {f"{PREFIX}{name.upper()}" for name in Config.model_fields} <= {"WARRAQ_ENV_FILE"}


def test_a_verify_is_scheduled_in_all_three(template: dict[str, Any]) -> None:
    assert (DEPLOY / "systemd" / "warraq-verify.timer").exists()
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    (loop,) = compose["services"]["verify"]["command"]
    assert "warraq verify --json" in loop
    schedule = template["Resources"]["VerifyArchive"]["Properties"]
    assert '"command":["verify","--json"]' in schedule["Target"]["Input"]
    days = re.fullmatch(r"rate\((\d) days\)", template["Parameters"]["VerifyExpression"]["Default"])
    alarm = template["Resources"]["NotVerified"]["Properties"]
    assert days
    assert int(days[1]) * 86_400 < alarm["Period"] * alarm["EvaluationPeriods"]
    assert alarm["TreatMissingData"] == "breaching"


def test_compose_verifies_in_a_loop_that_a_shell_runs(tmp_path: Path) -> None:
    """The script itself, with a `warraq` and a `sleep` that count: a full pass, six samples, a full pass."""
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    (loop,) = compose["services"]["verify"]["command"]
    (tmp_path / "warraq").write_text('#!/bin/sh\necho "$*" >> calls\n')
    (tmp_path / "sleep").write_text("#!/bin/sh\n[ $(wc -l < calls) -lt 8 ] || kill $PPID\n")
    for name in ("warraq", "sleep"):
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", loop.replace("$$", "$")], cwd=tmp_path, env=environment, check=False, timeout=300)
    full, sample = "verify --json", "verify --sample 1% --json"
    assert (tmp_path / "calls").read_text().splitlines() == [full, *[sample] * 6, full]


def test_the_wrapper_runs_the_command_with_the_settings_of_the_services(tmp_path: Path) -> None:
    script = (DEPLOY / "systemd" / "warraq").read_text()
    (tmp_path / "warraq.env").write_text("WARRAQ_CONTACT=operator@example.org\n")
    (tmp_path / "environment").write_text("AWS_REGION=eu-central-1\n")
    command = str(Path(sys.executable).with_name("warraq"))
    script = script.replace("/opt/warraq/.venv/bin/warraq", command).replace("/etc/warraq", str(tmp_path))
    script += '\nprintf %s "$AWS_REGION"'
    (tmp_path / "warraq").write_text(script.replace("exec ", ""))
    done = subprocess.run(["sh", tmp_path / "warraq", "settings"], capture_output=True, encoding="utf-8", check=False)
    assert re.search(rf"WARRAQ_CONTACT +operator@example.org +{tmp_path}/warraq.env", done.stdout), done.stderr
    assert done.stdout.endswith("eu-central-1")


def pinned(name: str) -> dict[str, str]:
    return {each["name"]: each["version"] for each in PINNED.finditer((ROOT / name).read_text())}


def test_the_runtime_lock_is_what_runs_and_nothing_that_tests_or_checks() -> None:
    runtime, everything = pinned("requirements-runtime.lock"), pinned("requirements.lock")
    assert {"scrapy", "trafilatura", "boto3", "redis"} <= set(runtime)
    assert set(runtime) & {"pytest", "hypothesis", "moto", "mypy", "ruff", "cfn-lint", "hatchling", "pip-audit"} == set()
    assert {name: everything.get(name) for name in runtime} == runtime
    assert "requirements-runtime.lock" in (DEPLOY / "docker" / "Dockerfile").read_text()
    assert "make -C /opt/warraq runtime" in (DEPLOY / "RUNBOOK.md").read_text()
