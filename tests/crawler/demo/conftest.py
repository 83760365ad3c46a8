"""The miniature web, served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.demo.running import Running, serve
from infra.world.worlds import World


@pytest.fixture(scope="package")
def world() -> World:
    """The plain miniature."""
    return World.miniature()


@pytest.fixture(scope="package")
def running(world: World) -> Iterator[Running]:
    """The miniature, served."""
    with serve(world) as server:
        yield server
