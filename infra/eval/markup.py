"""Lines of text in the markup that a page could have had: none to speak of, or the container that an outlet's layout names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from extractors.outlet import Layout, Outlet
from extractors.outlets import outlets


def _paragraphs(lines: Sequence[str]) -> str:
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def _nested(lines: Sequence[str]) -> str:
    head = "<!DOCTYPE html><html lang='ar'><head><meta charset='utf-8'></head>"
    return f"{head}<body><div><div>{_paragraphs(lines)}</div></div></body></html>"


BARE: dict[str, Callable[[Sequence[str]], str]] = {
    "in <p>": _paragraphs,
    "in <div>": lambda lines: "".join(f"<div>{escape(line)}</div>" for line in lines),
    "with <br>": lambda lines: "<br>\n".join(escape(line) for line in lines),
    "in a page of <p>": _nested,
}


def in_layout(layout: Layout, gold: dict[str, Any], lines: Sequence[str]) -> str:
    """A page of the outlet: dateline and body, with what stands between, in the layout's container; date, editor and source
    lines where its selectors look for them; the other lines round it.
    """
    outlet = outlets()[gold["outlet"]]
    story = {folded(line) for line in gold["body"]} | ({folded(gold["dateline"]["text"])} if gold["dateline"] else set())
    inside = [number for number, line in enumerate(lines) if folded(line) in story]
    first, last = inside[0], inside[-1] + 1
    headline = folded(gold["headline"])
    places = {"date-line": layout.dates, "editor-line": layout.byline, "source-line": layout.source}
    labels = {folded(each["text"]): each["label"] for each in gold["boilerplate"]}

    def around(some: Sequence[str]) -> str:
        return "".join(_placed(line, places.get(labels.get(folded(line), ""), ())) for line in some if folded(line) != headline)

    return (
        f"{_head(outlet, gold['headline'])}<body><main><h1>{escape(gold['headline'])}</h1>{around(lines[:first])}"
        f"{_contained(layout.body[0], _paragraphs(lines[first:last]))}{around(lines[last:])}</main></body></html>"
    )


def folded(line: str) -> str:
    """With one space where there is any white space."""
    return " ".join(line.split())


def _placed(line: str, selectors: Sequence[str]) -> str:
    """A line beside the story: in the element that a selector names, else in one that nothing is known of."""
    return _contained(selectors[0], escape(line)) if selectors else f"<div class='w'><span>{escape(line)}</span></div>"


def _head(outlet: Outlet, headline: str) -> str:
    title = escape(f"{headline} - {outlet.name_ar}")
    return f"<!DOCTYPE html><html lang='ar' dir='rtl'><head><meta charset='utf-8'><title>{title}</title></head>"


def _contained(selector: str, content: str) -> str:
    """Elements that a descendant selector of tags, classes and ids finds, the content in the innermost."""
    for part in reversed(selector.replace(">", " ").split()):
        tag = re.match(r"[a-z][a-z0-9]*", part)
        name = tag[0] if tag else "div"
        classes = " ".join(re.findall(r"\.([\w-]+)", part))
        ids = " ".join(re.findall(r"#([\w-]+)", part))
        attributes = "".join(
            f' {attribute}="{value}"' for attribute, value in (*re.findall(r"\[([\w-]+)=['\"]?([\w-]+)['\"]?\]", part),)
        )
        marks = (f' class="{classes}"' if classes else "") + (f' id="{ids}"' if ids else "") + attributes
        content = f"<{name}{marks}>{content}</{name}>"
    return content
