"""Captures of the demo world as others write them, and the crawl over their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extractors import locate
from infra.world.worlds import World
from storage import open_archive
from tests.crawler.conftest import Done, warraq
from tests.crawler.from_warc.foreign import Seen, by_wget, seen_of


@pytest.fixture(scope="package")
def seen(miniature: World) -> list[Seen]:
    return seen_of(miniature)


@pytest.fixture(scope="package")
def enab(seen: list[Seen]) -> list[Seen]:
    """Good captures of articles of one outlet."""
    ours = [each for each in seen if "enabbaladi" in each.url and each.status == 200]
    return [each for each in ours if (place := locate(each.url)) and place.is_article]


@pytest.fixture(scope="package")
def from_wget(seen: list[Seen], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Done]:
    """The file by wget of the whole world, the archive made of it, and the crawl."""
    folder = tmp_path_factory.mktemp("wget")
    file, archive = folder / "wget.warc.gz", folder / "archive"
    file.write_bytes(by_wget(seen))
    return file, archive, warraq("crawl", "--from", str(file), "--archive", str(archive))


def crawl(file: Path | str, archive: Path, *more: str, **env: str) -> Done:
    return warraq("crawl", "--from", str(file), "--archive", str(archive), *more, **env)


def kept(archive: Path) -> dict[str, dict[str, Any]]:
    return {each["content_hash"]: each for each in open_archive(str(archive)).articles()}


def entries(archive: Path, url: str) -> list[dict[str, Any]]:
    """The ledger of an address."""
    found = [json.loads(file.read_bytes()) for file in sorted((archive / "urls").rglob("*.json"))]
    return [entry for entry in found if entry["url"] == url]


def at_the_place(url: str) -> str:
    place = locate(url)
    assert place is not None
    return place.url
