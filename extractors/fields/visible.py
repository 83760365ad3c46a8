"""The text of an element as readers see it, without what themes set for screen readers only («أرسل بريدا إلكترونيا»)."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

_CLASSES = ("screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden", "assistive-text", "show-for-sr")
_UNSEEN = ", ".join(f".{name}" for name in _CLASSES)


def visible_text(node: LexborNode, separator: str = "") -> str:
    """The text of a node without its parts for screen readers; empty where the node is one of them."""
    if not set(_CLASSES).isdisjoint((node.attributes.get("class") or "").split()):
        return ""
    text = node.text(separator=separator)
    for unseen in node.css(_UNSEEN):
        text = text.replace(unseen.text(separator=separator), " ", 1)
    return text
