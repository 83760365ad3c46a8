"""`<template>`: inert for a parser, shown by a browser where it declares a shadow root, or where a script puts it in place."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(?P<end>/?)template\b(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*)>", re.IGNORECASE)


def open_shadow_roots(source: str) -> str:
    """The document with its declarative shadow roots as plain divisions (HTML standard, «shadowrootmode»)."""
    return _open(source, every=False) if "shadowrootmode" in source else source


def open_templates(source: str) -> str:
    """The document with all of its templates as plain divisions; the same string where it has none."""
    return _open(source, every=True)


def _open(source: str, *, every: bool) -> str:
    opened: list[bool] = []  # for each template that is not closed yet, whether it became a division

    def turned(found: re.Match[str]) -> str:
        if found["end"]:
            return "</div>" if opened and opened.pop() else found[0]
        opened.append(every or "shadowrootmode" in found["rest"])
        return f"<div{found['rest'].rstrip('/')}>" if opened[-1] else found[0]

    return _TAG.sub(turned, source)
