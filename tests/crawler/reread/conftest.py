"""Archives to be read again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.crawler.reread.rereadable import by_older, crowd, keep


@pytest.fixture(scope="package")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded pages as an older extractor read them. Not to be changed."""
    place = tmp_path_factory.mktemp("older") / "archive"
    keep(str(place), reader=by_older)
    return place


@pytest.fixture
def archive(older: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(older, tmp_path / "archive"))


@pytest.fixture(scope="package")
def large_enough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 articles in 20 WARC files of an older extractor. Not to be changed."""
    place = tmp_path_factory.mktemp("crowd") / "archive"
    keep(str(place), crowd(60), by_older)
    return place
