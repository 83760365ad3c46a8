"""Metrics, alerts and the dashboard: one list of names, alerts that fire when they should, chapters that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.watch.metrics import Metrics
from tests.deploy.conftest import DEPLOY
from tests.deploy.tools import judge

PROMETHEUS = DEPLOY / "prometheus"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([\w, ]*)\|(.*)\|$", re.MULTILINE)
ASKED_FOR = "asked for, not exported yet"


def listed() -> dict[str, tuple[str, frozenset[str], bool]]:
    """By name: type, labels, and whether it is still asked for."""
    found = {}
    for name, kind, labels, meaning in ROW.findall((PROMETHEUS / "metrics.md").read_text()):
        found[name] = (kind, frozenset(label.strip() for label in labels.split(",") if label.strip()), ASKED_FOR in meaning)
    return found


def exported() -> dict[str, tuple[str, frozenset[str]]]:
    """What the code's registry holds, by the name Prometheus stores it under."""
    registry = Metrics().registry
    metrics: dict[str, tuple[str, frozenset[str]]] = {}
    for collector in registry._collector_to_names:
        for family in collector.collect() if hasattr(collector, "collect") else ():
            if family.name.startswith("warraq_"):
                name = f"{family.name}_total" if family.type == "counter" else family.name
                metrics[name] = (family.type, frozenset(collector._labelnames))
    return metrics


def expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of every alert and panel."""
    for group in alerts()["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
    dashboard = json.loads((PROMETHEUS / "dashboards" / "warraq.json").read_text())
    for panel in dashboard["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def alerts() -> dict[str, Any]:
    return dict(yaml.safe_load((PROMETHEUS / "alerts.yml").read_text()))


def test_the_watch_exports_what_is_listed_and_nothing_else() -> None:
    known = listed()
    told = exported()
    assert told
    assert {name: known.get(name, ("not listed", frozenset(), False))[:2] for name in told} == told
    missing = set(known) - set(told)
    assert {name for name in missing if not known[name][2]} == set()


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_alerts_and_panels_use_listed_names_and_labels(where: str, expression: str) -> None:
    known = listed()
    for name, selector in re.findall(r"\b(warraq_\w+)(?:\{([^}]*)\})?", expression):
        base = next((base for base in (name, re.sub(r"_(bucket|count|sum)$", "", name)) if base in known), None)
        assert base, f"{where}: {name} is not in metrics.md"
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert used <= known[base][1], f"{where}: {name} has no label {used - known[base][1]}"


def test_every_alert_names_a_chapter_of_the_runbook() -> None:
    runbook = (DEPLOY / "RUNBOOK.md").read_text()
    chapters = {chapter.lower() for chapter in re.findall(r"^#+ (.*)$", runbook, re.MULTILINE)}
    for group in alerts()["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}
            assert rule["annotations"]["runbook"] in chapters, rule["alert"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")]
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    done = judge("promtool", *arguments, install="Debian: apt-get install prometheus", cwd=PROMETHEUS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_seen_to_fire_in_the_tests_of_the_rules() -> None:
    tests = (PROMETHEUS / "alerts.test.yml").read_text()
    rules = {rule["alert"] for group in alerts()["groups"] for rule in group["rules"]}
    assert {rule for rule in rules if rule not in tests} == set()


def test_the_dashboard_asks_the_provisioned_source_and_its_panels_do_not_overlap() -> None:
    dashboard = json.loads((PROMETHEUS / "dashboards" / "warraq.json").read_text())
    sources = yaml.safe_load((DEPLOY / "docker/grafana/provisioning/datasources/prometheus.yaml").read_text())
    (source,) = sources["datasources"]
    cells: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == source["uid"]
        place = panel["gridPos"]
        own = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not own & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        cells |= own


ALERTMANAGER = {
    "nobody": {},
    "mail": {"ALERT_MAIL_TO": "desk@example.org", "ALERT_MAIL_FROM": "w@example.org", "ALERT_SMTP": "mail.example.org:587"},
    "mail with a login": {
        "ALERT_MAIL_TO": "a@example.org, b@example.org",
        "ALERT_MAIL_FROM": "w@example.org",
        "ALERT_SMTP": "mail.example.org:587",
        "ALERT_SMTP_USER": "w",
        "ALERT_SMTP_PASSWORD": "it's: a #secret",
    },
    "telegram": {"ALERT_TELEGRAM_TOKEN": "1:a", "ALERT_TELEGRAM_CHAT": "-10042"},
    "slack and a webhook": {
        "ALERT_SLACK_URL": "https://hooks.slack.example/T/B/x",
        "ALERT_WEBHOOK_URL": "https://alerts.example/?a=1&b='2'",
    },
}


def started(tmp_path: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The script, run to its end with an `alertmanager` that shows the file it was given."""
    (tmp_path / "alertmanager").write_text('#!/bin/sh\ncat "${1#--config.file=}"\n')
    (tmp_path / "alertmanager").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**environment, "PATH": path, "ALERT_CONFIG": str(tmp_path / "alertmanager.yml")}
    command = ["sh", str(PROMETHEUS / "alertmanager.sh")]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=300)


@pytest.mark.parametrize("who", ALERTMANAGER)
def test_alertmanager_tells_whom_the_environment_names(tmp_path: Path, who: str) -> None:
    """Its own checker agrees where it is installed; every value arrives as it was given."""
    done = started(tmp_path, ALERTMANAGER[who])
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(done.stdout)
    (receiver,) = config["receivers"]
    told = str(receiver)
    for value in ALERTMANAGER[who].values():
        assert value.replace("'", "") in told.replace("'", "").replace("\\", "").replace('"', "")
    assert len(receiver) == {"nobody": 1, "slack and a webhook": 3}.get(who, 2)
    checked = judge("amtool", "check-config", tmp_path / "alertmanager.yml", install="Debian: prometheus-alertmanager")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("given", "missing"), [("ALERT_MAIL_TO", "ALERT_SMTP"), ("ALERT_TELEGRAM_TOKEN", "ALERT_TELEGRAM_CHAT")])
def test_alertmanager_does_not_start_with_half_a_receiver(tmp_path: Path, given: str, missing: str) -> None:
    done = started(tmp_path, {given: "x"})
    assert done.returncode != 0
    assert missing in done.stderr


def test_compose_passes_every_choice_and_prometheus_knows_alertmanager() -> None:
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    read = set(re.findall(r"\$\{?(ALERT_[A-Z_]+)", (PROMETHEUS / "alertmanager.sh").read_text()))
    passed = set(compose["services"]["alertmanager"]["environment"])
    assert read - {"ALERT_CONFIG", "ALERT_STORAGE"} == passed
    assert passed <= set(re.findall(r"^(\w+)=", (DEPLOY / "docker" / "env.example").read_text(), re.MULTILINE))
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert config["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
