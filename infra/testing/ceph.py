"""Ceph's S3 server on loopback, from Debian's packages: one monitor, one object store in memory, one RADOS Gateway.

It is what operators run in production, and it differs from AWS and from emulators: that is why tests run against it.

    python -m infra.testing.ceph          installs the packages where it may; says why it cannot

Every daemon ends with the process that started it, however that ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Final, Self

from infra.testing.servers import environment, free_port
from infra.testing.waiting import until

PACKAGES: Final = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
COMMANDS: Final = ("monmaptool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "setpriv")
STARTS_WITHIN: Final = 90.0
MOST_RESTARTS: Final = 20
KEY, SECRET = "test", "test"

_CONF: Final = """\
[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{mon}]
public addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
pid file =
log file = {folder}/$name.log
crash dir = {folder}
[mon]
# A monitor waits a second before it agrees with itself: half of the time until all is up.
paxos propose interval = 0.05
paxos min wait = 0.01
mon data = {folder}/mon
mon initial members = a
mon data avail crit = 1
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd memory target = 1073741824
[client.rgw]
# Without tcp_nodelay an answer of two packets, such as a 412, takes 48 ms.
rgw frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1
rgw thread pool size = 64
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
"""


class CephError(RuntimeError):
    """It does not start; the message names the daemon and ends with the end of its log."""


def missing() -> list[str]:
    """Its commands that are not on PATH."""
    return [command for command in COMMANDS if shutil.which(command) is None]


def install() -> str | None:
    """Installs the packages that are missing. Why that cannot be done, or None."""
    if not missing():
        return None
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"{', '.join(missing())} not on PATH: as root on Debian, apt-get install {' '.join(PACKAGES)}"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *command], env=env, stdout=subprocess.DEVNULL, check=False)  # noqa: S603, S607 - ours
    return f"{', '.join(missing())} could not be installed" if missing() else None


class Ceph:
    """The running server; a context. endpoint: its URL; env: the usual AWS environment of its only user."""

    def __init__(self, folder: Path) -> None:
        """folder: empty; holds configuration, logs and the monitor's few files. CephError if it does not start."""
        self._folder, self._restarts = folder, 0
        self._daemons: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}
        mon, rgw = free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{rgw}"
        self.env = {**environment(self.endpoint), "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        self._fsid = str(uuid.uuid4())
        (folder / "ceph.conf").write_text(_CONF.format(fsid=self._fsid, folder=folder, mon=mon, rgw=rgw), encoding="utf-8")
        for name in ("mon", "osd"):
            (folder / name).mkdir()
        try:
            self._start(mon)
        except (subprocess.SubprocessError, CephError):
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, mon: int) -> None:
        monmap = str(self._folder / "monmap")
        self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", f"[v1:127.0.0.1:{mon}]", monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._daemon("ceph-mon", "-i", "a")
        self._run("ceph", "osd", "new", self._fsid)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", self._fsid)
        self._daemon("ceph-osd", "-i", "0")
        self._daemon("radosgw", "-n", "client.rgw")
        try:
            until(self._answers, seconds=STARTS_WITHIN)
        except TimeoutError as error:
            raise CephError(f"no answer at {self.endpoint} within {STARTS_WITHIN:g} s") from error
        user = ("--uid=test", "--display-name=test", f"--access-key={KEY}", f"--secret={SECRET}")
        self._run("radosgw-admin", "-n", "client.rgw", "user", "create", *user)

    def _run(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603 - ours
            command, env=self._env, capture_output=True, check=False, timeout=STARTS_WITHIN
        )
        if done.returncode != 0:
            raise CephError(f"{command[0]} ended with code {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")

    def _daemon(self, *command: str) -> None:
        mortal = ["setpriv", "--pdeathsig", "KILL", *command, "-f"]
        with (self._folder / f"{command[0]}.log").open("ab") as log:
            self._daemons[command] = subprocess.Popen(mortal, env=self._env, stdout=log, stderr=log)  # noqa: S603 - ours

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=5).close()  # noqa: S310 - ours
        except OSError:
            self._revive()
            return False
        return True

    def _revive(self) -> None:
        """Starts what ended, as its service would: an object store that meets its monitor too early gives up."""
        for command, daemon in list(self._daemons.items()):
            if daemon.poll() is not None:
                self._restarts += 1
                if self._restarts > MOST_RESTARTS:
                    log = (self._folder / f"{command[0]}.log").read_text(encoding="utf-8", errors="replace")
                    raise CephError(f"{command[0]} ended with code {daemon.returncode}: {' '.join(log[-500:].split())}")
                self._daemon(*command)

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": str(self._folder / "ceph.conf")}

    def close(self) -> None:
        """Ends every daemon at once: nothing of it is to last."""
        for daemon in reversed(self._daemons.values()):
            daemon.kill()
            daemon.wait()


if __name__ == "__main__":
    why = install()
    if why:
        sys.exit(f"Ceph is not there, and its tests are skipped: {why}")
