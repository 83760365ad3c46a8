"""`python -m infra.docs`: puts together what mkdocs builds, in build/docs-source/."""

from __future__ import annotations

from pathlib import Path

from infra.docs.assemble import assemble

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    assemble(ROOT, ROOT / "build" / "docs-source")
