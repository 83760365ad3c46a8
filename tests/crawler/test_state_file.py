"""State files: what was saved is loaded; whatever else stands in a file is the default and a fact, never an exception."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from crawler.state_file import Moment, PastMoment, StateFile
from storage import State, open_archive

MOMENTS = st.integers(0, 7_250_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


class Mark(BaseModel):
    at: Moment
    count: int = 0
    share: float = 0.0
    names: dict[str, str] = Field(default_factory=dict)


@dataclass
class Poll:
    asked: PastMoment | None = None
    weights: list[float] = field(default_factory=list)


MARKS = StateFile[dict[str, Mark]]("marks.json", dict[str, Mark], default=dict)
POLL = StateFile[Poll]("poll.json", Poll, default=Poll)

ODD_VALUES: list[Any] = [
    None,
    True,
    "zzzz",
    "",
    "0000-00-00T00:00:00",
    "0001-01-01T00:00:00+03:00",
    "9999-12-31T23:59:59-12:00",
    "2026-11-22T10:00:00",
    "2300-01-01T00:00:00Z",
    -1,
    10**400,
    1e308,
    [],
    {},
    [[]],
    "\ud800",
]


class Told:
    """Collects facts."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, fact: str, /, **details: Any) -> None:
        self.facts.append((fact, details))


class InMemory(State):
    """The properties write thousands of files; a disk adds nothing to them."""

    def __init__(self) -> None:
        self._outlet, self._files = "enab_baladi", dict[str, bytes]()

    def get(self, name: str) -> bytes | None:
        return self._files.get(name)

    def put(self, name: str, data: bytes) -> None:
        self._files[name] = data


@pytest.fixture(scope="module")
def state() -> State:
    return InMemory()


def _load(state: State, file: StateFile[Any], data: bytes) -> tuple[Any, Told]:
    state.put(file.name, data)
    told = Told()
    return file.load(state, told), told


def test_a_file_that_was_never_written_is_the_default_and_no_fact(tmp_path: Path) -> None:
    told = Told()
    assert MARKS.load(open_archive(str(tmp_path / "a")).state("smart"), told) == {}
    assert not told.facts


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.builds(
            Mark,
            at=MOMENTS,
            count=st.integers(-(10**17), 10**17),
            share=st.floats(allow_nan=False, allow_infinity=False),
            names=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.just("x")),
        ),
    )
)
def test_what_was_saved_is_loaded(state: State, marks: dict[str, Mark]) -> None:
    told = Told()
    assert MARKS.save(state, marks, told)
    assert MARKS.load(state, told) == marks
    assert not told.facts


def test_a_dataclass_is_loaded_and_equal_ones_have_equal_bytes(tmp_path: Path) -> None:
    state = open_archive(str(tmp_path / "a")).state("enab_baladi")
    poll = Poll(datetime(2026, 11, 22, tzinfo=UTC), [1.0, 2.5])
    assert POLL.save(state, poll)
    assert POLL.load(state, Told()) == poll
    assert POLL.dump(poll) == POLL.dump(poll)


def test_a_moment_is_stored_with_its_offset_and_loaded_as_utc(state: State) -> None:
    damascus = datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=3)))
    MARKS.save(state, {"a": Mark(at=damascus)})
    assert json.loads(state.get("marks.json") or b"")["a"]["at"] == "2026-11-22T10:00:00+00:00"
    assert MARKS.load(state, Told())["a"].at == damascus


@pytest.mark.parametrize("odd", ODD_VALUES, ids=lambda odd: repr(odd)[:30])
@pytest.mark.parametrize("place", ["document", "entry", "at", "share"])
def test_an_odd_value_in_any_place_is_the_default_and_a_fact(state: State, place: str, odd: object) -> None:
    entry: Any = {"at": "2026-11-22T10:00:00+00:00", place: odd} if place in ("at", "share") else odd
    document: Any = odd if place == "document" else {"feed": entry}
    valid = {"document": ({},), "entry": (), "at": (), "share": (-1, 1e308)}[place]
    loaded, told = _load(state, MARKS, json.dumps(document).encode())
    if any(type(odd) is type(each) and odd == each for each in valid):
        assert not told.facts
        return
    assert loaded == {}
    assert [fact for fact, _ in told.facts] == ["state.reset"]
    assert told.facts[0][1]["key"] == "state/enab_baladi/marks.json"
    assert told.facts[0][1]["reason"]
    assert "\n" not in told.facts[0][1]["reason"]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b'{"a"', b"\xff\xfe", b"NaN", b"-Infinity", b"1e999", b'"\\ud800"', b"[" * 200_000, b"9" * 6_000, b"\x1f\x8b"],
    ids=lambda damage: repr(damage[:12]),
)
@pytest.mark.parametrize("file", [MARKS, POLL], ids=["models", "dataclass"])
def test_damage_is_the_default_and_a_fact(state: State, file: StateFile[Any], damage: bytes) -> None:
    loaded, told = _load(state, file, damage)
    assert loaded in ({}, Poll())
    assert [fact for fact, _ in told.facts] == ["state.reset"]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_is_not_finite_is_refused_whatever_the_shape_allows(state: State, number: str) -> None:
    marks = f'{{"a": {{"at": "2026-11-22T10:00:00+00:00", "share": {number}}}}}'
    loaded, told = _load(state, MARKS, marks.encode())
    assert loaded == {}
    assert told.facts


def test_a_moment_of_the_future_is_refused_where_it_would_hold_something_up(state: State) -> None:
    later = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    state.put(POLL.name, StateFile[Any](POLL.name, Any, default=dict).dump({"asked": later, "weights": []}))
    told = Told()
    assert POLL.load(state, told) == Poll()
    assert "in the future" in told.facts[0][1]["reason"]


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(state: State, data: bytes) -> None:
    for file in (MARKS, POLL):
        loaded, told = _load(state, file, data)
        assert isinstance(loaded, (dict, Poll))
        assert told.facts or file.parse(data) == loaded


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(ODD_VALUES),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["at", "count", "asked"]), inner),
        max_leaves=10,
    )
)
def test_random_json_never_raises(state: State, document: object) -> None:
    for file in (MARKS, POLL):
        loaded, _ = _load(state, file, json.dumps(document).encode())
        assert isinstance(loaded, (dict, Poll))


@given(st.data())
def test_truncated_json_never_raises(state: State, data: st.DataObject) -> None:
    whole = MARKS.dump({"feed": Mark(at=datetime(2026, 11, 22, tzinfo=UTC), names={"a": "ب"})})
    cut = data.draw(st.integers(0, len(whole) - 1))
    loaded, told = _load(state, MARKS, whole[:cut])
    assert loaded == {}
    assert [fact for fact, _ in told.facts] == ["state.reset"]


def test_a_text_that_json_cannot_hold_leaves_the_file_as_it_was(state: State) -> None:
    MARKS.save(state, {"a": Mark(at=datetime(2026, 11, 22, tzinfo=UTC))})
    before, told = state.get(MARKS.name), Told()
    assert not MARKS.save(state, {"a": Mark(at=datetime(2026, 11, 22, tzinfo=UTC), names={"x": "\ud800"})}, told)
    assert state.get(MARKS.name) == before
    assert told.facts[0][0] == "state.unsaved"
    json.dumps(told.facts, ensure_ascii=False).encode()
