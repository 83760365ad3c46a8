"""The CDX server's search: rows of the index chosen, collapsed, cut and printed as its parameters say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote_plus, unquote_plus

from crawler.demo.answer import JSON, Answer, text

Row = dict[str, str]
_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_ROWS_A_PAGE = 50


def search(rows: list[Row], raw_query: str, urlkey: Callable[[str], str]) -> Answer:
    """Answer a query over `rows` (sorted by urlkey and timestamp). A query that cannot be understood is 400."""
    query = parse_qs(raw_query, keep_blank_values=True)
    last = {name: values[-1] for name, values in query.items()}
    if not last.get("url"):
        return text("Missing required parameter: url\n", 400)
    try:
        chosen = _filtered(_matching(rows, last, urlkey), query.get("filter", []), last)
        chosen = _collapsed(chosen, query.get("collapse", []))
        limit = int(last.get("limit", "0"))
    except (ValueError, KeyError, re.error) as problem:
        return text(f"Bad query: {problem}\n", 400)
    if _is_true(last, "showNumPages"):
        return text(f"{-(-len(chosen) // _ROWS_A_PAGE)}\n")
    if "page" in last:
        start = int(last["page"]) * _ROWS_A_PAGE
        chosen = chosen[start : start + _ROWS_A_PAGE]
    chosen = _resumed(chosen, last.get("resumeKey"))
    shown = chosen[:limit] if limit > 0 else chosen[limit:] if limit < 0 else chosen
    more = limit > 0 and len(chosen) > limit and _is_true(last, "showResumeKey")
    return _printed(shown, last, _key(shown[-1]) if more and shown else None)


def _matching(rows: list[Row], last: dict[str, str], urlkey: Callable[[str], str]) -> list[Row]:
    url, match = last["url"], last.get("matchType", "exact")
    if url.startswith("*."):
        url, match = url[2:], "domain"
    elif url.endswith("*"):
        url, match = url[:-1], "prefix"
    key = urlkey(url)
    host = key.partition(")")[0]
    if match == "exact":
        return [row for row in rows if row["urlkey"] == key]
    if match == "prefix":
        bare = "/" not in url.partition("://")[2] and "/" not in url.replace("://", "")
        start = f"{host})/" if bare else key + ("/" if url.endswith("/") and not key.endswith("/") else "")
        return [row for row in rows if row["urlkey"].startswith(start)]
    if match == "host":
        return [row for row in rows if row["urlkey"].startswith(f"{host})")]
    if match == "domain":
        return [row for row in rows if row["urlkey"].startswith((f"{host})", f"{host},"))]
    raise ValueError(f"matchType {match}")


def _filtered(rows: list[Row], filters: list[str], last: dict[str, str]) -> list[Row]:
    """From and to are inclusive and may be cut anywhere; a filter is a regular expression for the whole field."""
    low, high = last.get("from", ""), last.get("to", "")
    if not (low + high).isdecimal() and low + high:
        raise ValueError("from/to must be digits")
    rows = [
        row for row in rows if row["timestamp"] >= low.ljust(14, "0") and (not high or row["timestamp"] <= high.ljust(14, "9"))
    ]
    for condition in filters:
        negated = condition.startswith("!")
        name, _, pattern = condition.removeprefix("!").partition(":")
        wanted = re.compile(pattern)
        rows = [row for row in rows if bool(wanted.fullmatch(row[name])) is not negated]
    return rows


def _collapsed(rows: list[Row], collapses: list[str]) -> list[Row]:
    """The first of adjacent rows that agree in a field, or in its first N characters (`timestamp:8`)."""
    for collapse in collapses:
        name, _, digits = collapse.partition(":")
        length = int(digits) if digits else None
        kept: list[Row] = []
        for row in rows:
            if not kept or kept[-1][name][:length] != row[name][:length]:
                kept.append(row)
        rows = kept
    return rows


def _key(row: Row) -> str:
    return f"{quote_plus(row['urlkey'])}+{row['timestamp']}"


def _resumed(rows: list[Row], key: str | None) -> list[Row]:
    """The rows after the key; it is understood encoded once more or not, as clients send it both ways."""
    if not key:
        return rows
    for given in (key, unquote_plus(key)):
        for index, row in enumerate(rows):
            if given in {f"{row['urlkey']} {row['timestamp']}", _key(row)}:
                return rows[index + 1 :]
    return []


def _printed(rows: list[Row], last: dict[str, str], resume: str | None) -> Answer:
    fields = last["fl"].split(",") if last.get("fl") else list(_FIELDS)
    lines = [[row.get(name, "-") for name in fields] for row in rows]
    if last.get("output") == "json":
        table: list[list[str]] = [fields, *lines] if lines else []
        if resume:
            table += [[], [resume]]
        body = "[" + ",\n".join(json.dumps(line) for line in table) + "]\n"
        return Answer(body=body.encode(), content_type=JSON)
    printed = "".join(" ".join(line) + "\n" for line in lines)
    return text(printed + (f"\n{resume}\n" if resume else ""))


def _is_true(last: dict[str, str], name: str) -> bool:
    return last.get(name, "").lower() == "true"
