"""One typed JSON document under an outlet's `state/`: one way to load it, one way to save it.

Those that every crawl reads are notes: they lie together in one file (`storage.state`).

What stands there is a convenience for the next crawl (validators, cursors, statistics) and may be lost without harm. It is also
outside our control: an older version wrote it, a disk truncated it, a person edited it. So `load` never raises for what it
finds: a document that cannot be understood is the default, and the fact `state.reset` names its key and the reason.

Use, in the module that owns the file:

    class Pause(BaseModel):
        host: str
        until: Moment

    PAUSES = StateFile("pauses.json", list[Pause], default=list)

    pauses = PAUSES.load(archive.state(outlet), facts)
    PAUSES.save(archive.state(outlet), [*pauses, Pause(host=host, until=now)])

The shape is anything pydantic can validate: a model, a dataclass, a `dict[str, Moment]`. Types are strict ("5" is no integer,
5 is no date). Write `Moment` for every date-time, `PastMoment` where one in the future would hold something up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Protocol, TypeVar

from pydantic import AfterValidator, PlainSerializer, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import PydanticSerializationError

from storage.one_line import one_line

if TYPE_CHECKING:
    from storage import State

Shape = TypeVar("Shape")

MAX_DIGITS: Final = 18
"""Longest integer: it fits into 64 bits."""
FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Between these any moment can be added to and subtracted from without leaving the calendar."""
CLOCK_SLACK: Final = timedelta(hours=24)
"""How far the clocks of two machines may differ."""
_REASON_CHARS: Final = 300


class Report(Protocol):
    """Where facts go: `crawler.facts.Facts`, or `Fates.fact`, which adds the outlet."""

    def __call__(self, fact: str, /, **details: Any) -> None: ...


def _within_calendar(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("has no zone")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"is not within the years {FIRST_YEAR} to {LAST_YEAR}")
    return value.astimezone(UTC)


def _not_in_the_future(value: datetime, info: ValidationInfo) -> datetime:
    """Judges what stands in a file; a moment that this program made is not wrong because the clock was set back meanwhile."""
    if info.mode == "json" and value > datetime.now(UTC) + CLOCK_SLACK:
        raise ValueError("is in the future")
    return value


_ISO: Final = PlainSerializer(datetime.isoformat, return_type=str)
Moment = Annotated[datetime, AfterValidator(_within_calendar), _ISO]
"""An instant with a zone, given as UTC, from 1970 to 2199; stored as ISO 8601 with the offset."""
PastMoment = Annotated[datetime, AfterValidator(_within_calendar), AfterValidator(_not_in_the_future), _ISO]
"""The same, not later than the clock says (and a day of slack)."""


class StateFile(Generic[Shape]):
    """The document `state/<outlet>/<name>`. Immutable and stateless: one constant per kind of file serves all outlets."""

    def __init__(self, name: str, shape: Any, *, default: Callable[[], Shape], is_note: bool = False) -> None:
        """shape: the type, as pydantic takes it; default: makes the document that stands for a missing or unusable one.

        is_note: it lies with the outlet's other notes.
        """
        self.name, self._is_note = name, is_note
        self._shape = shape
        self._default = default

    @cached_property
    def _adapter(self) -> TypeAdapter[Shape]:
        """Made when it is first needed: a command imports many kinds of files and meets few."""
        return TypeAdapter(self._shape)

    def load(self, state: State, report: Report) -> Shape:
        """The document; the default where there is none, and where it cannot be understood (fact `state.reset`: key, reason).

        A file that is not there is no fact: nobody can tell a lost one from one that was never written. Raises ArchiveError
        only where the archive itself cannot be read.
        """
        data = state.note(self.name) if self._is_note else state.get(self.name)
        if self._is_note and (damage := state.take_damage()):
            report("state.reset", key=damage[0], reason=damage[1])
        if data is None:
            return self._default()
        try:
            return self.parse(data)
        except Exception as error:  # noqa: BLE001  # validators of any model may raise anything; the fact names it
            report("state.reset", key=state.key(self.name), reason=reason_of(error))
            return self._default()

    def save(self, state: State, document: Shape, report: Report | None = None) -> bool:
        """Replaces the file; whether that was done. A document that JSON cannot hold (a lone surrogate in a text) leaves the old
        file as it is: fact `state.unsaved`. Raises ArchiveError where the archive cannot be written.
        """
        data = self._dumped(state, document, report)
        if data is not None:
            (state.write if self._is_note else state.put)(self.name, data)
        return data is not None

    def stage(self, state: State, document: Shape, report: Report | None = None) -> bool:
        """Has a note replaced when the run ends, as `save` does. Raises ArchiveError where the archive cannot be read."""
        data = self._dumped(state, document, report)
        if data is not None:
            state.stage(self.name, data)
        return data is not None

    def _dumped(self, state: State, document: Shape, report: Report | None) -> bytes | None:
        try:
            return self.dump(document)
        except PydanticSerializationError as error:
            if report is not None:
                report("state.unsaved", key=state.key(self.name), reason=reason_of(error))
            return None

    def parse(self, data: bytes) -> Shape:
        """The document in the bytes of a file. Raises ValueError, or what a validator of the shape raises."""
        json.loads(data, parse_float=_finite, parse_int=_small, parse_constant=_finite)  # arithmetic on other numbers raises
        return self._adapter.validate_json(data, strict=True)

    def dump(self, document: Shape) -> bytes:
        """The bytes of the file; equal documents have equal bytes. Raises PydanticSerializationError, a ValueError."""
        return self._adapter.dump_json(document, by_alias=True)


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"{literal[:20]} is no finite number")
    return value


def _small(literal: str) -> int:
    if len(literal.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(literal)} digits")
    return int(literal)


def reason_of(error: Exception) -> str:
    """Why a document cannot be understood, in a line: of a validator's errors the first, with its place in the document."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        text = f"{place}: {first['msg']}" if place else first["msg"]
    else:
        text = f"{type(error).__name__}: {error}"
    return one_line(text, _REASON_CHARS)
