"""What the outcome of reading depends on beside the page: a generation is read by one set of these."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version

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
