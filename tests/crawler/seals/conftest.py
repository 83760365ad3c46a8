"""A real crawl's archive with two runs after it, sealed twice."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import open_archive
from storage.seals.checkpoint import Checkpoint, parse_checkpoint
from storage.seals.sealing import Sealer
from tests.crawler.conftest import Done
from tests.crawler.seals.tampering import KEY
from tests.storage.newsroom import article, keep_all

Crawled = tuple[Path, Done, Done]


@pytest.fixture(scope="package")
def sealed(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed: `place` is a copy."""
    folder = tmp_path_factory.mktemp("sealed") / "archive"
    shutil.copytree(crawled[0], folder)
    archive = open_archive(str(folder))
    keep_all(archive, article(1), article(2), at=datetime.now(UTC))
    Sealer(archive.store, [KEY]).seal()
    keep_all(archive, article(3), article(4), at=datetime.now(UTC))
    Sealer(archive.store, [KEY]).seal()
    return folder


@pytest.fixture
def place(sealed: Path, tmp_path: Path) -> Path:
    """A copy, to be tampered with."""
    return Path(shutil.copytree(sealed, tmp_path / "archive"))


@pytest.fixture
def held(sealed: Path) -> Checkpoint:
    """The newest checkpoint, as somebody elsewhere has it."""
    return parse_checkpoint(max(sealed.glob("seals/*/checkpoint")).read_bytes())
