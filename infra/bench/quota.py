"""A part of a core for a process and its children, by a control group of Linux: small machines on a large one. Needs root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from infra.testing.waiting import until

PERIOD = 100_000
"""Microseconds, the kernel's default."""
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class NoQuotaError(Exception):
    """The machine gives us no control group."""


@contextmanager
def of_a_core(share: float) -> Iterator[Path]:
    """The file into which a process writes its number to get no more than this share of a core. NoQuotaError."""
    name, limit = f"warraq-bench-{uuid4().hex[:8]}", int(share * PERIOD)
    second = (V2 / "cgroup.controllers").exists() and "cpu" in (V2 / "cgroup.controllers").read_text().split()
    group = (V2 if second else V1) / name
    try:
        group.mkdir()
    except OSError as error:
        raise NoQuotaError(f"no control group for CPU time can be made: {error.strerror}") from error
    try:
        if second:
            (group / "cpu.max").write_text(f"{limit} {PERIOD}")
        else:
            (group / "cpu.cfs_quota_us").write_text(str(limit))
        yield group / "cgroup.procs"
    except FileNotFoundError as error:
        raise NoQuotaError(f"the control group has no {error.filename}") from error
    finally:
        until(lambda: not (group / "cgroup.procs").read_text())  # helpers of a process end a moment after it
        group.rmdir()
