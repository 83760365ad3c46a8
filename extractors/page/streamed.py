"""Pages that a server streams with React: the late parts stand hidden at the end, and a script puts each in its place.

`$RC("B:0","S:0")` puts the content of `<div hidden id="S:0">` where `<template id="B:0">` stands, and removes what is shown from
there to the next `<!--/$-->` until then (React 18, «completeBoundary»).
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_SCRIPT = "$RC("
_CALL = re.compile(r"\$RC\(\s*[\"'](?P<place>[\w:.-]{1,60})[\"']\s*,\s*[\"'](?P<part>[\w:.-]{1,60})[\"']")
_MANY = 200  # parts; no page has so many


def in_place(source: str) -> str:
    """The document with its late parts where the script puts them; the same string where it has none."""
    if _SCRIPT not in source:
        return source
    tree = LexborHTMLParser(source)
    moved = [_move(tree, call["place"], call["part"]) for call, _ in zip(_CALL.finditer(source), range(_MANY), strict=False)]
    return (tree.html or source) if any(moved) else source


def _move(tree: LexborHTMLParser, place: str, part: str) -> bool:
    template, late = tree.css_first(f'template[id="{place}"]'), tree.css_first(f'[hidden][id="{part}"]')
    if template is None or late is None:
        return False
    for child in late.iter(include_text=True):
        template.insert_before(child)
    _remove_place_holder(template)
    late.decompose()
    return True


def _remove_place_holder(template: LexborNode) -> None:
    """The template and what is shown until the part comes, up to the comment that ends it; the template alone without one."""
    shown: list[LexborNode] = []
    node = template.next
    while node is not None and not (node.tag == "-comment" and (node.html or "").startswith("<!--/$")):
        shown.append(node)
        node = node.next
    for each in [template, *(shown if node is not None else ())]:
        each.decompose()
