"""What the outcome of reading depends on beside the page: a generation is read by one set of these."""

from __future__ import annotations

import platform
from importlib.metadata import version


def reading_versions() -> dict[str, str]:
    """The extractor's version, those of the packages it reads with, and of Python without the patch level."""
    from extractors.reader import VERSION  # noqa: PLC0415  # late: trafilatura takes 0.4 s to load

    packages = {name: version(name) for name in ("warraq", "trafilatura", "lxml", "selectolax")}
    return {"extractor": VERSION, **packages, "python": ".".join(platform.python_version_tuple()[:2])}
