"""A clock that is wrong: what this process takes for the time, moved by hours, once or again while it runs.

`datetime.now` cannot be replaced on its type, so every module gets a type of its own in its stead, as freezegun does. The
monotonic clock goes on, as it does when somebody sets a machine's clock.
"""

from __future__ import annotations

import copyreg
import datetime as datetimes
import sys
import time
from typing import Any

_datetime, _time = datetimes.datetime, time.time
_seconds = 0.0


class _Meta(type):
    """Instants made by others are instants too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _datetime)


class Moved(_datetime, metaclass=_Meta):  # type: ignore[misc,valid-type]  # the true one, by another name
    """The instants of a machine whose clock is wrong."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """The wrong time."""
        return _datetime.fromtimestamp(_time() + _seconds, tz)


def true(*state: Any) -> Any:
    """An instant that came from another process."""
    return _datetime(*state)


def _packed(instant: Any) -> tuple[Any, tuple[Any, ...]]:
    """The true type cannot be named any more, so its instants are passed on by `true`."""
    return true, instant.__reduce__()[1]


def move(hours: float) -> None:
    """From now on the clock differs from the true time by so many hours."""
    global _seconds  # noqa: PLW0603 - a process has one clock
    _seconds = hours * 3600
    if datetimes.datetime is Moved:
        return
    datetimes.datetime = Moved  # type: ignore[misc]
    copyreg.pickle(_datetime, _packed)
    time.time = lambda: _time() + _seconds
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"storage", "crawler"} and vars(module).get("datetime") is _datetime:
            module.datetime = Moved  # type: ignore[attr-defined]
