"""The kinds of value that an outlet's file has: regular expressions that take linear time, CSS selectors, addresses, zones.

Each refuses with a ValueError whose message shows the value and what is wrong with it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.outlet_files.linear import why_not_linear
from crawler.suggestion import did_you_mean

_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_MONTH: Final = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_ROUTE_GROUPS: Final = frozenset({"id", "year", "month", "day"})
_DATELINE_GROUPS: Final = frozenset({"agency", "place", "by"})
_DOCUMENT: Final = LexborHTMLParser("<p></p>")


def _expression(value: str, *, groups: frozenset[str] = frozenset(), around: str = "{}", searched: bool = False) -> str:
    try:
        compiled = re.compile(value, re.IGNORECASE)
        slow = why_not_linear(around.format(value), searched=searched)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    if slow is not None:
        raise ValueError(f"{value!r} is refused: {slow}")
    for name in compiled.groupindex:
        if name not in groups:
            allowed = ", ".join(sorted(groups)) or "none is read here"
            raise ValueError(f"{value!r} names the group {name!r}; {allowed}.{did_you_mean(name, groups)}")
    return value


def _selector(value: str) -> str:
    try:
        _DOCUMENT.css(value)
    except (SelectolaxError, ValueError) as error:
        raise ValueError(f"{value!r} is no CSS selector ({' '.join(str(error).split())})") from None
    if not value.strip():
        raise ValueError("is an empty CSS selector")
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError(f"{value!r} is no host name; write it small, without scheme, port and path: news.example")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", value):
        raise ValueError(f"{value!r} is no http or https address")
    return value


def _page_address(value: str) -> str:
    _web_address(value)
    if len(re.findall(r"\{(?:page|index)\}", value)) != 1 or len(re.findall(r"[{}]", value)) != 2:
        raise ValueError(f"{value!r}: put {{page}} (from 1) or {{index}} (from 0) where the number of the page stands, once")
    return value


def _day_address(value: str) -> str:
    _web_address(value)
    missing = [code for code in ("%Y", "%m", "%d") if code not in value]
    if missing:
        raise ValueError(f"{value!r}: year, month and day stand in it as %Y, %m and %d; there is no {missing[0]}")
    return value


def _prefix(value: str) -> str:
    _host(value.partition("/")[0])
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        question = did_you_mean(value, available_timezones())
        raise ValueError(f"{value!r} is no IANA time zone, such as Asia/Damascus.{question}") from None
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{value!r} is no language code of two or three small letters (ISO 639), such as ar")
    return value


def _segment(value: str) -> str:
    if not value or "/" in value:
        raise ValueError(f"{value!r} is not one segment of a path; write it without slashes")
    return value


def _point(value: list[Any]) -> list[Any]:
    number, month = (*value, None, None)[:2]
    if len(value) != 2 or type(number) is not int or not isinstance(month, str) or not _MONTH.fullmatch(month):
        raise ValueError(f'{value!r}: write a number and a month, such as [15237, "2014-02"]')
    return value


Line = Annotated[str, AfterValidator(_expression)]
DatelineLine = Annotated[str, AfterValidator(partial(_expression, groups=_DATELINE_GROUPS))]
Selector = Annotated[str, AfterValidator(_selector)]
QueryPart = Annotated[str, AfterValidator(partial(_expression, groups=_ROUTE_GROUPS, around="&(?:{})(?:&|$)", searched=True))]
Host = Annotated[str, AfterValidator(_host)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
NumberedMonth = Annotated[list[Any], AfterValidator(_point)]
DayAddress = Annotated[str, AfterValidator(_day_address)]
Language = Annotated[str, AfterValidator(_language)]
PageAddress = Annotated[str, AfterValidator(_page_address)]
AddressPrefix = Annotated[str, AfterValidator(_prefix)]
PathSegment = Annotated[str, AfterValidator(_segment)]
Zone = Annotated[str, AfterValidator(_zone)]
PathPattern = Annotated[str, AfterValidator(partial(_expression, groups=_ROUTE_GROUPS))]
