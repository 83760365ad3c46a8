"""What an outlet's sources remember from one crawl to the next: the note `discovery.json`.

Losing it costs requests, never an article. It is checked when it is loaded, and a source checks its mark once more when it reads
it: what cannot be understood is begun anew, and said (fact `state.reset`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from crawler.state_file import PastMoment, Report, StateFile, reason_of
from storage import State

if TYPE_CHECKING:
    from scrapy.http import Response

NAME: Final = "discovery.json"
FORGOTTEN_AFTER: Final = timedelta(days=30)
"""Validators of a document that was not asked for so long are dropped."""
Mark = TypeVar("Mark")

HeaderValue = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"\A[ -~\x80-\xff]+\z")]
"""Of an HTTP field: no line break, so that it can be sent again."""


class Validators(BaseModel):
    """Of one document (RFC 9110 §8.8), and when they were given."""

    etag: HeaderValue | None = None
    last_modified: HeaderValue | None = None
    at: PastMoment

    @classmethod
    def of(cls, response: Response, now: datetime) -> Validators | None:
        """Those of a response; None if it has none that can be sent again."""
        stated = {"etag": _header(response, "ETag"), "last_modified": _header(response, "Last-Modified")}
        usable = {name: value for name, value in stated.items() if value}
        return cls(**usable, at=now.astimezone(UTC)) if usable else None

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the document only if it changed."""
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {header: value for header, value in pairs if value}


class StoredMemory(BaseModel):
    """validators: by URL; marks: by the name of the source, in a shape of its own."""

    validators: dict[str, Validators] = Field(default_factory=dict)
    marks: dict[str, Any] = Field(default_factory=dict)


FILE: Final = StateFile(NAME, StoredMemory, default=StoredMemory, is_note=True)


class Memory:
    """The state of one outlet while it is crawled."""

    def __init__(self, stored: StoredMemory | None = None) -> None:
        stored = stored or StoredMemory()
        self.validators, self.marks = stored.validators, stored.marks
        self._before = self._dump()

    @classmethod
    def load(cls, state: State, report: Report) -> Memory:
        """What is stored. Raises ArchiveError only where the archive cannot be read."""
        return cls(FILE.load(state, report))

    def document(self) -> StoredMemory:
        """What is to be stored."""
        return StoredMemory(validators=self.validators, marks=self.marks)

    @property
    def changed(self) -> bool:
        return self._dump() != self._before

    def mark(self, name: str, shape: TypeAdapter[Mark], report: Report) -> Mark | None:
        """A mark, checked; None where there is none, and where it cannot be understood, which is said."""
        if name not in self.marks:
            return None
        try:
            return shape.validate_json(json.dumps(self.marks[name]), strict=True)
        except Exception as error:  # noqa: BLE001  # validators of any shape may raise anything; the fact names it
            del self.marks[name]
            report("state.reset", key=f"{NAME}: {name}", reason=reason_of(error))
            return None

    def forget(self, now: datetime) -> None:
        """Drops what no source asks for any more."""
        self.validators = {url: kept for url, kept in self.validators.items() if now - kept.at < FORGOTTEN_AFTER}

    def _dump(self) -> str:
        validators = {url: kept.model_dump(mode="json") for url, kept in self.validators.items()}
        return json.dumps([validators, self.marks], sort_keys=True)


def _header(response: Response, name: str) -> str | None:
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    fits = 0 < len(value) <= 1_000 and all(" " <= each <= "~" or each >= "\x80" for each in value)
    return value if fits else None
