"""Rows as Arrow columns of the written schema, for Delta; by arro3, which deltalake brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import arro3.core as arrow

from storage.record import Json, micros, moment
from storage.tables.row import SCHEMA

_STRING: Final = arrow.DataType.string()
_TYPES: Final[dict[str, arrow.DataType]] = {
    "VARCHAR": _STRING,
    "INTEGER": arrow.DataType.int32(),
    "BIGINT": arrow.DataType.int64(),
    "BOOLEAN": arrow.DataType.bool(),
    "VARCHAR[]": arrow.DataType.list(arrow.Field("element", _STRING, nullable=True)),
    "TIMESTAMPTZ": arrow.DataType.timestamp("us", tz="UTC"),
}
ARROW_SCHEMA: Final = arrow.Schema([arrow.Field(name, _TYPES[kind], nullable=True) for name, kind in SCHEMA.items()])


def batch_of(rows: Sequence[Json]) -> arrow.RecordBatch:
    """A batch of rows (`storage.tables.row`, with `newest` and `gone_at`)."""
    return arrow.RecordBatch.from_arrays([column(name, [row[name] for row in rows]) for name in SCHEMA], schema=ARROW_SCHEMA)


def column(name: str, values: list[Any]) -> arrow.Array:
    """The values of a column as an array of its type. Times are given as RFC 3339 or datetimes."""
    kind = SCHEMA[name]
    return _BUILD[kind](values, _TYPES[kind])


def cast_batch(batch: arrow.RecordBatch) -> arrow.RecordBatch:
    """A batch as DataFusion gives it (views, its own names of list elements) in the written schema."""
    return arrow.RecordBatch.from_arrays(
        [batch.column(name).cast(_TYPES[kind]) for name, kind in SCHEMA.items()], schema=ARROW_SCHEMA
    )


def _texts(values: list[Any], kind: arrow.DataType) -> arrow.Array:
    return _strings(values, kind)


def _lists(values: list[Any], kind: arrow.DataType) -> arrow.Array:
    ends, flat = [0], []
    for value in values:
        flat += value
        ends.append(len(flat))
    return arrow.list_array(arrow.Array(ends, arrow.DataType.int32()), _strings(flat, _STRING), type=kind)


def _times(values: list[Any], kind: arrow.DataType) -> arrow.Array:
    moments = (moment(value) if isinstance(value, str) else value for value in values)
    return arrow.Array([None if at is None else micros(at) for at in moments], arrow.DataType.int64()).cast(kind)


def _plain(values: list[Any], kind: arrow.DataType) -> arrow.Array:
    return arrow.Array(values, kind)


def _strings(values: list[Any], kind: arrow.DataType) -> arrow.Array:
    """Texts or None. A lone surrogate has no UTF-8 and becomes "?", as in a record's bytes."""
    try:
        return arrow.Array(values, kind)
    except UnicodeEncodeError:
        return arrow.Array([value and value.encode(errors="replace").decode() for value in values], kind)


_BUILD: Final[dict[str, Callable[[list[Any], arrow.DataType], arrow.Array]]] = {
    "VARCHAR": _texts,
    "VARCHAR[]": _lists,
    "TIMESTAMPTZ": _times,
    "INTEGER": _plain,
    "BIGINT": _plain,
    "BOOLEAN": _plain,
}
