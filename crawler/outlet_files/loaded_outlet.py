"""An outlet that is not built in, which names one may have, and what is raised where there is none. Loads nothing that reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extractors.outlet import Outlet


SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
RESERVED: Final = frozenset({"archive", "by-id", "events", "probe", "runs", "seals", "status", "verify", "watch", "web_archives"})
"""Names that events and `state/` of an archive use for something else."""


class OutletFileError(Exception):
    """Outlets cannot be had from files; the message names each fault, one a line: `FILE:LINE: KEY: what is wrong`."""


@dataclass(frozen=True, slots=True)
class LoadedOutlet:
    """An outlet from a file or a package. sources: where its articles are found; origin: the file, or the package, as
    it is shown; file: None where a package gives no file.
    """

    outlet: Outlet
    sources: tuple[BaseModel, ...]
    origin: str
    file: Path | None = None
