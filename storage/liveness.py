"""Identifies the running process, so that a later run can tell a killed run from one that is still working."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def myself() -> dict[str, str | None]:
    """`machine` (this boot, this PID namespace) and `process` (PID and start time); None where /proc does not tell."""
    return {"machine": _machine(), "process": _process(os.getpid())}


def state_of(marker: dict[str, object]) -> Literal["alive", "dead", "unknown"]:
    """Whether the process that left this marker still runs. `unknown` if it ran on another machine."""
    machine, process = marker.get("machine"), marker.get("process")
    if machine is None or process is None or machine != _machine():
        return "unknown"
    pid = str(process).partition("@")[0]
    return "alive" if pid.isdigit() and _process(int(pid)) == process else "dead"


def _machine() -> str | None:
    try:
        return f"{_BOOT.read_text().strip()}/{_NAMESPACE.readlink()}"
    except OSError:
        return None


def _process(pid: int) -> str | None:
    """`pid@start time`: a PID alone may have been given to another process since."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in {"Z", "X"}:  # a killed process whose parent has not looked yet
        return None
    return f"{pid}@{fields[19]}"
