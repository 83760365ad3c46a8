"""The documents name what is there: files, functions, tests; and each folder says in a sentence what it is for."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperGroup

from crawler.cli.app import COMMANDS, load

ROOT = Path(__file__).parents[1]
ARCHITECTURE = ROOT / "infra" / "ARCHITECTURE.md"
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "infra").glob("*.md"), *(ROOT / "infra" / "decisions").glob("*.md")]
)
STATIONS = re.findall(r"^\| \d+ \| .* \| `([\w./]+)` \| `([\w.]+)` \|$", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)
EXAMPLES = {"furat_post", "OUTLET", "NAME", "bench-results"}
"""What a document shows how to make: these names need not be there."""


def functions(file: Path) -> set[str]:
    """Names of a module's functions and classes, methods as `Class.method`."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{each.name}" for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            }
    return found


def drawn_rooms() -> dict[str, list[str]]:
    """The rooms of the picture from left to right, each with what it holds from top to bottom."""
    first, *lines = re.findall(r"^```\n(.*?)^```", ARCHITECTURE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[0].splitlines()
    rooms = {}
    for room in re.finditer(r"\w+ *", first):
        held = (re.match(r"  (\w+)", line[room.start() : room.end() if room.end() < len(first) else None]) for line in lines)
        rooms[room[0].strip()] = [each[1] for each in held if each]
    return rooms


def layers(name: str) -> list[set[str]]:
    """The layers of a room, or of the rooms themselves, as the contracts have them, from top to bottom."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = (each["layers"] for each in contracts if each["type"] == "layers" and each["name"].lower().startswith(f"{name}:"))
    return [set(layer.split(" | ")) for layer in found]


def test_the_picture_shows_every_folder_in_the_order_in_which_they_may_import() -> None:
    rooms = drawn_rooms()
    assert [{room} for room in rooms] == layers("rooms")
    for room, held in rooms.items():
        assert {file.parent.name for file in (ROOT / room).glob("*/__init__.py")} <= set(held)
        places = [[name in layer for layer in layers(room)].index(True) for name in held]
        assert places == sorted(places), held


def test_the_four_walks_are_drawn() -> None:
    assert len(STATIONS) > 30
    assert len(re.findall(r"^\| 1 \| ", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)) == 4


@pytest.mark.parametrize(("file", "function"), STATIONS, ids=[f"{file}:{function}" for file, function in STATIONS])
def test_every_station_is_there(file: str, function: str) -> None:
    assert (ROOT / file).is_file()
    assert function in functions(ROOT / file)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    """Paths from the root, with an ending or a closing slash, outside of code that is to be typed."""
    text = re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"(?<![\w/.-])((?:crawler|extractors|storage|infra|tests)/[\w./-]*\w(?:\.\w+|/))", text)
    missing = {
        name
        for name in named
        if not (ROOT / name).exists()
        and not (ROOT / "tests" / name).exists()
        and not any(example in name for example in EXAMPLES)
    }
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
        assert (document.parent / link).exists(), link


def rooms() -> list[Path]:
    return sorted(file for room in ("crawler", "extractors", "storage", "infra") for file in (ROOT / room).rglob("__init__.py"))


@pytest.mark.parametrize("room", rooms(), ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_each_folder_says_what_it_is_for(room: Path) -> None:
    """One sentence; nothing else stands there, but for the front doors, which hand on names."""
    tree = ast.parse(room.read_text("utf-8"))
    sentence = ast.get_docstring(tree)
    assert sentence
    if not [node for node in tree.body[1:] if not isinstance(node, ast.ImportFrom) or node.module != "__future__"]:
        assert len(re.findall(r"[.!?](?:\s|$)", sentence)) == 1, sentence


def shown_commands() -> dict[str, set[str]]:
    """Every `warraq COMMAND …` in code of a document, and the documents that show it."""
    found: dict[str, set[str]] = {}
    for document in [*DOCUMENTS, *(ROOT / "infra" / "deploy").rglob("*.md"), *(ROOT / "infra" / "docs" / "pages").glob("*.md")]:
        for code in re.findall(r"^```.*?^```|`[^`\n]+`", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for shown in re.findall(r"(?:^|[\s(`]|bin/)warraq ((?!warraq )[a-z][a-z-]*(?:[ \t][^`\n]*)?)(?=[`\n]|$)", code):
                found.setdefault(re.split(r" #| && | \| ", shown)[0].strip(), set()).add(document.name)
    return found


def options_of(shown: str) -> set[str]:
    """Those that a command has; of a group without a command of it those of all."""
    name, _, rest = shown.partition(" ")
    command = load(name)
    if not isinstance(command, TyperGroup):
        return {each for parameter in command.params for each in (*parameter.opts, *parameter.secondary_opts)}
    second = re.match(r"[a-z-]+", rest)
    chosen = [command.commands[second[0]]] if second else command.commands.values()
    return {each for one in chosen for parameter in one.params for each in (*parameter.opts, *parameter.secondary_opts)}


def test_every_command_that_a_document_shows_exists_with_its_options() -> None:
    shown = shown_commands()
    assert {each.partition(" ")[0] for each in shown} == set(COMMANDS)
    for each, documents in shown.items():
        missing = set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", each)) - options_of(each)
        assert not missing, f"warraq {each} ({', '.join(sorted(documents))})"
