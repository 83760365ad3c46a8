"""What a sink is: the base class, and its errors."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

Event = dict[str, Any]
"""A CloudEvents 1.0 object."""


class SinkError(Exception):
    """The sink cannot be used as it is named or set up: one line that names it."""


class UnavailableError(Exception):
    """The sink did not take the events; they are delivered later. wait: seconds it asked to be left alone, if it did."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that the sink will never take as it is."""

    event: Event
    reason: str


def json_of(event: Event) -> str:
    """The event as JSON that can be written as UTF-8, compact."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from a page, can be written as an escape only
        return json.dumps(event, separators=(",", ":"))
    return text


class Sink(ABC):
    """A place that events are delivered to.

    batch: how many events at most are handed over at once. window: seconds for which events are collected before they are
    handed over together; 0: at once. from_now: the first delivery begins with what is announced from then on, instead of the
    beginning of the change log.
    """

    batch: int = 1
    window: float = 0.0
    from_now: ClassVar[bool] = False

    def wants(self, event: Event) -> bool:  # noqa: ARG002 - a sink takes everything unless it says otherwise
        """Whether the event is to be handed over; the others are passed over for good."""
        return True

    @abstractmethod
    def deliver(self, events: Sequence[Event]) -> list[Refusal]:
        """Returns when the sink has them, in this order, with those it refuses for good.

        UnavailableError: it is not known that it has them all; the same ones are handed over again.
        """
