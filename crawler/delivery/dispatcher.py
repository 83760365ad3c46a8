"""Delivers the change log to one sink: from its cursor on, in order, with retries (at least once)."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event, stop_any, stop_when_event_set
from tenacity import stop_after_delay as stop_after
from tenacity import wait_exponential_jitter as growing

from crawler.delivery.sink import Event, Refusal, Sink, UnavailableError
from storage import Archive, Change

STATE: Final = "events"
SAVE_SECONDS: Final = 2.0
"""How often the cursor is kept at most while events flow: a sink that is killed meanwhile meets those again."""
LONGEST_WAIT: Final = 86_400.0
_WAIT: Final = growing(multiplier=1, max=300, jitter=5)


@dataclass(slots=True)
class Delivered:
    """What a dispatcher did: events delivered, events put aside as dead, and whether it was stopped before the end."""

    delivered: int = 0
    dead: int = 0
    stopped: bool = False


@dataclass(slots=True)
class Dispatcher:
    """Delivers the change log to one sink, at least once and in order. Its cursor and dead events are in `state/events/<name>/`.

    uri: of the sink, of which `name` is made; fact: called with what happens; stop: ends it between two deliveries.

    patience: seconds after which an event that the sink never takes is put aside, so that those behind it get through.
    """

    archive: Archive
    sink: Sink
    uri: str
    fact: Callable[..., None]
    stop: threading.Event = field(default_factory=threading.Event)
    patience: float = 3 * 86_400.0
    _saved: float = 0.0

    @property
    def name(self) -> str:
        """How the sink's state is called: its scheme and a hash, since an address may hold secrets."""
        return f"{self.uri.partition(':')[0]}-{hashlib.sha256(self.uri.encode()).hexdigest()[:12]}"

    def deliver(self) -> Delivered:
        """Hands over everything announced since the last time."""
        done = Delivered()
        cursor = self._cursor()
        changes = self.archive.changes(cursor)
        while batch := list(islice(changes, self.sink.batch)):
            if self.stop.is_set() or not self._hand_over([change.event for change in batch], done):
                done.stopped = True
                break
            cursor = batch[-1].cursor
            self._save(cursor)
        self._save(cursor, now=True)
        return done

    def follow(self, seconds: float, news: threading.Event | None = None) -> Delivered:
        """Goes on until stopped: looks when `news` is set, and every so many seconds."""
        total = Delivered()
        while not self.stop.is_set():
            done = self.deliver()
            total.delivered, total.dead = total.delivered + done.delivered, total.dead + done.dead
            (news or self.stop).wait(seconds)
            if news is not None:
                news.clear()
        total.stopped = True
        return total

    def replay(self, changes: Iterator[Change]) -> Delivered:
        """Hands over these again; the cursor stays where it is."""
        done = Delivered()
        while batch := list(islice(changes, self.sink.batch)):
            if not self._hand_over([change.event for change in batch], done):
                done.stopped = True
                break
        return done

    def dead(self) -> Iterator[dict[str, Any]]:
        """{event, reason, at} of what is put aside."""
        for found in self.archive.store.listing(f"state/{STATE}/{self.name}/dead/"):
            note = self.archive.get(found.key)
            if "delivered_at" not in note:
                yield note

    def retry_dead(self) -> Delivered:
        """Hands over what is put aside; what is taken now is no longer listed."""
        done = Delivered()
        for note in self.dead():
            before = done.delivered
            if not self._hand_over([note["event"]], done):
                done.stopped = True
                break
            if done.delivered > before:
                self._note({**note, "delivered_at": datetime.now(UTC).isoformat()})
        return done

    def _hand_over(self, events: list[Event], done: Delivered) -> bool:
        """False: stopped before the sink had them."""
        asking = Retrying(
            retry=retry_if_exception_type(UnavailableError),
            wait=_pause,
            stop=stop_any(stop_when_event_set(self.stop), stop_after(self.patience)),
            sleep=sleep_using_event(self.stop),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            refused = asking(self._deliver, events)
        except UnavailableError as error:
            if self.stop.is_set():
                return False
            refused = [Refusal(event, f"not taken for {self.patience:g} s: {error}") for event in events]
        for refusal in refused:
            self._put_aside(refusal)
        done.dead += len(refused)
        done.delivered += len(events) - len(refused)
        return True

    def _deliver(self, events: list[Event]) -> list[Refusal]:
        """A stop ends the pause between two tries; it is no reason for another one."""
        if self.stop.is_set():
            raise UnavailableError(f"{self.name}: stopped")
        return self.sink.deliver(events)

    def _tell(self, state: RetryCallState) -> None:
        assert state.outcome is not None
        assert state.next_action is not None
        self.fact(
            "sink.unavailable",
            sink=self.name,
            reason=str(state.outcome.exception()),
            attempt=state.attempt_number,
            retry_in=round(state.next_action.sleep, 1),
        )

    def _put_aside(self, refusal: Refusal) -> None:
        self._note({"event": refusal.event, "reason": refusal.reason, "at": datetime.now(UTC).isoformat()})
        self.fact("event.dead", sink=self.name, id=refusal.event["id"], reason=refusal.reason)

    def _note(self, note: dict[str, Any]) -> None:
        name = hashlib.sha256(note["event"]["id"].encode()).hexdigest()[:32]
        self.archive.state(STATE).put(f"{self.name}/dead/{name}.json", json.dumps(note, ensure_ascii=False).encode())

    def _cursor(self) -> str | None:
        kept = self.archive.state(STATE).get(f"{self.name}/cursor")
        return kept.decode() if kept else None

    def _save(self, cursor: str | None, *, now: bool = False) -> None:
        if cursor and (now or time.monotonic() - self._saved >= SAVE_SECONDS):
            self.archive.state(STATE).put(f"{self.name}/cursor", cursor.encode())
            self._saved = time.monotonic()


def _pause(state: RetryCallState) -> float:
    """As long as the sink asked for, a day at most; else longer each time, and never in step with others."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, UnavailableError) else None
    return min(max(0.0, asked), LONGEST_WAIT) if asked is not None else _WAIT(state)
