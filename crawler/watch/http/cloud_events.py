"""CloudEvents 1.0 over HTTP: binary, structured and batched mode (HTTP protocol binding 1.0.2, JSON format 1.0.2).

Written here because the packages that do it fill in an `id` and `specversion` that are missing, and know no batches.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.message import Message
from typing import Any, Final, NoReturn
from urllib.parse import unquote_to_bytes

REQUIRED: Final = ("id", "source", "specversion", "type")
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
MOST_EVENTS: Final = 1_000
"""Of one batch."""
MOST_DEPTH: Final = 32
"""Of arrays and objects in data: what is deeper has no use here, and breaks whoever reads it recursively."""
_NAME: Final = re.compile(r"[a-z0-9]{1,64}")
_URI_REFERENCE: Final = re.compile(r"[^\x00-\x20\x7f<>\"{}|\\^`]+")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_JSON: Final = re.compile(r"(?:application|text)/json|[a-z0-9.+-]+/[a-z0-9.+-]+\+json", re.IGNORECASE)

Event = dict[str, Any]
"""Attributes by name, and `data`: what its JSON says, None if there is none."""


class NoEventError(ValueError):
    """The request holds no CloudEvent 1.0: one line that says why. status: of the HTTP answer, 400 or 415."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status


def events_of(headers: Iterable[tuple[str, str]], body: bytes) -> list[Event]:
    """The events of a request. headers: (name, value), names in any case. NoEventError for the first that is wrong."""
    fields = [(name.lower(), value) for name, value in headers]
    content_type = next((value for name, value in fields if name == "content-type"), "")
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type.startswith("application/cloudevents"):
        attributes = _attributes_of(fields)
        if not attributes:
            raise NoEventError(f"neither ce- headers nor {STRUCTURED}, but {media_type[:100]!r}", 415)
        if content_type:
            attributes["datacontenttype"] = content_type
        return [_checked(attributes, _data(body, content_type))]
    if media_type not in (STRUCTURED, BATCH):
        raise NoEventError(f"of structured events {STRUCTURED} and {BATCH} are read, not {media_type[:100]!r}", 415)
    document = _parsed(body, content_type)
    if media_type == STRUCTURED:
        return [_structured(document)]
    if not isinstance(document, list) or len(document) > MOST_EVENTS:
        raise NoEventError(f"a batch is a JSON array of {MOST_EVENTS} events at most")
    return [_structured(each) for each in document]


def _attributes_of(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Of binary mode: the ce- headers, percent-decoded (HTTP binding §3.1.3)."""
    attributes: dict[str, Any] = {}
    for name, value in fields:
        if name.startswith("ce-"):
            if name[3:] in attributes:
                raise NoEventError(f"{name[:70]} is given twice")
            text = value.strip()
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = re.sub(r"\\(.)", r"\1", text[1:-1])
            attributes[name[3:]] = _text(unquote_to_bytes(text.encode("utf-8", "surrogateescape")), name)
    return attributes


def _structured(document: object) -> Event:
    if not isinstance(document, Mapping):
        raise NoEventError("an event is a JSON object")
    attributes = {name: value for name, value in document.items() if name not in ("data", "data_base64") and value is not None}
    if "data_base64" not in document:
        return _checked(attributes, document.get("data"))
    if document.get("data") is not None:
        raise NoEventError("an event has data or data_base64, not both")
    try:
        data = base64.b64decode(str(document["data_base64"]).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoEventError("data_base64 is no base64") from error
    return _checked(attributes, _data(data, str(attributes.get("datacontenttype", ""))))


def _checked(attributes: Mapping[str, Any], data: object) -> Event:
    """The event, as CloudEvents 1.0 §3 wants its attributes."""
    for name, value in attributes.items():
        if not _NAME.fullmatch(name) or name == "data":
            raise NoEventError(f"an attribute's name has small letters and digits, not {name[:70]!r}")
        if not isinstance(value, (str, bool, int)):
            raise NoEventError(f"{name} is neither text nor a number nor true or false")
        _text(str(value).encode("utf-8", "surrogatepass"), name)
    for name in REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise NoEventError(f"no CloudEvent 1.0: {name} is missing or empty")
    if attributes["specversion"] != "1.0":
        raise NoEventError(f"specversion is {attributes['specversion'][:20]!r}, only '1.0' is known")
    for name in ("source", "dataschema"):
        if not _URI_REFERENCE.fullmatch(str(attributes.get(name, "x"))):
            raise NoEventError(f"{name} is no URI reference")
    if not isinstance(attributes.get("subject", "x"), str) or not attributes.get("subject", "x"):
        raise NoEventError("subject is no text, or empty")
    return {**attributes, **_time_of(attributes), "data": data}


def _time_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """`time` as it is kept, if the event has one (RFC 3339)."""
    if "time" not in attributes:
        return {}
    text = str(attributes["time"])
    try:
        moment = datetime.fromisoformat(text.upper()) if _TIME.fullmatch(text) else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise NoEventError(f"time is no RFC 3339 moment: {text[:40]!r}")
    return {"time": moment.isoformat()}


def _data(body: bytes, content_type: str) -> object:
    """What the JSON says; without a type it is taken for JSON (JSON format §3.1); None for nothing, or for another type."""
    if not body or (content_type and not _JSON.fullmatch(content_type.partition(";")[0].strip())):
        return None
    return _parsed(body, content_type)


def _parsed(body: bytes, content_type: str) -> object:
    charset = _charset(content_type)
    if charset not in ("utf-8", "us-ascii", ""):
        raise NoEventError(f"JSON is read as UTF-8, not {charset[:40]!r}", 415)
    try:
        parsed = json.loads(_text(body, "the body"), parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise NoEventError(f"no JSON of {MOST_DEPTH} levels at most") from error
    except NoEventError:
        raise
    except ValueError as error:
        raise NoEventError(f"no JSON: {' '.join(str(error).split())[:200]}") from error
    _look_for_depth(parsed)
    return parsed


def _charset(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = "".join(each for each in content_type if each.isprintable())
    return str(message.get_param("charset", "")).lower()


def _look_for_depth(parsed: object) -> None:
    """Level by level; also that no text holds half a surrogate pair, which nothing can write."""
    level, depth = [parsed], 0
    while level:
        if depth > MOST_DEPTH:
            raise NoEventError(f"no JSON of {MOST_DEPTH} levels at most")
        texts = [each for each in level if isinstance(each, str)]
        texts += [name for each in level if isinstance(each, Mapping) for name in each]
        _text("".join(texts).encode("utf-8", "surrogatepass"), "the body")
        below = [each.values() if isinstance(each, Mapping) else each for each in level if isinstance(each, (Mapping, list))]
        level, depth = [each for values in below for each in values], depth + 1


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NoEventError(f"{name[:70]} is no UTF-8") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    if math.isinf(found := float(number)):
        raise ValueError("a number is too large")
    return found
