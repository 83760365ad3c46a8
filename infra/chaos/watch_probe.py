"""A `warraq watch` as it is seen from outside: the facts that it tells, its door, its queue."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from infra.chaos.file_corruption import queue_contents
from infra.chaos.launcher import Victim

TOKEN: Final = "chaos"  # noqa: S105 - of a door on loopback, for some seconds
DOOR_SECONDS: Final = 5.0


class WatchProbe:
    """victim: at work; queue: its file."""

    def __init__(self, victim: Victim, queue: Path) -> None:
        self.victim, self._queue = victim, queue
        self._read = self._seen = 0
        self._facts: list[dict[str, Any]] = []

    def of(self, name: str) -> list[dict[str, Any]]:
        """Its facts of this name so far."""
        output = self.victim.output()
        whole = output.rfind("\n") + 1
        self._facts += [json.loads(line) for line in output[self._read : whole].splitlines()]
        self._read = max(self._read, whole)
        return [fact for fact in self._facts if fact["fact"] == name]

    def news(self, *names: str) -> bool:
        """Whether there are facts of these names that have not been looked at so."""
        found = sum(len(self.of(name)) for name in names)
        seen, self._seen = self._seen, found
        return found > seen

    def idle(self) -> bool:
        """Each outlet has been asked since it started, and nothing waits."""
        started = self.of("watch.started")
        if not started or not set(started[0]["outlets"]) <= {fact["outlet"] for fact in self.of("work.finished")}:
            return False
        found = queue_contents(self._queue)
        return found is not None and not found.keys

    def post(self, urls: Sequence[str]) -> bool:
        """Asks for these addresses at its door. False: it is not known that they were accepted."""
        opened = self.of("door.opened")
        if not opened:
            return False
        host, _, port = opened[0]["address"].rpartition(":")
        event = {"specversion": "1.0", "id": str(uuid.uuid4()), "type": "url.submitted", "source": "urn:chaos"}
        headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {TOKEN}"}
        connection = http.client.HTTPConnection(host, int(port), timeout=DOOR_SECONDS)
        try:
            connection.request("POST", "/events", json.dumps(event | {"data": {"urls": list(urls)}}), headers)
            return connection.getresponse().status == 202
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
