"""What the outcome of reading depends on beside the page: a generation is read by one set of these."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from extractors.outlets import provided


def reading_versions() -> dict[str, str]:
    """The extractor's version, those of the packages it reads with, and of Python without the patch level; with outlets that are
    not built in, a digest of their facts.
    """
    from extractors.reader import VERSION  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    packages = {name: version(name) for name in ("warraq", "trafilatura", "lxml", "selectolax")}
    python = ".".join(platform.python_version_tuple()[:2])
    outlets = sorted(provided().items())
    facts = {"outlets": hashlib.sha256(repr(outlets).encode()).hexdigest()[:16]} if outlets else {}
    return {"extractor": VERSION, **packages, "python": python, **facts}


def differing(versions: Mapping[str, Any], others: Mapping[str, Any], between: str = " for ") -> str:
    """`NAME 1.0 for 2.0` of each name for which the two do not say the same, with commas; empty if there is none."""
    names = [name for name in {**versions, **others} if versions.get(name) != others.get(name)]
    return ", ".join(f"{name} {versions.get(name)}{between}{others.get(name)}" for name in names)
