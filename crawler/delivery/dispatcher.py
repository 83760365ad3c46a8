"""Delivers the change log to one sink: from its cursor on, in order, with retries (at least once)."""

from __future__ import annotations

import hashlib
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
from storage.record import to_bytes

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

    A sink with a `window` gets what is announced within so many seconds at once. Nothing is held in memory for it: the cursor
    moves when the sink has taken the events.
    """

    archive: Archive
    sink: Sink
    uri: str
    fact: Callable[..., None]
    stop: threading.Event = field(default_factory=threading.Event)
    patience: float = 3 * 86_400.0
    _saved: float = 0.0
    _last: bool = False
    """The stop has come and this is the last delivery: each batch is tried once."""

    @property
    def name(self) -> str:
        """How the sink's state is called: its scheme and a hash, since an address may hold secrets."""
        return f"{self.uri.partition(':')[0]}-{hashlib.sha256(self.uri.encode()).hexdigest()[:12]}"

    def begin(self) -> bool:
        """Note that a sink which takes what is announced from now on begins now. ArchiveError.

        False: it is another kind of sink, or has begun before.
        """
        if not self.sink.from_now or self._cursor() is not None or self.archive.state(STATE).get(f"{self.name}/begun"):
            return False
        self._begun()
        return True

    def deliver(self, *, collect: bool = False, last: bool = False) -> Delivered:
        """Hands over everything announced since the last time.

        collect: wait for the sink's window first if there is something for it; a stop ends the wait, not the delivery. last:
        deliver although it was stopped, trying once.
        """
        done = Delivered()
        self._last = last
        if collect and self.sink.window and any(self.sink.wants(change.event) for change in self._changes()):
            self._last = self.stop.wait(self.sink.window)
        cursor = None
        changes = self._changes()
        while batch := list(islice(changes, self.sink.batch)):
            if self._stopped() or not self._hand_over([change.event for change in batch], done):
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
            done = self.deliver(collect=True)
            total.delivered, total.dead = total.delivered + done.delivered, total.dead + done.dead
            (news or self.stop).wait(seconds)
            if news is not None:
                news.clear()
        if self.sink.window and not total.stopped:
            done = self.deliver(last=True)
            total.delivered, total.dead = total.delivered + done.delivered, total.dead + done.dead
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
        events = [event for event in events if self.sink.wants(event)]
        if not events:
            return True
        asking = Retrying(
            retry=retry_if_exception_type(UnavailableError),
            wait=_pause,
            stop=stop_any(stop_when_event_set(self.stop), stop_after(self.patience)),
            sleep=sleep_using_event(self.stop),
            before_sleep=self._note_retry,
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
        if self._stopped():
            raise UnavailableError(f"{self.name}: stopped")
        return self.sink.deliver(events)

    def _note_retry(self, state: RetryCallState) -> None:
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
        name = hashlib.sha256(note["event"]["id"].encode(errors="backslashreplace")).hexdigest()[:32]
        self.archive.state(STATE).put(f"{self.name}/dead/{name}.json", to_bytes(note))

    def _stopped(self) -> bool:
        return self.stop.is_set() and not self._last

    def _changes(self) -> Iterator[Change]:
        """What was announced after the cursor. Of a sink that begins with what is announced from now on: since its first time."""
        cursor = self._cursor()
        if cursor is not None or not self.sink.from_now:
            return self.archive.changes(cursor)
        begun = self._begun()
        return (each for each in self.archive.changes(since=begun.date()) if _moment(each.event) >= begun)

    def _begun(self) -> datetime:
        """When the first delivery began, noted by it (aware, UTC)."""
        state, name = self.archive.state(STATE), f"{self.name}/begun"
        try:
            return datetime.fromisoformat((state.get(name) or b"").decode()).astimezone(UTC)
        except ValueError:
            now = datetime.now(UTC)
            state.put(name, now.isoformat().encode())
            return now

    def _cursor(self) -> str | None:
        kept = self.archive.state(STATE).get(f"{self.name}/cursor")
        return kept.decode() if kept else None

    def _save(self, cursor: str | None, *, now: bool = False) -> None:
        if cursor and (now or time.monotonic() - self._saved >= SAVE_SECONDS):
            self.archive.state(STATE).put(f"{self.name}/cursor", cursor.encode())
            self._saved = time.monotonic()


def _moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def _pause(state: RetryCallState) -> float:
    """As long as the sink asked for, a day at most; else longer each time, and never in step with others."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, UnavailableError) else None
    return min(max(0.0, asked), LONGEST_WAIT) if asked is not None else _WAIT(state)
