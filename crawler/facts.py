"""Facts: what happened, one JSON object a line, for machines and for `jq`. The words are those of the manifest."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO


class Facts:
    """Writes facts to a stream, or nowhere. That it takes none (the disk of a log is full, `| head` has enough) is told on stderr
    once, and is no trouble of the work: what was kept stands in the archive.
    """

    def __init__(self, stream: TextIO | Unbuffered | None = None) -> None:
        self._stream = stream
        self._untold = 0

    @classmethod
    def on_stdout(cls) -> Facts:
        return cls(Unbuffered(sys.stdout.fileno()))

    def __call__(self, fact: str, /, **details: Any) -> None:
        """One line: `fact`, `at` (UTC), then the details that are not None."""
        if self._stream is None:
            return
        line = {"fact": fact, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        line |= {name: value for name, value in details.items() if value is not None}
        text = json.dumps(line, ensure_ascii=False)
        try:
            self._stream.write(text.encode("utf-8", "backslashreplace").decode() + "\n")  # strangers send lone surrogates
            self._stream.flush()
        except OSError as error:
            self._untold += 1
            if self._untold == 1:
                _say(f"facts cannot be written: {error.strerror or error}; the work goes on without")
        else:
            if self._untold:
                _say(f"facts are written again; {self._untold:,} are missing, or came late")
            self._untold = 0


class Unbuffered:
    """Whole lines to an open file, at once. Of a line that it took in part the rest comes first next time."""

    def __init__(self, number: int) -> None:
        self._number, self._rest = number, b""

    def write(self, line: str) -> None:
        """OSError: the file takes nothing more."""
        self.flush()
        data = line.encode()
        self._rest = data[os.write(self._number, data) :]
        self.flush()

    def flush(self) -> None:
        """OSError as above."""
        while self._rest:
            self._rest = self._rest[os.write(self._number, self._rest) :]


def _say(line: str) -> None:
    with suppress(OSError):  # on the same disk, or to the same reader
        sys.stderr.write(f"warraq: {line}\n")
