"""Facts: what happened, one JSON object a line, for machines and for `jq`. The words are those of the manifest."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any, TextIO


class Facts:
    """Writes facts to a stream, or nowhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    @classmethod
    def on_stdout(cls) -> Facts:
        return cls(sys.stdout)

    def __call__(self, fact: str, /, **details: Any) -> None:
        """One line: `fact`, `at` (UTC), then the details that are not None."""
        if self._stream is None:
            return
        line = {"fact": fact, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        line |= {name: value for name, value in details.items() if value is not None}
        text = json.dumps(line, ensure_ascii=False)
        self._stream.write(text.encode("utf-8", "backslashreplace").decode() + "\n")  # strangers send lone surrogates
        self._stream.flush()
