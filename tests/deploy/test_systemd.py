"""The units for one machine: as systemd reads them, and hardened."""

from __future__ import annotations

import re
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from crawler.watch.stopping import END_SECONDS
from tests.crawler.conftest import warraq
from tests.deploy.conftest import DEPLOY
from tests.deploy.tools import judge

SYSTEMD = DEPLOY / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
TIMERS = sorted(SYSTEMD.glob("*.timer"))
INSTALL = "Debian: apt-get install systemd"


class Unit(RawConfigParser):
    """A unit file; settings that may stand twice keep the last."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read(path)


def _here(unit: Path, folder: Path) -> Path:
    """The unit with a `warraq` that exists on this machine."""
    text = unit.read_text().replace("/opt/warraq/.venv/bin/warraq", str(Path(sys.executable).with_name("warraq")))
    moved = folder / unit.name
    moved.write_text(text)
    return moved


def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    units = [_here(unit, tmp_path) for unit in [*SERVICES, *TIMERS]]
    done = judge("systemd-analyze", "verify", "--man=no", *units, install=INSTALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_systemd_calls_the_exposure_of_each_service_low(tmp_path: Path, service: Path) -> None:
    done = judge("systemd-analyze", "security", "--offline=true", _here(service, tmp_path), install=INSTALL)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= 2.0, done.stdout


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_services_are_no_root_and_write_only_where_they_may(service: Path) -> None:
    unit = Unit(service)["Service"]
    assert unit["User"] == "warraq"
    assert unit["ProtectSystem"] == "strict"
    assert unit["NoNewPrivileges"] == "yes"
    assert unit["StateDirectory"] == unit["CacheDirectory"] == "warraq"
    assert unit["CapabilityBoundingSet"] == ""
    assert unit["SuccessExitStatus"] == "130"  # what `systemctl stop` ends has not failed
    assert "ReadWritePaths" not in unit


@pytest.mark.parametrize("timer", TIMERS, ids=lambda path: path.stem)
def test_every_timer_starts_a_service_that_is_here_and_makes_up_for_lost_ones(timer: Path) -> None:
    unit = Unit(timer)
    assert timer.with_suffix(".service") in SERVICES
    assert unit["Timer"]["Persistent"] == "yes"
    done = judge("systemd-analyze", "calendar", unit["Timer"]["OnCalendar"], install=INSTALL)
    assert done.returncode == 0, done.stderr


def test_the_watch_has_more_time_to_stop_than_it_takes() -> None:
    unit = Unit(SYSTEMD / "warraq-watch.service")["Service"]
    environment = dict(line.split("=", 1) for line in (SYSTEMD / "warraq.env").read_text().splitlines() if "=" in line)
    assert int(unit["TimeoutStopSec"]) > int(environment["WARRAQ_STOP_SECONDS"]) + END_SECONDS
    assert unit["ExecReload"] == "kill -HUP $MAINPID"
    assert unit["Restart"] == "on-failure"
    assert unit["RestartPreventExitStatus"] == "2"


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)
def test_the_commands_exist_with_their_options(service: Path) -> None:
    _, command, *options = Unit(service)["Service"]["ExecStart"].replace("%%", "%").split()
    done = warraq(command, "--help")
    assert done.code == 0
    for option in options:
        assert not option.startswith("--") or option in done.out


def test_a_watch_has_few_heaps_wherever_it_is_started() -> None:
    """Else glibc gives each thread a heap of its own, and memory grows for months (`crawler/watch/gc_tuning.py`)."""
    assert "MALLOC_ARENA_MAX=2" in Unit(SYSTEMD / "warraq-watch.service").get("Service", "Environment").split()
    assert "MALLOC_ARENA_MAX=2 " in (DEPLOY / "docker" / "Dockerfile").read_text()
