"""What an installation gets: the three rooms with their data, and nothing that only tests, benches or chaos use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel() -> set[str]:
    """The files of the wheel, relative to its root, as the build backend lists them."""
    return {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}


def test_only_the_three_rooms_are_installed(wheel: set[str]) -> None:
    assert {name.partition("/")[0] for name in wheel} == {"crawler", "extractors", "storage"}


def test_no_installed_module_imports_a_room_that_is_not(wheel: set[str]) -> None:
    texts = {name: (ROOT / name).read_text("utf-8") for name in wheel if name.endswith(".py")}
    assert "crawler/cli/__init__.py" in texts
    assert {
        name for name, text in texts.items() if "from infra" in text or "import infra" in text or "from tests" in text
    } == set()


def test_the_demo_holds_the_miniature_and_nothing_else(wheel: set[str]) -> None:
    """No bench, no hostile page, no Common Crawl, nothing that says what a crawl must find."""
    demo = {name.removeprefix("crawler/demo/") for name in wheel if name.startswith("crawler/demo/")}
    outlets = {"al_jazeera", "baladi_news", "enab_baladi", "geiroon", "smart"}
    assert {name for name in demo if name.startswith("articles/")} == {f"articles/{outlet}.toml" for outlet in outlets}
    assert {name for name in demo if name.startswith("sites/")} - {f"sites/{outlet}.py" for outlet in outlets} == {
        f"sites/{name}.py" for name in ("__init__", "site", "cdx", "wayback")
    }
    assert {name for name in demo if name.endswith(".py") and "/" not in name} == {
        f"{name}.py"
        for name in [
            "__init__",
            "answer",
            "authority",
            "feeds",
            "history",
            "markup",
            "router",
            "running",
            "server",
            "story",
            "wordpress",
            "world",
        ]
    }


def test_data_that_modules_open_is_there(wheel: set[str]) -> None:
    """Every file of a room that is no module goes along."""
    rooms = [ROOT / room for room in ("crawler", "extractors", "storage")]
    data = {str(file.relative_to(ROOT)) for room in rooms for file in room.rglob("*") if file.is_file()}
    assert {name for name in data if "__pycache__" not in name} == wheel
