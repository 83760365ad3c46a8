"""The file of CONTRIBUTING, and folders with it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def furat_file() -> str:
    """The file that CONTRIBUTING prints."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```toml file=outlets/furat_post\.toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found)


def outlets_in(folder: Path, text: str | None = None) -> Path:
    """A folder of outlets with this file, or with CONTRIBUTING's."""
    outlets = folder / "outlets"
    outlets.mkdir(exist_ok=True)
    (outlets / "furat_post.toml").write_text(furat_file() if text is None else text, encoding="utf-8")
    return outlets
